// The PdfPages port over poppler's pdftoppm: one run for a page, from memory to memory, bounded in time, memory and output.
// What it says goes nowhere: it may repeat what stands in the document.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, PageForm, PdfPages } from '../../device/ports.ts'
import { run } from '../exec.ts'
import { rasterPage } from './pwg-raster.ts'

/** Enough to read small print on the panels. */
const screenPpi = 120
const timeoutMs = 20_000
const maxImageBytes = 8 << 20
/** A4 in colours at 600 pixels per inch. */
const maxPixelBytes = 112 << 20
const maxDocumentBytes = 32 << 20
const maxDataBytes = 1_000_000_000
/** pdftoppm's own answer to a page behind the last. */
const wrongRange = 99
/** What rounding does to a page of the paper's own size. */
const nearlyPixels = 2
const a4Millimetres = { width: 210, height: 297 }

export function createPdfPages(): PdfPages {
  async function drawn(pdf: ByteStream, number: number, how: readonly string[], most: number, signal?: AbortSignal) {
    const args = ['-q', ...how, '-f', String(number), '-l', String(number), '-']
    const limits = { timeoutMs, maxOutputBytes: most, maxDataBytes }
    const input = await whole(pdf)
    const { exit, stdout, truncated } = await run('pdftoppm', args, { input, ...limits, ...(signal && { signal }) })
    if (exit.end === 'not-found')
      throw new Fault('PDF_UNREADABLE', 'pdftoppm is missing (apt-get install poppler-utils)')
    if (exit.end === 'exited' && exit.code === wrongRange) return null
    const isWell = exit.end === 'exited' && exit.code === 0 && !truncated
    if (!isWell) throw new Fault('PDF_UNREADABLE', `page ${number} could not be drawn`)
    return stdout
  }

  async function jpeg(...[pdf, number, how, most, signal]: Parameters<typeof drawn>) {
    const image = await drawn(pdf, number, ['-jpeg', ...how], most, signal)
    if (image !== null && (image[0] !== 0xff || image[1] !== 0xd8)) {
      throw new Fault('PDF_UNREADABLE', `page ${number} could not be drawn`)
    }
    return image
  }

  return Object.freeze({
    page: (pdf: ByteStream, number: number, signal?: AbortSignal) =>
      jpeg(pdf, number, ['-r', String(screenPpi)], maxImageBytes, signal),
    async printed(pdf: ByteStream, number: number, form: PageForm, signal?: AbortSignal) {
      const bytes = await whole(pdf)
      const { mediaType, resolution } = form
      const at = (kind: readonly string[], ppi: number) =>
        drawn(once(bytes), number, [...kind, '-r', ppi.toFixed(4)], maxPixelBytes, signal)
      const paper = paperAt(resolution)
      const gray = mediaType === 'image/pwg-raster' && form.colour === 'gray'
      const kind = gray ? ['-gray'] : []
      const first = await at(kind, resolution)
      if (first === null) return null
      const size = sizeIn(first)
      const fitting = resolution * scaleTo(size, paper)
      if (mediaType === 'image/jpeg')
        return jpeg(once(bytes), number, ['-r', fitting.toFixed(4)], maxImageBytes, signal)
      const pnm = fitting === resolution ? first : await at(kind, fitting)
      if (pnm === null) return null
      const pixels = placed(pnm, { ...paper, channels: gray ? 1 : 3 })
      return rasterPage({ ...paper, colour: form.colour, resolution, sizeName: 'iso_a4_210x297mm', pixels })
    },
  })
}

interface Size {
  readonly width: number
  readonly height: number
}

function paperAt(resolution: number): Size {
  const pixels = (millimetres: number) => Math.round((millimetres / 25.4) * resolution)
  return { width: pixels(a4Millimetres.width), height: pixels(a4Millimetres.height) }
}

/** How much smaller or larger a page is to be on that paper, on its side where it is wide: 1 for one of the same size. */
function scaleTo({ width, height }: Size, paper: Size): number {
  const [across, along] = [Math.min(width, height), Math.max(width, height)]
  if (Math.abs(across - paper.width) <= nearlyPixels && Math.abs(along - paper.height) <= nearlyPixels) return 1
  return Math.min(paper.width / across, paper.height / along)
}

function headOf(pnm: Uint8Array): RegExpExecArray {
  const head = /^P[56]\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.from(pnm.subarray(0, 64)).toString('latin1'))
  if (head === null) throw new Fault('PDF_UNREADABLE', 'a page was not drawn as pixels')
  return head
}

function sizeIn(pnm: Uint8Array): Size {
  const [, width, height] = headOf(pnm)
  return { width: Number(width), height: Number(height) }
}

/** The pixels of a page in the middle of the paper, upright; what sticks out by a pixel is left out. */
function placed(pnm: Uint8Array, paper: Size & { readonly channels: number }): Uint8Array {
  const { width, height } = sizeIn(pnm)
  const pixels = pnm.subarray(headOf(pnm)[0].length)
  const { channels } = paper
  if (pixels.length !== width * height * channels) throw new Fault('PDF_UNREADABLE', 'a page was drawn in part')
  const turned = width > height
  const page = Buffer.alloc(paper.width * paper.height * channels, 0xff)
  const left = Math.trunc((paper.width - (turned ? height : width)) / 2)
  const top = Math.trunc((paper.height - (turned ? width : height)) / 2)
  for (let y = Math.max(0, -top); y < Math.min(turned ? width : height, paper.height - top); y += 1) {
    for (let x = Math.max(0, -left); x < Math.min(turned ? height : width, paper.width - left); x += 1) {
      const from = turned ? ((height - 1 - x) * width + y) * channels : (y * width + x) * channels
      const to = ((y + top) * paper.width + x + left) * channels
      for (let channel = 0; channel < channels; channel += 1) page[to + channel] = pixels[from + channel] ?? 0xff
    }
  }
  return page
}

async function whole(pdf: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of pdf) {
    size += piece.byteLength
    if (size > maxDocumentBytes) throw new Fault('PDF_TOO_LARGE', `more than ${maxDocumentBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
