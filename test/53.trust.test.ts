// Whom a signature is believed: paths to an anchor with one thing wrong in each, the bounds of time, and which of a
// card's certificates is chosen to sign.

import { beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import type { SigningCertificate } from '../device/ports.ts'
import { checkSigningCertificate, readCertificate } from '../device/trust/certificate.ts'
import type { Report, SubIndication } from '../device/trust/report.ts'
import { selectSigningCertificate } from '../device/trust/signing-certificate.ts'
import { verifyPdf } from '../device/trust/verify-pdf.ts'
import { now, signedPdf, smallPdf } from './50.signature.kit.ts'
import { forgedPdf } from './53.forged.kit.ts'
import { type AuthorityFlaw, createTestPki, type TestIdentity, type TestPki } from './sim/pki.ts'

const dayMs = 86_400_000
let pki: TestPki
let signer: TestIdentity
let other: TestIdentity
let pdf: Uint8Array
let signed: Uint8Array

beforeAll(async () => {
  pki = await createTestPki({ now })
  signer = await pki.signer()
  other = await pki.signer({ key: 'P-256', commonName: 'Somebody else' })
  pdf = await smallPdf()
  signed = await signedPdf(pdf, signer)
})

function report(file: Uint8Array, options: { at?: number; anchors?: readonly Uint8Array[] } = {}): Promise<Report> {
  return verifyPdf(randomAccessOf(file), {
    anchors: options.anchors ?? [pki.root],
    now: options.at ?? now,
    revocation: 'if-present',
  })
}

describe('trust', () => {
  it('without the anchor is NO_CERTIFICATE_CHAIN_FOUND, the signature being intact', async () => {
    const { root } = await createTestPki({ now })
    for (const anchors of [[], [root]]) {
      const found = await report(signed, { anchors })
      expect(found).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'NO_CERTIFICATE_CHAIN_FOUND' })
      expect(found.signatures[0]?.integrity).toBe('intact')
    }
  })

  it('in the intermediate authority is enough', async () => {
    expect((await report(signed, { anchors: [pki.intermediate] })).indication).toBe('TOTAL-PASSED')
  })

  it.each([
    ['after the certificate', 701 * dayMs],
    ['before the certificate', -31 * dayMs],
  ])('%s is OUT_OF_BOUNDS_NO_POE', async (_, distance) => {
    const found = await report(signed, { at: now + distance })
    expect(found).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'OUT_OF_BOUNDS_NO_POE' })
  })

  it('in a certificate that is not for signing is CHAIN_CONSTRAINTS_FAILURE', async () => {
    const useless = await pki.signer({ kind: 'not-for-signing' })
    expect((await report(await signedPdf(pdf, useless))).subIndication).toBe('CHAIN_CONSTRAINTS_FAILURE')
  })

  it.each<[AuthorityFlaw, SubIndication]>([
    ['issuer-no-authority', 'CHAIN_CONSTRAINTS_FAILURE'],
    ['path-too-long', 'CHAIN_CONSTRAINTS_FAILURE'],
    ['unknown-critical-extension', 'CHAIN_CONSTRAINTS_FAILURE'],
    ['issuer-expired', 'OUT_OF_BOUNDS_NO_POE'],
  ])('with %s is %s', async (flaw, subIndication) => {
    const broken = await createTestPki({ now, flaw })
    const file = await signedPdf(pdf, await broken.signer({ key: 'P-256' }))
    expect((await report(file, { anchors: [broken.root] })).subIndication).toBe(subIndication)
  })

  it('in an issuer by name only is NO_CERTIFICATE_CHAIN_FOUND', async () => {
    const [real, namesake] = await Promise.all([1, 2].map(() => createTestPki({ now, flaw: 'no-key-identifiers' })))
    if (real === undefined || namesake === undefined) throw new Error('two were made')
    const one = await real.signer()
    const anchors = [namesake.root]
    const swapped = await forgedPdf(pdf, one, { certificates: [one.certificate, namesake.intermediate] })
    expect((await report(swapped, { anchors })).subIndication).toBe('NO_CERTIFICATE_CHAIN_FOUND')
    expect((await report(await signedPdf(pdf, one), { anchors: [real.root] })).indication).toBe('TOTAL-PASSED')
  })
})

describe('the choice of a certificate', () => {
  const candidate = (keyId: string, { certificate, chain }: TestIdentity): SigningCertificate => ({
    tokenId: 'Card#1',
    keyId,
    certificate,
    chain,
  })

  it('prefers nonRepudiation to digitalSignature', async () => {
    const auth = await pki.signer({ kind: 'auth', key: 'P-256' })
    const candidates = [candidate('01', auth), candidate('02', signer)]
    expect(selectSigningCertificate({ candidates, now })).toMatchObject({
      choice: 'chosen',
      candidate: { keyId: '02' },
    })
    expect(selectSigningCertificate({ candidates, now, keyId: '01' })).toMatchObject({ candidate: { keyId: '01' } })
  })

  it('passes over an expired one', async () => {
    const expired = await pki.signer({ kind: 'expired', key: 'P-256' })
    const candidates = [candidate('01', expired), candidate('02', other)]
    const choice = selectSigningCertificate({ candidates, now })
    expect(choice).toMatchObject({ choice: 'chosen', candidate: { keyId: '02' }, algorithm: 'SHA256withECDSA' })
  })

  it('tells the nearest reason when there is none', async () => {
    const expired = await pki.signer({ kind: 'expired', key: 'P-256' })
    const useless = await pki.signer({ kind: 'not-for-signing', key: 'P-256' })
    const candidates = [
      candidate('01', useless),
      candidate('02', expired),
      candidate('03', { ...other, certificate: Buffer.of(1) }),
    ]
    expect(selectSigningCertificate({ candidates, now })).toMatchObject({ code: 'CERTIFICATE_EXPIRED' })
    expect(selectSigningCertificate({ candidates: [], now })).toMatchObject({ code: 'CERTIFICATE_ABSENT' })
  })

  it.each([
    ['an authority', { kind: 'authority', key: 'P-256' }, 'CERTIFICATE_ABSENT'],
    ['a time-stamping unit', { kind: 'time-stamping', key: 'P-256' }, 'CERTIFICATE_ABSENT'],
    ['a weak key', { key: 'RSA-1024' }, 'KEY_REFUSED'],
  ] as const)('never falls on %s', async (_, request, code) => {
    const { certificate } = await pki.signer(request)
    expect(() => checkSigningCertificate(certificate, now)).toThrow(expect.objectContaining({ code }))
  })

  it('reads what a qualified certificate says', () => {
    expect(readCertificate(signer.certificate).facts).toMatchObject({
      holder: 'Test signer',
      keyUsage: ['nonRepudiation'],
      qualified: true,
      qualifiedDevice: true,
      authority: false,
    })
  })
})
