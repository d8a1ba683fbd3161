// The CMS of a PAdES baseline signature: every algorithm judged by OpenSSL, its attributes as the standard wants them,
// the same bytes again from a stored intent, and keys that must not sign refused.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suggestedAlgorithm } from '../device/cms/algorithm.ts'
import { objectIdentifier, octetString, setOf, tlv } from '../device/cms/der.ts'
import { parseSignedData } from '../device/cms/parse.ts'
import {
  assemble,
  cmsReserveOctets,
  digestToSign,
  type SigningIntent,
  signingIntent,
} from '../device/cms/signing-intent.ts'
import type { SignatureAlgorithm } from '../device/ports.ts'
import { type Folder, judge, now, softwareSignature, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, type KeyKind, pem, type TestIdentity, type TestPki } from './sim/pki.ts'

const content = Buffer.from('the bytes that are signed')
const hashes = { SHA256: 'sha256', SHA384: 'sha384', SHA512: 'sha512' } as const
const combinations: readonly (readonly [SignatureAlgorithm, KeyKind])[] = [
  ['SHA256withRSA', 'RSA-2048'],
  ['SHA384withRSA', 'RSA-2048'],
  ['SHA512withRSA', 'RSA-3072'],
  ['SHA256withECDSA', 'P-256'],
  ['SHA384withECDSA', 'P-384'],
  ['SHA512withECDSA', 'P-521'],
]

let folder: Folder
let pki: TestPki
let signers: ReadonlyMap<KeyKind, TestIdentity>

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  const kinds: readonly KeyKind[] = ['RSA-1024', 'RSA-2048', 'RSA-3072', 'P-256', 'P-384', 'P-521']
  signers = new Map(await Promise.all(kinds.map(async key => [key, await pki.signer({ key })] as const)))
  await folder.write('root.pem', pem('CERTIFICATE', pki.root))
  await folder.write('content.bin', content)
})

afterAll(() => folder.remove())

function signer(kind: KeyKind): TestIdentity {
  const identity = signers.get(kind)
  if (identity === undefined) throw new Error(`no signer ${kind}`)
  return identity
}

function intentOf(algorithm: SignatureAlgorithm, identity: TestIdentity): SigningIntent {
  const hash = algorithm.startsWith('SHA256')
    ? hashes.SHA256
    : algorithm.startsWith('SHA384')
      ? hashes.SHA384
      : hashes.SHA512
  return signingIntent({ ...identity, algorithm, documentDigest: createHash(hash).update(content).digest() })
}

function rsaIntent(): SigningIntent {
  return intentOf('SHA256withRSA', signer('RSA-2048'))
}

async function opensslVerifies(cms: Uint8Array, contentName = 'content.bin') {
  const path = await folder.write('signature.der', cms)
  const files = ['-in', path, '-content', join(folder.path, contentName), '-CAfile', join(folder.path, 'root.pem')]
  const time = ['-attime', String(now / 1000), '-purpose', 'any']
  return judge('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', ...files, ...time, '-out', '/dev/null'])
}

async function printed(cms: Uint8Array): Promise<string> {
  const path = await folder.write('printed.der', cms)
  return (await judge('openssl', ['cms', '-cmsout', '-print', '-noout', '-inform', 'DER', '-in', path])).output
}

describe('the signature', () => {
  it.each(combinations)('%s with a key %s verifies in OpenSSL', async (algorithm, kind) => {
    const intent = intentOf(algorithm, signer(kind))
    const result = await opensslVerifies(assemble(intent, softwareSignature(intent, signer(kind))))
    expect(result.output).toContain('CMS Verification successful')
  })

  it('does not verify over other content', async () => {
    await folder.write('other.bin', 'something else')
    const intent = rsaIntent()
    const result = await opensslVerifies(assemble(intent, softwareSignature(intent, signer('RSA-2048'))), 'other.bin')
    expect(result.code).not.toBe(0)
  })

  it('carries the four attributes of PAdES baseline B and no signing-time', async () => {
    const intent = rsaIntent()
    const text = await printed(assemble(intent, softwareSignature(intent, signer('RSA-2048'))))
    const attributes = text.slice(
      text.indexOf('signedAttrs:'),
      text.indexOf('signatureAlgorithm:', text.indexOf('signedAttrs:')),
    )
    const types = [...attributes.matchAll(/object: (\S+)/g)].map(match => match[1])
    expect(types.toSorted()).toEqual(['contentType', 'id-smime-aa-signingCertificateV2', 'messageDigest', 'undefined'])
    expect(attributes).toContain('1.2.840.113549.1.9.52')
    expect(attributes).not.toContain('signingTime')
    expect(text).toContain('eContent: <ABSENT>')
  })

  it('names issuer and serial number in signing-certificate-v2 and hashes the certificate with SHA-256', () => {
    const attributes = Buffer.from(rsaIntent().signedAttributes, 'base64')
    const { certificate } = signer('RSA-2048')
    expect(attributes.includes(createHash('sha256').update(certificate).digest())).toBe(true)
    expect(attributes.includes('Compulsa test CA')).toBe(true)
  })

  it('embeds the signer and the chain', () => {
    const intent = rsaIntent()
    const parsed = parseSignedData(assemble(intent, softwareSignature(intent, signer('RSA-2048'))))
    if (parsed.outcome !== 'parsed') throw new Error(parsed.detail)
    const embedded = parsed.signedData.certificates.map(der => Buffer.from(der).toString('base64'))
    const wanted = [signer('RSA-2048').certificate, pki.intermediate].map(der => Buffer.from(der).toString('base64'))
    expect(embedded.toSorted()).toEqual(wanted.toSorted())
  })
})

describe('the phases', () => {
  it('give the same bytes again from the stored intent and the stored signature value', () => {
    const intent = intentOf('SHA256withECDSA', signer('P-256'))
    const signature = softwareSignature(intent, signer('P-256'))
    const resumed: SigningIntent = JSON.parse(JSON.stringify(intent))
    expect(digestToSign(resumed)).toEqual(digestToSign(intent))
    expect(assemble(resumed, signature)).toEqual(assemble(intent, signature))
  })

  it('give the token the digest of the attributes as a SET OF', () => {
    const intent = rsaIntent()
    const attributes = Buffer.from(intent.signedAttributes, 'base64')
    expect(attributes[0]).toBe(0x31)
    expect(digestToSign(intent)).toEqual(createHash('sha256').update(attributes).digest())
  })

  it('refuse a signature value that does not verify with the chosen certificate', () => {
    const intent = rsaIntent()
    const signature = softwareSignature(intent, signer('RSA-2048'))
    signature[100] = (signature[100] ?? 0) ^ 1
    expect(() => assemble(intent, signature)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }))
  })

  it.each(combinations)('reserve enough for %s with %s', (algorithm, kind) => {
    const reserve = cmsReserveOctets({ ...signer(kind), algorithm })
    const intent = intentOf(algorithm, signer(kind))
    for (let attempt = 0; attempt < 20; attempt++) {
      const { length } = assemble(intent, softwareSignature(intent, signer(kind)))
      expect(length).toBeLessThanOrEqual(reserve)
      expect(length).toBeGreaterThan(reserve - 8)
    }
  })
})

describe('keys', () => {
  it.each([
    ['RSA-2048', 'SHA256withRSA'],
    ['P-256', 'SHA256withECDSA'],
    ['P-384', 'SHA384withECDSA'],
    ['P-521', 'SHA512withECDSA'],
  ] as const)('of kind %s sign with %s unless somebody asks otherwise', (kind, algorithm) => {
    expect(suggestedAlgorithm(signer(kind).certificate)).toBe(algorithm)
  })

  it.each([
    ['an RSA key of 1024 bits', 'SHA256withRSA', 'RSA-1024'],
    ['an EC key asked for RSA', 'SHA256withRSA', 'P-256'],
    ['an RSA key asked for ECDSA', 'SHA256withECDSA', 'RSA-2048'],
  ] as const)('refuse %s', (_, algorithm, kind) => {
    expect(() => intentOf(algorithm, signer(kind))).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }))
  })

  it('refuse a certificate that is none', () => {
    expect(() => suggestedAlgorithm(content)).toThrow(expect.objectContaining({ code: 'CERTIFICATE_UNREADABLE' }))
  })
})

describe('DER', () => {
  it('orders a SET OF by its encodings', () => {
    const elements = [octetString(Uint8Array.of(2)), tlv(0x02, Uint8Array.of(9)), octetString(Uint8Array.of(1, 1))]
    expect(Buffer.from(setOf(elements)).toString('hex')).toBe('310a02010904010204020101')
  })

  it.each([
    [127, '047f'],
    [128, '048180'],
    [300, '0482012c'],
    [70_000, '0483011170'],
  ])('writes the length %i in the shortest form', (length, header) => {
    expect(Buffer.from(octetString(new Uint8Array(length)).subarray(0, header.length / 2)).toString('hex')).toBe(header)
  })

  it('writes object identifiers', () => {
    const hex = Buffer.from(objectIdentifier('1.2.840.113549.1.9.16.2.47')).toString('hex')
    expect(hex).toBe('060b2a864886f70d010910022f')
  })
})
