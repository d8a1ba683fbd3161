// Extra parameters as AutoFirma writes them: Java properties text, and what each parameter asks of a signature.

import { describe, expect, it } from 'vitest'
import { readExtraParams } from '../device/ades/extra-params.ts'
import { parseProperties } from '../device/ades/java-properties.ts'
import type { SignatureFormat } from '../device/ades/request.ts'
import { visibleText } from '../device/ades/visible-text.ts'
import { packagingBy } from '../device/document/sign-order.ts'
import { readCertificate } from '../device/trust/certificate.ts'
import { createTestPki } from './sim/pki.ts'

const properties = (text: string) => [...parseProperties(text)]
const params = (entries: Record<string, string>, format: SignatureFormat = 'PAdES') =>
  readExtraParams(new Map(Object.entries(entries)), format)
const refused = (code: string) => expect.objectContaining({ code })

describe('Java properties', () => {
  it.each([
    ['a=b', 'a', 'b'],
    ['a: b', 'a', 'b'],
    ['a b', 'a', 'b'],
    ['  a =  b ', 'a', 'b '],
    ['a\t:\tb=c', 'a', 'b=c'],
    ['a\\=b=c', 'a=b', 'c'],
    ['a\\ b c', 'a b', 'c'],
    ['a=\\u00f1\\t\\q', 'a', 'ñ\tq'],
    ['a', 'a', ''],
    ['a=C:\\\\x', 'a', 'C:\\x'],
  ])('%j is one entry', (text, key, value) => {
    expect(properties(text)).toEqual([[key, value]])
  })

  it('continues a line behind a backslash that nothing escapes, leaving out the next line’s white space', () => {
    expect(properties('a=one\\\n   two\\\\\nb=c')).toEqual([
      ['a', 'onetwo\\'],
      ['b', 'c'],
    ])
  })

  it('passes over comments and blank lines, but not inside a continued line', () => {
    expect(properties('# x=1\r\n ! y=2\r\r\na=b\\\n#c')).toEqual([['a', 'b#c']])
  })

  it.each([
    [
      'a=1\n\\\n',
      [
        ['a', '1'],
        ['', ''],
      ],
    ],
    ['\\', [['', '']]],
    [
      'a=1\n\\',
      [
        ['a', '1'],
        ['', ''],
      ],
    ],
    ['\\\n', [['', '']]],
    ['\\\n\nb=1', [['b', '1']]],
    ['\\\n#c\nb=1', [['b', '1']]],
  ])('takes a lone backslash in %j as Java does', (text, expected) => {
    expect(properties(text)).toEqual(expected)
  })

  it('takes the last of several values', () => {
    expect(properties('a=1\na=2')).toEqual([['a', '2']])
  })

  it('refuses a malformed escape', () => {
    expect(() => properties('a=\\u12')).toThrow(refused('REQUEST_INVALID'))
  })
})

const sha1 = 'G7roucf600+f03r/o0bAOQ6WAs0='

describe('extra parameters', () => {
  it('take a flag that is neither true nor false for false, and name it', () => {
    const found = params({ includeOnlySignningCertificate: 'yes', signReason: 'Conforme' })
    expect(found).toMatchObject({ signerCertificateOnly: false, ignored: ['includeOnlySignningCertificate'] })
  })

  it('state policy, place, roles and commitments', () => {
    const found = params(
      {
        expPolicy: 'FirmaAGE',
        signatureProductionCity: 'Reus',
        signatureProductionCountry: 'ES',
        signerClaimedRoles: 'secretària | interventora',
        commitmentTypeIndications: '2',
        commitmentTypeIndication0Identifier: '1',
        commitmentTypeIndication1Identifier: 'urn:oid:1.2.3',
        commitmentTypeIndication1Description: 'own',
      },
      'XAdES',
    )
    expect(found).toMatchObject({
      policy: { id: '2.16.724.1.3.1.1.2.1.9', digestAlgorithm: 'SHA-1' },
      location: { city: 'Reus', country: 'ES' },
      claimedRoles: ['secretària', 'interventora'],
      commitments: [{ id: '1.2.840.113549.1.9.16.6.1' }, { id: '1.2.3', description: 'own' }],
      ignored: [],
    })
  })

  it.each([
    [{}, undefined, 'internally-detached', []],
    [{}, 'enveloping', 'internally-detached', []],
    [{}, 'enveloped', 'enveloped', []],
    [{ format: 'XAdES Enveloped' }, undefined, 'enveloped', []],
    [{ format: 'XAdES Enveloping' }, undefined, 'internally-detached', ['format']],
    [{ format: 'XAdES Externally Detached' }, 'enveloped', 'enveloped', ['format']],
    [{ useManifest: 'true', uri1: 'a', md1: 'AA==' }, undefined, 'detached', []],
  ] as const)('lie as the AGE policy wants it: %j under the name %s is %s', (entries, named, packaging, ignored) => {
    const found = params({ expPolicy: 'FirmaAGE', ...entries }, 'XAdES')
    expect([packagingBy(found, named, 'enveloping'), found.ignored]).toEqual([packaging, ignored])
  })

  it('lie as their own say before what the name of the format says', () => {
    const found = params({ format: 'XAdES Detached' }, 'XAdES')
    expect(packagingBy(found, 'enveloped', 'enveloping')).toBe('internally-detached')
    expect(packagingBy(params({}, 'XAdES'), 'enveloped', 'enveloping')).toBe('enveloped')
    expect(packagingBy(params({}, 'XAdES'), undefined, 'enveloping')).toBe('enveloping')
  })

  it('state an explicit policy', () => {
    const found = params({
      policyIdentifier: 'urn:oid:2.16.724.1.3.1.1.2.1.8',
      policyIdentifierHash: '7SxX3erFuH31TvAw9LZ70N7p1vA=',
      policyIdentifierHashAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1',
      policyQualifier: 'https://example.org/policy.pdf',
    })
    expect(found.policy).toMatchObject({ id: '2.16.724.1.3.1.1.2.1.8', qualifier: 'https://example.org/policy.pdf' })
    expect(Buffer.from(found.policy?.digest ?? []).toString('base64')).toBe('7SxX3erFuH31TvAw9LZ70N7p1vA=')
  })

  it.each([
    [{ format: 'XAdES Detached' }, 'XAdES', 'internally-detached'],
    [{ format: 'XAdES Externally Detached' }, 'XAdES', 'detached'],
    [{ mode: 'implicit' }, 'CAdES', 'enveloping'],
    [{ mode: 'explicit' }, 'CAdES', 'detached'],
  ] as const)('%j is a packaging of %s', (entries, format, packaging) => {
    expect(params(entries, format).packaging).toBe(packaging)
  })

  it('draw a visible signature', () => {
    const found = params({
      signaturePositionOnPageLowerLeftX: '10',
      signaturePositionOnPageLowerLeftY: '20',
      signaturePositionOnPageUpperRightX: '110.5',
      signaturePositionOnPageUpperRightY: '60',
      signaturePage: '2',
      layer2Text: 'Signed',
    })
    expect(found.pdf.visible).toMatchObject({ rectangle: [10, 20, 110.5, 60], pages: [[2, 2]], text: 'Signed' })
  })

  it('show who signed and when where they say only the place', () => {
    const corners = { LowerLeftX: '1', LowerLeftY: '2', UpperRightX: '3', UpperRightY: '4' }
    const placed = Object.entries(corners).map(([name, value]) => [`signaturePositionOnPage${name}`, value])
    expect(params(Object.fromEntries(placed)).pdf.visible?.text).toMatch(/^\$\$SUBJECTCN\$\$\n\$\$SIGNDATE=/)
    const image = params({ ...Object.fromEntries(placed), signatureRubricImage: 'AAAA' }).pdf.visible
    expect(image).not.toHaveProperty('text')
  })

  it('put text into a field that is there already, wherever that is', () => {
    expect(params({ signatureField: 'Here', layer2Text: 'Signed' }).pdf).toMatchObject({
      fieldName: 'Here',
      visible: { rectangle: [0, 0, 0, 0], text: 'Signed' },
    })
  })

  it.each([
    ['CAdES', { headless: 'true', mode: 'implicit', serverUrl: 'https://x' }, ['serverUrl']],
    ['CAdES', { format: 'XAdES Detached', signReason: 'x', layer2Text: 'x' }, ['format', 'signReason', 'layer2Text']],
    ['XAdES', { mode: 'explicit', certificationLevel: '2' }, ['mode', 'certificationLevel']],
    ['PAdES', { mimeType: 'text/plain', target: 'TREE', signReason: 'x' }, ['mimeType', 'target']],
    ['PAdES', { layer2Text: 'Nowhere', signaturePage: '1' }, ['layer2Text', 'signaturePage']],
    ['PAdES', { signatureField: 'Here', layer2Text: 'x', signaturePage: 'all' }, ['signaturePage']],
    ['PAdES', { signatureField: 'Here', layer2Text: 'x', signaturePage: '1-3,-1' }, ['signaturePage']],
  ] as const)('%s: of %j, %j have no effect', (format, entries, ignored) => {
    expect(params(entries, format).ignored).toEqual(ignored)
  })

  it.each([
    ['CAdES', { mode: 'both' }, 'REQUEST_INVALID'],
    ['CAdES', { target: 'ROOT' }, 'REQUEST_INVALID'],
    ['PAdES', { certificationLevel: '4' }, 'REQUEST_INVALID'],
    ['PAdES', { signaturePositionOnPageLowerLeftX: '10' }, 'REQUEST_INVALID'],
    ['PAdES', { commitmentTypeIndications: 'some' }, 'REQUEST_INVALID'],
    ['PAdES', { policyIdentifier: '1.2.3' }, 'POLICY_UNUSABLE'],
    ['PAdES', { expPolicy: 'FirmaOtra' }, 'POLICY_UNUSABLE'],
    ['CAdES', { policyIdentifier: 'https://x.org/p', policyIdentifierHash: sha1 }, 'POLICY_UNUSABLE'],
    ['CAdES', { policyIdentifier: '1.50.3', policyIdentifierHash: sha1 }, 'POLICY_UNUSABLE'],
    ['CAdES', { policyIdentifier: '1.2.3', policyIdentifierHash: 'YWJj' }, 'POLICY_UNUSABLE'],
    ['CAdES', { policyIdentifier: '1.2.3', policyIdentifierHash: sha1, policyQualifier: 'ñ' }, 'POLICY_UNUSABLE'],
    ['CAdES', { contentTypeOid: 'text' }, 'REQUEST_INVALID'],
    ['XAdES', { commitmentTypeIndications: '1', commitmentTypeIndication0Identifier: '7' }, 'REQUEST_INVALID'],
  ] as const)('%s: %j is refused', (format, entries, code) => {
    expect(() => params(entries, format)).toThrow(refused(code))
  })
})

describe('the text of a visible signature', () => {
  async function shown(template: string) {
    const now = Date.UTC(2026, 10, 26, 22, 5, 9)
    const pki = await createTestPki({ now })
    const { certificate } = await pki.signer({ commonName: 'Núria Vidal' })
    const facts = { certificate: readCertificate(certificate), signingTime: now, timeZone: 'Europe/Madrid' }
    return { ...visibleText(template, { ...facts, reason: 'Copia', location: 'Reus' }), facts: facts.certificate.facts }
  }

  it('holds what the certificate and the signature say', async () => {
    const { text, unknown, facts } = await shown('$$SUBJECTCN$$ ($$CERTSERIAL$$) $$REASON$$, $$LOCATION$$$$CONTACT$$')
    expect(text).toBe(`Núria Vidal (${BigInt(`0x${facts.serialNumber}`)}) Copia, Reus`)
    expect(unknown).toEqual([])
  })

  it('names the issuer and the subject', async () => {
    const { text, facts } = await shown('$$ISSUERCN$$|$$SUBJECTDN$$')
    expect(text).toBe(`${/CN=([^,]*)/.exec(facts.issuer)?.[1]}|${facts.subject}`)
  })

  it.each([
    ['dd/MM/yyyy', '26/11/2026'],
    ["d-M-yy 'a les' HH:mm:ss", '26-11-26 a les 23:05:09'],
  ])('has the date in the zone of the place, as %s', async (pattern, expected) => {
    expect(await shown(`$$SIGNDATE=${pattern}$$`)).toMatchObject({ text: expected, unknown: [] })
  })

  it.each(['$$FAVOURITECOLOUR$$', '$$SIGNDATE=yyyy G$$'])('leaves %s as it is, and says so', async variable => {
    expect(await shown(`a ${variable} b`)).toMatchObject({ text: `a ${variable} b`, unknown: [variable] })
  })
})
