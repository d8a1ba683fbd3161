// The imaging driver on every kind of image that scanners, phones and offices hand over, and on files that lie about
// what they hold: colours come out as they were meant, and what cannot be whole is refused.

import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { PreparedPage, PreparePageRequest } from '../device/ports.ts'
import { isLikeSrgb } from '../drivers/imaging/icc.ts'
import { createImaging, defaultMaxPixels } from '../drivers/imaging/sharp.ts'
import { streamOf } from './36.imaging.kit.ts'
import { drawSheet } from './sim/paper.ts'

const imaging = createImaging()
const request: PreparePageRequest = {
  mediaType: 'image/jpeg',
  resolution: 100,
  colour: 'auto',
  deskew: false,
  crop: false,
  background: 'kept',
  reduction: 'none',
}
const unreadable = expect.objectContaining({ code: 'IMAGE_UNREADABLE' })
const tooLarge = expect.objectContaining({ code: 'IMAGE_TOO_LARGE' })

function prepare(bytes: Uint8Array): Promise<PreparedPage> {
  return imaging.prepare(streamOf(bytes), request)
}

/** What a person sees of it: the rendition where there is one, else the bytes themselves. */
async function shown(bytes: Buffer): Promise<Buffer> {
  const { rendition } = await prepare(bytes)
  return rendition.kind === 'original' ? bytes : Buffer.from(rendition.bytes)
}

let form: Buffer

beforeAll(async () => {
  form = await drawSheet({ seed: 2, kind: 'form', resolution: 100 })
})

describe('kinds of images', () => {
  test.each([
    ['CMYK', () => sharp(form).toColourspace('cmyk').jpeg()],
    ['CMYK with its profile', () => sharp(form).toColourspace('cmyk').withIccProfile('cmyk').jpeg()],
    ['PNG with alpha', () => sharp(form).ensureAlpha().png({ compressionLevel: 1 })],
    ['PNG with a palette', () => sharp(form).png({ palette: true, colours: 64 })],
    ['PNG of sixteen bits', () => sharp(form).toColourspace('rgb16').png({ compressionLevel: 1 })],
    ['TIFF of sixteen bits', () => sharp(form).toColourspace('rgb16').tiff({ compression: 'none' })],
    ['TIFF with LZW', () => sharp(form).tiff({ compression: 'lzw' })],
    ['TIFF in tiles', () => sharp(form).tiff({ compression: 'deflate', tile: true })],
    ['a wide gamut, named by its profile', () => sharp(form).withIccProfile('p3').jpeg({ quality: 95 })],
    ['EXIF on its side', () => sharp(form).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 })],
    ['progressive', () => sharp(form).jpeg({ progressive: true, quality: 95 })],
  ] as const)('%s comes out in the colours that were meant', async (_, make) => {
    const meant = await sharp(form).raw().toBuffer()
    const found = await sharp(await shown(await make().toBuffer()))
      .raw()
      .toBuffer()
    expect(found.length).toBe(meant.length)
    let error = 0
    for (let i = 0; i < found.length; i++) error += Math.abs((found[i] ?? 0) - (meant[i] ?? 0))
    expect(error / found.length).toBeLessThan(5)
  })

  test('a profile that is not sRGB is applied, for the PDF says sRGB; sRGB keeps the scanner’s bytes', async () => {
    const wide = await sharp(form).withIccProfile('p3').jpeg().toBuffer()
    const plain = await sharp(form).withIccProfile('srgb').jpeg().toBuffer()
    expect((await prepare(wide)).rendition.kind).toBe('encoded')
    expect((await prepare(plain)).rendition.kind).toBe('original')
    const profileOf = async (jpeg: Buffer) => (await sharp(jpeg).metadata()).icc ?? Buffer.alloc(0)
    expect(isLikeSrgb(await profileOf(wide))).toBe(false)
    const profile = await profileOf(plain)
    expect(isLikeSrgb(profile)).toBe(true)
    for (let cut = 0; cut < profile.length; cut += 7) expect(() => isLikeSrgb(profile.subarray(0, cut))).not.toThrow()
  })

  test('a grey JPEG whose profile says linear light is not shown as it is', async () => {
    const gray = await sharp(form).toColourspace('b-w').jpeg().toBuffer()
    const page = await prepare(withProfile(gray, grayProfile(1)))
    expect(page.rendition.kind).toBe('encoded')
    expect(page.verdict.colour).toBe('gray')
    expect((await prepare(withProfile(gray, grayProfile(2.2)))).rendition.kind).toBe('original')
  })

  test('one bit a pixel, in PNG and TIFF, stays one bit', async () => {
    const black = sharp(form).toColourspace('b-w').threshold(150)
    const png = await black.clone().png({ palette: true, colours: 2 }).toBuffer()
    const tiff = await black.clone().tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer()
    for (const bytes of [png, tiff]) expect((await prepare(bytes)).rendition).toMatchObject({ encoding: 'ccitt-g4' })
  })
})

describe('files that lie', () => {
  const change = (jpeg: Buffer, at: number, by: number) => {
    const changed = Buffer.from(jpeg)
    const frame = changed.indexOf(Buffer.from([0xff, 0xc0]))
    changed.writeUInt16BE(changed.readUInt16BE(frame + at) + by, frame + at)
    return changed
  }

  test.each([
    ['fewer lines than the data', 5, -200],
    ['more lines', 5, 300],
    ['a narrower page', 7, -128],
    ['a wider page', 7, 128],
  ] as const)('a JPEG whose header says %s', async (_, at, by) => {
    await expect(prepare(change(form, at, by))).rejects.toEqual(unreadable)
  })

  test('a JPEG with something behind its end is whole; one that ends early is not', async () => {
    expect((await prepare(Buffer.concat([form, Buffer.alloc(5000, 7)]))).rendition.kind).toBe('original')
    for (const lost of [2, 40, 400, 4000]) await expect(prepare(form.subarray(0, -lost))).rejects.toEqual(unreadable)
    const cut = Buffer.concat([form.subarray(0, -8000), Buffer.from([0xff, 0xd9])])
    await expect(prepare(cut)).rejects.toEqual(unreadable)
  })

  test('bombs in chunks that no page needs are left out, and those in strips no more than an image that is taken', async () => {
    const spaces = deflateSync(Buffer.alloc(50_000_000, 32))
    const text = png(100, 100, [['zTXt', Buffer.concat([Buffer.from('Comment\0\0'), spaces])]])
    const profile = png(100, 100, [['iCCP', Buffer.concat([Buffer.from('icc\0\0'), spaces])]])
    const peak = () => process.resourceUsage().maxRSS * 1024
    const before = peak()
    for (const bytes of [text, profile]) expect((await prepare(bytes)).verdict.width).toBe(100)
    expect(peak() - before).toBeLessThan(40_000_000)
    for (const bytes of [tiff(4000, 5000, 4_000_000_000), tiff(8000, 8000, 5000)]) {
      await expect(prepare(bytes)).rejects.toEqual(unreadable)
    }
    await expect(prepare(tiff(20_000, 20_000, 400_000_000))).rejects.toEqual(tooLarge)
    expect(peak() - before).toBeLessThan(6 * defaultMaxPixels)
  })

  test('a TIFF whose pages lead back to the first', async () => {
    await expect(prepare(tiff(100, 100, 10_000, 8))).rejects.toEqual(unreadable)
  })

  test('a JPEG of very many scans', async () => {
    const progressive = await sharp(form).jpeg({ progressive: true }).toBuffer()
    const scan = progressive.subarray(progressive.lastIndexOf(Buffer.from([0xff, 0xda])), -2)
    const many = [progressive.subarray(0, -2), ...Array.from({ length: 500 }, () => scan), Buffer.from([0xff, 0xd9])]
    await expect(prepare(Buffer.concat(many))).rejects.toEqual(unreadable)
  })
})

/** A JPEG with an ICC profile in its application segment 2 (ICC.1, B.4). */
function withProfile(jpeg: Buffer, profile: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile])
  const head = Buffer.from([0xff, 0xe2, (body.length + 2) >> 8, (body.length + 2) & 0xff])
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)])
}

/** A grey profile with one gamma (ICC.1, 8.3: white point and tone curve). */
function grayProfile(gamma: number): Buffer {
  const curve = Buffer.alloc(16)
  curve.write('curv')
  curve.writeUInt32BE(1, 8)
  curve.writeUInt16BE(Math.round(gamma * 256), 12)
  const white = Buffer.alloc(20)
  white.write('XYZ ')
  for (const [i, value] of [0.9642, 1, 0.8249].entries()) white.writeInt32BE(Math.round(value * 65_536), 8 + 4 * i)
  const tags = Buffer.alloc(4 + 2 * 12)
  tags.writeUInt32BE(2)
  for (const [i, [name, offset, length]] of (
    [
      ['kTRC', 156, 16],
      ['wtpt', 172, 20],
    ] as const
  ).entries()) {
    tags.write(name, 4 + 12 * i)
    tags.writeUInt32BE(offset, 8 + 12 * i)
    tags.writeUInt32BE(length, 12 + 12 * i)
  }
  const head = Buffer.alloc(128)
  head.writeUInt32BE(192)
  head.writeUInt32BE(0x02400000, 8)
  head.write('mntrGRAYXYZ ', 12)
  head.write('acsp', 36)
  for (const [i, value] of [0.9642, 1, 0.8249].entries()) head.writeInt32BE(Math.round(value * 65_536), 68 + 4 * i)
  return Buffer.concat([head, tags, curve, white])
}

function png(width: number, height: number, chunks: readonly (readonly [string, Buffer])[]): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(8, 8)
  const data = deflateSync(Buffer.alloc((width + 1) * height))
  const all = [['IHDR', header], ...chunks, ['IDAT', data], ['IEND', Buffer.alloc(0)]] as const
  const written = all.map(([name, body]) => {
    const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(name), body, Buffer.alloc(4)])
    chunk.writeUInt32BE(body.length)
    chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4)
    return chunk
  })
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...written])
}

/** A grey TIFF of one strip that says it has so many bytes; `next` is where its next page would be. */
function tiff(width: number, height: number, stripBytes: number, next = 0): Buffer {
  const longs = [
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 200],
    [277, 1],
    [278, height],
    [279, stripBytes],
  ] as const
  const file = Buffer.alloc(11_000, 255)
  file.write('II*\0\x08\0\0\0', 'latin1')
  file.writeUInt16LE(longs.length, 8)
  for (const [i, [tag, value]] of longs.entries()) {
    file.writeUInt16LE(tag, 10 + 12 * i)
    file.writeUInt16LE(4, 12 + 12 * i)
    file.writeUInt32LE(1, 14 + 12 * i)
    file.writeUInt32LE(value, 18 + 12 * i)
  }
  file.writeUInt32LE(next, 10 + 12 * longs.length)
  return file
}
