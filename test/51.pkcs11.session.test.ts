// Sessions over SoftHSM: several cards at once, a key that asks each time; and over a scripted module what no software token
// shows: what reaches the card and what does not, a PIN that locks, logins that outlive their sessions.

import { verify, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SigningSession } from '../device/ports.ts'
import { createPkcs11Signer } from '../drivers/signer/pkcs11.ts'
import { type Folder, now, temporaryFolder } from './50.signature.kit.ts'
import { attributes, opened, toSign, withModule } from './51.session.kit.ts'
import { createTestPki, type TestIdentity } from './sim/pki.ts'
import type { ModuleScript } from './sim/scripted-module.ts'
import { createSoftToken, type SoftToken, softHsmModule } from './sim/token.ts'

const wrong = Buffer.from('000000')

describe('cards side by side', () => {
  let folder: Folder
  let identity: TestIdentity
  const tokens: SoftToken[] = []
  const signer = createPkcs11Signer({ modules: [{ path: softHsmModule }] })
  const cardAt = (index: number) => {
    const token = tokens[index]
    if (token === undefined) throw new Error('set up failed')
    return token
  }

  beforeAll(async () => {
    folder = await temporaryFolder()
    identity = await (await createTestPki({ now })).signer()
    for (const label of ['One', 'Two', 'Asking']) {
      const entries = [{ identity, alwaysAuthenticate: label === 'Asking' }]
      tokens.push(await createSoftToken({ folder: folder.path, label, entries }))
    }
    process.env['SOFTHSM2_CONF'] = cardAt(0).environment.SOFTHSM2_CONF
  })
  afterAll(async () => {
    delete process.env['SOFTHSM2_CONF']
    await folder.remove()
  })
  const verifies = (answer: Awaited<ReturnType<SigningSession['sign']>>) =>
    answer.outcome === 'signed' &&
    verify('sha256', attributes, new X509Certificate(identity.certificate).publicKey, answer.signature)

  it('each have their session, and a token without one is served beside them', async () => {
    const [one, two, asking] = [cardAt(0), cardAt(1), cardAt(2)]
    const first = await opened(signer, one.tokenId, one.pin)
    const second = await opened(signer, two.tokenId, two.pin)
    const pin = Buffer.from(asking.pin)
    expect(await signer.sign({ tokenId: asking.tokenId, keyId: '01', ...toSign, pin })).toMatchObject({
      outcome: 'signed',
    })
    expect(verifies(await first.sign(toSign))).toBe(true)
    await first.close()
    expect(verifies(await second.sign(toSign))).toBe(true)
    await second.close()
  })

  it('stay logged in while tokens are looked for and a wrong PIN is tried on another', async () => {
    const [one, two] = [cardAt(0), cardAt(1)]
    const session = await opened(signer, one.tokenId, one.pin)
    for (let look = 0; look < 3; look += 1) expect(await signer.tokens()).toHaveLength(3)
    expect(await signer.open({ tokenId: two.tokenId, keyId: '01', pin: wrong })).toMatchObject({ outcome: 'pin-wrong' })
    expect(verifies(await session.sign(toSign))).toBe(true)
    await session.close()
  })

  it('are logged out when their session is closed', async () => {
    const { tokenId, pin } = cardAt(0)
    await (await opened(signer, tokenId, pin)).close()
    expect(await signer.open({ tokenId, keyId: '01', pin: wrong })).toMatchObject({ outcome: 'pin-wrong' })
  })

  it('with a key that always asks want the PIN for each signature, and go on after a wrong one', async () => {
    const { tokenId, pin } = cardAt(2)
    const session = await opened(signer, tokenId, pin)
    expect(session).toMatchObject({ pinEachTime: true, concurrency: 1 })
    expect(verifies(await session.sign({ ...toSign, pin: Buffer.from(pin) }))).toBe(true)
    expect(await session.sign(toSign)).toMatchObject({ outcome: 'failed' })
    expect(await session.sign({ ...toSign, pin: wrong })).toEqual({ outcome: 'pin-wrong', tries: 'few' })
    expect(verifies(await session.sign({ ...toSign, pin: Buffer.from(pin) }))).toBe(true)
    await session.close()
  })
})

describe('a session on a card', () => {
  const ask = { tokenId: 'Card#1', keyId: '01', pin: Buffer.from('1') } as const

  it('logs in once and looks for its key once, however many signatures it makes', async () => {
    const { module, signer, count } = withModule({})
    const session = await opened(signer, 'Card#1', '1')
    const before = module.calls.length
    for (let made = 0; made < 3; made += 1) expect(await session.sign(toSign)).toMatchObject({ outcome: 'signed' })
    expect(module.calls.slice(before)).toEqual(Array.from({ length: 3 }, () => ['sign init', 'sign']).flat())
    await session.close()
    expect([count('login user'), count('find')]).toEqual([1, 1])
    expect(module.calls.at(-1)).toBe('close sessions')
  })

  it('begins with every older session closed, so that the PIN is really checked', async () => {
    const { module, signer } = withModule({})
    await (await opened(signer, 'Card#1', '1')).close()
    const first = ['load', 'read token', 'close sessions', 'open session', 'login user']
    expect(module.calls.slice(0, 5)).toEqual(first)
  })

  it('is not disturbed by a look for tokens: its card is not read', async () => {
    const { module, signer } = withModule({ pinTries: 'few' })
    const session = await opened(signer, 'Card#1', '1')
    const before = module.calls.length
    expect(await signer.tokens()).toEqual([{ id: 'Card#1', label: 'Card', pinTries: 'few' }])
    expect(module.calls.slice(before)).toEqual(['check'])
    await session.close()
  })

  it('is not opened on a card that is locked, which is not asked', async () => {
    const { signer, count } = withModule({ pinTries: 'none' })
    expect(await signer.open(ask)).toEqual({ outcome: 'pin-locked' })
    expect(count('login user')).toBe(0)
  })

  it.each([
    ['CKR_PIN_INCORRECT', { outcome: 'pin-wrong', tries: 'last' }],
    ['CKR_PIN_LOCKED', { outcome: 'pin-locked' }],
    ['CKR_DEVICE_REMOVED', { outcome: 'token-removed' }],
    ['CKR_GENERAL_ERROR', { outcome: 'failed', detail: 'CKR_GENERAL_ERROR' }],
  ] as const)('whose login answers %s is none, after one try, and nothing is left open', async (login, outcome) => {
    const { module, signer, count } = withModule({ failures: { login }, pinTries: 'last' })
    expect(await signer.open(ask)).toEqual(outcome)
    expect(count('login user')).toBe(1)
    expect(module.calls.at(-1)).toBe('close sessions')
    expect(await signer.open(ask)).toEqual(outcome)
  })

  it('whose key is not there is none, and the card is logged out', async () => {
    const { module, signer } = withModule({ empty: true })
    expect(await signer.open(ask)).toMatchObject({ outcome: 'failed' })
    expect(module.calls.at(-1)).toBe('close sessions')
  })

  it.each(['open', 'sign'] as const)(
    'is not opened by the PIN of another login: %s has the module dropped',
    async by => {
      const script: ModuleScript = { failures: { login: 'CKR_USER_ALREADY_LOGGED_IN' } }
      const { module, signer, count } = withModule(script)
      const refused = { outcome: 'failed', detail: 'CKR_USER_ALREADY_LOGGED_IN' }
      expect(by === 'open' ? await signer.open(ask) : await signer.sign({ ...ask, ...toSign })).toEqual(refused)
      expect(count('login user')).toBe(1)
      expect(module.calls.at(-1)).toBe('finalize')
      script.failures = {}
      await (await opened(signer, 'Card#1', '1')).close()
    },
  )

  it('at a reader with a keypad gets no PIN from here, and the reader asks for each one', async () => {
    const { module, signer } = withModule({ pinAtReader: true, alwaysAuthenticates: true })
    const session = await opened(signer, 'Card#1', '1')
    expect(session.pinEachTime).toBe(false)
    expect(await session.sign(toSign)).toMatchObject({ outcome: 'signed' })
    expect(module.pins).toEqual(['', ''])
    await session.close()
  })

  it('with a key that always asks gives the card each PIN once, after the signature has begun', async () => {
    const { module, signer } = withModule({ alwaysAuthenticates: true })
    const session = await opened(signer, 'Card#1', '1')
    const before = module.calls.length
    for (const pin of [undefined, Buffer.alloc(0)]) {
      expect(await session.sign(pin === undefined ? toSign : { ...toSign, pin })).toMatchObject({ outcome: 'failed' })
    }
    expect(module.calls.slice(before)).toEqual([])
    expect(await session.sign({ ...toSign, pin: Buffer.from('22') })).toMatchObject({ outcome: 'signed' })
    expect(module.calls.slice(before)).toEqual(['sign init', 'login context', 'sign'])
    expect(module.pins).toEqual(['1', '22'])
    await session.close()
  })

  it('tells the tries that a wrong PIN leaves, also to who looks, and stays logged in', async () => {
    const script: ModuleScript = { alwaysAuthenticates: true }
    const { signer } = withModule(script)
    const session = await opened(signer, 'Card#1', '1')
    script.failures = { context: 'CKR_PIN_INCORRECT' }
    script.pinTries = 'last'
    const pin = Buffer.from('1')
    expect(await session.sign({ ...toSign, pin })).toEqual({ outcome: 'pin-wrong', tries: 'last' })
    expect(await signer.tokens()).toMatchObject([{ pinTries: 'last' }])
    script.failures = {}
    expect(await session.sign({ ...toSign, pin })).toMatchObject({ outcome: 'signed' })
    await session.close()
  })

  it('tells a wrong PIN also where the card does not say how many tries are left', async () => {
    const script: ModuleScript = { alwaysAuthenticates: true }
    const { signer } = withModule(script)
    const session = await opened(signer, 'Card#1', '1')
    script.failures = { context: 'CKR_PIN_INCORRECT', token: 'CKR_DEVICE_ERROR' }
    expect(await session.sign({ ...toSign, pin: wrong })).toEqual({ outcome: 'pin-wrong', tries: 'unknown' })
    await session.close()
  })

  it('asks a card no more once it has locked', async () => {
    const script: ModuleScript = { alwaysAuthenticates: true }
    const { module, signer } = withModule(script)
    const session = await opened(signer, 'Card#1', '1')
    script.failures = { context: 'CKR_PIN_LOCKED' }
    const pin = Buffer.from('1')
    expect(await session.sign({ ...toSign, pin })).toEqual({ outcome: 'pin-locked' })
    const before = module.calls.length
    expect(await session.sign({ ...toSign, pin })).toEqual({ outcome: 'pin-locked' })
    expect(module.calls.slice(before)).toEqual([])
    expect(await signer.tokens()).toMatchObject([{ pinTries: 'none' }])
    await session.close()
  })

  it('goes on after a signature that the card did not make', async () => {
    const script: ModuleScript = {}
    const { signer, count } = withModule(script)
    const session = await opened(signer, 'Card#1', '1')
    script.failures = { sign: 'CKR_DEVICE_ERROR' }
    expect(await session.sign(toSign)).toEqual({ outcome: 'failed', detail: 'CKR_DEVICE_ERROR' })
    script.failures = {}
    expect(await session.sign(toSign)).toMatchObject({ outcome: 'signed' })
    expect(count('login user')).toBe(1)
    await session.close()
  })
})
