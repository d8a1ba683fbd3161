// Extra parameters as AutoFirma writes them: Java properties text, and what each parameter asks of a signature.

import { describe, expect, it } from 'vitest'
import { readExtraParams } from '../device/ades/extra-params.ts'
import { parseProperties } from '../device/ades/java-properties.ts'

const properties = (text: string) => [...parseProperties(text)]
const params = (entries: Record<string, string>) => readExtraParams(new Map(Object.entries(entries)))
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

  it('takes the last of several values', () => {
    expect(properties('a=1\na=2')).toEqual([['a', '2']])
  })

  it('refuses a malformed escape', () => {
    expect(() => properties('a=\\u12')).toThrow(refused('REQUEST_INVALID'))
  })
})

describe('extra parameters', () => {
  it('state policy, place, roles and commitments', () => {
    const found = params({
      expPolicy: 'FirmaAGE',
      signatureProductionCity: 'Reus',
      signatureProductionCountry: 'ES',
      signerClaimedRoles: 'secretària | interventora',
      commitmentTypeIndications: '2',
      commitmentTypeIndication0Identifier: '1',
      commitmentTypeIndication1Identifier: 'urn:oid:1.2.3',
      commitmentTypeIndication1Description: 'own',
    })
    expect(found).toMatchObject({
      policy: { id: '2.16.724.1.3.1.1.2.1.9', digestAlgorithm: 'SHA-1' },
      location: { city: 'Reus', country: 'ES' },
      claimedRoles: ['secretària', 'interventora'],
      commitments: [{ id: '1.2.840.113549.1.9.16.6.1' }, { id: '1.2.3', description: 'own' }],
      ignored: [],
    })
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
    [{ format: 'XAdES Detached' }, 'internally-detached'],
    [{ format: 'XAdES Externally Detached' }, 'detached'],
    [{ mode: 'implicit' }, 'enveloping'],
    [{ mode: 'explicit' }, 'detached'],
  ])('%j is a packaging', (entries, packaging) => {
    expect(params(entries).packaging).toBe(packaging)
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
    expect(found.pdf.visible).toEqual({ rectangle: [10, 20, 110.5, 60], page: 2, text: 'Signed' })
  })

  it('names those that have no effect', () => {
    expect(params({ headless: 'true', mode: 'implicit', serverUrl: 'https://x' }).ignored).toEqual([
      'headless',
      'serverUrl',
    ])
  })

  it.each([
    [{ mode: 'both' }, 'REQUEST_INVALID'],
    [{ target: 'ROOT' }, 'REQUEST_INVALID'],
    [{ certificationLevel: '4' }, 'REQUEST_INVALID'],
    [{ signaturePositionOnPageLowerLeftX: '10' }, 'REQUEST_INVALID'],
    [{ commitmentTypeIndications: '1' }, 'REQUEST_INVALID'],
    [{ includeOnlySignningCertificate: 'yes' }, 'REQUEST_INVALID'],
    [{ policyIdentifier: '1.2.3' }, 'POLICY_UNUSABLE'],
    [{ expPolicy: 'FirmaOtra' }, 'POLICY_UNUSABLE'],
  ])('%j is refused', (entries, code) => {
    expect(() => params(entries)).toThrow(refused(code))
  })
})
