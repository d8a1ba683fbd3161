// The network is away when the copy is signed: the person gets the receipt, the copy waits, survives a restart, and is
// delivered once when the network is back, without anybody touching the kiosk.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, feed, open, procedure, smallPile } from './walk.kit.ts'

const hourMs = 3_600_000

describe('offline, then online', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: await smallPile(1), config: { procedures: [procedure('none')] } })
    await kiosk.site.receiver.set({ preset: 'offline' })
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    await approve(kiosk, 'copy')
  })
  afterAll(() => kiosk.stop())

  it('gives the receipt while the copy waits', async () => {
    const { copy } = await kiosk.screen.until(view => view.copy?.stage === 'delivering', 'the copy waits')
    expect(copy?.result).toMatchObject({ pages: 1, deliveries: [{ state: 'waiting' }] })
    await kiosk.screen.until(view => view.queue.waiting === 1, 'the queue counts it')
  })

  it('still waits after a restart, and nothing arrived', async () => {
    await kiosk.screen.post('/screen/copy/leave')
    await kiosk.restart()
    await kiosk.screen.until(view => view.queue.waiting === 1, 'the queue counts it')
    expect(kiosk.site.receiver.received()).toHaveLength(0)
  })

  it('drops the line after accepting, and the next attempt has no second effect', async () => {
    await kiosk.site.receiver.set({ preset: 'dropAfterAccept' }, { times: 1 })
    const before = kiosk.site.receiver.attempts()
    for (let i = 0; kiosk.screen.view().queue.waiting > 0; i++) {
      if (i === 40) throw new Error('it was never delivered')
      kiosk.clock.leap(hourMs)
      await new Promise(resolve => setTimeout(resolve, 250))
    }
    expect(kiosk.site.receiver.attempts()).toBeGreaterThan(before + 1)
    expect(kiosk.site.receiver.received()).toHaveLength(1)
  })
})
