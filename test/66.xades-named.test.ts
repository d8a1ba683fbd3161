// What a signature says and names beside its content, as extra parameters ask: digests, KeyInfo, Manifest, content outside
// of the file, Ids, and the signatures that are there already. xmlsec1 judges the result, and the engine's own report.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agel } from '../device/ades/policy.ts'
import { entriesOf } from '../device/ades/xades-manifest.ts'
import { parseXml } from '../device/xml/parse.ts'
import { attributeOf, childElements, descendantsOf } from '../device/xml/walk.ts'
import {
  type Bench,
  binary,
  createBench,
  D,
  document,
  ds,
  E,
  exclusive,
  G,
  inclusive,
  methodOf,
  sha256,
  texts,
  uriOf,
  verifies,
  xades,
} from './66.xades-asked.kit.ts'

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})
afterAll(() => bench.remove())

describe('References', () => {
  it.each([['http://www.w3.org/2001/04/xmldsig-more#sha384'], ['http://www.w3.org/2001/04/xmlenc#sha512']])(
    'are digested by %s',
    async referencesDigestMethod => {
      const file = await bench.made(document, { ...E, referencesDigestMethod, keepKeyInfoUnsigned: 'false' })
      expect(await bench.verdict(file)).toMatch(verifies)
      expect(file.references.map(methodOf)).toEqual(Array(3).fill(referencesDigestMethod))
      const [certificate] = descendantsOf(file.signature, xades, 'CertDigest')
      expect(methodOf(certificate)).toBe(referencesDigestMethod)
    },
  )
})

describe('KeyInfo', () => {
  it('says of the key and its holder what was asked', async () => {
    const asked = { addKeyInfoKeyValue: 'true', addKeyInfoKeyName: 'true', addKeyInfoX509IssuerSerial: 'true' }
    for (const signer of ['rsa', 'ec'] as const) {
      const file = await bench.made(document, { ...E, ...asked, keepKeyInfoUnsigned: 'false' }, { signer })
      expect(await bench.verdict(file)).toMatch(/References \(ok\/all\): 3\/3/)
      const [keyInfo] = descendantsOf(file.signature, ds, 'KeyInfo')
      expect(keyInfo && childElements(keyInfo).map(({ local }) => local)).toEqual(['X509Data', 'KeyValue', 'KeyName'])
      expect(texts(file.signature, 'X509IssuerName')[0]).toMatch(/^CN=/)
      expect(file.report.signatures[0]).toMatchObject({ level: 'XAdES-BASELINE-B', integrity: 'intact' })
    }
    const file = await bench.made(document, { ...E, addKeyInfoKeyName: 'true' }, { signer: 'rsa' })
    expect(texts(file.signature, 'KeyName')[0]).toContain('CN=Núria\\, \\"Vidal\\"')
  })

  it('is the certificates alone, and not signed, where nothing was asked', async () => {
    const file = await bench.made(document, { ...E, keepKeyInfoUnsigned: 'true' })
    const [keyInfo] = descendantsOf(file.signature, ds, 'KeyInfo')
    expect(keyInfo && childElements(keyInfo).map(({ local }) => local)).toEqual(['X509Data'])
    expect(file.references).toHaveLength(2)
  })
})

describe('a Manifest', () => {
  const listed = {
    useManifest: 'true',
    uri1: 'content.bin',
    md1: sha256(binary).toString('base64'),
    uri2: 'content.bin',
    md2: sha256(binary).toString('base64'),
    mimeType1: 'text/plain',
    precalculatedHashAlgorithm: 'SHA-256',
  }

  it('lists what was given by its digests', async () => {
    const file = await bench.made('anything', listed)
    expect(await bench.verdict(file)).toMatch(/Manifests References \(ok\/all\): 2\/2/)
    expect(attributeOf(file.references[0] ?? file.root, 'Type')).toBe(`${ds}Manifest`)
    expect(texts(file.signature, 'MimeType', xades)).toEqual(['text/plain', 'application/octet-stream'])
    expect(file.report).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'SIGNED_DATA_NOT_FOUND' })
    expect(file.ignored).toEqual([])
  })

  it.each([inclusive, exclusive])('lists the content, by %s', async canonicalizationAlgorithm => {
    const params = { useManifest: 'true', uri: 'content.bin', canonicalizationAlgorithm }
    const file = await bench.made(binary, params, { content: binary })
    expect(await bench.verdict(file)).toMatch(/Manifests References \(ok\/all\): 1\/1/)
    expect(file.report.signatures[0]).toMatchObject({ level: 'XAdES-BASELINE-B', integrity: 'intact' })
  })

  it('is listed again by a second signer', async () => {
    const first = await bench.made('anything', listed)
    const file = await bench.made(first.bytes, {}, { op: 'cosign', signer: 'rsa', content: binary })
    expect(await bench.verdict(file, 2)).toMatch(/Manifests References \(ok\/all\): 2\/2/)
  })

  it.each([
    ['SHA-1', '<Reference URI="urn:a"><DigestMethod Algorithm="#1"/><DigestValue>AA==</DigestValue></Reference>'],
    [
      'a Reference without URI',
      '<Reference><DigestMethod Algorithm="#256"/><DigestValue>AA==</DigestValue></Reference>',
    ],
    [
      'a transform',
      '<Reference URI="urn:a"><Transforms><Transform Algorithm="urn:t"/></Transforms>' +
        '<DigestMethod Algorithm="#256"/><DigestValue>AA==</DigestValue></Reference>',
    ],
  ])('is not listed again with %s', (_, markup) => {
    const methods = markup.replace('#256', 'http://www.w3.org/2001/04/xmlenc#sha256').replace('#1', `${ds}sha1`)
    const { root } = parseXml(Buffer.from(`<Manifest xmlns="${ds}">${methods}</Manifest>`))
    expect(entriesOf(root, { mimeType: 'text/plain' })).toBeUndefined()
  })

  it.each([
    [{ ...listed, md1: 'AAAA' }],
    [{ ...listed, precalculatedHashAlgorithm: 'SHA512' }],
    [{ ...listed, precalculatedHashAlgorithm: 'SHA1', md1: Buffer.alloc(20).toString('base64') }],
  ])('with digests of another kind is refused', async params => {
    await expect(bench.made('anything', params)).rejects.toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
  })
})

describe('content outside of the file', () => {
  const pre = { format: 'XAdES Externally Detached', uri: 'content.bin', precalculatedHashAlgorithm: 'SHA-256' }

  it('may be given by its digest', async () => {
    const file = await bench.made(sha256(binary), pre)
    expect(await bench.verdict(file)).toMatch(verifies)
    expect(uriOf(file.references[0])).toBe('content.bin')
    expect(file.report).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'SIGNED_DATA_NOT_FOUND' })
  })

  it('is no digest by its name alone', async () => {
    const refused = expect.objectContaining({ code: 'REQUEST_INVALID' })
    await expect(bench.made(binary, pre)).rejects.toThrow(refused)
    await expect(bench.made(Buffer.alloc(20), { ...pre, precalculatedHashAlgorithm: 'SHA1' })).rejects.toThrow(refused)
  })

  it('is called by the URI that was given', async () => {
    const file = await bench.made(binary, { format: 'XAdES Externally Detached', uri: 'https://example.org/é?a&b' })
    expect(uriOf(file.references[0])).toBe('https://example.org/é?a&b')
  })
})

describe('the Id of a signature', () => {
  it('is the one that was asked for', async () => {
    const file = await bench.made(document, { ...E, SignatureId: 'Lot-7_a' })
    expect(attributeOf(file.signature, 'Id')).toBe('Lot-7_a')
    expect(await bench.verdict(file)).toMatch(verifies)
  })

  it.each([
    [E, document, 'sign'],
    [D, document, 'sign'],
    [{}, undefined, 'cosign'],
    [{}, undefined, 'countersign'],
  ] as const)('is our own where the document has that already, %j %s', async (format, input, op) => {
    const first = await bench.made(document, { ...E, SignatureId: 'B1x' })
    const taken = input === undefined ? 'B1x' : 'B1'
    const file = await bench.made(input ?? first.bytes, { ...format, SignatureId: taken }, { op, signatureId: 'own' })
    const ids = descendantsOf(file.root, ds, 'Signature').map(one => attributeOf(one, 'Id'))
    expect(ids).toContain('own')
    expect(file.ignored).toEqual(['SignatureId'])
  })

  it('is told to be our own at any level', async () => {
    const file = await bench.made(document, { ...E, SignatureId: 'A1' }, { level: 'LTA' })
    expect(file.ignored).toEqual(['SignatureId'])
  })

  it('is told beforehand where the same bytes are to be made again', async () => {
    const again = () => bench.made(document, { ...E }, { signatureId: 'kept-1', signer: 'rsa' })
    expect((await again()).bytes).toEqual((await again()).bytes)
    expect(attributeOf((await again()).signature, 'Id')).toBe('kept-1')
  })
})

describe('beside a signature', () => {
  it('with an archive time-stamp there is another, unless that is not wanted', async () => {
    const first = await bench.made(document, D, { level: 'LTA' })
    for (const op of ['cosign', 'countersign'] as const) {
      for (const allowed of [{}, { allowSignLTSignature: 'true' }]) {
        const file = await bench.made(first.bytes, allowed, { op, signer: 'rsa' })
        expect(file.report.signatures.map(({ integrity }) => integrity)).toEqual(['intact', 'intact'])
      }
      const unwanted = bench.made(first.bytes, { allowSignLTSignature: 'false' }, { op })
      await expect(unwanted).rejects.toThrow(expect.objectContaining({ code: 'SIGNATURE_FORMAT_REFUSED' }))
    }
  })

  it('that envelops its content the AGE policy is avoided as asked', async () => {
    const first = await bench.made(document, G)
    const policies = async (more: Record<string, string>) =>
      (await bench.made(first.bytes, { expPolicy: 'FirmaAGE', ...more }, { op: 'cosign' })).report.signatures[1]?.policy
        ?.id
    expect(await policies({})).toBe(agel.id)
    expect(await policies({ avoidAGEPolicyIncompatibilities: 'true' })).toBeUndefined()
    await expect(policies({ avoidAGEPolicyIncompatibilities: 'false' })).rejects.toThrow(
      expect.objectContaining({ code: 'POLICY_UNUSABLE' }),
    )
    const manifest = await bench.made(binary, { useManifest: 'true', uri: 'content.bin' })
    const further = await bench.made(
      manifest.bytes,
      { expPolicy: 'FirmaAGE', avoidAGEPolicyIncompatibilities: 'false' },
      { op: 'cosign', content: binary },
    )
    expect(further.report.signatures[1]?.policy?.id).toBe(agel.id)
    const beside = await bench.made(document, D)
    const kept = { expPolicy: 'FirmaAGE', avoidAGEPolicyIncompatibilities: 'false' }
    expect((await bench.made(beside.bytes, kept, { op: 'cosign' })).report.signatures[1]?.policy?.id).toBe(agel.id)
  })
})
