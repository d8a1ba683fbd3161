// What one update does to a document: filling a field that waits for its signature, with the lock it carries; certifying;
// keeping what the document already says; the document security store; and digests that cost one pass.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { appended, randomAccessOf } from '../device/bytes.ts'
import { openPdf } from '../device/pdf/document.ts'
import { createDraft } from '../device/pdf/draft.ts'
import { addToDss, readDss } from '../device/pdf/dss.ts'
import { hashFile } from '../device/pdf/file-hash.ts'
import { writeRevision } from '../device/pdf/incremental.ts'
import { fillContents } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../device/pdf/signature-field.ts'
import { listSignatures } from '../device/pdf/signatures.ts'
import { signedBytes } from './50.signature.kit.ts'
import { askAbout, behindHole, classicPdf, whiteDocument } from './pdf-fixtures.ts'
import { codesOf, open, page, pages, prepared, signatureRequest, signed, smallDer } from './pdf-signing-fixtures.ts'

const field = (entries: string) =>
  classicPdf([
    '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>',
    pages,
    page.replace('/Type /Page', '/Type /Page /Annots [4 0 R]'),
    `<< /Type /Annot /Subtype /Widget /FT /Sig /T (owner) /F 4 /Rect [1 1 5 5] /P 3 0 R ${entries} >>`,
  ])

const latin1 = async (bytes: Promise<{ readonly update: Uint8Array }>) =>
  Buffer.from((await bytes).update).toString('latin1')

test('an empty field is filled, its widget kept, and its lock becomes a FieldMDP transform', async () => {
  const original = field('/Lock << /Type /SigFieldLock /Action /Include /Fields [(a) (b.c)] >>')
  const waiting = await prepared(original, { fieldName: 'owner' })
  expect(waiting.fieldName).toBe('owner')
  const text = Buffer.from(waiting.update).toString('latin1')
  expect(text).toMatch(/4 0 obj\n<<.*\/Rect \[1 1 5 5\].*\/V 5 0 R >>/)
  expect(text).toMatch(
    /\/TransformMethod \/FieldMDP \/TransformParams << .*\/Action \/Include \/Fields \[<61> <622E63>\] \/V \/1\.2 >> \/Data 1 0 R/,
  )
  expect(await codesOf(await signed(original, { fieldName: 'owner' }))).toEqual(['sound'])
})

test('a field that is signed, or no signature field, gets a neighbour instead', async () => {
  expect((await prepared(field('/V << /Type /Sig >>'), { fieldName: 'owner' })).fieldName).toBe('owner2')
  const text = Buffer.from(field('').toString('latin1').replace('/FT /Sig', '/FT /Tx '), 'latin1')
  expect((await prepared(text, { fieldName: 'owner' })).fieldName).toBe('owner2')
  expect((await prepared(field(''), { fieldName: 'owner', kind: 'timestamp' })).fieldName).toBe('owner2')
})

test('what a field demands of its signature is held against the request', async () => {
  const demanding = field('/SV << /Type /SV /Ff 64 /DigestMethod [(SHA512)] >>')
  await expect(prepared(demanding, { fieldName: 'owner' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  const fitting = await prepared(demanding, { fieldName: 'owner', digestAlgorithm: 'SHA-512' })
  expect(fitting.fieldName).toBe('owner')
})

test.each(['/Lock << /Action /Some >>', '/Lock << /Action /Include >>', '/Lock 7'])(
  'a field whose %s is none is refused',
  async lock => {
    await expect(prepared(field(lock), { fieldName: 'owner' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  },
)

test('the first signature can certify, a later one cannot', async () => {
  const original = await whiteDocument(1)
  const once = await signed(original, { certify: 2 })
  const text = once.subarray(original.length).toString('latin1')
  expect(text).toMatch(/\/TransformMethod \/DocMDP \/TransformParams << \/Type \/TransformParams \/P 2 \/V \/1\.2 >>/)
  expect(text).toMatch(/\/Perms << \/DocMDP \d+ 0 R >>/)
  await expect(prepared(once, { certify: 2 })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  expect(await codesOf(await signed(once))).toEqual(['sound', 'sound'])
  const painting = { page: 1, rectangle: { x: 1, y: 1, width: 50, height: 20 } }
  await expect(prepared(once, { appearance: painting })).rejects.toMatchObject({ code: 'PDF_CERTIFIED' })
  const closed = await signed(original, { certify: 1 })
  await expect(prepared(closed)).rejects.toMatchObject({ code: 'PDF_CERTIFIED' })
  expect(await codesOf(await signed(closed, { kind: 'timestamp' }))).toEqual(['sound', 'sound'])
})

test('a document below PDF 2.0 declares the extension once', async () => {
  const original = await whiteDocument(1)
  expect(await latin1(prepared(original))).toContain('/Extensions << /ESIC << /Type /DeveloperExtensions')
  expect(await latin1(prepared(await signed(original)))).toContain('/ESIC')
  const declared = (await signed(original)).toString('latin1').split('DeveloperExtensions').length
  expect((await signed(await signed(original))).toString('latin1').split('DeveloperExtensions').length - declared).toBe(
    1,
  )
  const newer = Buffer.from(original.toString('latin1').replace('%PDF-1.7', '%PDF-2.0'), 'latin1')
  expect(await latin1(prepared(newer))).not.toContain('/ESIC')
})

test('PDF/A ends at 2 147 483 647 bytes, other documents do not', async () => {
  const far = (claim: string) => {
    const catalog = '<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R >>'
    const metadata = `<< /Length ${claim.length} >>\nstream\n${claim}\nendstream`
    return behindHole(classicPdf([catalog, pages, page, metadata]), 2_147_480_000)
  }
  const claimed = prepareSignature(createDraft(await openPdf(far('<pdfaid:part>2</pdfaid:part>'))), signatureRequest)
  await expect(claimed).rejects.toMatchObject({ code: 'PDF_TOO_LARGE' })
  expect((await prepareSignature(createDraft(await openPdf(far('<dc:title/>'))), signatureRequest)).fieldName).toBe(
    'Signature',
  )
})

test('the security store only grows, holds a value once and keeps what others wrote', async () => {
  const [first, second, third] = [Buffer.from('one'), Buffer.from('two'), Buffer.from('three')]
  const store = '/DSS << /Certs 4 0 R /VRI << /AB << /Cert [6 0 R] >> >> >>'
  const stream = (text: string) => `<< /Length ${text.length} >>\nstream\n${text}\nendstream`
  const original = classicPdf([
    `<< /Type /Catalog /Pages 2 0 R ${store} >>`,
    pages,
    page,
    '[5 0 R]',
    stream('one'),
    stream('vri'),
  ])
  const draft = createDraft(await open(original))
  expect(await addToDss(draft, { certificates: [first, second, second], ocsps: [third], crls: [] })).toBe(true)
  const grown = Buffer.concat([original, (await writeRevision(draft.document, draft.objects())).bytes])
  const document = await open(grown)
  const text = (values: readonly Uint8Array[]) => values.map(value => Buffer.from(value).toString())
  const read = await readDss(document)
  expect([text(read.certificates), text(read.ocsps), text(read.crls)]).toEqual([['one', 'two', 'vri'], ['three'], []])
  expect(grown.toString('latin1').split('/VRI').length).toBe(3)
  expect(await addToDss(createDraft(document), read)).toBe(false)
  expect(await askAbout(grown, 'qpdf', '--check', 'FILE')).not.toContain('WARNING')
})

test('one pass gives the digests of every signature and goes on behind the end', async () => {
  const once = await signed(await whiteDocument(1))
  const twice = await signed(once, { kind: 'timestamp' })
  const file = randomAccessOf(twice)
  const ranges = (await listSignatures(await open(twice))).flatMap(one =>
    one.structure === 'sound' ? [one.byteRange] : [],
  )
  const wanted = ranges.flatMap(byteRange => (['sha256', 'sha512'] as const).map(hash => ({ hash, byteRange })))
  let reads = 0
  const counted = {
    ...file,
    read: (offset: number, length: number) => {
      reads += length
      return file.read(offset, length)
    },
  }
  const hash = await hashFile(counted, { hashes: ['sha256'], wanted })
  for (const one of wanted) expect(await hash.rangeDigest(one)).toEqual(await digestOf(file, one))
  expect(reads).toBe(twice.length)
  const waiting = await prepared(twice)
  const filled = fillContents(waiting, smallDer)
  if (filled.outcome !== 'filled') throw new Error('it fits')
  const next = hash.append(filled.update, waiting)
  const whole = appended(file, filled.update)
  expect(await next.rangeDigest({ hash: 'sha256', byteRange: waiting.byteRange })).toEqual(
    await digestOf(whole, { hash: 'sha256', byteRange: waiting.byteRange }),
  )
  expect(next.digest('sha256', [Buffer.from('x')])).toEqual(
    createHash('sha256').update(twice).update(filled.update).update('x').digest(),
  )
  expect(reads).toBe(twice.length)
  // What was not asked for costs a pass of its own, and is still right.
  const [range] = ranges
  if (range === undefined) throw new Error('a signature')
  expect(await next.rangeDigest({ hash: 'sha384', byteRange: range })).toEqual(
    await digestOf(file, { hash: 'sha384', byteRange: range }),
  )
})

async function digestOf(
  file: Parameters<typeof signedBytes>[0],
  { hash, byteRange }: { readonly hash: string; readonly byteRange: readonly [number, number, number, number] },
): Promise<Buffer> {
  const digest = createHash(hash)
  for await (const chunk of signedBytes(file, byteRange)) digest.update(chunk)
  return digest.digest()
}
