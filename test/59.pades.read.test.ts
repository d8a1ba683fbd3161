// Reading signatures of kinds that we never make, and what a document time-stamp covers; bounds on what is looked at.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { extendPades } from '../device/ades/pades-extend.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { readAsn1 } from '../device/cms/asn1.ts'
import { attribute } from '../device/cms/attributes.ts'
import { contextual, octetString, sequence } from '../device/cms/der.ts'
import { oids } from '../device/cms/oids.ts'
import type { ParsedSigner } from '../device/cms/signer-info.ts'
import { openPdf } from '../device/pdf/document.ts'
import { fillContents, signedParts } from '../device/pdf/signature-dictionary.ts'
import { readPades } from '../device/trust/read-pades.ts'
import { readRevocationArchive } from '../device/trust/revocation-archive.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { type Folder, judge, now, smallPdf, temporaryFolder } from './50.signature.kit.ts'
import { createWorld, read, signPades, type World } from './59.pades.kit.ts'
import { classicPdf } from './pdf-fixtures.ts'
import { prepared } from './pdf-signing-fixtures.ts'
import { pem } from './sim/pki.ts'

let world: World
let pdf: Buffer
let folder: Folder

beforeAll(async () => {
  world = await createWorld()
  pdf = Buffer.from(await smallPdf())
  folder = await temporaryFolder()
  await folder.write('signer.pem', pem('CERTIFICATE', world.signer.certificate))
  await folder.write('key.pem', pem('PRIVATE KEY', world.signer.privateKey))
})

afterAll(() => folder.remove())

/** A signature by OpenSSL whose dictionary says `subFilter`; `content` makes what the CMS holds. */
async function older(
  subFilter: string,
  content: (signed: Buffer) => Buffer,
  ...options: readonly string[]
): Promise<Buffer> {
  const waiting = await prepared(pdf, { reservedBytes: 6000, signingTime: now })
  const update = Buffer.from(waiting.update)
  const place = update.indexOf('/ETSI.CAdES.detached')
  update.write(`/${subFilter}`.padEnd('/ETSI.CAdES.detached'.length), place, 'latin1')
  const changed = { ...waiting, update }
  const data = await folder.write('content.bin', content(Buffer.concat([pdf, ...signedParts(changed)])))
  const keys = ['-signer', `${folder.path}/signer.pem`, '-inkey', `${folder.path}/key.pem`]
  const made = `${folder.path}/made.der`
  const args = ['cms', '-sign', '-cades', '-binary', '-md', 'sha256', '-in', data, '-outform', 'DER', '-out', made]
  expect(await judge('openssl', [...args, ...keys, ...options])).toMatchObject({ code: 0 })
  const filled = fillContents(changed, await readFile(made))
  if (filled.outcome !== 'filled') throw new Error('it fits')
  return Buffer.concat([pdf, filled.update])
}

describe('a signature of the kind adbe.pkcs7.sha1, whose CMS holds a digest', () => {
  const make = () => older('adbe.pkcs7.sha1', signed => createHash('sha1').update(signed).digest(), '-nodetach')

  test('is intact, and no PAdES baseline', async () => {
    const [entry] = await read(await make())
    expect(entry?.found.findings).toEqual([])
    expect(entry?.found).toMatchObject({ baselineViolations: expect.arrayContaining(['SubFilter adbe.pkcs7.sha1']) })
  })

  test('is found out when a byte changes', async () => {
    const changed = await make()
    const at = changed.indexOf('/Producer') + 12
    changed[at] = (changed[at] ?? 0) ^ 1
    expect((await read(changed))[0]?.found.findings).toMatchObject([{ subIndication: 'HASH_FAILURE' }])
  })

  test('must hold one', async () => {
    const [entry] = await read(await older('adbe.pkcs7.sha1', signed => signed))
    expect(entry?.found.findings).toMatchObject([{ detail: 'the SignedData holds no digest' }])
  })
})

test('adbe.pkcs7.detached is intact, and no PAdES baseline', async () => {
  const [entry] = await read(await older('adbe.pkcs7.detached', signed => signed))
  expect(entry?.found).toMatchObject({
    findings: [],
    baselineViolations: expect.arrayContaining(['SubFilter adbe.pkcs7.detached']),
  })
})

test('revocation values among the signed attributes are read', () => {
  const [ocsp, crl] = [sequence(octetString(Buffer.from('ocsp'))), sequence(octetString(Buffer.from('crl')))]
  const value = sequence(contextual(0, sequence(crl)), contextual(1, sequence(ocsp, ocsp)))
  const node = readAsn1(attribute(oids.revocationInfoArchival, value))?.node
  const values = node?.children[1]?.children ?? []
  const signer = { attributes: new Map([[oids.revocationInfoArchival, [values]]]) } as unknown as ParsedSigner
  const found = readRevocationArchive(signer)
  expect(found.ocsps.map(one => Buffer.from(one))).toEqual([ocsp, ocsp].map(one => Buffer.from(one)))
  expect(found.crls.map(one => Buffer.from(one))).toEqual([Buffer.from(crl)])
})

test('a document time-stamp covers the store as it was then, not as it is now', async () => {
  const { bytes } = await signPades(pdf, world)
  const once = Buffer.concat([bytes, (await extendPades(randomAccessOf(bytes), { level: 'T' }, world)).update])
  const { update } = await extendPades(randomAccessOf(once), { level: 'LTA' }, world)
  const entries = await read(Buffer.concat([once, update]))
  const [signature] = entries
  if (signature?.type !== 'signature') throw new Error('a signature')
  const archive = signature.found.timestamps.filter(one => one.kind === 'archive')
  expect(signature.found.evidence.ocsps.length).toBeGreaterThan(0)
  expect(archive.map(one => one.covers?.ocsps.length)).toEqual([0, signature.found.evidence.ocsps.length])
})

test('a document that was just hashed is not read through again', async () => {
  const { bytes, hash } = await signPades(Buffer.concat([pdf]), world)
  let read = 0
  const file = randomAccessOf(bytes)
  const counted = {
    size: file.size,
    read: (offset: number, length: number) => {
      read += length
      return file.read(offset, length)
    },
  }
  const options = { anchors: [world.pki.root], now, revocation: 'if-present' } as const
  expect((await verifyPdf(counted, { ...options, hash })).indication).toBe('TOTAL-PASSED')
  const without = read
  expect((await verifyPdf(counted, options)).indication).toBe('TOTAL-PASSED')
  // The second time it was read as the first time, and once through.
  expect(read - without).toBe(without + bytes.length)
})

test('a document of too many signatures is given up', async () => {
  const count = 501
  const fields = Array.from({ length: count }, (_, index) => `${4 + index} 0 R`).join(' ')
  const bytes = classicPdf([
    `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${fields}] >> >>`,
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>',
    ...Array.from({ length: count }, (_, index) => `<< /FT /Sig /T (f${index}) /V << /Type /Sig >> >>`),
  ])
  await expect(readPades(await openPdf(randomAccessOf(bytes)))).rejects.toMatchObject({ code: 'DOCUMENT_TOO_COMPLEX' })
})
