// Small pages, documents and readers for the PDF tests: pages that need no image library, files in a folder of their own
// that goes away, and other people's programs as judges.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { composePdf, type PdfImage, type PdfPage } from '../device/pdf/compose.ts'
import type { DocumentMetadata } from '../device/pdf/xmp.ts'
import type { RandomAccess } from '../device/ports.ts'

const execute = promisify(execFile)

export const eniMetadata: DocumentMetadata = {
  title: 'Còpia de «prova» & <més> \u{1f4c4}',
  language: 'ca',
  creator: 'Funcionària habilitada',
  publisher: "Ajuntament d'Enlloc",
  subject: 'Sol·licitud',
  producer: 'Compulsa 0.1.0',
  createdAt: Date.UTC(2026, 2, 4, 5, 6, 7, 890),
  eni: {
    identifier: 'ES_L01080193_2026_000000000000000000000000000001',
    organs: ['L01080193', 'A09002970'],
    capturedAt: Date.UTC(2026, 2, 4, 5, 0, 0),
    origin: 'citizen',
    elaborationState: 'EE03',
    documentType: 'TD14',
    sourceNature: 'original',
    resolution: 300,
  },
}

/** Bytes in chunks of `size`. */
export async function* chunksOf(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export async function* listed<Item>(...items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

export async function joined(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A white page: one vertical mode code a row, then EOFB (ITU-T T.6). */
export function whiteImage(side = 400): PdfImage {
  const bits = `${'1'.repeat(side)}${'000000000001'.repeat(2)}`
  const bytes = Uint8Array.from(bits.match(/.{1,8}/g) ?? [], group => Number.parseInt(group.padEnd(8, '0'), 2))
  const page = {
    encoding: 'ccitt-g4',
    width: side,
    height: side,
    resolution: 200,
    straightenDegrees: 0,
    frame: { left: 0, top: 0, width: side, height: side },
    turn: 0,
  } as const
  return { ...page, bytes: chunksOf(bytes), byteLength: bytes.length }
}

/** A page that is one image. */
export function pageOf(image: PdfImage): PdfPage {
  return { images: [image] }
}

/** A sound little document with `count` white pages. */
export async function whiteDocument(count = 2): Promise<Buffer> {
  return joined(
    composePdf({ pages: listed(...Array.from({ length: count }, () => pageOf(whiteImage()))), metadata: eniMetadata }),
  )
}

/** Runs `work` with a folder that is removed afterwards. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-pdf-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a program prints about a file with these bytes; its arguments name the file as `FILE`. Rejects unless it exits with 0. */
export async function askAbout(bytes: Uint8Array, program: string, ...parameters: readonly string[]): Promise<string> {
  return (await outputFor(bytes, program, ...parameters)).toString('utf8')
}

/** The same, as bytes. */
export async function outputFor(bytes: Uint8Array, program: string, ...parameters: readonly string[]): Promise<Buffer> {
  return inFolder(async folder => {
    const file = join(folder, 'file.pdf')
    await writeFile(file, bytes)
    const named = parameters.map(parameter => (parameter === 'FILE' ? file : parameter))
    const { stdout } = await execute(program, named, { encoding: 'buffer' })
    return stdout
  })
}

/** A classic PDF from the bodies of objects 1, 2, …; object 1 is the catalog. `trailer` is added to the trailer. */
export function classicPdf(bodies: readonly string[], trailer = ''): Buffer {
  let text = '%PDF-1.7\n'
  const offsets = bodies.map((body, index) => {
    const offset = text.length
    text += `${index + 1} 0 obj\n${body}\nendobj\n`
    return offset
  })
  const entries = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`)
  const start = text.length
  text += `xref\n0 ${bodies.length + 1}\n0000000000 65535 f \n${entries.join('')}`
  text += `trailer\n<< /Size ${bodies.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}

/** The classic file with its objects behind `hole` zeros, which no byte is spent on. */
export function behindHole(classic: Buffer, hole: number): RandomAccess {
  const text = classic
    .toString('latin1')
    .replace(/(\d{10}) 00000 n/g, (_, offset: string) => `${String(Number(offset) + hole).padStart(10, '0')} 00000 n`)
    .replace(/startxref\n(\d+)/, (_, offset: string) => `startxref\n${Number(offset) + hole}`)
  const bytes = Buffer.from(text, 'latin1')
  return {
    size: bytes.length + hole,
    read: async (offset, length) => {
      if (offset < 100) return bytes.subarray(offset, offset + length)
      const before = Math.max(0, hole - offset)
      const start = offset + before - hole
      return Buffer.concat([Buffer.alloc(before), bytes.subarray(start, start + length - before)])
    },
  }
}
