// What a visible signature shows and where, on pages that lie any way round: looked at by Poppler's renderer, its text and
// font programs, with images of every kind; and what cannot be shown is refused.

import { readFile } from 'node:fs/promises'
import { crc32, deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { SignatureAppearance } from '../device/pdf/signature-widget.ts'
import { askAbout, classicPdf, outputFor, whiteDocument } from './pdf-fixtures.ts'
import { codesOf, pages, prepared, signed } from './pdf-signing-fixtures.ts'

const font = await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf')
const rectangle = { x: 30, y: 20, width: 60, height: 24 }

/** A page of 200 × 140 points cut out of a larger sheet. */
const turned = (rotate: number) =>
  classicPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    pages.replace('/Count', `/MediaBox [-50 -50 400 400] /CropBox [10 20 210 160] /Rotate ${rotate} /Count`),
    '<< /Type /Page /Parent 2 0 R /Resources << >> >>',
  ])

interface PngSpec {
  readonly kind: 0 | 2 | 3 | 4 | 6
  readonly depth?: number
  readonly width: number
  readonly rows: readonly (readonly number[])[]
  readonly chunks?: readonly (readonly [string, readonly number[]])[]
  readonly interlace?: number
}

function png({ kind, depth = 8, width, rows, chunks = [], interlace = 0 }: PngSpec): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(rows.length, 4)
  header.set([depth, kind, 0, 0, interlace], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...chunks.map(([type, data]) => chunk(type, Uint8Array.from(data))),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flatMap(row => [0, ...row])))),
    chunk('IEND', new Uint8Array()),
  ])
}

/** Black on the left, white on the right. */
const halves = png({ kind: 0, width: 4, rows: [[0, 0, 255, 255]] })

const visible = (original: Buffer, appearance: Partial<SignatureAppearance>) =>
  signed(original, { appearance: { page: 1, rectangle, ...appearance } })

/** Grey at a point of the page as it is shown, from its lower left corner. */
async function shownBy(bytes: Buffer): Promise<(x: number, y: number) => number> {
  const image = await outputFor(bytes, 'pdftoppm', '-cropbox', '-gray', '-r', '72', '-singlefile', 'FILE')
  const [head = '', width = '0', height = '0'] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(image.toString('latin1')) ?? []
  return (x, y) => image[head.length + (Number(height) - 1 - y) * Number(width) + x] ?? -1
}

test.each([0, 90, 180, 270, -90])('an image stands upright in its rectangle on a page turned by %d', async rotate => {
  const at = await shownBy(
    await visible(turned(rotate), {
      image: png({
        kind: 0,
        width: 2,
        rows: [
          [0, 255],
          [0, 255],
        ],
      }),
    }),
  )
  const middle = rectangle.y + rectangle.height / 2
  const centre = rectangle.x + rectangle.width / 2
  expect([at(centre - 6, middle), at(centre + 6, middle)]).toEqual([0, 255])
  expect([at(rectangle.x + 3, middle), at(centre - 6, rectangle.y + rectangle.height + 4)]).toEqual([255, 255])
})

const kinds: readonly (readonly [string, PngSpec, readonly [number, number]])[] = [
  ['grey of one bit', { kind: 0, depth: 1, width: 4, rows: [[0b0011_0000]] }, [0, 255]],
  ['grey of sixteen bits', { kind: 0, depth: 16, width: 2, rows: [[0, 0, 255, 255]] }, [0, 255]],
  ['RGB', { kind: 2, width: 2, rows: [[0, 0, 0, 255, 255, 255]] }, [0, 255]],
  [
    'a palette',
    { kind: 3, depth: 4, width: 2, rows: [[0x10]], chunks: [['PLTE', [255, 255, 255, 0, 0, 0]]] },
    [0, 255],
  ],
  [
    'a palette with alpha',
    {
      kind: 3,
      width: 2,
      rows: [[0, 1]],
      chunks: [
        ['PLTE', [0, 0, 0, 0, 0, 0]],
        ['tRNS', [255, 0]],
      ],
    },
    [0, 255],
  ],
  ['a colour that is clear', { kind: 0, width: 2, rows: [[10, 20]], chunks: [['tRNS', [0, 20]]] }, [10, 255]],
  ['grey with alpha', { kind: 4, width: 2, rows: [[0, 255, 0, 0]] }, [0, 255]],
  [
    'RGB with alpha of sixteen bits',
    { kind: 6, depth: 16, width: 2, rows: [[0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]] },
    [0, 255],
  ],
]

test.each(kinds)('a PNG of %s shows', async (_, spec, [left, right]) => {
  const at = await shownBy(await visible(turned(0), { image: png(spec) }))
  const [x, y] = [rectangle.x + rectangle.width / 2, rectangle.y + rectangle.height / 2]
  const seen = [at(x - 5, y), at(x + 5, y)]
  expect(Math.abs((seen[0] ?? -1) - left)).toBeLessThan(16)
  expect(Math.abs((seen[1] ?? -1) - right)).toBeLessThan(16)
})

test('alpha becomes a soft mask where PDF/A has an output intent, and white where it may not', async () => {
  const image = png({ kind: 6, width: 1, rows: [[0, 0, 0, 128]] })
  const a2 = await whiteDocument(1)
  expect((await visible(a2, { image })).toString('latin1')).toContain('/SMask')
  const packet = '<pdfaid:part>1</pdfaid:part>'
  const a1 = classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>',
    pages,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> >>',
    `<< /Type /Metadata /Subtype /XML /Length ${packet.length} >>\nstream\n${packet}\nendstream`,
  ])
  const opaque = await visible(a1, { image })
  expect(opaque.toString('latin1')).not.toContain('/SMask')
  const at = await shownBy(opaque)
  expect(Math.abs(at(rectangle.x + 30, rectangle.y + 12) - 127)).toBeLessThan(16)
})

test('text is wrapped, embedded as a subset and can be read out again', async () => {
  const text = 'Signat per Montserrat Òdena «Güell»\nΩ € fi, i un text que ha de saltar de línia perquè no hi cap'
  const bytes = await visible(await whiteDocument(2), {
    page: -1,
    rectangle: { x: 10, y: 10, width: 120, height: 60 },
    text,
    font,
    image: halves,
  })
  expect(await codesOf(bytes)).toEqual(['sound'])
  const words = (await askAbout(bytes, 'pdftotext', '-f', '2', 'FILE', '-')).split(/\s+/).join(' ').trim()
  expect(words).toBe(text.replace('\n', ' '))
  expect((await askAbout(bytes, 'pdftotext', '-l', '1', 'FILE', '-')).trim()).toBe('')
  expect(await askAbout(bytes, 'pdffonts', 'FILE')).toMatch(/[A-Z]{6}\+\S+ +CID TrueType +Identity-H +yes yes yes/)
  expect(await askAbout(bytes, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
})

test('an encrypted document shows text and image too', async () => {
  const locked = await outputFor(turned(0), 'qpdf', '--encrypt', '', 'owner', '256', '--', 'FILE', '-')
  const bytes = await visible(locked, {
    rectangle: { x: 5, y: 5, width: 150, height: 60 },
    text: 'Xifrat però visible',
    font,
    image: halves,
  })
  expect((await askAbout(bytes, 'pdftotext', 'FILE', '-')).split(/\s+/)).toEqual(
    expect.arrayContaining(['Xifrat', 'visible']),
  )
  expect(await askAbout(bytes, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
  expect((await shownBy(bytes))(20, 35)).toBe(0)
})

test('a character that the font lacks is a question mark, a word that is too long is broken', async () => {
  const text = `\u{1f4c4}${'x'.repeat(60)}`
  const bytes = await visible(turned(0), { text, font, fontSize: 4 })
  const read = (await askAbout(bytes, 'pdftotext', 'FILE', '-')).replace(/\s/g, '')
  expect(read).toMatch(/^\?x{60}$/)
})

test('a text that does not fit at the size asked for is shown smaller, and whole', async () => {
  const text = 'Firmado por Núria Vidal Peñafiel, secretària'
  const bytes = await visible(turned(0), { text, font, fontSize: 60 })
  expect((await askAbout(bytes, 'pdftotext', 'FILE', '-')).replace(/\s+/g, ' ')).toContain(text)
})

test('the document own field shows the text at its own place, and PDF/A wants an appearance of what can be seen', async () => {
  const packet = '<pdfaid:part>2</pdfaid:part>'
  const original = classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /Metadata 5 0 R /AcroForm << /Fields [4 0 R] >> >>',
    pages,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Rotate 90 /Resources << >> /Annots [4 0 R] >>',
    '<< /Type /Annot /Subtype /Widget /FT /Sig /T (owner) /F 4 /Rect [20 30 60 110] /P 3 0 R >>',
    `<< /Type /Metadata /Subtype /XML /Length ${packet.length} >>\nstream\n${packet}\nendstream`,
  ])
  const silent = Buffer.from((await prepared(original, { fieldName: 'owner' })).update).toString('latin1')
  expect(silent).toMatch(/\/Rect \[20 30 60 110\].*\/V \d+ 0 R \/AP << \/N \d+ 0 R >>/)
  expect(silent).toContain('/BBox [0 0 40 80]')
  const shown = await signed(original, { fieldName: 'owner', appearance: { page: 7, rectangle, text: 'Aquí', font } })
  expect(await askAbout(shown, 'pdftotext', 'FILE', '-')).toContain('Aquí')
  expect(shown.toString('latin1')).toContain('/BBox [0 0 80 40]')
})

test.each([
  ['[0 60 100 0]', '', '/BBox [0 60 100 0] ', false],
  ['[0 0 100 60]', ' /Filter /FlateDecode', '/BBox [0 0 100 60] ', true],
  ['[9 9 99 99]', '', '/BBox [0 0 100 60] ', false],
])(
  'an appearance in place of one with /BBox %s%s changes no more than it must',
  async (box, filter, kept, deflated) => {
    const original = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>',
      pages,
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> /Annots [4 0 R] >>',
      '<< /Type /Annot /Subtype /Widget /FT /Sig /T (owner) /F 4 /Rect [20 30 120 90] /P 3 0 R /AP << /N 5 0 R >> >>',
      `<< /Type /XObject /Subtype /Form /BBox ${box}${filter} /Resources << >> /Length 0 >>\nstream\n\nendstream`,
    ])
    const shown = await signed(original, { fieldName: 'owner', appearance: { page: 1, rectangle, text: 'Aquí', font } })
    const form = shown.toString('latin1').split('/Subtype /Form').at(-1)?.split('stream')[0] ?? ''
    expect(form).toContain(kept)
    expect(form.includes('/FlateDecode')).toBe(deflated)
    expect(await askAbout(shown, 'pdftotext', 'FILE', '-')).toContain('Aquí')
  },
)

const refused: readonly (readonly [string, Partial<SignatureAppearance>, string])[] = [
  ['a page that is not there', { page: 2, image: halves }, 'REQUEST_INVALID'],
  ['page 0', { page: 0, image: halves }, 'REQUEST_INVALID'],
  ['a rectangle off the page', { rectangle: { ...rectangle, x: 900 }, image: halves }, 'REQUEST_INVALID'],
  ['a rectangle without area', { rectangle: { ...rectangle, width: 0 }, image: halves }, 'REQUEST_INVALID'],
  [
    'a rectangle that is no number',
    { rectangle: { ...rectangle, width: Number.NaN }, image: halves },
    'REQUEST_INVALID',
  ],
  ['text without font', { text: 'x' }, 'REQUEST_INVALID'],
  ['a font that is none', { text: 'x', font: Buffer.from('OTTO and so on') }, 'REQUEST_INVALID'],
  ['a font that is cut off', { text: 'x', font: font.subarray(0, 5000) }, 'REQUEST_INVALID'],
  ['an image that is none', { image: Buffer.from('GIF89a') }, 'IMAGE_UNREADABLE'],
  ['a PNG that is cut off', { image: halves.subarray(0, 50) }, 'IMAGE_UNREADABLE'],
  ['an interlaced PNG', { image: png({ kind: 0, width: 1, rows: [[0]], interlace: 1 }) }, 'IMAGE_UNREADABLE'],
  ['a PNG of too many pixels', { image: png({ kind: 4, width: 100_000_000, rows: [[0]] }) }, 'IMAGE_TOO_LARGE'],
  ['a PNG with too few rows', { image: png({ kind: 4, width: 9, rows: [[0, 0]] }) }, 'IMAGE_UNREADABLE'],
]

test.each(refused)('%s is refused', async (_, appearance, code) => {
  await expect(visible(turned(0), appearance)).rejects.toMatchObject({ code })
})
