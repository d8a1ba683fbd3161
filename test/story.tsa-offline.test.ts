// The time-stamping authority is away when the copy is signed: the person gets the receipt, the signed copy waits, survives
// a restart, and is delivered once and at the level ordered when the authority is back, without anybody touching the kiosk.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportOnReceived, signedForArchive, statusOf, trustOf, untilPostponed, untilSent } from './extend.kit.ts'
import type { Kiosk } from './kiosk.kit.ts'

describe('no time-stamping authority, then one', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await signedForArchive(one => trustOf(one).fault('tsa', 'reset'))
  })
  afterAll(() => kiosk.stop())

  it('gives the receipt while the signed copy waits', async () => {
    await untilPostponed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({
      stage: 'delivering',
      fault: null,
      result: { pages: 1, signer: 'Núria Vidal i Serra (sample)', deliveries: [{ state: 'waiting' }] },
    })
    expect(kiosk.screen.view().queue).toEqual({ waiting: 1, stopped: 0 })
  })

  it('lets the person leave, and still waits after a restart', async () => {
    await kiosk.screen.post('/screen/copy/leave')
    await kiosk.screen.until(view => view.copy === null, 'nobody is in hand')
    await kiosk.restart()
    await kiosk.screen.until(view => view.queue.waiting === 1, 'the queue counts it')
    expect(await statusOf(kiosk)).toMatchObject({ documents: { extending: 1 }, oldestWaiting: expect.any(String) })
    expect(kiosk.site.receiver.attempts()).toBe(0)
  })

  it('is delivered once, at level LTA, when the authority is back', async () => {
    trustOf(kiosk).fault('tsa', undefined)
    await untilSent(kiosk)
    expect(kiosk.site.receiver.received()).toMatchObject([{ metadata: { signatureLevel: 'LTA' } }])
    expect(await reportOnReceived(kiosk)).toMatchObject({
      indication: 'TOTAL-PASSED',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, { type: 'DocTimeStamp' }, { type: 'DocTimeStamp' }],
    })
  })
})
