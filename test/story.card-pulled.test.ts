// The card is pulled out of the reader in the middle of a batch: the screen says so, another card is not taken for it, and with
// the card back and its PIN the batch goes on where it was. Nothing is signed twice.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import {
  accept,
  done,
  enterPin,
  judged,
  type Program,
  program,
  requestIn,
  takeUp,
  textBatch,
  until,
} from './requests.kit.ts'
import type { WatchedCard } from './sim/watched-card.ts'

describe('a card that is pulled in the middle of a batch', () => {
  let kiosk: Kiosk
  let ledger: Program
  let card: WatchedCard
  let id: string
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: [], watched: true, clients: ['ledger'] })
    if (kiosk.site.watched === undefined) throw new Error('no watched card')
    ledger = program(kiosk)
    card = kiosk.site.watched
  })
  afterAll(() => kiosk.stop())

  it('pauses it with the reason on the screen and the reader watched', async () => {
    id = await ledger.leave(textBatch(10))
    await takeUp(kiosk.screen, id)
    await accept(kiosk.screen)
    card.pullAfter(4)
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    // The fourth may still be verified when the fifth finds the reader empty.
    await kiosk.screen.until(view => requestIn(view).done === 4 && requestIn(view).stage === 'paused', 'paused')
    expect(requestIn(kiosk.screen.view())).toMatchObject({ fault: 'TOKEN_REMOVED', failed: 0 })
    await kiosk.screen.until(view => requestIn(view).card?.state === 'absent', 'the empty reader')
    expect(card.signatures()).toHaveLength(4)
  })

  it('leaves nothing to sign with meanwhile', async () => {
    expect(await kiosk.screen.post('/screen/request/sign/none/01', Buffer.from('1'))).toMatchObject({
      status: 409,
      body: { code: 'TOKEN_ABSENT' },
    })
    expect(await ledger.call('DELETE', `/api/v1/batches/${id}`)).toMatchObject({ status: 409 })
  })

  it('is not replaced by another card', async () => {
    card.insert('Other card')
    await kiosk.screen.until(view => requestIn(view).card?.state === 'fault', 'the other card')
    expect(requestIn(kiosk.screen.view()).card).toEqual({ state: 'fault', code: 'CERTIFICATE_NOT_FITTING' })
    expect(card.signatures()).toHaveLength(4)
  })

  it('stays paused after a wrong PIN, and goes on with the right one', async () => {
    card.insert('Sample card')
    expect(await enterPin(kiosk.screen, '000000')).toMatchObject({ outcome: 'refused', code: 'PIN_WRONG' })
    expect(requestIn(kiosk.screen.view())).toMatchObject({ stage: 'paused', done: 4 })
    card.pullAfter(3)
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await kiosk.screen.until(view => requestIn(view).done === 7 && requestIn(view).stage === 'paused', 'paused again')
    card.insert('Sample card')
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 10, failed: 0, fault: null })
  })

  it('has made each signature once, all of them valid', async () => {
    expect(card.signatures()).toHaveLength(10)
    expect(new Set(card.signatures()).size).toBe(10)
    for (const { signature } of await ledger.result(id)) await judged('CAdES', Buffer.from(signature ?? '', 'base64'))
    await done(kiosk.screen, '/screen/request/close')
  })

  it('may end the batch there: the person stops it while it is paused', async () => {
    const other = await ledger.leave(textBatch(4))
    await takeUp(kiosk.screen, other)
    await accept(kiosk.screen)
    card.pullAfter(1)
    await enterPin(kiosk.screen, kiosk.site.pin)
    await until(kiosk.screen, 'paused')
    await done(kiosk.screen, '/screen/request/stop')
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 1, fault: null })
    expect(await ledger.state(other)).toMatchObject({ end: 'stopped', signed: 1 })
    card.insert('Sample card')
    await done(kiosk.screen, '/screen/request/close')
  })
})
