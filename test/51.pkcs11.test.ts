// The PKCS#11 driver over SoftHSM tokens that other programs wrote, and over a scripted module for what no software token
// does: locked PINs, a card pulled out, a keypad at the reader.

import { createHash, verify, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignatureAlgorithm, SignRequest } from '../device/ports.ts'
import { signatureValue } from '../drivers/signer/mechanism.ts'
import { createPkcs11Signer } from '../drivers/signer/pkcs11.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, type TestIdentity } from './sim/pki.ts'
import { createScriptedModule, type ModuleScript } from './sim/scripted-module.ts'
import { createSoftToken, type SoftToken, softHsmModule } from './sim/token.ts'

const attributes = Buffer.from('the signed attributes')
const identities: Partial<Record<'rsa' | 'ec' | 'auth' | 'useless' | 'authority' | 'asking', TestIdentity>> = {}
const tokens: Partial<Record<'person' | 'empty' | 'asking', SoftToken>> = {}
const signer = createPkcs11Signer({ modules: [{ path: '/nowhere/module.so' }, { path: softHsmModule }] })
let folder: Folder

beforeAll(async () => {
  folder = await temporaryFolder()
  const pki = await createTestPki({ now })
  identities.rsa = await pki.signer()
  identities.ec = await pki.signer({ key: 'P-384' })
  identities.auth = await pki.signer({ kind: 'auth', key: 'P-256' })
  identities.useless = await pki.signer({ kind: 'not-for-signing', key: 'P-256' })
  identities.authority = await pki.signer({ kind: 'authority', key: 'P-256' })
  identities.asking = await pki.signer()
  const { rsa, ec, auth, useless, authority, asking } = identities
  const entries = [rsa, ec, auth, useless, authority].map(identity => ({ identity }))
  tokens.person = await createSoftToken({ folder: folder.path, label: 'Persona física', entries })
  const lone = { identity: rsa, withoutCertificate: true }
  tokens.empty = await createSoftToken({ folder: folder.path, label: 'Empty', entries: [lone] })
  const asks = { identity: asking, alwaysAuthenticate: true }
  tokens.asking = await createSoftToken({ folder: folder.path, label: 'Asking', entries: [asks] })
  process.env['SOFTHSM2_CONF'] = tokens.person.environment.SOFTHSM2_CONF
})

afterAll(async () => {
  delete process.env['SOFTHSM2_CONF']
  await folder.remove()
})

function known<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('set up failed')
  return value
}

function request(change: Partial<SignRequest> = {}): SignRequest {
  const { tokenId, pin } = known(tokens.person)
  const digest = createHash('sha256').update(attributes).digest()
  return { tokenId, keyId: '01', algorithm: 'SHA256withRSA', digest, pin: Buffer.from(pin), ...change }
}

function verifies(identity: TestIdentity | undefined, hash: string, signature: Uint8Array): boolean {
  return verify(hash, attributes, new X509Certificate(known(identity).certificate).publicKey, signature)
}

describe('tokens and certificates', () => {
  it('are found although one of the modules is missing', async () => {
    const found = await signer.tokens()
    expect(found.map(token => token.label).toSorted()).toEqual(['Asking', 'Empty', 'Persona física'])
    expect(found.find(token => token.label === 'Persona física')).toEqual({
      id: known(tokens.person).tokenId,
      label: 'Persona física',
      pinTries: 'unknown',
    })
  })

  it('that can sign are listed with the issuer on the card', async () => {
    const certificates = await signer.certificates(known(tokens.person).tokenId)
    expect(certificates.map(({ keyId }) => keyId).toSorted()).toEqual(['01', '02', '03'])
    const rsa = certificates.find(({ keyId }) => keyId === '01')
    expect(rsa?.certificate).toEqual(Buffer.from(known(identities.rsa).certificate))
    expect(rsa?.chain).toEqual(known(identities.rsa).chain.map(der => Buffer.from(der)))
  })

  it('are none on a card with a key and no certificate', async () => {
    expect(await signer.certificates(known(tokens.empty).tokenId)).toEqual([])
  })

  it('of a token that is not there are TOKEN_ABSENT', async () => {
    await expect(signer.certificates('Nobody#1')).rejects.toMatchObject({ code: 'TOKEN_ABSENT' })
  })

  it('are TOKEN_MODULE_FAILED when no module loads', async () => {
    const broken = createPkcs11Signer({ modules: [{ path: '/nowhere/module.so' }, { path: '/etc/hostname' }] })
    await expect(broken.tokens()).rejects.toMatchObject({ code: 'TOKEN_MODULE_FAILED' })
  })
})

describe('a signature', () => {
  it.each([
    ['SHA256withRSA', 'sha256', '01'],
    ['SHA384withRSA', 'sha384', '01'],
    ['SHA512withRSA', 'sha512', '01'],
    ['SHA384withECDSA', 'sha384', '02'],
  ] as const)('%s verifies', async (algorithm: SignatureAlgorithm, hash: string, keyId: string) => {
    const digest = createHash(hash).update(attributes).digest()
    const answer = await signer.sign(request({ algorithm, digest, keyId }))
    if (answer.outcome !== 'signed') throw new Error(answer.outcome)
    expect(verifies(keyId === '01' ? identities.rsa : identities.ec, hash, answer.signature)).toBe(true)
  })

  it.each([
    ['SHA256withRSAandMGF1', 'sha256'],
    ['SHA384withRSAandMGF1', 'sha384'],
    ['SHA512withRSAandMGF1', 'sha512'],
  ] as const)('%s verifies as RSASSA-PSS with a salt of the hash, by openssl', async (algorithm, hash) => {
    const digest = createHash(hash).update(attributes).digest()
    const answer = await signer.sign(request({ algorithm, digest }))
    if (answer.outcome !== 'signed') throw new Error(answer.outcome)
    const { publicKey } = new X509Certificate(known(identities.rsa).certificate)
    const key = await folder.write('key.pem', publicKey.export({ format: 'pem', type: 'spki' }))
    const data = await folder.write('attributes', attributes)
    const signature = await folder.write('signature', answer.signature)
    const pss = [
      '-sigopt',
      'rsa_padding_mode:pss',
      '-sigopt',
      'rsa_pss_saltlen:digest',
      '-sigopt',
      `rsa_mgf1_md:${hash}`,
    ]
    const args = ['dgst', `-${hash}`, '-verify', key, ...pss, '-signature', signature, data]
    expect(await judge('openssl', args)).toEqual({ code: 0, output: 'Verified OK\n' })
  })

  it('SHA1withRSA is what the driver makes when it is asked: whether it may is decided before', async () => {
    const digest = createHash('sha1').update(attributes).digest()
    const answer = await signer.sign(request({ algorithm: 'SHA1withRSA', digest }))
    if (answer.outcome !== 'signed') throw new Error(answer.outcome)
    expect(verifies(identities.rsa, 'sha1', answer.signature)).toBe(true)
  })

  it('by a key that asks for the PIN at each use is made with one call', async () => {
    const { tokenId, pin } = known(tokens.asking)
    const answer = await signer.sign(request({ tokenId, pin: Buffer.from(pin) }))
    if (answer.outcome !== 'signed') throw new Error(answer.outcome)
    expect(verifies(identities.asking, 'sha256', answer.signature)).toBe(true)
  })

  it('is not made with a wrong PIN', async () => {
    expect(await signer.sign(request({ pin: Buffer.from('000000') }))).toEqual({ outcome: 'pin-wrong', tries: 'few' })
  })

  it('leaves no open card to the next person', async () => {
    expect(await signer.sign(request())).toMatchObject({ outcome: 'signed' })
    expect(await signer.sign(request({ pin: Buffer.from('000000') }))).toMatchObject({ outcome: 'pin-wrong' })
  })

  it('needs the token', async () => {
    expect(await signer.sign(request({ tokenId: 'Nobody#1' }))).toEqual({ outcome: 'token-absent' })
  })

  it('needs the key', async () => {
    expect(await signer.sign(request({ keyId: '77' }))).toMatchObject({ outcome: 'failed' })
  })

  it('refuses a digest of the wrong length', async () => {
    await expect(signer.sign(request({ digest: Buffer.alloc(20) }))).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('is not begun after an abort', async () => {
    const reason = new Error('gone')
    await expect(signer.sign(request(), AbortSignal.abort(reason))).rejects.toBe(reason)
  })

  it('waits for the one before it', async () => {
    const answers = await Promise.all([
      signer.sign(request()),
      signer.sign(request({ pin: Buffer.from('000000') })),
      signer.sign(request()),
    ])
    expect(answers.map(answer => answer.outcome)).toEqual(['signed', 'pin-wrong', 'signed'])
  })
})

describe('an ECDSA answer', () => {
  it.each([
    ['loses leading zeros', '0001', '7f', '300602010102017f'],
    ['stays positive', '80', 'ff', '300802020080020200ff'],
    ['may be zero', '00', '01', '3006020100020101'],
  ])('%s as DER', (_, r, s, der) => {
    const octets = Math.max(r.length, s.length)
    const raw = Buffer.from(r.padStart(octets, '0') + s.padStart(octets, '0'), 'hex')
    expect(Buffer.from(signatureValue('ECDSA', raw)).toString('hex')).toBe(der)
  })

  it('of P-521 has a length of two octets', () => {
    expect(Buffer.from(signatureValue('ECDSA', Buffer.alloc(132, 1)).subarray(0, 5)).toString('hex')).toBe('3081880242')
  })
})

describe('a card', () => {
  const ask = {
    tokenId: 'Card#1',
    keyId: '01',
    algorithm: 'SHA256withRSA',
    digest: Buffer.alloc(32),
    pin: Buffer.from('1'),
  } as const
  const withModule = (script: ModuleScript) => {
    const module = createScriptedModule(script)
    return { module, signer: createPkcs11Signer({ modules: [{ path: 'scripted' }], load: module.load }) }
  }

  it('that is locked is not asked for a login', async () => {
    const { module, signer } = withModule({ pinTries: 'none' })
    expect(await signer.sign(ask)).toEqual({ outcome: 'pin-locked' })
    expect(module.calls).not.toContain('login user')
  })

  it('is asked for one login only, and tells how many tries are left', async () => {
    const { module, signer } = withModule({ failures: { login: 'CKR_PIN_INCORRECT' }, pinTries: 'last' })
    expect(await signer.sign(ask)).toEqual({ outcome: 'pin-wrong', tries: 'last' })
    expect(module.calls.filter(call => call === 'login user')).toHaveLength(1)
  })

  it.each([
    ['login', 'CKR_PIN_LOCKED', 'pin-locked'],
    ['login', 'CKR_TOKEN_NOT_PRESENT', 'token-removed'],
    ['sign', 'CKR_DEVICE_REMOVED', 'token-removed'],
    ['sign', 'CKR_DEVICE_ERROR', 'failed'],
  ] as const)('whose %s answers %s is %s', async (call, returnValue, outcome) => {
    const { signer } = withModule({ failures: { [call]: returnValue } })
    expect(await signer.sign(ask)).toMatchObject({ outcome })
  })

  it.each(['signs', 'fails'])('is logged out when it %s', async what => {
    const { module, signer } = withModule(what === 'signs' ? {} : { failures: { sign: 'CKR_FUNCTION_FAILED' } })
    await signer.sign(ask)
    expect(module.calls.at(-1)).toBe('close sessions')
  })

  it('whose sessions cannot be closed has its module dropped and loaded anew', async () => {
    const { module, signer } = withModule({ failures: { closeAfter: 'CKR_DEVICE_REMOVED' } })
    expect(await signer.sign(ask)).toMatchObject({ outcome: 'signed' })
    expect(module.calls.at(-1)).toBe('finalize')
    await signer.tokens()
    expect(module.calls.filter(call => call === 'load')).toHaveLength(2)
  })

  it('is asked with every older session closed, so that the PIN is really checked', async () => {
    const { module, signer } = withModule({})
    await signer.sign(ask)
    const first = ['load', 'read token', 'close sessions', 'open session', 'login user']
    expect(module.calls.slice(0, 5)).toEqual(first)
  })

  it('in a reader with a keypad never gets a PIN from here', async () => {
    const { module, signer } = withModule({ pinAtReader: true })
    expect(await signer.sign(ask)).toMatchObject({ outcome: 'signed' })
    expect(module.pins).toEqual([''])
  })

  it('whose key always asks is logged in again in the context of the signature', async () => {
    const { module, signer } = withModule({ alwaysAuthenticates: true })
    expect(await signer.sign(ask)).toMatchObject({ outcome: 'signed' })
    expect(module.calls.filter(call => call.startsWith('login') || call.endsWith('init'))).toEqual([
      'login user',
      'sign init',
      'login context',
    ])
  })
})
