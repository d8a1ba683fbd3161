// Other people's programs on the same pages: Tesseract reads them and tells their orientation, OCRmyPDF straightens them.
// What is not installed is left out.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const mostOutput = 64 << 20

/** Whether a program can be run here. */
export async function isInstalled(program: string): Promise<boolean> {
  return run('which', [program]).then(
    () => true,
    () => false,
  )
}

/** What Tesseract read: the words, and the median slope of its baselines in degrees, undefined without lines. */
export interface Reading {
  readonly words: readonly string[]
  readonly slopeDegrees: number | undefined
}

/** Reads a page image; the layout is found, the orientation is not. */
export async function read(file: string, language: string, resolution: number): Promise<Reading> {
  const { stdout } = await run(
    'tesseract',
    [file, '-', '-l', language, '--psm', '3', '--dpi', String(resolution), 'hocr'],
    {
      maxBuffer: mostOutput,
    },
  )
  const words = [...stdout.matchAll(/class='ocrx_word'[^>]*>(?:<[^>]+>)*([^<]*)</g)].map(match =>
    unescaped(match[1] ?? ''),
  )
  const slopes = [...stdout.matchAll(/bbox (\d+) \d+ (\d+) \d+; baseline (-?[\d.]+)/g)]
    .filter(match => Number(match[2]) - Number(match[1]) > 600)
    .map(match => (Math.atan(Number(match[3])) * 180) / Math.PI)
    .sort((a, b) => a - b)
  return { words: words.filter(word => word.trim() !== ''), slopeDegrees: slopes[slopes.length >> 1] }
}

function unescaped(text: string): string {
  return text
    .replaceAll('&#39;', '’')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/** The turn that Tesseract's OSD proposes and how sure it is; undefined where it finds too little. */
export async function orientation(
  file: string,
  resolution: number,
): Promise<{ readonly turn: number; readonly confidence: number } | undefined> {
  const told = await run('tesseract', [file, '-', '--psm', '0', '--dpi', String(resolution)]).catch(() => undefined)
  const turn = told?.stdout.match(/Rotate: (\d+)/)?.[1]
  const confidence = told?.stdout.match(/Orientation confidence: ([\d.]+)/)?.[1]
  return turn === undefined || confidence === undefined
    ? undefined
    : { turn: Number(turn), confidence: Number(confidence) }
}

/** OCRmyPDF's page from an image: straightened, turned, with its text layer. */
export async function ocrmypdf(image: string, out: string, resolution: number, language: string): Promise<void> {
  const options = ['--quiet', '--jobs', '1', '--image-dpi', String(resolution), '--deskew', '--rotate-pages']
  await run('ocrmypdf', [...options, '--optimize', '0', '-l', language, image, out], { maxBuffer: mostOutput })
}

/** The first page of a PDF as a grey image beside it. */
export async function render(pdf: string, resolution: number): Promise<string> {
  const out = pdf.replace(/\.pdf$/, '')
  await run('pdftoppm', ['-gray', '-png', '-singlefile', '-r', String(resolution), pdf, out])
  return `${out}.png`
}

/** The share of the true words that were read, in their order (the longest common subsequence). */
export function wordAccuracy(truth: readonly string[], found: readonly string[]): number {
  const plain = (word: string) => word.toLowerCase().replaceAll(/[’'`´]/g, '’')
  const [a, b] = [truth.map(plain), found.map(plain)]
  let row = new Uint32Array(b.length + 1)
  for (const word of a) {
    const next = new Uint32Array(b.length + 1)
    for (let i = 0; i < b.length; i++) {
      next[i + 1] = b[i] === word ? (row[i] as number) + 1 : Math.max(next[i] as number, row[i + 1] as number)
    }
    row = next
  }
  return a.length === 0 ? 1 : (row[b.length] as number) / a.length
}
