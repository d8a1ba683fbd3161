// XAdES signatures read: in every packaging, beside and over each other, with one of their parts changed, and with a byte
// changed anywhere.

import { beforeAll, describe, expect, it } from 'vitest'
import { prepareXadesCosignature, prepareXadesCountersignatures } from '../device/ades/xades-cosign.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { Fault } from '../device/errors.ts'
import type { XadesFound } from '../device/trust/read-xades.ts'
import type { SubIndication } from '../device/trust/report.ts'
import { now } from './50.signature.kit.ts'
import { chance } from './58.xml.kit.ts'
import {
  content,
  findingsOf,
  finished,
  meaningOf,
  read,
  readBytes,
  requestOf,
  type Signer,
  signed,
} from './58.xml.xades.kit.ts'
import { createTestPki } from './sim/pki.ts'

const packagings = ['enveloped', 'enveloping', 'internally-detached', 'detached'] as const

let rsa: Signer
let ec: Signer
beforeAll(async () => {
  const pki = await createTestPki({ now })
  rsa = { identity: await pki.signer(), algorithm: 'SHA256withRSA' }
  ec = { identity: await pki.signer({ key: 'P-384' }), algorithm: 'SHA384withECDSA' }
})

const isSignedBy = (found: XadesFound | undefined, { identity }: Signer) =>
  found?.signer !== undefined && Buffer.compare(found.signer.der, identity.certificate) === 0

describe.each(packagings)('a signature, %s', packaging => {
  it('is read as it was made', async () => {
    for (const signer of [rsa, ec]) {
      const [found, ...others] = await read(await signed(content, signer, packaging))
      expect(others).toEqual([])
      expect(found).toMatchObject({
        findings: [],
        baselineViolations: [],
        type: 'signature',
        id: 'one',
        claimedTime: now,
        policy: { id: '2.16.724.1.3.1.1.2.1.9' },
        hash: signer.algorithm === 'SHA256withRSA' ? 'sha256' : 'sha384',
        timestamps: [],
      })
      expect(isSignedBy(found, signer)).toBe(true)
      expect(found?.evidence.certificates).toHaveLength(2)
      const kinds = {
        enveloped: 'document',
        enveloping: 'object',
        'internally-detached': 'element',
        detached: 'outside',
      }
      expect(found?.scopes.map(scope => scope.kind)).toEqual([kinds[packaging]])
    }
  })

  it('is read with others beside and over it', async () => {
    const first = await signed(content, rsa, packaging)
    const file = randomAccessOf(content)
    const beside = await prepareXadesCosignature(randomAccessOf(first), requestOf(ec, packaging, 'two'), file)
    const both = await finished(first, [beside], ec)
    const over = await prepareXadesCountersignatures(randomAccessOf(both), requestOf(rsa, packaging, 'three'), 'TREE')
    const found = await read(await finished(both, over, rsa))
    expect(found.map(one => one.type).toSorted()).toEqual([
      'countersignature',
      'countersignature',
      'signature',
      'signature',
    ])
    expect(findingsOf(found)).toEqual([])
    expect(found.flatMap(one => one.baselineViolations)).toEqual([])
  })

  it('fails when what it covers changes', async () => {
    const changed = `${content}`.replace('>10<', '>11<')
    if (packaging === 'detached') {
      const file = await signed(content, rsa, packaging)
      expect(findingsOf(await read(file, Buffer.from(changed)))).toEqual(['HASH_FAILURE'])
      expect(findingsOf(await readBytes(file))).toEqual(['SIGNED_DATA_NOT_FOUND'])
      return
    }
    const file = `${await signed(content, rsa, packaging)}`
    const [from, to] = [content, Buffer.from(changed)].map(one => one.toString('base64'))
    expect(findingsOf(await read(file.replace('>10<', '>11<').replace(from ?? '', to ?? '')))).toEqual(['HASH_FAILURE'])
  })
})

describe('a signature whose own parts were changed', () => {
  const cases: Readonly<Record<string, readonly [from: RegExp, to: string, findings: readonly SubIndication[]]>> = {
    'its time': [/<xades:SigningTime>2026/, '<xades:SigningTime>2025', ['HASH_FAILURE']],
    'its value': [/(<ds:SignatureValue Id="one-value">)..../, '$1AAAA', ['SIG_CRYPTO_FAILURE']],
    'a digest': [/(<ds:DigestValue>)..../, '$1AAAA', ['HASH_FAILURE', 'SIG_CRYPTO_FAILURE']],
    'its canonicalisation': [
      /(CanonicalizationMethod Algorithm=")[^"]*/,
      '$1http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments',
      ['SIG_CRYPTO_FAILURE'],
    ],
    'to an algorithm that is not there': [/xmldsig-more#rsa-sha256/, 'xmldsig-more#hmac-sha256', ['GENERIC']],
    'to a canonicalisation that is not there': [/(CanonicalizationMethod Algorithm=")[^"]*/, '$1urn:x', ['GENERIC']],
    'its target': [/Target="#one"/, 'Target="#two"', ['FORMAT_FAILURE', 'SIG_CONSTRAINTS_FAILURE']],
    'its certificates left out': [/<ds:X509Data>.*<\/ds:X509Data>/, '<ds:X509Data/>', ['NO_SIGNING_CERTIFICATE_FOUND']],
    'broken base64': [/(<ds:SignatureValue Id="one-value">)./, '$1*', ['FORMAT_FAILURE']],
    'two SignedInfo': [/(<ds:SignedInfo>.*<\/ds:SignedInfo>)/s, '$1$1', ['FORMAT_FAILURE']],
    'no SignedInfo': [/<ds:SignedInfo>.*<\/ds:SignedInfo>/s, '', ['FORMAT_FAILURE']],
    'XSLT among the transforms': [
      /(<ds:Transforms>)/,
      '$1<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>',
      ['SIG_CONSTRAINTS_FAILURE', 'SIG_CONSTRAINTS_FAILURE', 'SIG_CRYPTO_FAILURE'],
    ],
  }
  for (const [what, [from, to, findings]] of Object.entries(cases)) {
    it(what, async () => {
      const file = `${await signed(content, rsa, 'enveloped')}`
      expect(file).toMatch(from)
      expect(findingsOf(await read(file.replace(from, to)))).toEqual(findings)
    })
  }

  it('another certificate for the same key in front of its own', async () => {
    const file = `${await signed(content, rsa, 'enveloped')}`
    const other = Buffer.from(ec.identity.certificate).toString('base64')
    const [found] = await read(
      file.replace('<ds:X509Certificate>', `<ds:X509Certificate>${other}</ds:X509Certificate>$&`),
    )
    expect(found).toMatchObject({ findings: [], baselineViolations: [] })
    expect(isSignedBy(found, rsa)).toBe(true)
  })
})

describe('a file with a byte changed', () => {
  it.each(packagings)('%s: says the same as before or is found out', async packaging => {
    const file = await signed(content, rsa, packaging)
    const { below } = chance(packaging.length)
    const good = await meaningOf(file)
    expect(good.clean).toBe(true)
    let unnoticed = 0
    for (let round = 0; round < 400; round += 1) {
      const mutated = Buffer.from(file)
      mutated[below(mutated.length)] = below(256)
      try {
        const changed = await meaningOf(mutated)
        if (!changed.clean) continue
        unnoticed += 1
        expect({ ...changed, at: `${mutated}` }).toEqual({ ...good, at: `${mutated}` })
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        expect(thrown.code).toBe('XML_UNREADABLE')
      }
    }
    // KeyInfo is not signed, nor is white space inside tags: some changes are none.
    expect(unnoticed).toBeLessThan(200)
  })
})
