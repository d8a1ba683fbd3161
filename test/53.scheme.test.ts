// The algorithm identifiers of others: which mathematics they name, with which defaults, and what is not taken for
// something that it is not. The values are made by Node's own OpenSSL.

import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readWhole } from '../device/cms/asn1.ts'
import { contextual, nullValue, objectIdentifier, sequence, smallInteger } from '../device/cms/der.ts'
import { oids } from '../device/cms/oids.ts'
import { schemeIn, schemeOf, verifies } from '../device/trust/signature-scheme.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const data = Buffer.from('signed')
const plainEcdsaSha256 = '0.4.0.127.0.7.1.1.4.1.3'

const algorithm = (oid: string) => sequence(objectIdentifier(oid), nullValue())
const mask = (oid: string) => contextual(1, sequence(objectIdentifier(oids.mgf1), algorithm(oid)))

function pss(...fields: readonly Uint8Array[]) {
  const identifier = readWhole(sequence(objectIdentifier(oids.rsassaPss), sequence(...fields)))
  if (identifier === undefined) throw new Error('it is ASN.1')
  return schemeIn(identifier)
}

function pssValue(hash: string, saltLength: number): Uint8Array {
  return sign(hash, data, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}

describe('RSASSA-PSS', () => {
  it('has the parameters that it states, and no others', () => {
    const scheme = pss(contextual(0, algorithm(oids.sha256)), mask(oids.sha256), contextual(2, smallInteger(32)))
    if (scheme === undefined) throw new Error('it is known')
    expect(scheme).toEqual({ key: 'rsa', hash: 'sha256', saltLength: 32 })
    expect(verifies(scheme, rsa.publicKey, data, pssValue('sha256', 32))).toBe(true)
    expect(verifies(scheme, rsa.publicKey, data, pssValue('sha256', 20))).toBe(false)
    expect(verifies(scheme, rsa.publicKey, data, sign('sha256', data, rsa.privateKey))).toBe(false)
  })

  it('has the defaults of RFC 4055 where it states nothing', () => {
    expect(pss()).toEqual({ key: 'rsa', hash: 'sha1', saltLength: 20 })
    expect(schemeOf(oids.rsassaPss)).toEqual({ key: 'rsa', hash: 'sha1', saltLength: 20 })
  })

  it('with another hash in its mask, another mask or another trailer is not supported', () => {
    const hash = contextual(0, algorithm(oids.sha256))
    expect(pss(hash, mask(oids.sha512), contextual(2, smallInteger(32)))).toBeUndefined()
    expect(pss(hash, contextual(2, smallInteger(32)))).toBeUndefined()
    expect(pss(hash, contextual(1, algorithm(oids.sha256)), contextual(2, smallInteger(32)))).toBeUndefined()
    expect(pss(hash, mask(oids.sha256), contextual(3, smallInteger(2)))).toBeUndefined()
  })
})

describe('other schemes', () => {
  it('take the hash of the SignerInfo where they name none', () => {
    expect(schemeOf(oids.rsaEncryption, undefined, 'sha384')).toEqual({ key: 'rsa', hash: 'sha384' })
    expect(schemeOf(oids.rsaEncryption)).toBeUndefined()
  })

  it('of plain ECDSA are r and s side by side', () => {
    const scheme = schemeOf(plainEcdsaSha256)
    if (scheme === undefined) throw new Error('it is known')
    const value = sign('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
    expect(verifies(scheme, ec.publicKey, data, value)).toBe(true)
    expect(verifies(scheme, ec.publicKey, data, sign('sha256', data, ec.privateKey))).toBe(false)
  })

  it('verify nothing with a key of another kind', () => {
    const value = sign('sha256', data, ec.privateKey)
    expect(verifies({ key: 'rsa', hash: 'sha256' }, ec.publicKey, data, value)).toBe(false)
    expect(verifies({ key: 'ec', hash: 'sha256' }, rsa.publicKey, data, value)).toBe(false)
    const bound = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha512',
      mgf1HashAlgorithm: 'sha512',
    })
    expect(
      verifies({ key: 'rsa', hash: 'sha256', saltLength: 32 }, bound.publicKey, data, pssValue('sha256', 32)),
    ).toBe(false)
  })

  it('that nobody here knows are not supported', () => {
    expect(schemeOf('1.2.840.113549.1.1.4')).toBeUndefined()
  })
})
