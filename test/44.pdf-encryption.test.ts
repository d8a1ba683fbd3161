// Encrypted documents of every kind that qpdf makes: opened with either password, read, signed and read again by qpdf and
// poppler; refused by name without the password, with a wrong one, and where /P forbids it.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { openPdf, type PdfDocument } from '../device/pdf/document.ts'
import { createDraft } from '../device/pdf/draft.ts'
import { writeRevision } from '../device/pdf/incremental.ts'
import { entry, pdfDictionary, pdfReference } from '../device/pdf/objects.ts'
import { rc4 } from '../device/pdf/rc4.ts'
import { fillContents } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../device/pdf/signature-field.ts'
import { listSignatures } from '../device/pdf/signatures.ts'
import { decodeText } from '../device/pdf/text.ts'
import { askAbout, classicPdf, inFolder, outputFor, whiteDocument } from './pdf-fixtures.ts'
import { signatureRequest, smallDer } from './pdf-signing-fixtures.ts'

const execute = promisify(execFile)
const [user, owner] = ['usuària', 'propietària']

const kinds: Readonly<Record<string, readonly string[]>> = {
  'RC4 of 40 bits': ['40', '--'],
  'RC4 of 128 bits': ['128', '--use-aes=n', '--'],
  'RC4 by crypt filters': ['128', '--force-V4', '--use-aes=n', '--'],
  'AES of 128 bits': ['128', '--use-aes=y', '--'],
  'AES of 128 bits, metadata in the clear': ['128', '--use-aes=y', '--cleartext-metadata', '--'],
  'AES of 256 bits, revision 5': ['256', '--force-R5', '--'],
  'AES of 256 bits, revision 6': ['256', '--'],
  'AES of 256 bits, metadata in the clear': ['256', '--cleartext-metadata', '--'],
}

async function encrypted(original: Buffer, kind: readonly string[], shape: readonly string[] = []): Promise<Buffer> {
  // qpdf 11 takes passwords of these old handlers as bytes of the locale; ASCII is the same everywhere.
  const weak = ['--allow-weak-crypto', ...shape]
  return outputFor(original, 'qpdf', ...weak, '--encrypt', 'user', 'owner', ...kind, 'FILE', '-')
}

async function information(document: PdfDocument, key: string): Promise<string> {
  const info = await document.resolve(entry(document.trailer, 'Info'))
  const value = info.kind === 'dictionary' ? await document.resolve(entry(info, key)) : info
  return value.kind === 'string' ? decodeText(value.bytes) : value.kind
}

const openWith = (bytes: Uint8Array, password?: string, repair = false) =>
  openPdf(randomAccessOf(bytes), { repair, ...(password !== undefined && { password }) })

async function signedWith(bytes: Uint8Array, password?: string, reason = 'Conformitat'): Promise<Buffer> {
  const document = await openWith(bytes, password, true)
  const filled = fillContents(await prepareSignature(createDraft(document), { ...signatureRequest, reason }), smallDer)
  if (filled.outcome !== 'filled') throw new Error('the signature fits')
  return Buffer.concat([bytes, filled.update])
}

describe.each(Object.entries(kinds))('a document encrypted by %s', (_, kind) => {
  test.each([
    ['with a table', ['--object-streams=disable']],
    ['with object streams', ['--object-streams=generate']],
  ])('%s is read, signed and read again', async (_shape, shape) => {
    const original = await encrypted(await whiteDocument(2), kind, shape)
    for (const [password, access] of [
      ['user', 'user'],
      ['owner', 'owner'],
    ] as const) {
      const document = await openWith(original, password)
      expect(document.encryption?.access).toBe(access)
      expect(await information(document, 'Producer')).toContain('Compulsa')
      const once = await signedWith(original, password)
      expect(once.subarray(0, original.length).equals(original)).toBe(true)
      expect(once.toString('latin1', original.length)).not.toContain('Conformitat')
      const said = await askAbout(once, 'qpdf', '--password=user', '--check', 'FILE')
      expect(said).toContain('No syntax or stream encoding errors')
      expect(await askAbout(once, 'qpdf', '--password=user', '--json', 'FILE')).toContain('Conformitat')
      expect(await askAbout(once, 'pdfsig', '-nocert', '-upw', 'user', 'FILE')).toContain('Signature #1')
      const [found] = await listSignatures(await openWith(once, password))
      expect(found).toMatchObject({ structure: 'sound', reason: 'Conformitat', contents: { length: 3000 } })
      const twice = await signedWith(once, password)
      expect((await listSignatures(await openWith(twice, password))).map(one => one.structure)).toEqual([
        'sound',
        'sound',
      ])
    }
  })

  test('is refused without its password and with another', async () => {
    const original = await encrypted(await whiteDocument(1), kind)
    for (const repair of [false, true]) {
      await expect(openWith(original, undefined, repair)).rejects.toMatchObject({ code: 'PDF_ENCRYPTED' })
      await expect(openWith(original, 'other', repair)).rejects.toMatchObject({ code: 'PASSWORD_WRONG' })
      await expect(openWith(original, '', repair)).rejects.toMatchObject({ code: 'PASSWORD_WRONG' })
    }
  })

  test('has the streams of an update encrypted too', async () => {
    const original = await encrypted(await whiteDocument(1), kind)
    const document = await openWith(original, 'user')
    const draft = createDraft(document)
    const stream = draft.addStream(pdfDictionary({}), Buffer.from('the data of a stream'))
    draft.changeCatalog({ Added: stream })
    const { bytes } = await writeRevision(document, draft.objects())
    const whole = Buffer.concat([original, bytes])
    expect(Buffer.from(bytes).includes('the data of a stream')).toBe(false)
    const parameters = ['--password=owner', `--show-object=${stream.number}`, '--filtered-stream-data']
    expect(await askAbout(whole, 'qpdf', ...parameters, 'FILE')).toBe('the data of a stream')
    const again = await openWith(whole, 'owner')
    const read = await again.resolve(pdfReference(stream.number))
    expect(read.kind === 'stream' && Buffer.from(await again.data(read)).toString()).toBe('the data of a stream')
  })

  test('is mended where its cross-references are useless', async () => {
    const original = await encrypted(await whiteDocument(2), kind, ['--object-streams=generate'])
    const broken = Buffer.from(original.toString('latin1').replace(/startxref\s+\d+/, 'startxref\n3'), 'latin1')
    const once = await signedWith(broken, 'owner')
    expect(await askAbout(once, 'qpdf', '--password=owner', '--check', 'FILE')).toContain('No syntax')
    expect(await askAbout(once, 'qpdf', '--password=owner', '--show-npages', 'FILE')).toBe('2\n')
    expect(await listSignatures(await openWith(once, 'user'))).toMatchObject([{ structure: 'sound' }])
  })
})

describe('permissions', () => {
  const made = async (restriction: readonly string[], password = '') =>
    outputFor(await whiteDocument(1), 'qpdf', '--encrypt', password, 'owner', '256', ...restriction, '--', 'FILE', '-')

  test('of an empty user password open the document and are kept', async () => {
    const free = await made([])
    expect((await openWith(free)).encryption).toMatchObject({ access: 'user', mayCreateFields: true })
    expect(await askAbout(await signedWith(free), 'qpdf', '--check', 'FILE')).toContain('No syntax')
    for (const restriction of ['none', 'form', 'annotate', 'assembly']) {
      const bytes = await made([`--modify=${restriction}`])
      await expect(signedWith(bytes)).rejects.toMatchObject({ code: 'PDF_ENCRYPTED' })
      expect(await listSignatures(await openWith(await signedWith(bytes, 'owner')))).toMatchObject([
        { structure: 'sound' },
      ])
    }
  })

  test('to fill forms allow an existing field and a time-stamp', async () => {
    expect((await openWith(await made(['--modify=form']))).encryption).toMatchObject({
      mayCreateFields: false,
      mayFillFields: true,
    })
    expect((await openWith(await made(['--modify=none']))).encryption).toMatchObject({ mayFillFields: false })
  })
})

describe('encryption', () => {
  test('prepares passwords beyond ASCII as SASLprep does', async () => {
    const arguments_ = ['--encrypt', user, owner, '256', '--', 'FILE', '-']
    const bytes = await outputFor(await whiteDocument(1), 'qpdf', '--password-mode=unicode', ...arguments_)
    for (const password of [user, owner, user.normalize('NFD'), `\u00ad${owner}`]) {
      expect((await openWith(bytes, password)).encryption).toBeDefined()
    }
  })

  test.each([
    ['/Filter /Adobe.PubSec /V 4', 'PDF_ENCRYPTED'],
    ['/Filter /Standard /V 9 /R 9', 'PDF_ENCRYPTED'],
    ['/Filter /Standard /V 2 /R 3 /O (short) /U (short)', 'PDF_UNREADABLE'],
    [`/Filter /Standard /V 2 /Length 4096 /R 3 /O (${'o'.repeat(32)}) /U (${'u'.repeat(32)})`, 'PDF_ENCRYPTED'],
  ])('of another kind is refused by name: %s', async (entries, code) => {
    const bodies = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [] /Count 0 >>', `<< ${entries} >>`]
    await expect(openWith(classicPdf(bodies, '/Encrypt 3 0 R'), 'x')).rejects.toMatchObject({ code })
  })

  test('has RC4 as its test vectors want it', () => {
    const said = (key: string, text: string) => Buffer.from(rc4(Buffer.from(key), Buffer.from(text))).toString('hex')
    expect(said('Key', 'Plaintext')).toBe('bbf316e8d940af0ad3')
    expect(said('Wiki', 'pedia')).toBe('1021bf0420')
  })
})

test('poppler finds the digest of an encrypted document right', async () => {
  await inFolder(async folder => {
    const at = (name: string) => join(folder, name)
    const request = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Signer']
    await execute('openssl', ['req', ...request, '-keyout', at('key'), '-out', at('certificate')])
    const original = await encrypted(await whiteDocument(1), ['256', '--'])
    const waiting = await prepareSignature(createDraft(await openWith(original, 'owner')), signatureRequest)
    const file = Buffer.concat([original, waiting.update])
    const [, before, after] = waiting.byteRange
    await writeFile(at('data'), Buffer.concat([file.subarray(0, before), file.subarray(after)]))
    const signer = ['-signer', at('certificate'), '-inkey', at('key'), '-outform', 'DER', '-binary', '-cades']
    const { stdout } = await execute('openssl', ['cms', '-sign', ...signer, '-md', 'sha256', '-in', at('data')], {
      encoding: 'buffer',
    })
    const filled = fillContents(waiting, stdout)
    if (filled.outcome !== 'filled') throw new Error('the signature fits')
    const said = await askAbout(Buffer.concat([original, filled.update]), 'pdfsig', '-nocert', '-opw', 'owner', 'FILE')
    expect(said).toContain('Signature is Valid')
  })
})
