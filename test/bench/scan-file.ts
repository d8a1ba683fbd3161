// Files to sign: PDFs as a scanner fills them, one JPEG a page, the same bytes in every run.

import { createWriteStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import sharp from 'sharp'
import { composePdf, type PdfPage } from '../../device/pdf/compose.ts'
import { eniMetadata } from '../pdf-fixtures.ts'
import { seededRandom } from '../sim/paper.ts'

/** Noise hardly compresses, so that a small page has the weight of a scanned one. */
const quality = 93
const large = { side: 800, bytes: 1_000_000 }
const small = { side: 340, bytes: 190_000 }

/** Writes a PDF/A-2b of `megabytes` pages, each the same JPEG of 1 000 000 bytes. */
export async function writeScan(file: string, megabytes: number): Promise<void> {
  const jpeg = await noise(large, 1)
  await pipeline(scan(jpeg, large.side, megabytes), createWriteStream(file))
}

/** A PDF/A-2b of one page and 200 kB, another one for each `seed`. */
export async function smallScan(seed: number): Promise<Buffer> {
  return buffer(scan(await noise(small, seed), small.side, 1))
}

function scan(jpeg: Uint8Array, side: number, count: number): AsyncIterable<Uint8Array> {
  async function* pages(): AsyncGenerator<PdfPage> {
    for (let page = 0; page < count; page += 1) {
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
  return composePdf({ pages: pages(), metadata: eniMetadata })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function noise({ side, bytes }: { side: number; bytes: number }, seed: number): Promise<Buffer> {
  const pixels = Buffer.alloc(side * side * 3)
  const random = seededRandom(seed)
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = random() * 256
  const jpeg = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality })
    .toBuffer()
  return padded(jpeg, bytes)
}

/** Filled up behind its end, where decoders do not look. */
function padded(jpeg: Buffer, bytes: number): Buffer {
  if (jpeg.length > bytes) throw new Error(`a page of ${jpeg.length} bytes`)
  return Buffer.concat([jpeg, Buffer.alloc(bytes - jpeg.length)])
}
