// The imaging driver on files that are damaged, endless, foreign or too large: each is refused by name, none is shown half.

import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ByteStream, PreparedPage, PreparePageRequest } from '../device/ports.ts'
import { createImaging } from '../drivers/imaging/sharp.ts'
import { drawSheet } from './sim/paper.ts'

const imaging = createImaging()
const request: PreparePageRequest = {
  mediaType: 'image/jpeg',
  resolution: 75,
  colour: 'auto',
  deskew: true,
  crop: true,
  background: 'kept',
  reduction: 'none',
}
const unreadable = expect.objectContaining({ code: 'IMAGE_UNREADABLE' })
const tooLarge = expect.objectContaining({ code: 'IMAGE_TOO_LARGE' })

async function* streamOf(bytes: Uint8Array, chunkBytes = 50_000): ByteStream {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

function prepare(bytes: Uint8Array): Promise<PreparedPage> {
  return imaging.prepare(streamOf(bytes), request)
}

let letter: Buffer
let gray: Buffer

beforeAll(async () => {
  letter = await drawSheet({ seed: 2, kind: 'letter', resolution: 75 })
  gray = await drawSheet({ seed: 2, kind: 'letter', resolution: 75, colour: 'gray' })
})

describe('what is refused', () => {
  test('a damaged JPEG, wherever it ends or breaks', async () => {
    const broken = Buffer.from(letter)
    broken.fill(Buffer.from('ff25ff91', 'hex'), broken.length >> 1, (broken.length >> 1) + 60)
    const cuts = [0.02, 0.5, 0.999].map(share => letter.subarray(0, Math.floor(letter.length * share)))
    for (const bytes of [...cuts, broken, letter.subarray(0, -2)]) {
      await expect(prepare(bytes)).rejects.toEqual(unreadable)
    }
  })

  test('a JPEG whose header promises more lines than follow', async () => {
    const taller = Buffer.from(letter)
    const frame = taller.indexOf(Buffer.from([0xff, 0xc0]))
    taller.writeUInt16BE(3508, frame + 5)
    await expect(prepare(taller)).rejects.toEqual(unreadable)
  })

  test('truncated PNG, TIFF and Netpbm', async () => {
    const png = await sharp(gray).png({ compressionLevel: 1 }).toBuffer()
    const tiff = await sharp(gray).tiff({ compression: 'none' }).toBuffer()
    const pnm = Buffer.concat([Buffer.from('P4\n800 600\n'), Buffer.alloc(60_000, 0x55)])
    for (const bytes of [png, tiff, pnm]) {
      await expect(prepare(bytes.subarray(0, Math.floor(bytes.length * 0.7)))).rejects.toEqual(unreadable)
    }
  })

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(5000)],
    ['a web page', Buffer.from('<!DOCTYPE html><html><body>503 Service Unavailable</body></html>')],
    [
      'a drawing that the decoder would know',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'),
    ],
    ['a signature alone', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ['a header of scanimage without pixels', Buffer.from('P6\n2480 3508\n255\n')],
  ])('%s', async (_, bytes) => {
    await expect(prepare(bytes)).rejects.toEqual(unreadable)
  })

  test('a sliver, and a TIFF of two pages, of which one would be lost', async () => {
    const sliver = await sharp({ create: { width: 900, height: 4, channels: 3, background: '#fff' } })
      .jpeg()
      .toBuffer()
    await expect(prepare(sliver)).rejects.toEqual(unreadable)
    const stack = sharp(await sharp(gray).resize(100, 200, { fit: 'fill' }).raw().toBuffer(), {
      raw: { width: 100, height: 200, channels: 1, pageHeight: 100 },
    })
    await expect(prepare(await stack.tiff().toBuffer())).rejects.toEqual(unreadable)
  })

  test('a bomb: few bytes, too many pixels', async () => {
    const bomb = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    bomb.writeUInt32BE(20_000, 16)
    bomb.writeUInt32BE(20_000, 20)
    bomb.writeUInt32BE(crcOfHeader(bomb), 29)
    await expect(prepare(bomb)).rejects.toEqual(tooLarge)
    await expect(prepare(Buffer.from('P6\n20000 20000\n255\n'))).rejects.toEqual(tooLarge)
    const jpeg = Buffer.from(letter)
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
    jpeg.writeUInt16BE(20_000, frame + 5)
    jpeg.writeUInt16BE(20_000, frame + 7)
    await expect(prepare(jpeg)).rejects.toEqual(tooLarge)
  })

  test('an endless stream, which is then closed', async () => {
    let closed = false
    let sent = 0
    async function* endless(): ByteStream {
      try {
        for (;;) {
          sent += 65_536
          yield Buffer.alloc(65_536, 0xff)
        }
      } finally {
        closed = true
      }
    }
    await expect(createImaging({ maxPixels: 100_000 }).prepare(endless(), request)).rejects.toEqual(tooLarge)
    expect(closed).toBe(true)
    expect(sent).toBeLessThan(2_000_000)
  })

  test('work whose signal was aborted', async () => {
    const reason = new Error('the sheet was taken back')
    await expect(imaging.prepare(streamOf(letter), request, AbortSignal.abort(reason))).rejects.toBe(reason)
    const stop = new AbortController()
    let chunksAfter = 0
    async function* aborting(): ByteStream {
      yield letter.subarray(0, 1000)
      stop.abort(reason)
      for (let at = 1000; at < letter.length; at += 1000, chunksAfter++) yield letter.subarray(at, at + 1000)
    }
    await expect(imaging.prepare(aborting(), request, stop.signal)).rejects.toBe(reason)
    expect(chunksAfter).toBe(0)
  })
})

/** The checksum of a PNG's first chunk (ISO/IEC 15948, Annex D). */
function crcOfHeader(png: Buffer): number {
  let crc = 0xffff_ffff
  for (const byte of png.subarray(12, 29)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0)
  }
  return (crc ^ 0xffff_ffff) >>> 0
}
