// The verifier against what attackers and broken programs make: one thing wrong at a time, and the indication of
// EN 319 102-1 that follows from it. Also a signature by another program, and what a verifier must not complain about.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appended, randomAccessOf } from '../device/bytes.ts'
import { objectIdentifier, octetString } from '../device/cms/der.ts'
import { oids } from '../device/cms/oids.ts'
import { parseSignedData } from '../device/cms/parse.ts'
import { readCertificate } from '../device/trust/certificate.ts'
import { judgeSignature } from '../device/trust/judge.ts'
import type { Report, SubIndication } from '../device/trust/report.ts'
import { readSignerInfo } from '../device/trust/signed-data.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import {
  type Folder,
  intend,
  judge,
  now,
  signedBytes,
  signedPdf,
  smallPdf,
  temporaryFolder,
  withContents,
} from './50.signature.kit.ts'
import { type Forgery, forgedCms, forgedPdf, otherProtection, referenceTo } from './53.forged.kit.ts'
import { createTestPki, pem, type TestIdentity, type TestPki } from './sim/pki.ts'

let folder: Folder
let pki: TestPki
let signer: TestIdentity
let other: TestIdentity
let pdf: Uint8Array
let signed: Uint8Array

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  signer = await pki.signer()
  other = await pki.signer({ key: 'P-256', commonName: 'Somebody else' })
  pdf = await smallPdf()
  signed = await signedPdf(pdf, signer)
})

afterAll(() => folder.remove())

function report(file: Uint8Array): Promise<Report> {
  return verifyPdf(randomAccessOf(file), { anchors: [pki.root], now, revocation: 'if-present' })
}

/** The file with `change` made to a copy of its bytes. */
function altered(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(signed)
  change(bytes)
  return bytes
}

function flip(bytes: Buffer, offset: number): void {
  bytes[offset] = (bytes[offset] ?? 0) ^ 1
}

describe('a file that was changed', () => {
  it('in one byte of a page is HASH_FAILURE', async () => {
    const changed = altered(bytes => flip(bytes, bytes.indexOf('stream\n') + 20))
    const { indication, subIndication, signatures } = await report(changed)
    expect({ indication, subIndication }).toEqual({ indication: 'TOTAL-FAILED', subIndication: 'HASH_FAILURE' })
    expect(signatures[0]?.integrity).toBe('broken')
  })

  it('in the signature value is SIG_CRYPTO_FAILURE', async () => {
    const changed = altered(bytes => {
      const contents = bytes.indexOf('/Contents <') + '/Contents <'.length
      const hex = bytes.toString('latin1', contents, bytes.indexOf('>', contents))
      const last = hex.replace(/(00)*$/, '').length - 1
      bytes.write(hex[last] === '7' ? '6' : '7', contents + last, 'latin1')
    })
    expect((await report(changed)).subIndication).toBe('SIG_CRYPTO_FAILURE')
  })

  it('in the claimed time is HASH_FAILURE', async () => {
    const changed = altered(bytes => flip(bytes, bytes.indexOf('/M (D:2026') + 9))
    expect((await report(changed)).subIndication).toBe('HASH_FAILURE')
  })

  it('by bytes behind its end is FORMAT_FAILURE', async () => {
    const longer = Buffer.concat([signed, Buffer.from('JUNK')])
    expect(await report(longer)).toMatchObject({ indication: 'TOTAL-FAILED', subIndication: 'FORMAT_FAILURE' })
  })

  it('by an update that nobody signed is FORMAT_FAILURE, though the signature itself is intact', async () => {
    const size = signed.length
    const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(Buffer.from(signed).toString('latin1'))?.[1]
    const root = /\/Root (\d+ \d+ R)/.exec(Buffer.from(signed).toString('latin1'))?.[1]
    const object = '900 0 obj\n(added)\nendobj\n'
    const entry = String(size).padStart(10, '0')
    const table = `xref\n900 1\n${entry} 00000 n \ntrailer\n<< /Size 901 /Root ${root} /Prev ${previous} >>\n`
    const update = `${object}${table}startxref\n${size + object.length}\n%%EOF\n`
    const { indication, signatures } = await report(Buffer.concat([signed, Buffer.from(update)]))
    expect(indication).toBe('TOTAL-FAILED')
    const later = { indication: 'TOTAL-FAILED', subIndication: 'FORMAT_FAILURE', coversWholeFile: false }
    expect(signatures).toMatchObject([{ integrity: 'intact', ...later }])
  })
})

describe('a CMS that', () => {
  const cases: readonly (readonly [string, () => Forgery, SubIndication])[] = [
    ['has octets behind it', () => ({ trailing: Buffer.from('junk') }), 'FORMAT_FAILURE'],
    ['has two SignerInfos', () => ({ signerInfos: 2 }), 'FORMAT_FAILURE'],
    ['has no SignerInfo', () => ({ signerInfos: 0 }), 'FORMAT_FAILURE'],
    ['holds its own content', () => ({ attached: true }), 'FORMAT_FAILURE'],
    [
      'has another content type',
      () => ({
        contentType: oids.signedData,
        attributes: { contentType: [objectIdentifier(oids.signedData)] },
      }),
      'FORMAT_FAILURE',
    ],
    [
      'says another content type',
      () => ({ attributes: { contentType: [objectIdentifier(oids.signedData)] } }),
      'FORMAT_FAILURE',
    ],
    ['says no content type', () => ({ attributes: { contentType: [] } }), 'FORMAT_FAILURE'],
    ['has no signed attributes', () => ({ withoutAttributes: true }), 'FORMAT_FAILURE'],
    ['has no message digest', () => ({ attributes: { messageDigest: [] } }), 'FORMAT_FAILURE'],
    [
      'has two message digests',
      () => ({ attributes: { messageDigest: [octetString(Buffer.alloc(32)), octetString(Buffer.alloc(32))] } }),
      'FORMAT_FAILURE',
    ],
    [
      'has a foreign message digest',
      () => ({ attributes: { messageDigest: [octetString(Buffer.alloc(32))] } }),
      'HASH_FAILURE',
    ],
    [
      'protects other algorithms',
      () => ({ attributes: { cmsAlgorithmProtection: [otherProtection()] } }),
      'FORMAT_FAILURE',
    ],
    [
      'names another certificate',
      () => ({ attributes: { signingCertificateV2: [referenceTo(other.certificate)] } }),
      'NO_SIGNING_CERTIFICATE_FOUND',
    ],
    [
      'names itself under another serial number',
      () => ({ attributes: { signingCertificateV2: [referenceTo(signer.certificate, other.certificate)] } }),
      'NO_SIGNING_CERTIFICATE_FOUND',
    ],
    ['names no certificate', () => ({ attributes: { signingCertificateV2: [] } }), 'SIG_CONSTRAINTS_FAILURE'],
    ['lacks the certificate', () => ({ certificates: [pki.intermediate] }), 'NO_SIGNING_CERTIFICATE_FOUND'],
    ['lacks the issuer', () => ({ certificates: [signer.certificate] }), 'NO_CERTIFICATE_CHAIN_FOUND'],
    ['uses SHA-1', () => ({ hash: 'sha1' }), 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE'],
    [
      'uses SHA-1 for the content only',
      () => ({ hash: 'sha1', signatureHash: 'sha256' }),
      'CRYPTO_CONSTRAINTS_FAILURE_NO_POE',
    ],
  ]

  it.each(cases)('%s is refused', async (_, forgery, subIndication) => {
    const found = await report(await forgedPdf(pdf, signer, forgery()))
    expect(found.indication).not.toBe('TOTAL-PASSED')
    expect(found.subIndication).toBe(subIndication)
  })

  it('says RSA with the certificate of an EC key is SIG_CRYPTO_FAILURE', async () => {
    expect((await report(await forgedPdf(pdf, other))).subIndication).toBe('SIG_CRYPTO_FAILURE')
  })

  it('has nothing wrong passes', async () => {
    expect((await report(await forgedPdf(pdf, signer))).indication).toBe('TOTAL-PASSED')
  })

  it('is no CMS is FORMAT_FAILURE', async () => {
    const { prepared } = await intend(pdf, signer)
    for (const bytes of [Buffer.from('no ASN.1'), objectIdentifier(oids.signedData), Buffer.of(0x30, 0x80)]) {
      expect((await report(withContents(pdf, prepared, bytes))).subIndication).toBe('FORMAT_FAILURE')
    }
  })

  it('has a signing-time is intact but not baseline B', async () => {
    const { signatures } = await report(await forgedPdf(pdf, signer, { withSigningTime: true }))
    expect(signatures).toMatchObject([{ indication: 'TOTAL-PASSED', level: 'none' }])
    expect(signatures[0]?.baselineViolations).toEqual(['the CMS has a signing-time attribute'])
  })

  it('is by an RSA key of 1024 bits is CRYPTO_CONSTRAINTS_FAILURE_NO_POE', async () => {
    const weak = await pki.signer({ key: 'RSA-1024' })
    const digest = createHash('sha256').update('content').digest()
    const contents = forgedCms(weak, digest)
    const anchors = [readCertificate(pki.root)]
    const parsed = parseSignedData(contents)
    if (parsed.outcome !== 'parsed') throw new Error('it can be read')
    const { certificates, contentType, signers } = parsed.signedData
    const [info] = signers
    if (info === undefined) throw new Error('it has one signer')
    const found = await readSignerInfo(info, {
      contentType,
      certificates: certificates.map(readCertificate),
      digest: async () => digest,
    })
    const evidence = { certificates, ocsps: [], crls: [] }
    const options = { anchors, now, revocation: 'if-present' } as const
    const { findings } = await judgeSignature({ ...found, evidence, timestamps: [], baselineViolations: [] }, options)
    expect(findings).toMatchObject([{ subIndication: 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE' }])
  })
})

describe('a signature by OpenSSL', () => {
  it('is verified, and its signing-time keeps it from baseline B', async () => {
    const { prepared } = await intend(pdf, { ...signer, chain: Array.from({ length: 6 }, () => pki.intermediate) })
    const chunks: Uint8Array[] = []
    const file = appended(randomAccessOf(pdf), prepared.update)
    for await (const chunk of signedBytes(file, prepared.byteRange)) chunks.push(chunk)
    const content = await folder.write('content.bin', Buffer.concat(chunks))
    const key = await folder.write('key.pem', pem('PRIVATE KEY', signer.privateKey))
    const certificate = await folder.write('signer.pem', pem('CERTIFICATE', signer.certificate))
    const issuer = await folder.write('issuer.pem', pem('CERTIFICATE', pki.intermediate))
    const out = join(folder.path, 'openssl.der')
    const files = ['-in', content, '-signer', certificate, '-inkey', key, '-certfile', issuer, '-out', out]
    const made = await judge('openssl', [
      'cms',
      '-sign',
      '-cades',
      '-binary',
      '-md',
      'sha256',
      '-outform',
      'DER',
      ...files,
    ])
    expect(made).toMatchObject({ code: 0 })
    const { signatures } = await report(withContents(pdf, prepared, await readFile(out)))
    expect(signatures).toMatchObject([{ indication: 'TOTAL-PASSED', integrity: 'intact', level: 'none' }])
  })
})

describe('a file without signature', () => {
  it('is neither valid nor invalid', async () => {
    expect(await report(pdf)).toEqual({ indication: 'NO-SIGNATURE', findings: [], signatures: [] })
  })
})
