// The authority answers, but nobody tells the state of certificates: the time-stamp that was had is kept and is not asked
// for again; when the responders are back the signature is still proven from the moment it was made.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  reportOnReceived,
  signedWithoutResponders,
  stampsAsked,
  trustOf,
  untilPostponed,
  untilSent,
} from './extend.kit.ts'
import type { Kiosk } from './kiosk.kit.ts'

describe('no responders, then some', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await signedWithoutResponders()
  })
  afterAll(() => kiosk.stop())

  it('keeps the time-stamp over a restart', async () => {
    await untilPostponed(kiosk)
    await kiosk.restart()
    await kiosk.screen.until(view => view.queue.waiting === 1, 'the queue counts it')
    expect(stampsAsked(kiosk)).toBe(1)
  })

  it('delivers what is proven from the first time-stamp', async () => {
    const before = kiosk.clock.now()
    kiosk.clock.leap(3_600_000)
    trustOf(kiosk).fault('ocsp', undefined)
    await untilSent(kiosk)
    expect(stampsAsked(kiosk)).toBe(2)
    expect(kiosk.site.receiver.received()).toHaveLength(1)
    const { signatures } = await reportOnReceived(kiosk)
    expect(signatures[0]).toMatchObject({ level: 'PAdES-BASELINE-LTA' })
    expect(signatures[0]?.bestSignatureTime.time).toBeLessThanOrEqual(before)
  })
})
