// What goes into a PDF together with its signature: what it shows on several pages and on a page more, a picture on the
// pages, an attached file, more room. Looked at by Poppler's programs and qpdf; on a document that is signed already, what
// would break that signature is refused.

import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { pdfAProblem } from '../device/pdf/attachment.ts'
import type { SignatureAppearance } from '../device/pdf/signature-widget.ts'
import { corner, halves, lookAt } from './59.look.kit.ts'
import { createWorld, type SignOptions, signPades, type World } from './59.pades.kit.ts'
import { askAbout, classicPdf, outputFor, whiteDocument } from './pdf-fixtures.ts'
import { codesOf, open, pages, signed } from './pdf-signing-fixtures.ts'

const font = await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf')
const rectangle = { x: 10, y: 10, width: 100, height: 60 }
let world: World
let white: Buffer

beforeAll(async () => {
  world = await createWorld()
  white = await whiteDocument(4)
})

const visible = (original: Buffer, appearance: Partial<SignatureAppearance>) =>
  signed(original, { appearance: { page: 1, rectangle, text: 'Aquí', font, ...appearance } })

const sign = async (original: Uint8Array, options: SignOptions) => (await signPades(original, world, options)).bytes

/** Which pages say it. */
async function pagesWith(bytes: Buffer, word: string): Promise<readonly number[]> {
  const texts = (await askAbout(bytes, 'pdftotext', 'FILE', '-')).split('\f').slice(0, -1)
  return texts.flatMap((text, index) => (text.includes(word) ? [index + 1] : []))
}

describe('a signature on several pages', () => {
  test.each([
    ['all', [1, 2, 3, 4]],
    [[[2, 3]], [2, 3]],
    [
      [
        [1, 1],
        [-1, -1],
      ],
      [1, 4],
    ],
    [[[-2, 99]], [3, 4]],
    [[[-99, 1]], [1]],
    [[[-99, -50]], [1]],
    [[[7, 7]], [4]],
    [[[3, 2]], [4]],
  ] as const)('shows on %j', async (page, expected) => {
    const bytes = await visible(white, { page })
    expect(await pagesWith(bytes, 'Aquí')).toEqual(expected)
    expect(await codesOf(bytes)).toEqual(['sound'])
    expect(await askAbout(bytes, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
    // A signature field never has more than one annotation.
    expect(bytes.toString('latin1').match(/\/Subtype \/Widget/g)).toHaveLength(1)
  })

  test('is valid to others, and one signature', async () => {
    const bytes = await sign(white, { appearance: { page: 'all', rectangle, text: 'Aquí', font } })
    const seen = await askAbout(bytes, 'pdfsig', '-nocert', 'FILE')
    expect(seen.match(/Signature #\d/g)).toHaveLength(1)
    expect(seen).toContain('Signature is Valid')
    expect(seen).toContain('Total document signed')
  })

  test('shows alike on pages that lie any way round, those that are too small for it left out', async () => {
    const leaf = (box: string, rotate: number) =>
      `<< /Type /Page /Parent 2 0 R /MediaBox [${box}] /Rotate ${rotate} /Resources << >> >>`
    const original = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R 6 0 R 7 0 R] /Count 5 >>',
      leaf('0 0 9 9', 0),
      ...[0, 90, 180, 270].map(rotate => leaf('-20 -30 180 170', rotate)),
    ])
    const { image, ...bare } = {
      image: halves,
      page: 'all',
      rectangle: { x: 30, y: 20, width: 60, height: 24 },
    } as const
    const bytes = await signed(original, { appearance: { ...bare, image } })
    for (const page of [2, 3, 4, 5]) {
      const { at } = await lookAt(bytes, page)
      expect([at(54, 32), at(66, 32), at(20, 32)].map(([red]) => red)).toEqual([0, 255, 255])
    }
    const { at } = await lookAt(bytes, 1)
    expect(at(4, 4)).toEqual([255, 255, 255])
    expect(bytes.toString('latin1')).toMatch(/\/Subtype \/Widget .* \/P 4 0 R /)
  })

  test('keeps within the first of them', async () => {
    const bytes = await visible(white, { page: [[2, 3]], rectangle: { x: 100, y: 110, width: 90, height: 80 } })
    expect(bytes.toString('latin1')).toContain('/Rect [100 110 144 144]')
  })

  test('shows on one alone where somebody has signed the others already, whose signature stays whole', async () => {
    const first = await sign(white, { fieldName: 'One' })
    const second = await sign(first, { fieldName: 'Two', appearance: { page: 'all', rectangle, text: 'Aquí', font } })
    expect(await pagesWith(second, 'Aquí')).toEqual([1])
    expect((await askAbout(second, 'pdfsig', '-nocert', 'FILE')).match(/Signature is Valid/g)).toHaveLength(2)
  })

  test('shows on a page more, as large as the first', async () => {
    const bytes = await visible(white, { page: 'append' })
    expect(await pagesWith(bytes, 'Aquí')).toEqual([5])
    expect(await askAbout(bytes, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
    expect(await askAbout(bytes, 'qpdf', '--show-npages', 'FILE')).toBe('5\n')
    const [before, added] = [await lookAt(bytes, 1), await lookAt(bytes, 5)]
    expect([added.width, added.height]).toEqual([before.width, before.height])
    const turned = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      pages.replace('/Count', '/Rotate 90 /CropBox [10 10 60 90] /Count'),
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> >>',
    ])
    const after = await visible(turned, { page: 'append', rectangle: { x: 1, y: 1, width: 70, height: 40 } })
    expect(await lookAt(after, 2)).toMatchObject({ width: 80, height: 50 })
    expect(await pagesWith(after, 'Aquí')).toEqual([2])
  })
})

describe('a picture on the pages', () => {
  test('fills its rectangle over what was there, upright on a page that is turned, and is signed', async () => {
    const content = '/Compulsa0 Do 5 0 0 5 0 0 cm'
    const green = '0 1 0 rg 0 0 400 400 re f'
    const original = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Kids [3 0 R 5 0 R] /Count 2 /Rotate 90 /Resources << /XObject << /Compulsa0 6 0 R >> >> >>`,
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Contents 4 0 R >>',
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Contents [4 0 R] /Rotate 0 >>',
      `<< /Subtype /Form /BBox [0 0 400 400] /Length ${green.length} >>\nstream\n${green}\nendstream`,
    ])
    const pageImage = { pages: 'all', rectangle: { x: 20, y: 30, width: 40, height: 60 }, image: corner } as const
    const bytes = await sign(original, { pageImage })
    for (const page of [1, 2]) {
      const { at } = await lookAt(bytes, page)
      const inside = [at(30, 40), at(30, 80), at(50, 40), at(50, 80)]
      expect(inside.map(([red]) => red)).toEqual([255, 0, 255, 255])
      expect([at(10, 60), at(70, 60)]).toEqual([
        [0, 255, 0],
        [0, 255, 0],
      ])
    }
    expect(await askAbout(bytes, 'pdfsig', '-nocert', 'FILE')).toContain('Signature is Valid')
    expect(await askAbout(bytes, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
  })

  test('and a signature are on the same pages', async () => {
    const pageImage = { pages: 'all', rectangle: { x: 100, y: 90, width: 40, height: 40 }, image: halves } as const
    const bytes = await sign(white, { pageImage, appearance: { page: 'all', rectangle, text: 'Aquí', font } })
    expect(await pagesWith(bytes, 'Aquí')).toEqual([1, 2, 3, 4])
    for (const page of [1, 2, 3, 4]) expect((await lookAt(bytes, page)).at(110, 110)).toEqual([0, 0, 0])
  })

  test('is refused without an area, or where it is no picture', async () => {
    const at = (width: number, image: Uint8Array) => ({
      pageImage: { pages: 'all', rectangle: { x: 0, y: 0, width, height: 5 }, image } as const,
    })
    await expect(sign(white, at(0, halves))).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    await expect(sign(white, at(5, Buffer.from('GIF89a')))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' })
  })
})

describe('an attached file', () => {
  const attach = (fileName: string, data = 'hola') => ({
    attachment: { fileName, description: 'Una nota', data: Buffer.from(data), modifiedAt: Date.UTC(2026, 0, 2) },
  })

  test('comes out again as it went in, by the last part of its name', async () => {
    const bytes = await sign(white, attach('../../tmp/còpia (1).txt'))
    expect(await askAbout(bytes, 'pdfdetach', '-list', 'FILE')).toMatch(/^1 embedded files\n1: còpia \(1\)\.txt\n/)
    expect(await askAbout(bytes, 'qpdf', '--show-attachment=còpia (1).txt', 'FILE')).toBe('hola')
    expect(await askAbout(bytes, 'qpdf', '--list-attachments', '--verbose', 'FILE')).toMatch(
      /description: Una nota[\s\S]*modification date: D:20260102000000Z/,
    )
    expect(await askAbout(bytes, 'pdfsig', '-nocert', 'FILE')).toContain('Signature is Valid')
    expect(bytes.toString('latin1')).toContain('/AFRelationship /Unspecified')
  })

  test('stands beside those that are there, in their order and under a name of its own', async () => {
    const file = (name: string) => `<< /Type /Filespec /F (${name}) /UF (${name}) /EF << /F 8 0 R >> >>`
    const original = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /Names << /Dests 9 0 R /EmbeddedFiles 4 0 R >> /AF [6 0 R] >>',
      pages,
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> >>',
      '<< /Kids [5 0 R] >>',
      '<< /Limits [(a) (z)] /Names [(a) 6 0 R (z) 7 0 R] >>',
      file('a'),
      file('z'),
      '<< /Type /EmbeddedFile /Length 3 >>\nstream\nold\nendstream',
      '<< >>',
    ])
    const once = await sign(original, attach('a'))
    expect(await askAbout(once, 'pdfdetach', '-list', 'FILE')).toMatch(/^3 embedded files\n/)
    expect(
      once
        .toString('latin1')
        .match(/\/Names \[.*?\]/g)
        ?.at(-1),
    ).toMatch(/^\/Names \[<61> 6 0 R <6120283229> \d+ 0 R <7A> 7 0 R\]/)
    expect(await askAbout(once, 'qpdf', '--list-attachments', 'FILE')).toMatch(/^a -> .*\na \(2\) -> .*\nz -> /)
    expect(await askAbout(once, 'qpdf', '--show-attachment=a', 'FILE')).toBe('old')
    expect(await askAbout(once, 'qpdf', '--show-attachment=a (2)', 'FILE')).toBe('hola')
    expect(once.toString('latin1')).toMatch(/\/AF \[6 0 R \d+ 0 R\]/)
    expect(once.toString('latin1').split('%%EOF')[1]).toContain('/Dests 9 0 R')
  })
})

test('a document that is PDF/A stays so with files of some kinds only', async () => {
  const claiming = (part: string) => {
    const packet = `<pdfaid:part>${part}</pdfaid:part>`
    return classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>',
      pages,
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> >>',
      `<< /Type /Metadata /Subtype /XML /Length ${packet.length} >>\nstream\n${packet}\nendstream`,
    ])
  }
  const problem = async (document: Uint8Array, data: Uint8Array) => pdfAProblem(await open(document), data)
  const hola = Buffer.from('hola')
  expect(await problem(claiming('1'), claiming('1'))).toContain('PDF/A-1')
  expect(await problem(claiming('2'), hola)).toContain('PDF/A-2')
  expect(await problem(claiming('2'), claiming('3'))).toContain('PDF/A-2')
  expect(await problem(claiming('2'), claiming('1'))).toBeUndefined()
  expect(await problem(claiming('2'), claiming('2'))).toBeUndefined()
  expect(await problem(claiming('3'), hola)).toBeUndefined()
  expect(await problem(claiming('x'), hola)).toBeUndefined()
})

test('a signature has as much room as was asked for, where that is more than it needs', async () => {
  const roomOf = (bytes: Buffer) => (/\/Contents <([0-9A-F]+)>/.exec(bytes.toString('latin1'))?.[1] ?? '').length / 2
  const usual = roomOf(await sign(white, {}))
  expect(roomOf(await sign(white, { reservedOctets: 20_000 }))).toBe(20_000)
  expect(roomOf(await sign(white, { reservedOctets: 10 }))).toBe(usual)
  await expect(sign(white, { reservedOctets: 40_000 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
})

test.each([
  ['a picture', { pageImage: { pages: 'all', rectangle, image: halves } }],
  ['a file', { attachment: { fileName: 'a', data: Buffer.from('hola') } }],
  ['a page', { appearance: { page: 'append', rectangle, text: 'x', font } }],
] as const)('%s is refused in a document that is signed, and where its permissions forbid it', async (_, options) => {
  const first = await sign(white, {})
  await expect(sign(first, options)).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    detail: expect.stringContaining('signed already'),
  })
  const fields = [
    '/Fields [4 0 R]',
    '<< /Type /Annot /Subtype /Widget /FT /Sig /T (Here) /Rect [0 0 50 50] /P 3 0 R >>',
  ]
  const form = classicPdf([
    `<< /Type /Catalog /Pages 2 0 R /AcroForm << ${fields[0]} >> >>`,
    pages,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 140] /Resources << >> /Annots [4 0 R] >>',
    fields[1] ?? '',
  ])
  const limits = ['--modify=form', '--']
  const locked = await outputFor(form, 'qpdf', '--encrypt', '', 'owner', '256', ...limits, 'FILE', '-')
  await sign(locked, { fieldName: 'Here' })
  await expect(sign(locked, { fieldName: 'Here', ...options })).rejects.toMatchObject({ code: 'PDF_ENCRYPTED' })
})
