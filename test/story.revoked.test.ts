// The official's certificate turns out to have been revoked before the copy was signed: it is held, the screen tells whoever
// still stands there, and it is never delivered. Revoked after its time-stamp it does no harm: that is what the time-stamp
// is for.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  askOperator,
  reportOnReceived,
  signedForArchive,
  signedWithoutResponders,
  trustOf,
  untilPostponed,
  untilSent,
} from './extend.kit.ts'
import type { Kiosk } from './kiosk.kit.ts'

const hourMs = 3_600_000
const superseded = 4

function revoke(kiosk: Kiosk, since: number): void {
  const [certificate] = kiosk.site.certificates
  if (certificate === undefined) throw new Error('the card is empty')
  trustOf(kiosk).revoke(certificate, { since, reason: superseded })
}

describe('a certificate revoked before it signed', () => {
  let kiosk: Kiosk
  let id: string
  beforeAll(async () => {
    kiosk = await signedForArchive(one => revoke(one, one.clock.now() - hourMs))
  })
  afterAll(() => kiosk.stop())

  it('holds the copy, and the screen says why', async () => {
    const { copy } = await kiosk.screen.until(view => view.queue.stopped === 1, 'the copy is held')
    expect(copy).toMatchObject({ stage: 'delivering', fault: 'CERTIFICATE_REVOKED' })
    id = kiosk.screen.copy().id
  })

  it('delivers nothing, whatever time passes and whoever asks', async () => {
    kiosk.clock.leap(24 * hourMs)
    await askOperator(kiosk, id, 'retry')
    await kiosk.screen.until(view => view.queue.stopped === 0, 'it is tried again')
    await kiosk.screen.until(view => view.queue.stopped === 1, 'and held again')
    expect(kiosk.site.receiver.attempts()).toBe(0)
  })

  it('is kept until an operator gives it up, and then erased', async () => {
    await askOperator(kiosk, id, 'discard')
    await kiosk.screen.until(view => view.queue.stopped === 0 && view.copy === null, 'it is gone')
    await expect(askOperator(kiosk, id, 'retry')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(kiosk.site.receiver.attempts()).toBe(0)
  })
})

describe('a certificate revoked after its time-stamp', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await signedWithoutResponders()
  })
  afterAll(() => kiosk.stop())

  it('is no reason to hold the copy', async () => {
    await untilPostponed(kiosk)
    kiosk.clock.leap(hourMs)
    revoke(kiosk, kiosk.clock.now() - hourMs / 2)
    trustOf(kiosk).fault('ocsp', undefined)
    await untilSent(kiosk)
    expect(kiosk.site.receiver.received()).toHaveLength(1)
    expect(await reportOnReceived(kiosk)).toMatchObject({
      indication: 'TOTAL-PASSED',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, {}, {}],
    })
  })
})
