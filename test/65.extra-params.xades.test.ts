// Extra parameters of XML signatures as AutoFirma writes them: what each asks for, where it has something to act on, and
// which are named because nothing is done about them.

import { describe, expect, it } from 'vitest'
import { readExtraParams } from '../device/ades/extra-params.ts'
import { xadesFor } from '../device/ades/extra-xades.ts'
import type { Packaging, SignatureOperation } from '../device/ades/request.ts'

const params = (entries: Record<string, string>) => readExtraParams(new Map(Object.entries(entries)), 'XAdES')
const refused = (code: string) => expect.objectContaining({ code })

function asked(entries: Record<string, string>, packaging: Packaging = 'enveloped', op: SignatureOperation = 'sign') {
  const { xades, ignored } = params(entries)
  if (xades === undefined) throw new Error('no parameters of XAdES')
  const fitting = xadesFor(xades, { operation: op, packaging })
  return { xades: fitting.xades, ignored: [...ignored, ...fitting.ignored] }
}

const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
const sha512 = 'http://www.w3.org/2001/04/xmlenc#sha512'
const digest = Buffer.alloc(32, 7).toString('base64')

describe('parameters of an XML signature', () => {
  const effects: readonly (readonly [Record<string, string>, object, Packaging?, SignatureOperation?])[] = [
    [{ nodeToSign: 'A1' }, { nodeToSign: 'A1' }],
    [{ insertEnvelopedSignatureOnNodeByXPath: '/r/a' }, { insertAt: '/r/a' }],
    [{ avoidXpathExtraTransformsOnEnveloped: 'true' }, { leavesOut: 'itself' }],
    [
      { nodeToSign: 'A1', avoidEnvelopedTransformWhenSigningNode: 'true' },
      { nodeToSign: 'A1', leavesOut: 'signatures' },
    ],
    [
      {
        nodeToSign: 'A1',
        avoidEnvelopedTransformWhenSigningNode: 'true',
        avoidXpathExtraTransformsOnEnveloped: 'true',
      },
      { nodeToSign: 'A1', leavesOut: 'nothing' },
    ],
    [{ facturaeSign: 'true' }, { invoice: true }],
    [{ facturaeSign: 'false' }, {}],
    [{ referencesDigestMethod: sha512 }, { referencesDigest: 'SHA-512' }],
    [{ canonicalizationAlgorithm: inclusive }, { canonicalisation: inclusive }],
    [{ canonicalizationAlgorithm: 'none' }, { canonicalisation: inclusive, implicitCanonicalisation: true }],
    [{ keepKeyInfoUnsigned: 'true' }, {}],
    [{ keepKeyInfoUnsigned: 'false' }, { keyInfo: { signed: true } }],
    [{ addKeyInfoKeyValue: 'true', addKeyInfoKeyName: 'true' }, { keyInfo: { keyValue: true, keyName: true } }],
    [{ addKeyInfoKeyValue: 'false' }, {}],
    [{ addKeyInfoX509IssuerSerial: 'true' }, { keyInfo: { issuerSerial: true } }],
    [{ avoidBase64Transforms: 'true' }, { signsBase64Text: true }, 'enveloping'],
    [{ encoding: 'base64' }, { isBase64: true }],
    [{ outputXmlEncoding: 'ISO-8859-1' }, { outputEncoding: 'ISO-8859-1' }],
    [{ SignatureId: 'Firma-1_ñ' }, { signatureId: 'Firma-1_ñ' }],
    [{ uri: 'https://example.org/d' }, { contentUri: 'https://example.org/d' }, 'detached'],
    [{ precalculatedHashAlgorithm: 'SHA-512' }, { precalculated: 'SHA-512' }, 'detached'],
    [{ precalculatedHashAlgorithm: sha512 }, { precalculated: 'SHA-512' }, 'detached'],
    [{ allowSignLTSignature: 'false' }, { allowArchived: false }, 'enveloped', 'countersign'],
    [{ avoidAGEPolicyIncompatibilities: 'true' }, { avoidAgePolicy: true }, 'enveloped', 'cosign'],
  ]

  const cases = effects.map(([entries, options, packaging, op]) => ({ entries, options, packaging, op }))
  it.each(cases)('$entries asks for $options', ({ entries, options, packaging, op }) => {
    expect(asked(entries, packaging, op)).toEqual({ xades: options, ignored: [] })
  })

  it.each([
    [{ xadesNamespace: 'http://uri.etsi.org/01903/v1.3.2#' }],
    [{ signedPropertiesTypeUrl: 'http://uri.etsi.org/01903#SignedProperties' }],
    [{ ignoreStyleSheets: 'true' }],
    [{ confirmDifferentProfile: 'false' }],
  ] as const)('%j is what is done anyway', entries => {
    expect(asked(entries)).toEqual({ xades: {}, ignored: [] })
  })

  it.each<readonly [string, string]>([
    ['xadesNamespace', 'http://uri.etsi.org/01903/v1.2.2#'],
    ['signedPropertiesTypeUrl', 'http://uri.etsi.org/01903/v1.2.2#SignedProperties'],
    ['ignoreStyleSheets', 'false'],
    ['confirmDifferentProfile', 'true'],
    ['referencesDigestMethod', 'http://www.w3.org/2000/09/xmldsig#sha1'],
    ['referencesDigestMethod', 'http://www.w3.org/2001/04/xmlenc#ripemd160'],
    ['canonicalizationAlgorithm', 'http://www.w3.org/TR/1999/REC-xslt-19991116'],
    ['insertEnvelopedSignatureOnNodeByXPath', 'concat("a", "b")'],
    ['outputXmlEncoding', 'EBCDIC-CP-ES'],
    ['SignatureId', '0d3c'],
    ['SignatureId', 'a b'],
    ['SignatureId', 'a'.repeat(201)],
    ['avoidEnvelopedTransformWhenSigningNode', 'true'],
    ['uri1', 'urn:a'],
    ['md1', digest],
    ['xmlTransforms', '1'],
  ])('%s=%s is named', (name, value) => {
    expect(asked({ [name]: value })).toEqual({ xades: {}, ignored: [name] })
  })

  it.each<readonly [string, Packaging, SignatureOperation]>([
    ['nodeToSign', 'detached', 'sign'],
    ['nodeToSign', 'enveloped', 'cosign'],
    ['insertEnvelopedSignatureOnNodeByXPath', 'enveloping', 'sign'],
    ['avoidXpathExtraTransformsOnEnveloped', 'internally-detached', 'sign'],
    ['facturaeSign', 'enveloping', 'sign'],
    ['precalculatedHashAlgorithm', 'enveloping', 'sign'],
    ['uri', 'enveloped', 'sign'],
    ['avoidBase64Transforms', 'enveloped', 'sign'],
    ['outputXmlEncoding', 'enveloped', 'countersign'],
    ['allowSignLTSignature', 'enveloped', 'sign'],
    ['avoidAGEPolicyIncompatibilities', 'enveloped', 'countersign'],
    ['useManifest', 'detached', 'cosign'],
  ])('%s has nothing to act on in an %s signature, %s', (name, packaging, operation) => {
    const values: Record<string, string> = {
      nodeToSign: 'A1',
      insertEnvelopedSignatureOnNodeByXPath: '/r',
      precalculatedHashAlgorithm: 'SHA256',
      uri: 'urn:a',
      outputXmlEncoding: 'UTF-8',
    }
    const found = asked({ [name]: values[name] ?? 'true' }, packaging, operation)
    expect(found).toEqual({ xades: {}, ignored: [name] })
  })

  it('list what a Manifest is about, which makes the signature a detached one', () => {
    const entries = {
      useManifest: 'true',
      format: 'XAdES Enveloped',
      uri1: 'urn:a',
      md1: digest,
      uri2: 'urn:b',
      md2: digest,
    }
    const more = { mimeType1: 'text/plain', contentTypeOid2: 'urn:oid:1.2.3', encoding2: 'base64' }
    const { packaging, ignored, xades } = params({ ...entries, ...more })
    expect({ packaging, ignored }).toEqual({ packaging: 'detached', ignored: [] })
    expect(xades?.options.manifest).toMatchObject([
      { uri: 'urn:a', format: { mimeType: 'text/plain' } },
      { uri: 'urn:b', format: { oid: '1.2.3', encoding: 'http://www.w3.org/2000/09/xmldsig#base64' } },
    ])
    expect(params({ useManifest: 'true', uri: 'urn:a' }).xades?.options.manifest).toBe('content')
  })

  it('say what the content’s encoding is', () => {
    expect(params({ encoding: 'BASE64' }).contentFormat?.encoding).toBe('http://www.w3.org/2000/09/xmldsig#base64')
  })

  it.each([
    [{ encoding: 'not a URI' }],
    [{ useManifest: 'true', uri1: 'urn:a' }],
    [{ useManifest: 'true', uri1: 'urn:a', md1: '*' }],
    [{ useManifest: 'true', uri1: 'urn:a', md1: digest, contentTypeOid1: 'text' }],
    [{ precalculatedHashAlgorithm: 'MD5' }],
  ] as const)('%j is refused', entries => {
    expect(() => params(entries)).toThrow(refused('REQUEST_INVALID'))
  })

  it('name a policy by any URI', () => {
    const policyIdentifier = 'http://www.facturae.es/politica_de_firma_formato_facturae_v3_1.pdf'
    const policy = { policyIdentifier, policyIdentifierHash: 'Ohixl6upD6av8N7pEvDABhEL6hM=' }
    expect(params(policy).policy).toMatchObject({ id: policyIdentifier, digestAlgorithm: 'SHA-1' })
    expect(() => params({ ...policy, policyIdentifier: 'politica' })).toThrow(refused('POLICY_UNUSABLE'))
    expect(() => readExtraParams(new Map(Object.entries(policy)), 'CAdES')).toThrow(refused('POLICY_UNUSABLE'))
  })

  it('mean nothing in a CMS or a PDF, and are named', () => {
    const entries = { nodeToSign: 'A1', addKeyInfoKeyName: 'true', SignatureId: 'A' }
    for (const format of ['CAdES', 'PAdES'] as const) {
      expect(readExtraParams(new Map(Object.entries(entries)), format).ignored).toEqual(Object.keys(entries))
    }
  })
})
