// Files to sign: PDFs as a scanner fills them, one JPEG of about 1 MB a page, the same bytes in every run.

import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import sharp from 'sharp'
import { composePdf, type PdfPage } from '../../device/pdf/compose.ts'
import { eniMetadata } from '../pdf-fixtures.ts'
import { seededRandom } from '../sim/paper.ts'

const side = 800
/** Noise hardly compresses, so that a small page has the weight of a scanned one. */
const quality = 93
const megabyte = 1_000_000

/** Writes a PDF/A-2b of `megabytes` pages, each a JPEG of 1 000 000 bytes. */
export async function writeScan(file: string, megabytes: number): Promise<void> {
  const jpeg = padded(await noise())
  async function* pages(): AsyncGenerator<PdfPage> {
    for (let page = 0; page < megabytes; page += 1) {
      const shape = { encoding: 'jpeg', width: side, height: side, resolution: 200 } as const
      const frame = { left: 0, top: 0, width: side, height: side }
      const image = {
        ...shape,
        frame,
        straightenDegrees: 0,
        turn: 0,
        bytes: once(jpeg),
        byteLength: jpeg.length,
      } as const
      yield { images: [image] }
    }
  }
  await pipeline(composePdf({ pages: pages(), metadata: eniMetadata }), createWriteStream(file))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function noise(): Promise<Buffer> {
  const pixels = Buffer.alloc(side * side * 3)
  const random = seededRandom(1)
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = random() * 256
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality })
    .toBuffer()
}

/** Filled up to a megabyte behind its end, where decoders do not look. */
function padded(jpeg: Buffer): Buffer {
  if (jpeg.length > megabyte) throw new Error(`a page of ${jpeg.length} bytes`)
  return Buffer.concat([jpeg, Buffer.alloc(megabyte - jpeg.length)])
}
