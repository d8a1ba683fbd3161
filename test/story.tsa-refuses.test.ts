// The time-stamping authority does not accept the kiosk's credentials: asking on and on could lock the account, so the copy
// is held, the screen says so, and it goes on at the word of the operator who has mended them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askOperator, signedForArchive, stampsAsked, trustOf, untilSent } from './extend.kit.ts'
import type { Kiosk } from './kiosk.kit.ts'

describe('credentials that the authority refuses', () => {
  let kiosk: Kiosk
  let id: string
  beforeAll(async () => {
    kiosk = await signedForArchive(one => trustOf(one).fault('tsa', 'http-401'))
  })
  afterAll(() => kiosk.stop())

  it('are tried once, and the screen names what the staff must mend', async () => {
    const { copy, queue } = await kiosk.screen.until(view => view.queue.stopped === 1, 'the copy is held')
    expect(copy).toMatchObject({ stage: 'delivering', fault: 'TSA_CREDENTIALS_REFUSED' })
    expect(queue.waiting).toBe(0)
    id = kiosk.screen.copy().id
    const asked = stampsAsked(kiosk)
    kiosk.clock.leap(86_400_000)
    await kiosk.restart()
    await kiosk.screen.until(view => view.queue.stopped === 1, 'it is held still')
    expect(stampsAsked(kiosk)).toBe(asked)
  })

  it('hold nothing any more after the operator’s word', async () => {
    trustOf(kiosk).fault('tsa', undefined)
    await askOperator(kiosk, id, 'retry')
    await kiosk.screen.until(view => view.queue.stopped === 0, 'it goes on')
    await untilSent(kiosk)
    expect(kiosk.site.receiver.received()).toHaveLength(1)
  })
})
