// What opens software keys below the file: schemes that openssl pkcs12 does not write, RC2 by its own vectors; and above it:
// the sign worker, beside whatever else signs.

import { createHmac, createPrivateKey, pbkdf2Sync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readWhole } from '../device/cms/asn1.ts'
import { nullValue, objectIdentifier, octetString, sequence, smallInteger, tlv } from '../device/cms/der.ts'
import { parseConfig } from '../device/config/config.ts'
import { Fault } from '../device/errors.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import type { Signer } from '../device/ports.ts'
import { openRooms } from '../device/rooms.ts'
import { octets, parse, part } from '../drivers/signer/ber.ts'
import { decrypt } from '../drivers/signer/password-based.ts'
import { openKeyStore } from '../drivers/signer/pkcs12-file.ts'
import { decryptRc2 } from '../drivers/signer/rc2.ts'
import { joinSigners } from '../drivers/signer/signers.ts'
import { memoryLog } from './20.worker.setup.ts'
import { judge } from './50.signature.kit.ts'
import { type KeyStores, keyStores, only, password, pinOf, signerOf, signs } from './64.pkcs12.kit.ts'
import { pem } from './sim/pki.ts'

let stores: KeyStores

beforeAll(async () => {
  stores = await keyStores()
})
afterAll(() => stores.folder.remove())

function outcomeOf(file: Uint8Array, text: string): string {
  try {
    return openKeyStore(file, pinOf(text)).outcome
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code
    throw thrown
  }
}

describe('schemes that openssl pkcs12 does not write', () => {
  it('scrypt is what openssl pkcs8 writes', async () => {
    const { privateKey } = stores.identity('P-256')
    const source = await stores.folder.write('plain.pem', pem('PRIVATE KEY', privateKey))
    const out = join(stores.folder.path, 'scrypt.der')
    const flags = ['-topk8', '-scrypt', '-outform', 'DER', '-passout', `pass:${password}`]
    expect(await judge('openssl', ['pkcs8', ...flags, '-in', source, '-out', out])).toMatchObject({ code: 0 })
    const encrypted = parse(await readFile(out))
    const plain = decrypt(part(encrypted, 0), pinOf(), octets(part(encrypted, 1)))
    const key = createPrivateKey({ key: Buffer.from(plain ?? []), format: 'der', type: 'pkcs8' })
    expect(key.equals(createPrivateKey(pem('PRIVATE KEY', privateKey)))).toBe(true)
    expect(decrypt(part(encrypted, 0), pinOf('guess'), octets(part(encrypted, 1)))).toBeUndefined()
  })

  it.each([
    ['sha256', '9', 32, 'opened'],
    ['sha512', '11', 64, 'opened'],
    ['sha256', '9', 19, 'KEY_STORE_UNREADABLE'],
  ] as const)('PBMAC1 with HMAC-%s is that of RFC 9879: %s, %i octets', async (hash, oid, keyOctets, outcome) => {
    const [version, authSafe] = readWhole(await readFile(await stores.pkcs12('P-256')))?.children ?? []
    if (version === undefined || authSafe === undefined) throw new Error('no PFX')
    const content = authSafe.children[1]?.children[0]?.content ?? new Uint8Array()
    const salt = Buffer.from('salt of eight or more')
    const hmac = sequence(objectIdentifier(`1.2.840.113549.2.${oid}`), nullValue())
    const rounds = tlv(0x02, Buffer.from('0800', 'hex'))
    const derivation = sequence(octetString(salt), rounds, smallInteger(keyOctets), hmac)
    const scheme = sequence(sequence(objectIdentifier('1.2.840.113549.1.5.12'), derivation), hmac)
    const key = pbkdf2Sync(password, salt, 2048, keyOctets, hash)
    const mac = octetString(createHmac(hash, key).update(content).digest())
    const digestInfo = sequence(sequence(objectIdentifier('1.2.840.113549.1.5.14'), scheme), mac)
    const macData = sequence(digestInfo, octetString(Buffer.from('unused')), smallInteger(1))
    const file = sequence(version.raw, authSafe.raw, macData)
    expect(outcomeOf(file, password)).toBe(outcome)
    if (outcome === 'opened') expect(outcomeOf(file, 'guess')).toBe('password-wrong')
  })

  it.each([
    ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
    ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
    ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
    ['88', 64, '0000000000000000', '61a8a244adacccf0'],
    ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
    ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
    ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
  ])('RC2 is that of RFC 2268, 5: key %s, %i bits', (key, bits, plain, text) => {
    const opened = decryptRc2(Buffer.from(key, 'hex'), bits, Buffer.alloc(8), Buffer.from(text, 'hex'))
    expect(Buffer.from(opened).toString('hex')).toBe(plain)
  })
})

describe('a key for RSASSA-PSS alone', () => {
  it('makes that signature and no other', async () => {
    const { folder } = stores
    const [key, certificate, path] = ['pss.key', 'pss.pem', 'pss.p12'].map(name => join(folder.path, name))
    if (key === undefined || certificate === undefined || path === undefined) throw new Error('no names')
    const usage = ['-addext', 'keyUsage=critical,digitalSignature', '-addext', 'basicConstraints=CA:FALSE']
    const generate = ['genpkey', '-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key]
    const issue = ['req', '-x509', '-new', '-key', key, '-subj', '/CN=PSS', '-out', certificate, ...usage]
    const store = ['pkcs12', '-export', '-inkey', key, '-in', certificate, '-out', path, '-passout', `pass:${password}`]
    for (const args of [generate, issue, store]) {
      expect((await judge('openssl', args)).code, args.join(' ')).toBe(0)
    }
    expect(await signs(signerOf(path), 'SHA384withRSAandMGF1')).toBe(true)
    await expect(signs(signerOf(path), 'SHA256withRSA')).rejects.toThrow('another kind of key')
  })
})

describe('in the sign worker', () => {
  it('a file signs beside whatever else signs, and the PIN is its password', async () => {
    const path = await stores.pkcs12('RSA-2048')
    const body = { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' }
    const procedures = [{ id: 'copy', title: { ca: 'Còpia' } }]
    const devices = { keyStores: [{ path }], tokenModules: ['/nowhere/module.so'] }
    const around = { clock: systemClock, random: systemRandom, log: memoryLog() }
    const rooms = openRooms(parseConfig({ body, procedures, devices }), '/nonexistent', around)
    onTestFinished(() => rooms.stop())
    expect(await signs(rooms.signer(), 'SHA256withRSA')).toBe(true)
    const { first } = await only(rooms.signer())
    const digest = Buffer.alloc(32)
    const request = { tokenId: first.tokenId, keyId: first.keyId, algorithm: 'SHA256withRSA', digest } as const
    expect(await rooms.signer().sign({ ...request, pin: pinOf('guess') })).toEqual({
      outcome: 'pin-wrong',
      tries: 'unknown',
    })
    await expect(rooms.signer().certificates(first.tokenId, undefined, pinOf('guess'))).rejects.toMatchObject({
      code: 'KEY_STORE_UNREADABLE',
    })
  })

  it('what the first cannot do is told where no other can either', async () => {
    const missing = join(stores.folder.path, 'missing.p12')
    const broken: Signer = {
      tokens: () => Promise.reject(new Fault('TOKEN_MODULE_FAILED', 'no module')),
      certificates: () => Promise.reject(new Error('was asked')),
      sign: () => Promise.reject(new Error('was asked')),
      open: () => Promise.reject(new Error('was asked')),
    }
    await expect(joinSigners([broken, signerOf(missing)]).tokens()).rejects.toMatchObject({
      code: 'TOKEN_MODULE_FAILED',
    })
    expect(await joinSigners([broken, signerOf(await stores.pkcs12('P-256'))]).tokens()).toHaveLength(1)
  })
})
