// What a signature states in its signed attributes, in each place where it may stand, and the policies it may commit to.

import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { agel, parsePolicy } from '../device/ades/policy.ts'
import type { SignatureProperties } from '../device/ades/request.ts'
import { type Asn1Node, readWhole } from '../device/cms/asn1.ts'
import { type SignatureKind, signedAttributes } from '../device/cms/attributes.ts'
import { time } from '../device/cms/der.ts'
import { oids } from '../device/cms/oids.ts'
import { cmsReserveOctets, signingIntent } from '../device/cms/signing-intent.ts'
import { now } from './50.signature.kit.ts'
import { createTestPki, type TestIdentity } from './sim/pki.ts'

let signer: TestIdentity

beforeAll(async () => {
  signer = await (await createTestPki({ now })).signer()
})

const properties: SignatureProperties = {
  signingTime: now,
  policy: agel,
  location: { street: 'Plaça Major, 1', city: 'Vic', province: 'Barcelona', postalCode: '08500', country: 'ES' },
  claimedRoles: ['Secretària', 'Funcionària habilitada'],
  commitments: [{ id: '1.2.840.113549.1.9.16.6.1' }, { id: '1.2.840.113549.1.9.16.6.5' }],
}
const content = { mimeType: 'text/plain', hints: { type: '1.2.3', description: 'Acta' } }

function attributesOf(kind: SignatureKind, stated = properties, told = true): ReadonlyMap<string, Asn1Node> {
  const messageDigest = new Uint8Array(32)
  const { certificate } = signer
  const request = { algorithm: 'SHA256withRSA', messageDigest, certificate, properties: stated } as const
  const set = readWhole(
    signedAttributes(kind === 'PAdES' ? { ...request, kind } : { ...request, kind, ...(told && { content }) }),
  )
  return new Map(set?.children.map(({ children: [type, values] }) => [type?.oid ?? '', values ?? expect.fail()]))
}

const always = [oids.messageDigest, oids.signingCertificateV2, oids.cmsAlgorithmProtection]
const stated = [oids.signaturePolicy, oids.signerAttributesV2, oids.commitmentType]
const outside = [oids.signingTime, oids.signerLocation]

describe('attributes', () => {
  it.each([
    ['PAdES', [...always, ...stated, oids.contentType]],
    ['CAdES-detached', [...always, ...stated, ...outside, oids.contentType, oids.mimeType, oids.contentHints]],
    ['CAdES-enveloping', [...always, ...stated, ...outside, oids.contentType, oids.mimeType, oids.contentHints]],
    ['CAdES-countersignature', [...always, ...stated, ...outside]],
  ] as const)('of %s are those that the standard allows there', (kind, expected) => {
    expect([...attributesOf(kind).keys()].toSorted()).toEqual(expected.toSorted())
  })

  it('name no more than what was asked for', () => {
    const names = [...attributesOf('CAdES-detached', { signingTime: now }, false).keys()]
    expect(names.toSorted()).toEqual([...always, oids.contentType, oids.signingTime].toSorted())
  })

  it('hold both commitments as values of one attribute', () => {
    expect(
      attributesOf('PAdES')
        .get(oids.commitmentType)
        ?.children.map(value => value.children[0]?.oid),
    ).toEqual(['1.2.840.113549.1.9.16.6.1', '1.2.840.113549.1.9.16.6.5'])
  })

  it('hold the qualifiers of a commitment as identifiers without a value', () => {
    const commitments = [{ id: '1.2.840.113549.1.9.16.6.1', qualifiers: ['1.2.3', '1.2.4'] }]
    const [value] = attributesOf('PAdES', { signingTime: now, commitments }).get(oids.commitmentType)?.children ?? []
    expect(value?.children[1]?.children.map(({ tag, children }) => [tag, children.map(({ oid }) => oid)])).toEqual([
      [0x30, ['1.2.3']],
      [0x30, ['1.2.4']],
    ])
  })

  it('hold what the content is', () => {
    const told = attributesOf('CAdES-enveloping')
    expect(Buffer.from(told.get(oids.mimeType)?.children[0]?.content ?? []).toString()).toBe('text/plain')
    const [hints] = told.get(oids.contentHints)?.children ?? []
    expect(
      hints?.children.map(({ tag, oid, content: octets }) => [tag, oid ?? Buffer.from(octets).toString()]),
    ).toEqual([
      [0x0c, 'Acta'],
      [0x06, '1.2.3'],
    ])
  })

  it('reserve enough room in a PDF', () => {
    const identity = { ...signer, algorithm: 'SHA256withRSA' } as const
    const documentDigest = createHash('sha256').digest()
    const stating = { ...identity, kind: 'PAdES', properties } as const
    expect(cmsReserveOctets(stating)).toBeGreaterThan(cmsReserveOctets(identity) + 200)
    expect(signingIntent({ ...stating, documentDigest })).toEqual(signingIntent({ ...stating, documentDigest }))
  })
})

describe('time', () => {
  it.each([
    [Date.UTC(2026, 5, 15, 10, 0, 1, 999), '260615100001Z'],
    [Date.UTC(2049, 11, 31, 23, 59, 59), '491231235959Z'],
    [Date.UTC(2050, 0, 1), '20500101000000Z'],
    [Date.UTC(1950, 0, 1), '500101000000Z'],
    [Date.UTC(1949, 11, 31), '19491231000000Z'],
  ])('%i is %s', (milliseconds, text) => {
    expect(Buffer.from(time(milliseconds).subarray(2)).toString()).toBe(text)
    expect(time(milliseconds)[0]).toBe(text.length === 13 ? 0x17 : 0x18)
  })
})

describe('a policy file', () => {
  const digest = createHash('sha256').update('the policy').digest('base64')
  const good = { id: '1.2.3.4', digestAlgorithm: 'SHA-256', digest, qualifier: 'https://example.test/policy.pdf' }

  it('gives the policy', () => {
    expect(parsePolicy(JSON.stringify({ ...good, description: 'Ours' }))).toEqual({
      ...good,
      description: 'Ours',
      digest: Uint8Array.from(createHash('sha256').update('the policy').digest()),
    })
  })

  it.each([
    ['no JSON', 'policy'],
    ['a list', '[]'],
    ['no identifier', JSON.stringify({ ...good, id: undefined })],
    ['an identifier that is none', JSON.stringify({ ...good, id: 'urn:oid:1.2.3' })],
    ['an unknown digest', JSON.stringify({ ...good, digestAlgorithm: 'MD5' })],
    ['a digest of another length', JSON.stringify({ ...good, digestAlgorithm: 'SHA-512' })],
    ['a digest that is no Base64', JSON.stringify({ ...good, digest: '??' })],
    ['a qualifier with spaces', JSON.stringify({ ...good, qualifier: 'over there' })],
    ['an unknown key', JSON.stringify({ ...good, hash: 'x' })],
  ])('with %s is refused', (_, text) => {
    expect(() => parsePolicy(text)).toThrow(expect.objectContaining({ code: 'POLICY_UNUSABLE' }))
  })

  it('is not needed for the policy of the AGE', () => {
    expect(agel.digest.length).toBe(20)
    expect(agel.id).toBe('2.16.724.1.3.1.1.2.1.9')
  })
})
