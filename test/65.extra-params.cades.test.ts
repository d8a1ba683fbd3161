// What extra parameters ask of a CAdES signature, and what they ask of any: what is done about each, or that nothing is.

import { describe, expect, it } from 'vitest'
import { readExtraParams } from '../device/ades/extra-params.ts'
import type { SignatureFormat, SignatureOperation } from '../device/ades/request.ts'

const params = (entries: Record<string, string>, format: SignatureFormat = 'CAdES', operation?: SignatureOperation) =>
  readExtraParams(new Map(Object.entries(entries)), format, operation)
const refused = (code: string) => expect.objectContaining({ code })

describe('of CAdES', () => {
  it.each([
    [{ mode: 'implicit' }, 'enveloping', {}],
    [{ mode: 'Explicit' }, 'detached', {}],
    [{ expPolicy: 'FirmaAGE' }, undefined, { envelopBelow: 1_048_576 }],
    [{ expPolicy: 'FirmaAGE', mode: 'explicit' }, 'detached', {}],
    [{ expPolicy: 'FirmaAGE', precalculatedHashAlgorithm: 'SHA-512' }, 'detached', { precalculatedHash: 'SHA-512' }],
    [{ precalculatedHashAlgorithm: 'sha256' }, 'detached', { precalculatedHash: 'SHA-256' }],
    [
      { precalculatedHashAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256' },
      'detached',
      { precalculatedHash: 'SHA-256' },
    ],
    [{ allowSignLTSignature: 'true' }, undefined, { breakArchives: true }],
    [{ allowSignLTSignature: 'false' }, undefined, {}],
    [{ mimeType: 'text/plain; charset=utf-8' }, undefined, { content: { mimeType: 'text/plain; charset=utf-8' } }],
    [{ mimeType: 'text/plain', includeMimeTypeAttribute: 'true' }, undefined, { content: { mimeType: 'text/plain' } }],
    [{ includeMimeTypeAttribute: 'true' }, undefined, { content: { mimeType: 'detected' } }],
    [{ includeContentHintAttribute: 'true' }, undefined, { content: { hints: { type: 'detected' } } }],
    [{ includeContentHintAttribute: 'false', includeMimeTypeAttribute: 'false' }, undefined, {}],
    [
      { contentTypeOid: 'urn:oid:1.2.840.10003.5.109.1', contentDescription: 'Acta' },
      undefined,
      { content: { hints: { type: '1.2.840.10003.5.109.1', description: 'Acta' } } },
    ],
    [{ contentDescription: 'Acta' }, undefined, { content: { hints: { type: 'detected', description: 'Acta' } } }],
    [{ includeSigningTimeAttribute: 'true' }, undefined, {}],
  ] as const)('%j has its effect', (entries, packaging, cades) => {
    const found = params(entries)
    expect(found.packaging).toBe(packaging)
    expect(found.cades).toEqual(cades)
    expect(found.ignored).toEqual([])
  })

  it.each([
    [{ includeSigningTimeAttribute: 'false' }, ['includeSigningTimeAttribute']],
    [{ precalculatedHashAlgorithm: 'SHA1', mode: 'implicit' }, ['mode']],
    [{ includeMimeTypeAttribute: 'false', mimeType: 'text/plain' }, ['mimeType']],
    [
      { includeContentHintAttribute: 'false', contentTypeOid: '1.2.3', contentDescription: 'x' },
      ['contentTypeOid', 'contentDescription'],
    ],
    [{ tsaURL: 'https://tsa.example', tsaPolicy: '1.2.3', tsaPwd: 'x' }, ['tsaURL', 'tsaPolicy', 'tsaPwd']],
    [{ signReason: 'x', signaturePage: '1', signaturePages: 'all' }, ['signReason', 'signaturePage', 'signaturePages']],
  ])('of %j, %j have none, and are named', (entries, ignored) => {
    expect(params(entries).ignored).toEqual(ignored)
  })

  it('is about what is done: a further signature has the content of those that are there', () => {
    const all = { target: 'TREE', mode: 'implicit', mimeType: 'text/plain', precalculatedHashAlgorithm: 'SHA1' }
    expect(params(all, 'CAdES', 'sign').ignored).toEqual(['target', 'mode'])
    expect(params(all, 'CAdES', 'cosign').ignored).toEqual(['target', 'mode', 'precalculatedHashAlgorithm'])
    const countersigned = params(all, 'CAdES', 'countersign')
    expect(countersigned.ignored).toEqual(['mode', 'mimeType', 'precalculatedHashAlgorithm'])
    expect(countersigned).toMatchObject({ target: 'TREE', cades: {} })
  })

  it.each([
    { precalculatedHashAlgorithm: 'MD5' },
    { mimeType: 'plain' },
    { contentTypeOid: 'text' },
    {
      commitmentTypeIndications: '1',
      commitmentTypeIndication0Identifier: '1',
      commitmentTypeIndication0CommitmentTypeQualifiers: 'x',
    },
  ])('%j is refused', entries => {
    expect(() => params(entries)).toThrow(refused('REQUEST_INVALID'))
  })
})

describe('of any format', () => {
  const formats = ['PAdES', 'CAdES', 'XAdES'] as const

  it.each(formats)('%s: what is done anyway, and what chooses the certificate, is not called ignored', format => {
    const entries = {
      headless: 'true',
      checkSignatures: 'true',
      profile: 'baseline',
      signingCertificateV2: 'true',
      doNotIncludePolicyOnSigningCertificate: 'true',
      mandatoryCertSelection: 'false',
      filter: 'dnie:',
      filters: 'nonexpired:true',
      'filters.1': 'signingcert:',
    }
    expect(params(entries, format).ignored).toEqual([])
  })

  it.each(formats)('%s: what a baseline signature cannot be is named', format => {
    const entries = {
      profile: 'advanced',
      signingCertificateV2: 'false',
      doNotIncludePolicyOnSigningCertificate: 'false',
      serverUrl: 'https://x',
      'filters.x': 'dnie:',
    }
    expect(params(entries, format).ignored).toEqual(Object.keys(entries))
  })

  it('the policy of the AGE has a version before the current one, for the formats that it knows', () => {
    const digests = (['CAdES', 'XAdES'] as const).map(format => params({ expPolicy: 'FirmaAGE18' }, format).policy)
    expect(digests.map(policy => policy?.id)).toEqual(['2.16.724.1.3.1.1.2.1.8', '2.16.724.1.3.1.1.2.1.8'])
    expect(digests.map(policy => Buffer.from(policy?.digest ?? []).toString('base64'))).toEqual([
      '7SxX3erFuH31TvAw9LZ70N7p1vA=',
      'V8lVVNGDCPen6VELRD1Ja8HARFk=',
    ])
    expect(() => params({ expPolicy: 'FirmaAGE18' }, 'PAdES')).toThrow(refused('POLICY_UNUSABLE'))
  })

  it('a policy by name goes before one that is spelled out', () => {
    const found = params({ expPolicy: 'FirmaAGE19', policyIdentifier: '1.2.3', policyQualifier: 'https://x.org' })
    expect(found.policy?.id).toBe('2.16.724.1.3.1.1.2.1.9')
    expect(found.ignored).toEqual(['policyIdentifier', 'policyQualifier'])
    expect(params({ policyQualifier: 'https://x.org' }).ignored).toEqual(['policyQualifier'])
  })

  it('commitments count from 0 or from 1, and those that are missing are passed over', () => {
    const named = (index: number, value: string) => ({ [`commitmentTypeIndication${index}Identifier`]: value })
    const ids = (entries: Record<string, string>) => params(entries).commitments?.map(({ id }) => id.slice(-1))
    expect(ids({ commitmentTypeIndications: '2', ...named(0, '1'), ...named(1, '5') })).toEqual(['1', '5'])
    expect(ids({ commitmentTypeIndications: '2', ...named(1, '2'), ...named(2, '6') })).toEqual(['2', '6'])
    expect(params({ commitmentTypeIndications: '1' }).ignored).toEqual(['commitmentTypeIndications'])
    expect(params({ commitmentTypeIndications: '0', ...named(2, '6') }).ignored).toHaveLength(2)
  })

  it('commitments have their descriptions in XML and their qualifiers everywhere', () => {
    const entries = {
      commitmentTypeIndications: '1',
      commitmentTypeIndication0Identifier: '3',
      commitmentTypeIndication0Description: 'Lliurament',
      commitmentTypeIndication0DocumentationReferences: 'https://a.example/1|https://a.example/2',
      commitmentTypeIndication0CommitmentTypeQualifiers: '1.2.3|1.2.4',
    }
    const qualifiers = ['1.2.3', '1.2.4']
    expect(params(entries, 'XAdES').commitments).toEqual([
      {
        id: '1.2.840.113549.1.9.16.6.3',
        description: 'Lliurament',
        documentationReferences: ['https://a.example/1', 'https://a.example/2'],
        qualifiers,
      },
    ])
    const inCms = params(entries, 'PAdES')
    expect(inCms.commitments).toEqual([{ id: '1.2.840.113549.1.9.16.6.3', qualifiers }])
    expect(inCms.ignored).toEqual([
      'commitmentTypeIndication0Description',
      'commitmentTypeIndication0DocumentationReferences',
    ])
  })
})
