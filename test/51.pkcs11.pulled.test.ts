// Cards that leave in the middle of a session and modules that fail under one, over a scripted module: the session ends for
// good, nothing is left open, and a card that is put back can be used at once.

import { describe, expect, it } from 'vitest'
import { opened, toSign, withModule } from './51.session.kit.ts'
import type { ModuleScript } from './sim/scripted-module.ts'

describe('a card that is pulled out of a session', () => {
  const withSession = async (script: ModuleScript = {}) => {
    const made = withModule(script)
    return { ...made, session: await opened(made.signer, 'Card#1', '1') }
  }

  it('ends it for good, and closing it says nothing', async () => {
    const { module, session } = await withSession()
    module.pull()
    expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
    module.insert()
    const before = module.calls.length
    expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
    await session.close()
    expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
    expect(module.calls.slice(before)).toEqual([])
  })

  it('ends it where only the next session shows that it is gone', async () => {
    const script: ModuleScript = {}
    const { session } = await withSession(script)
    script.failures = { sign: 'CKR_FUNCTION_FAILED', openSession: 'CKR_TOKEN_NOT_PRESENT' }
    expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
    script.failures = {}
    expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
  })

  it('ends it where the module keeps the session of a card that is not there', async () => {
    const { module, signer, session } = await withSession()
    module.pull({ unnoticed: true })
    expect(await signer.tokens()).toEqual([])
    expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
  })

  it('is not believed to be gone by a module that does not tell of its sessions', async () => {
    const script: ModuleScript = {}
    const { signer, session } = await withSession(script)
    script.failures = { check: 'CKR_FUNCTION_NOT_SUPPORTED' }
    expect(await signer.tokens()).toHaveLength(1)
    expect(await session.sign(toSign)).toMatchObject({ outcome: 'signed' })
    await session.close()
  })

  it.each([1, 2])(
    'can be opened anew when it is put back, into slot %i, though nobody closed the old one',
    async slot => {
      const { module, signer, session } = await withSession()
      module.pull()
      module.insert({ slot })
      const next = await opened(signer, 'Card#1', '1')
      expect(await next.sign(toSign)).toMatchObject({ outcome: 'signed' })
      await session.close()
      expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
      expect(await next.sign(toSign)).toMatchObject({ outcome: 'signed' })
      await next.close()
    },
  )

  it('leaves its slot to another card, whose session the end of the old one does not touch', async () => {
    const { module, signer, session } = await withSession()
    module.insert({ serialNumber: '2' })
    expect(await signer.tokens()).toMatchObject([{ id: 'Card#2' }])
    const next = await opened(signer, 'Card#2', '1')
    await session.close()
    expect(await next.sign(toSign)).toMatchObject({ outcome: 'signed' })
    await next.close()
  })

  it('is gone from the tokens', async () => {
    const { module, signer } = await withSession()
    module.pull()
    expect(await signer.tokens()).toEqual([])
  })

  it('has the module dropped where that cannot close its sessions', async () => {
    const script: ModuleScript = {}
    const { module, signer, session, count } = await withSession(script)
    script.failures = { closeAfter: 'CKR_DEVICE_REMOVED' }
    module.pull()
    expect(await session.sign(toSign)).toEqual({ outcome: 'token-removed' })
    expect(module.calls.at(-1)).toBe('finalize')
    script.failures = {}
    module.insert()
    await opened(signer, 'Card#1', '1')
    expect(count('load')).toBe(2)
  })

  it('has it dropped and loaded anew within one look for tokens', async () => {
    const script: ModuleScript = {}
    const { module, signer, count } = await withSession(script)
    script.failures = { closeAfter: 'CKR_DEVICE_REMOVED' }
    module.pull()
    module.insert({ slot: 2 })
    expect(await signer.tokens()).toHaveLength(1)
    expect([count('finalize'), count('load')]).toEqual([1, 2])
  })

  it('is the end of the process, for its owner to bring about, where the module will not go either', async () => {
    const script: ModuleScript = {}
    const { given, session } = await withSession(script)
    script.failures = { closeAfter: 'CKR_DEVICE_ERROR', finalize: 'CKR_DEVICE_ERROR' }
    await session.close()
    expect(given).toEqual(['TOKEN_MODULE_FAILED'])
  })
})

describe('a module that fails while a session is open on it', () => {
  it('is dropped when the session ends, and not before', async () => {
    const script: ModuleScript = {}
    const { module, signer } = withModule(script)
    const session = await opened(signer, 'Card#1', '1')
    script.failures = { slots: 'CKR_DEVICE_ERROR' }
    await expect(signer.tokens()).rejects.toMatchObject({ code: 'TOKEN_MODULE_FAILED' })
    script.failures = {}
    expect(await session.sign(toSign)).toMatchObject({ outcome: 'signed' })
    expect(await signer.tokens()).toHaveLength(1)
    expect(module.calls).not.toContain('finalize')
    await session.close()
    expect(module.calls.slice(-2)).toEqual(['close sessions', 'finalize'])
    expect(await signer.tokens()).toHaveLength(1)
  })
})

describe('a module that shows no token', () => {
  it('is loaded anew after 2 s, and then after longer each time, up to 30 s', async () => {
    const { module, signer, count, wait } = withModule({})
    module.pull()
    await signer.tokens()
    const waits: number[] = []
    for (let seconds = 0, last = 0, loads = 1; seconds <= 100; seconds += 1) {
      expect(await signer.tokens()).toEqual([])
      if (count('load') > loads) {
        waits.push(seconds - last)
        last = seconds
        loads += 1
      }
      wait(1_000)
    }
    expect(waits).toEqual([2, 4, 8, 16, 30, 30])
    expect(count('finalize')).toBe(6)
  })

  it('is seen to have woken at once, and left alone while it shows one', async () => {
    const { module, signer, count, wait } = withModule({ blindLoads: 1 })
    expect(await signer.tokens()).toEqual([])
    expect(await signer.open({ tokenId: 'Card#1', keyId: '01', pin: Buffer.from('1') })).toEqual({
      outcome: 'token-absent',
    })
    wait(2_000)
    const session = await opened(signer, 'Card#1', '1')
    await session.close()
    wait(100_000)
    expect(await signer.tokens()).toHaveLength(1)
    expect(count('load')).toBe(2)
    module.pull()
    expect(await signer.tokens()).toEqual([])
    expect(count('load')).toBe(3)
  })
})
