// The extension service gives back something else than the copy raised: it is thrown away, the signed copy stays as it was
// and is held for a person, and goes on at the operator's word when the service is in order.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../device/config/file.ts'
import { documentIn } from '../device/document/shape.ts'
import { readerOf } from '../device/verbs/appliance.ts'
import { askOperator, auditOf, type ServedKiosk, signedForService, untilSent } from './extend.kit.ts'

describe('an answer that is not the copy raised', () => {
  let kiosk: ServedKiosk
  let id: string
  let signed: unknown
  beforeAll(async () => {
    kiosk = await signedForService('none', fortress => fortress.fault('one-byte'))
    await kiosk.screen.until(view => view.queue.stopped === 1, 'the copy is held')
    id = kiosk.screen.copy().id
  })
  afterAll(() => kiosk.stop())

  const stored = () => {
    const { configFile, dataFolder } = kiosk.site
    const store = readerOf(loadConfig({ configFile, dataFolder }))
    try {
      const document = store.load(id)
      if (document === undefined || document.erased) throw new Error('it is gone')
      return documentIn(document.body)
    } finally {
      store.close()
    }
  }

  it('is thrown away: the copy is as it was signed, and held', async () => {
    ;[signed] = await auditOf(kiosk, 'signed')
    const { stage, hold } = stored()
    const { sha256 } = signed as { sha256: string }
    expect(stage).toMatchObject({ name: 'extending', copy: { sha256 }, signature: { level: 'B' } })
    expect(hold).toMatchObject({ code: 'EXTENSION_INVALID', retry: 'operator', retryAt: null })
    expect(kiosk.screen.copy()).toMatchObject({ stage: 'delivering', fault: 'EXTENSION_INVALID' })
  })

  it('is not asked for again by itself', async () => {
    const asked = kiosk.fortress.asked('extend')
    kiosk.clock.leap(86_400_000)
    await kiosk.restart()
    await kiosk.screen.until(view => view.queue.stopped === 1, 'it is held still')
    expect(kiosk.fortress.asked('extend')).toBe(asked)
    expect(kiosk.site.receiver.attempts()).toBe(0)
  })

  it.each(['other-document', 'cades-for-pades', 'truncated', 'level-not-reached', 'untouched'] as const)(
    'nor is %s believed when the operator has it tried again',
    async fault => {
      kiosk.fortress.fault(fault)
      const asked = kiosk.fortress.asked('extend')
      await askOperator(kiosk, id, 'retry')
      await expect.poll(() => kiosk.fortress.asked('extend'), { timeout: 10_000 }).toBe(asked + 1)
      await expect.poll(() => stored().hold?.code, { timeout: 10_000 }).toBe('EXTENSION_INVALID')
      expect(stored().stage).toMatchObject({ copy: { sha256: (signed as { sha256: string }).sha256 } })
    },
  )

  it('goes on when the service is in order', async () => {
    await kiosk.screen.until(view => view.queue.stopped === 1, 'it is held still')
    kiosk.fortress.fault(undefined)
    await askOperator(kiosk, id, 'retry')
    await kiosk.screen.until(view => view.queue.stopped === 0, 'it goes on')
    await untilSent(kiosk)
    expect(kiosk.site.receiver.received()).toMatchObject([{ metadata: { signatureLevel: 'LTA' } }])
    expect(await auditOf(kiosk, 'extended')).toMatchObject([{ level: 'LTA', by: 'service' }])
  })
})
