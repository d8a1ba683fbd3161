// The PdfPages port over poppler's pdftoppm: one run for a page, from memory to memory, bounded in time, memory and output.
// What it says goes nowhere: it may repeat what stands in the document.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, PdfPages } from '../../device/ports.ts'
import { run } from '../exec.ts'

/** Enough to read small print on the panels. */
const resolutionPpi = 120
const timeoutMs = 20_000
const maxImageBytes = 8 << 20
const maxDocumentBytes = 32 << 20
const maxDataBytes = 1_000_000_000
/** pdftoppm's own answer to a page behind the last. */
const wrongRange = 99

export function createPdfPages(): PdfPages {
  return Object.freeze({
    async page(pdf: ByteStream, number: number, signal?: AbortSignal) {
      const args = ['-q', '-jpeg', '-r', String(resolutionPpi), '-f', String(number), '-l', String(number), '-']
      const input = await whole(pdf)
      const limits = { timeoutMs, maxOutputBytes: maxImageBytes, maxDataBytes }
      const { exit, stdout, truncated } = await run('pdftoppm', args, { input, ...limits, ...(signal && { signal }) })
      if (exit.end === 'not-found')
        throw new Fault('PDF_UNREADABLE', 'pdftoppm is missing (apt-get install poppler-utils)')
      if (exit.end === 'exited' && exit.code === wrongRange) return null
      const isImage = exit.end === 'exited' && exit.code === 0 && stdout[0] === 0xff && stdout[1] === 0xd8
      if (!isImage || truncated) throw new Fault('PDF_UNREADABLE', `page ${number} could not be drawn`)
      return stdout
    },
  })
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
