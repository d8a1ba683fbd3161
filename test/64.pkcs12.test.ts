// Software keys: PKCS#12 files that openssl wrote in every scheme it knows, opened and signed with, each signature verified
// by openssl's library; and files of several keys.

import { createHash, verify, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWhole } from '../device/cms/asn1.ts'
import type { SignatureAlgorithm } from '../device/ports.ts'
import { judge } from './50.signature.kit.ts'
import {
  attributes,
  joined,
  type KeyStores,
  keyStores,
  only,
  password,
  pinOf,
  signerOf,
  signs,
} from './64.pkcs12.kit.ts'
import type { KeyKind } from './sim/pki.ts'

let stores: KeyStores

beforeAll(async () => {
  stores = await keyStores()
})
afterAll(() => stores.folder.remove())

describe('a file by openssl', () => {
  it.each<[string, readonly string[]]>([
    ['as it comes: AES-256, PBKDF2, HMAC-SHA-256', []],
    ['as old programs made it: RC2-40, triple DES, SHA-1', ['-legacy']],
    ['with triple DES throughout', ['-legacy', '-descert']],
    ['with two-key triple DES and RC2-128', ['-legacy', '-keypbe', 'PBE-SHA1-2DES', '-certpbe', 'PBE-SHA1-RC2-128']],
    ['with AES-128 and AES-192', ['-keypbe', 'aes-128-cbc', '-certpbe', 'aes-192-cbc']],
    ['with triple DES by PBKDF2', ['-keypbe', 'des-ede3-cbc', '-certpbe', 'des-ede3-cbc']],
    ['with nothing encrypted', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
    ['with certificates in clear', ['-certpbe', 'NONE']],
    ['with a MAC by SHA-1', ['-macalg', 'sha1']],
    ['with a MAC by SHA-384', ['-macalg', 'sha384']],
    ['with a MAC by SHA-512 over many rounds', ['-macalg', 'sha512', '-iter', '20000']],
    ['with a MAC of one round', ['-nomaciter']],
    ['without a MAC', ['-nomac']],
    ['with a name that nobody would choose', ['-name', 'Ñandú & hijos, 1º']],
  ])('%s opens and signs, and no other password does', async (_what, flags) => {
    const signer = signerOf(await stores.pkcs12('RSA-2048', flags))
    const { first, certificates } = await only(signer)
    expect(certificates).toHaveLength(1)
    expect(first.certificate).toEqual(Buffer.from(stores.identity('RSA-2048').certificate))
    expect(first.chain).toEqual([Buffer.from(stores.pki.intermediate)])
    expect(first.keyId).toMatch(/^[0-9a-f]{40}$/)
    expect(await signs(signer, 'SHA256withRSA')).toBe(true)
    const digest = createHash('sha256').update(attributes).digest()
    const request = { tokenId: first.tokenId, keyId: first.keyId, algorithm: 'SHA256withRSA', digest } as const
    expect(await signer.sign({ ...request, pin: pinOf('guess') })).toEqual({ outcome: 'pin-wrong', tries: 'unknown' })
    await expect(signer.certificates(first.tokenId, undefined, pinOf('guess'))).rejects.toMatchObject({
      code: 'KEY_STORE_UNREADABLE',
      detail: expect.not.stringContaining('guess'),
    })
  })

  it('in BER, with lengths that are not told before and octets in pieces, is read as well', async () => {
    const der = await readFile(await stores.pkcs12('P-256'))
    const [version, authSafe, macData] = readWhole(der)?.children ?? []
    const [type, content] = authSafe?.children ?? []
    const safe = content?.children[0]?.content ?? new Uint8Array()
    const indefinite = (tag: number, ...inner: readonly Uint8Array[]) =>
      Buffer.concat([Buffer.of(tag, 0x80), ...inner, Buffer.of(0, 0)])
    const piece = (bytes: Uint8Array) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(bytes.length)
      return Buffer.concat([Buffer.of(0x04, 0x82), length, bytes])
    }
    const pieces = indefinite(0x24, piece(safe.subarray(0, 100)), piece(safe.subarray(100)))
    const info = indefinite(0x30, type?.raw ?? new Uint8Array(), indefinite(0xa0, pieces))
    const ber = indefinite(0x30, version?.raw ?? new Uint8Array(), info, macData?.raw ?? new Uint8Array())
    expect(
      await judge('openssl', [
        ...['pkcs12', '-in', await stores.folder.write('ber.p12', ber), '-passin', `pass:${password}`, '-nokeys'],
      ]),
    ).toMatchObject({ code: 0 })
    expect(await signs(signerOf(join(stores.folder.path, 'ber.p12')), 'SHA256withECDSA')).toBe(true)
  })
})

describe('a signature', () => {
  it.each<[KeyKind, SignatureAlgorithm]>([
    ['RSA-2048', 'SHA1withRSA'],
    ['RSA-2048', 'SHA256withRSA'],
    ['RSA-2048', 'SHA384withRSA'],
    ['RSA-3072', 'SHA512withRSA'],
    ['RSA-2048', 'SHA256withRSAandMGF1'],
    ['RSA-3072', 'SHA384withRSAandMGF1'],
    ['RSA-2048', 'SHA512withRSAandMGF1'],
    ['P-256', 'SHA256withECDSA'],
    ['P-256', 'SHA384withECDSA'],
    ['P-256', 'SHA512withECDSA'],
    ['P-384', 'SHA256withECDSA'],
    ['P-384', 'SHA384withECDSA'],
    ['P-521', 'SHA256withECDSA'],
    ['P-521', 'SHA512withECDSA'],
  ])('by %s with %s verifies, each time anew', async (key, algorithm) => {
    const signer = signerOf(await stores.pkcs12(key, ['-iter', '1', '-nomaciter']))
    for (let round = 0; round < 5; round += 1) expect(await signs(signer, algorithm)).toBe(true)
  })

  it('by a key of another kind fails with the reason', async () => {
    const signer = signerOf(await stores.pkcs12('P-256'))
    const { first } = await only(signer)
    const digest = Buffer.alloc(32)
    const request = { tokenId: first.tokenId, keyId: first.keyId, digest, pin: pinOf() }
    expect(await signer.sign({ ...request, algorithm: 'SHA256withRSA' })).toMatchObject({ outcome: 'failed' })
    expect(await signer.sign({ ...request, algorithm: 'SHA256withECDSA', keyId: 'ff' })).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('no private key'),
    })
  })
})

describe('a file with several keys', () => {
  it('gives each its certificate, by the key and not by what the attributes claim', async () => {
    const files = await Promise.all([stores.pkcs12('RSA-2048'), stores.pkcs12('P-384')])
    const both = await joined(stores, files)
    const signer = signerOf(both)
    const { certificates, token } = await only(signer)
    expect(certificates.map(({ certificate }) => certificate)).toEqual(
      (['RSA-2048', 'P-384'] as const).map(key => Buffer.from(stores.identity(key).certificate)),
    )
    expect(new Set(certificates.map(({ keyId }) => keyId)).size).toBe(2)
    const digest = createHash('sha384').update(attributes).digest()
    const [, second] = certificates
    const request = { tokenId: token.id, keyId: second?.keyId ?? '', digest, pin: pinOf() }
    const outcome = await signer.sign({ ...request, algorithm: 'SHA384withECDSA' })
    if (outcome.outcome !== 'signed') throw new Error(outcome.outcome)
    const { publicKey } = new X509Certificate(stores.identity('P-384').certificate)
    expect(verify('sha384', attributes, publicKey, outcome.signature)).toBe(true)
  })

  it('tells them apart where both claim the same localKeyID', async () => {
    const clear = ['-keypbe', 'NONE', '-certpbe', 'NONE']
    const files = await Promise.all([stores.pkcs12('P-256', clear), stores.pkcs12('P-384', clear)])
    const path = await joined(stores, files)
    const pfx = (await readFile(path)).toString('latin1')
    const claim = (key: KeyKind) => createHash('sha1').update(stores.identity(key).certificate).digest('binary')
    await writeFile(path, Buffer.from(pfx.replaceAll(claim('P-384'), claim('P-256')), 'latin1'))
    const { certificates } = await only(signerOf(path))
    expect(new Set(certificates.map(({ keyId }) => keyId)).size).toBe(2)
    expect(await signs(signerOf(path), 'SHA256withECDSA')).toBe(true)
  })
})
