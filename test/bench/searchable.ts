// Copies that can be searched: `compulsa compose --ocr` beside `ocrmypdf` and `tesseract` itself on the same sheets, which
// lie straight or askew. What counts besides time and memory is how many of the printed words are found in the file.

import { execFileSync } from 'node:child_process'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawSheet, printedWords, type SheetRequest } from '../sim/paper.ts'
import { inSequence, runMeasured, type Use } from './measured.ts'
import { median, type Section } from './report.ts'

export interface SearchableRequest {
  readonly folder: string
  readonly sheets: number
  readonly rounds: number
  readonly signal: AbortSignal
}

interface Pile {
  readonly files: readonly string[]
  readonly words: readonly string[]
}

interface Way {
  readonly name: string
  /** Makes `out` of the files and tells what it took. */
  make(files: readonly string[], out: string, folder: string): Promise<Use>
}

const resolution = 300
const program = new URL('../../device/cli.ts', import.meta.url).pathname

const ways: readonly Way[] = [
  {
    name: '`compulsa compose --ocr`',
    make: (files, out, folder) => {
      const options = ['--out', out, '--ocr', '--languages', 'ca,es', '--keep-blank']
      return runMeasured(process.execPath, [program, 'compose', ...files, ...options], { folder })
    },
  },
  {
    name: '`img2pdf`, `ocrmypdf --deskew`, 2 jobs',
    make: async (files, out, folder) => {
      const images = join(folder, 'images.pdf')
      const joined = await runMeasured('img2pdf', [...files, '--output', images], { folder })
      const options = ['--deskew', '--output-type', 'pdfa', '--language', 'cat+spa', '--jobs', '2', '--quiet']
      return inSequence([joined, await runMeasured('ocrmypdf', [...options, images, out], { folder })])
    },
  },
  {
    name: '`tesseract … pdf`, not straightened, no PDF/A',
    make: async (files, out, folder) => {
      const list = join(folder, 'list.txt')
      await writeFile(list, files.map(file => `${file}\n`).join(''))
      const environment = { OMP_THREAD_LIMIT: '1' }
      const parameters = [list, out.replace(/\.pdf$/, ''), '-l', 'cat+spa', '--dpi', String(resolution), 'pdf']
      return runMeasured('tesseract', parameters, { folder, environment })
    },
  },
]

/** A table per pile. */
export async function* benchSearchable(request: SearchableRequest): AsyncIterable<Section> {
  await mkdir(request.folder, { recursive: true })
  for (const skewDegrees of [0, 1.2]) {
    const pile = await drawPile(request, skewDegrees)
    const rows: string[][] = []
    for (const way of ways) rows.push(await measure(way, pile, request))
    yield {
      title: `Searchable copies: ${request.sheets} A4 sheets, ${resolution} ppi colour, skewed by ${skewDegrees}°`,
      header: ['', 's/page', 'CPU s/page', 'peak memory (PSS) MB', 'file kB/page', 'printed words found'],
      rows,
      notes: [
        'letters and forms of test/sim/paper.ts, in Catalan and in Spanish by turns, with stamps; median of the rounds',
        '`compulsa` reads one page at a time at the lowest priority, beside everything else that the machine does',
      ],
    }
  }
}

async function drawPile({ folder, sheets }: SearchableRequest, skewDegrees: number): Promise<Pile> {
  const requests = Array.from({ length: sheets }, (_, index): SheetRequest => {
    const kind = index % 3 === 2 ? 'form' : 'letter'
    return { seed: 300 + index, kind, resolution, skewDegrees, text: index % 2 === 0 ? 'ca' : 'es' }
  })
  const files = requests.map((_, index) => join(folder, `sheet-${skewDegrees}-${String(index).padStart(3, '0')}.jpg`))
  for (const [index, one] of requests.entries()) await writeFile(files[index] ?? '', await drawSheet(one))
  return { files, words: requests.flatMap(printedWords) }
}

async function measure(way: Way, { files, words }: Pile, request: SearchableRequest): Promise<string[]> {
  const out = join(request.folder, 'out.pdf')
  const uses: Use[] = []
  for (let round = 0; round < request.rounds; round += 1) {
    request.signal.throwIfAborted()
    uses.push(await way.make(files, out, request.folder))
  }
  const of = (what: (use: Use) => number) => median(uses.map(what))
  const kilobytes = (await stat(out)).size / 1000 / files.length
  return [
    way.name,
    (of(use => use.seconds) / files.length).toFixed(2),
    (of(use => use.cpuSeconds) / files.length).toFixed(2),
    (of(use => use.peakPssBytes) / 1e6).toFixed(0),
    kilobytes.toFixed(0),
    `${(100 * found(words, out)).toFixed(1)} %`,
  ]
}

/** The share of the printed words that a search for each finds as often as it is printed, whatever its apostrophes. */
function found(words: readonly string[], file: string): number {
  const text = execFileSync('pdftotext', [file, '-'], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const plain = (word: string) => word.replaceAll('’', "'")
  const counts = new Map<string, number>()
  for (const word of text.split(/\s+/)) counts.set(plain(word), (counts.get(plain(word)) ?? 0) + 1)
  const hits = words.filter(word => {
    const left = counts.get(plain(word)) ?? 0
    counts.set(plain(word), left - 1)
    return left > 0
  })
  return hits.length / words.length
}
