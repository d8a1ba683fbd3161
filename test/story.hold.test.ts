// An operator holds a copy that waits for the network: it stays although its next attempt falls due and the network is
// back, and goes on at the operator's word.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { askAppliance } from '../device/http/operator-client.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { approve, feed, open, procedure, slips } from './walk.kit.ts'

const hourMs = 3_600_000

describe('a copy held by an operator', () => {
  let kiosk: Kiosk
  let id: string
  const ask = (action: string) =>
    askAppliance(join(kiosk.site.dataFolder, 'data', 'operator.sock'), 'POST', `/queue/${id}/${action}`)

  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: await slips(1), config: { procedures: [procedure('none')] } })
    await kiosk.site.receiver.set({ preset: 'offline' })
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    await approve(kiosk, 'copy')
    // The view does not change with it.
    const isPostponed = () => expect(kiosk.logged.join()).toContain('deliveryPostponed')
    await vi.waitFor(isPostponed, { timeout: 20_000 })
    id = kiosk.screen.copy().id
  })
  afterAll(() => kiosk.stop())

  it('stays held over its next attempt', async () => {
    await ask('hold')
    await kiosk.screen.until(view => view.copy?.fault === 'HELD_BY_OPERATOR', 'the hold')
    await kiosk.site.receiver.set({ preset: 'honest' })
    const before = kiosk.site.receiver.attempts()
    kiosk.clock.leap(2 * hourMs)
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(kiosk.site.receiver.attempts()).toBe(before)
    const held = kiosk.logged.filter(line => line.includes('delivery attempted'))
    expect(held.every(line => line.includes('deliveryPostponed'))).toBe(true)
  })

  it('goes on at the word', async () => {
    await ask('retry')
    await expect.poll(() => kiosk.site.receiver.received().length).toBe(1)
  })
})
