// Composing PDF/A-2b: other people's readers open it, find the images as they went in and show them as they should look.

import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PDFDocument } from 'pdf-lib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { composePdf, type PdfImage } from '../device/pdf/compose.ts'
import { sRgbProfile } from '../device/pdf/icc.ts'
import { maxJpegHeaderBytes, parseJpegHeader } from '../device/pdf/jpeg-header.ts'
import { xmpPacket } from '../device/pdf/xmp.ts'
import {
  askAbout,
  chunksOf,
  eniMetadata,
  inFolder,
  joined,
  listed,
  pageOf,
  whiteDocument,
  whiteImage,
} from './pdf-fixtures.ts'

const execute = promisify(execFile)
const [width, height] = [240, 160]

/** Dark top left quarter, light rest: tells every turn and every inversion apart. */
function pixels(channels: 1 | 3): Buffer {
  const dark = channels === 1 ? [10] : [200, 20, 60]
  const bytes = Buffer.alloc(width * height * channels, 240)
  for (let y = 0; y < height / 2; y++) {
    bytes.fill(Buffer.from(dark), y * width * channels, (y * width + width / 2) * channels)
  }
  return bytes
}

function raw(channels: 1 | 3) {
  return sharp(pixels(channels), { raw: { width, height, channels } })
}

async function jpeg(channels: 1 | 3 | 4 = 3): Promise<Buffer> {
  if (channels === 4) return raw(3).toColourspace('cmyk').jpeg().toBuffer()
  const image = channels === 1 ? raw(1).toColourspace('b-w') : raw(3)
  return image.jpeg({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer()
}

/** The one strip of a G4 TIFF whose black runs are ink. */
async function g4(): Promise<Buffer> {
  const image = raw(1).threshold(128).negate().toColourspace('b-w')
  const tiff = await image.tiff({ compression: 'ccittfax4', bitdepth: 1, tile: false, tileHeight: height }).toBuffer()
  const directory = tiff.readUInt32LE(4)
  const tag = (wanted: number) => {
    for (let at = directory + 2; at < directory + 2 + tiff.readUInt16LE(directory) * 12; at += 12) {
      if (tiff.readUInt16LE(at) === wanted) return tiff.readUInt32LE(at + 8)
    }
    throw new Error(`no tag ${wanted}`)
  }
  return tiff.subarray(tag(273), tag(273) + tag(279))
}

function page(encoding: PdfImage['encoding'], bytes: Uint8Array, changes: Partial<PdfImage> = {}): PdfImage {
  const common = {
    width,
    height,
    resolution: 144,
    straightenDegrees: 0,
    frame: { left: 0, top: 0, width, height },
    turn: 0,
    bytes: chunksOf(bytes, 100),
    byteLength: bytes.length,
  } as const
  return { encoding, ...common, ...changes }
}

function compose(...images: readonly PdfImage[]): Promise<Buffer> {
  return joined(composePdf({ pages: listed(...images.map(pageOf)), metadata: eniMetadata }))
}

/** Each page as poppler shows it at its own resolution, as greyscale raw pixels. */
async function rendered(pdf: Uint8Array): Promise<readonly { data: Buffer; width: number; height: number }[]> {
  return inFolder(async folder => {
    await writeFile(join(folder, 'file.pdf'), pdf)
    await execute('pdftoppm', ['-png', '-r', '144', join(folder, 'file.pdf'), join(folder, 'page')])
    const files = (await readdir(folder)).filter(name => name.endsWith('.png')).sort()
    return Promise.all(
      files.map(async name => {
        const { data, info } = await sharp(join(folder, name)).greyscale().raw().toBuffer({ resolveWithObject: true })
        return { data, width: info.width, height: info.height }
      }),
    )
  })
}

describe('a composed document', () => {
  test('is accepted by qpdf, poppler and pdf-lib, each JPEG byte for byte', async () => {
    const [colour, grey, fax] = [await jpeg(3), await jpeg(1), await g4()]
    const pdf = await compose(page('jpeg', colour), page('ccitt-g4', fax, { turn: 90 }), page('jpeg', grey))
    expect(await askAbout(pdf, 'qpdf', '--check', 'FILE')).toContain('No syntax or stream encoding errors')
    const info = await askAbout(pdf, 'pdfinfo', 'FILE')
    expect(info).toMatch(/Pages:\s+3\n/)
    expect(info).toMatch(/Title:\s+Còpia de «prova» & <més> \u{1f4c4}\n/u)
    expect(info).toMatch(/Page size:\s+120 x 80 pts/)
    expect((await PDFDocument.load(pdf)).getPageCount()).toBe(3)
    await inFolder(async folder => {
      await writeFile(join(folder, 'file.pdf'), pdf)
      await execute('pdfimages', ['-all', join(folder, 'file.pdf'), join(folder, 'image')])
      expect(await readFile(join(folder, 'image-000.jpg'))).toEqual(colour)
      expect(await readFile(join(folder, 'image-002.jpg'))).toEqual(grey)
      expect(await readFile(join(folder, 'image-001.ccitt'))).toEqual(fax)
    })
  })

  test('shows every encoding the right way up and not inverted', async () => {
    const [colour, grey] = [await jpeg(3), await jpeg(1)]
    const pages = [page('jpeg', colour), page('jpeg', grey), page('ccitt-g4', await g4())]
    const expected = await Promise.all([colour, grey].map(image => sharp(image).greyscale().raw().toBuffer()))
    expected.push(await raw(1).threshold(128).toColourspace('b-w').raw().toBuffer())
    for (const [index, shown] of (await rendered(await compose(...pages))).entries()) {
      expect([shown.width, shown.height]).toEqual([width, height])
      const other = shown.data.filter((value, at) => Math.abs(value - (expected[index]?.[at] ?? 999)) > 2)
      // Poppler draws an image one pixel larger than asked for, which blurs the edge of the dark quarter.
      expect(other.length).toBeLessThan(width * height * 0.01)
    }
  })

  test.each([
    [90, 'right top'],
    [180, 'right bottom'],
    [270, 'left bottom'],
  ] as const)('turns its content by %i degrees clockwise', async (turn, corner) => {
    const [shown] = await rendered(await compose(page('ccitt-g4', await g4(), { turn })))
    if (!shown) throw new Error('no page was rendered')
    expect([shown.width, shown.height]).toEqual(turn === 180 ? [width, height] : [height, width])
    const dark = (x: number, y: number) => (shown.data[y * shown.width + x] ?? 255) < 100
    const [left, right, top, bottom] = [20, shown.width - 20, 20, shown.height - 20]
    const corners = { 'left top': dark(left, top), 'right top': dark(right, top) }
    const all = { ...corners, 'left bottom': dark(left, bottom), 'right bottom': dark(right, bottom) }
    expect(Object.entries(all).filter(([, is]) => is)).toEqual([[corner, true]])
  })

  test('has the same bytes for the same input', async () => {
    expect(await whiteDocument()).toEqual(await whiteDocument())
  })

  test('ends with %%EOF and one end of line and names its XMP unfiltered', async () => {
    const pdf = await whiteDocument(1)
    expect(pdf.toString('latin1')).toMatch(/startxref\n\d+\n%%EOF\n$/)
    const packet = Buffer.from(xmpPacket(eniMetadata))
    expect(pdf.includes(packet)).toBe(true)
    expect(packet.toString()).toContain('<eni:EstadoElaboracion>EE03</eni:EstadoElaboracion>')
    expect(packet.toString()).toContain('Còpia de «prova» &#38; &#60;més&#62;')
  })

  test('replaces what XML cannot hold', () => {
    const packet = Buffer.from(xmpPacket({ ...eniMetadata, title: 'a\u0000b\ud800c\u001bd\uffff' })).toString()
    expect(packet).toContain('>a b\ufffdc d <')
  })

  test('holds one chunk of one page at a time', async () => {
    const [bytes, seen] = [await jpeg(3), [] as string[]]
    async function* watched(name: string): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunksOf(bytes, 100)) {
        seen.push(name)
        yield chunk
      }
    }
    const pages = listed(...['a', 'b'].map(name => pageOf(page('jpeg', bytes, { bytes: watched(name) }))))
    for await (const _ of composePdf({ pages, metadata: eniMetadata })) seen.push('out')
    // The frame header is in the first few chunks; from there on every chunk leaves before the next one is read.
    expect(seen.join(' ')).toMatch(/^out( a){1,3} out out( a out)+ (out )+b/)
  })
})

describe('composing refuses', () => {
  test('no pages', () => expect(compose()).rejects.toMatchObject({ code: 'NO_PAGES' }))

  test('a CMYK JPEG', async () => {
    await expect(compose(page('jpeg', await jpeg(4)))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
  })

  test('a JPEG of another size than its page', async () => {
    await expect(compose(page('jpeg', await jpeg(), { width: 241 }))).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
    })
  })

  test.each([-1, 1])('a stream that differs from its length by %i', async difference => {
    const bytes = await jpeg()
    const wrong = page('jpeg', bytes, { byteLength: bytes.length + difference })
    await expect(compose(wrong)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
  })

  test('a stream that does not end, at its first byte too many', async () => {
    const [bytes, more] = [await jpeg(), Buffer.alloc(1000)]
    let read = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield bytes
      for (; ; read += more.length) yield more
    }
    await expect(compose(page('jpeg', bytes, { bytes: endless() }))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
    expect(read).toBe(0)
  })

  test('pages outside the sides that PDF/A allows', async () => {
    await expect(compose(whiteImage(2))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
    await expect(compose({ ...whiteImage(), resolution: 1 })).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' })
    await expect(compose({ ...whiteImage(), resolution: Number.NaN })).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
    })
  })

  test('an image that would not fit into 2 GiB, before it is read', async () => {
    const bytes = await jpeg()
    const vast = { ...whiteImage(), byteLength: 2_147_483_647 - bytes.length }
    await expect(compose(page('jpeg', bytes), vast)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' })
  })

  test('a JPEG without a frame header, having closed its stream', async () => {
    let [closed, read] = [false, 0]
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        yield Uint8Array.of(0xff, 0xd8)
        for (; ; read += 0xffff) yield Buffer.concat([Uint8Array.of(0xff, 0xe1, 0xff, 0xff), Buffer.alloc(0xfffd)])
      } finally {
        closed = true
      }
    }
    const image = page('jpeg', Buffer.alloc(9), { bytes: endless() })
    await expect(compose(image)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
    expect(closed).toBe(true)
    expect(read).toBeLessThan(2 * maxJpegHeaderBytes)
  })
})

describe('a JPEG header', () => {
  const frame = (identifiers: readonly number[], marker = 0xc0) => {
    const components = identifiers.flatMap(identifier => [identifier, 0x11, 0])
    return [0xff, marker, 0, 8 + components.length, 8, 0, 16, 0, 32, identifiers.length, ...components]
  }
  const adobe = [0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 0]
  const size = { width: 32, height: 16 }

  test('says when RGB components need /ColorTransform 0', () => {
    const rgb = frame([0x52, 0x47, 0x42])
    const header = (...parts: readonly number[]) => parseJpegHeader(Uint8Array.of(0xff, 0xd8, ...parts))
    expect(header(...rgb)).toEqual({ ...size, components: 3, colorTransform: 0 })
    expect(header(...adobe, ...rgb)).toEqual({ ...size, components: 3 })
    expect(header(...frame([1]))).toEqual({ ...size, components: 1 })
  })

  test('asks for more at every cut and never reads past it', () => {
    const bytes = Uint8Array.of(0xff, 0xd8, 0xff, ...adobe, ...frame([1, 2, 3]))
    for (let length = 0; length < bytes.length; length++)
      expect(parseJpegHeader(bytes.subarray(0, length))).toBeUndefined()
    expect(parseJpegHeader(bytes)?.components).toBe(3)
  })

  test.each([
    ['arithmetic coding', [0xff, 0xd8, ...frame([1], 0xc9)]],
    ['12 bits a component', [0xff, 0xd8, ...frame([1]).with(4, 12)]],
    ['no height', [0xff, 0xd8, ...frame([1]).with(6, 0)]],
    ['a short frame header', [0xff, 0xd8, ...frame([1]).with(9, 3)]],
    ['two components', [0xff, 0xd8, ...frame([1, 2])]],
    ['a scan before the frame', [0xff, 0xd8, 0xff, 0xda, 0, 2]],
    ['a segment without length', [0xff, 0xd8, 0xff, 0xe1, 0, 0]],
    ['another format', [0x89, 0x50, 0x4e, 0x47]],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseJpegHeader(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'IMAGE_UNREADABLE' }))
  })
})

test('the ICC profile is what littlecms takes for sRGB', async () => {
  await inFolder(async folder => {
    const profile = join(folder, 'srgb.icc')
    await writeFile(profile, sRgbProfile())
    const bytes = Buffer.from(Array.from({ length: 768 }, (_, index) => (index * 89) % 256))
    const source = { raw: { width: 16, height: 16, channels: 3 } } as const
    const converted = await sharp(bytes, source).withIccProfile(profile).raw().toBuffer()
    const differences = bytes.map((value, at) => Math.abs(value - (converted[at] ?? 0)))
    expect(Math.max(...differences)).toBeLessThanOrEqual(1)
  })
})
