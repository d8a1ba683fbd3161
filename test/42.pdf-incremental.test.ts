// Updating and judging signed PDFs: the original stays as it was, other people's readers accept every shape of update,
// and no way of moving, hiding or stretching the signed bytes passes as sound.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PDFDocument } from 'pdf-lib'
import { describe, expect, test } from 'vitest'
import { appended, randomAccessOf } from '../device/bytes.ts'
import { openPdf } from '../device/pdf/document.ts'
import { createDraft } from '../device/pdf/draft.ts'
import { fillContents, maxReservedBytes } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../device/pdf/signature-field.ts'
import { listSignatures } from '../device/pdf/signatures.ts'
import { signedBytes } from './50.signature.kit.ts'
import { askAbout, behindHole, classicPdf, inFolder, joined, outputFor, whiteDocument } from './pdf-fixtures.ts'

import {
  codesOf,
  open,
  page,
  pages,
  prepared,
  signatureRequest,
  signed,
  signingTime,
  smallDer,
} from './pdf-signing-fixtures.ts'

const execute = promisify(execFile)
async function withPdfLib(useObjectStreams: boolean): Promise<Buffer> {
  const made = await PDFDocument.create()
  for (let page = 0; page < 3; page++) made.addPage([200, 200])
  made.getForm().createTextField('Signature').addToPage(made.getPage(0))
  return Buffer.from(await made.save({ useObjectStreams }))
}

const shapes: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ['our own document', () => whiteDocument(2)],
  ['a form with a table', () => withPdfLib(false)],
  ['a form in object streams', () => withPdfLib(true)],
  ['a linearised file', async () => outputFor(await whiteDocument(3), 'qpdf', '--linearize', 'FILE', '-')],
  ['a file without last end of line', async () => (await whiteDocument(1)).subarray(0, -1)],
  [
    'direct arrays',
    async () => classicPdf(['<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [] >> >>', pages, page]),
  ],
  [
    'indirect arrays',
    async () => {
      const annotated = page.replace('/Resources', '/Annots 5 0 R /Resources')
      const form = '<< /Fields 6 0 R /SigFlags 1 >>'
      return classicPdf(['<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>', pages, annotated, form, '[]', '[]'])
    },
  ],
  [
    'one array for /Annots and /Fields',
    async () => {
      const annotated = page.replace('/Resources', '/Annots 5 0 R /Resources')
      return classicPdf([
        '<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>',
        pages,
        annotated,
        '<< /Fields 5 0 R >>',
        '[]',
      ])
    },
  ],
]

describe.each(shapes)('a signature on %s', (_, make) => {
  test('keeps the original as a prefix and is found sound by itself and below another', async () => {
    const original = await make()
    const once = await signed(original)
    const twice = await signed(once, { kind: 'timestamp' })
    expect(once.subarray(0, original.length).equals(original)).toBe(true)
    expect(twice.subarray(0, once.length).equals(once)).toBe(true)
    const found = await listSignatures(await open(twice))
    expect(found).toMatchObject([
      {
        structure: 'sound',
        type: 'Sig',
        subFilter: 'ETSI.CAdES.detached',
        revisionEnd: once.length,
        coversWholeFile: false,
        signingTime,
      },
      {
        structure: 'sound',
        type: 'DocTimeStamp',
        subFilter: 'ETSI.RFC3161',
        revisionEnd: twice.length,
        coversWholeFile: true,
      },
    ])
    expect(new Set(found.map(one => one.fieldName)).size).toBe(2)
  })

  test('leaves a file that qpdf, poppler and pdf-lib accept, with every page', async () => {
    const original = await make()
    const result = await signed(await signed(original))
    expect(await askAbout(result, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
    const [before, after] = [await PDFDocument.load(original), await PDFDocument.load(result)]
    expect(after.getPageCount()).toBe(before.getPageCount())
    expect(after.getForm().getFields().length).toBe(before.getForm().getFields().length + 2)
    expect((await askAbout(result, 'pdfsig', '-nocert', 'FILE')).match(/Signature #/g)?.length).toBe(2)
  })
})

test.each([true, false])('poppler finds the digest right, object streams %s', async useObjectStreams => {
  await inFolder(async folder => {
    const at = (name: string) => join(folder, name)
    const request = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Signer']
    await execute('openssl', ['req', ...request, '-keyout', at('key.pem'), '-out', at('certificate.pem')])
    const original = await withPdfLib(useObjectStreams)
    const waiting = await prepared(original, { name: 'Núria', reason: '(a) \\' })
    await writeFile(
      at('data'),
      await joined(signedBytes(appended(randomAccessOf(original), waiting.update), waiting.byteRange)),
    )
    const signer = [
      '-signer',
      at('certificate.pem'),
      '-inkey',
      at('key.pem'),
      '-outform',
      'DER',
      '-binary',
      '-cades',
      '-md',
      'sha256',
    ]
    await execute('openssl', ['cms', '-sign', ...signer, '-in', at('data'), '-out', at('cms')])
    const cms = await readFile(at('cms'))
    const filled = fillContents(waiting, cms)
    if (filled.outcome !== 'filled') throw new Error('the signature fits')
    const result = Buffer.concat([original, filled.update])
    const said = await askAbout(result, 'pdfsig', '-nocert', 'FILE')
    expect(said).toContain('Signature is Valid')
    expect(said).toContain('Total document signed')
    const [found] = await listSignatures(await open(result))
    if (found?.structure !== 'sound') throw new Error('the signature is sound')
    expect(found).toMatchObject({ name: 'Núria', reason: '(a) \\' })
    expect(Buffer.from(found.contents.subarray(0, cms.length))).toEqual(cms)
    expect(found.contents.length).toBe(3000)
  })
})

describe('preparing', () => {
  test('gives the range that leaves exactly /Contents out', async () => {
    const original = await whiteDocument(1)
    const waiting = await prepared(original)
    const file = Buffer.concat([original, waiting.update])
    const [start, before, after, rest] = waiting.byteRange
    expect(start).toBe(0)
    expect(after + rest).toBe(file.length)
    expect(file.toString('latin1', before, after)).toBe(`<${'0'.repeat(6000)}>`)
    expect(file.toString('latin1')).toContain(`/ByteRange [0 ${before} ${after} ${rest}`)
    expect(waiting.contentsOffset).toBe(before + 1 - original.length)
    expect(await prepared(original)).toEqual(waiting)
  })

  test('takes the next free name, the dots taken out', async () => {
    const form = await withPdfLib(false)
    expect((await prepared(form)).fieldName).toBe('Signature2')
    expect((await prepared(await signed(form))).fieldName).toBe('Signature3')
    expect((await prepared(form, { fieldName: 'a.b' })).fieldName).toBe('a-b')
  })

  test('keeps the file identifier and changes its second half', async () => {
    const original = await whiteDocument(1)
    const ids = (await signed(original)).toString('latin1').match(/\/ID \[<(\w{32})> <(\w{32})>\]/g) ?? []
    expect(ids.length).toBe(2)
    expect(ids[0]?.slice(0, 38)).toBe(ids[1]?.slice(0, 38))
    expect(ids[0]).not.toBe(ids[1])
  })

  test('says how much room a long signature needs', async () => {
    const waiting = await prepared(await whiteDocument(1), { reservedBytes: 4 })
    expect(fillContents(waiting, smallDer)).toEqual({ outcome: 'too-long', neededBytes: 5 })
    expect(fillContents(waiting, smallDer.subarray(0, 4)).outcome).toBe('filled')
    expect(Buffer.from(waiting.update).includes('/Contents <00000000>')).toBe(true)
  })

  test.each([0, -1, 1.5, maxReservedBytes + 1])('refuses to reserve %d bytes', async reservedBytes => {
    await expect(prepared(await whiteDocument(1), { reservedBytes })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })

  test('refuses a document without pages', async () => {
    const bytes = classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [] /Count 0 >>'])
    await expect(prepared(bytes)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
  })

  test('refuses to bury bytes behind a signed revision, not behind an unsigned one', async () => {
    const original = await whiteDocument(1)
    const junk = Buffer.from('JUNK\n')
    await expect(prepared(Buffer.concat([await signed(original), junk]))).rejects.toMatchObject({
      code: 'PDF_UNREADABLE',
    })
    expect(await codesOf(await signed(Buffer.concat([original, junk])))).toEqual(['sound'])
  })

  test('refuses what a certification forbids, but not a timestamp', async () => {
    const certified = (level: number) => {
      const reference = `<< /TransformMethod /DocMDP /TransformParams << /P ${level} >> >>`
      const catalog = `<< /Type /Catalog /Pages 2 0 R /Perms << /DocMDP << /Reference [${reference}] >> >> >>`
      return classicPdf([catalog, pages, page])
    }
    await expect(prepared(certified(1))).rejects.toMatchObject({ code: 'PDF_CERTIFIED' })
    expect((await prepared(certified(1), { kind: 'timestamp' })).fieldName).toBe('Signature')
    expect((await prepared(certified(2))).fieldName).toBe('Signature')
  })

  test('works behind 4 GiB without reading them, and not where ten digits end', async () => {
    const waiting = await prepareSignature(
      createDraft(
        await openPdf(behindHole(classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', pages, page]), 9_000_000_000)),
      ),
      signatureRequest,
    )
    expect(waiting.byteRange[1]).toBeGreaterThan(9_000_000_000)
    expect(Buffer.from(waiting.update).toString('latin1')).toContain(`/ByteRange [${waiting.byteRange.join(' ')}`)
    const whole = appended(
      behindHole(classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', pages, page]), 9_000_000_000),
      waiting.update,
    )
    expect(await listSignatures(await openPdf(whole))).toMatchObject([{ structure: 'sound' }])
    const farther = prepareSignature(
      createDraft(
        await openPdf(behindHole(classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', pages, page]), 9_999_999_000)),
      ),
      signatureRequest,
    )
    await expect(farther).rejects.toMatchObject({ code: 'PDF_TOO_LARGE' })
  })

  test('refuses a page that is the form', async () => {
    const bytes = classicPdf(['<< /Type /Catalog /Pages 2 0 R /AcroForm 3 0 R >>', pages, page])
    await expect(prepared(bytes)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
  })
})
