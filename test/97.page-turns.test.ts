// Pages and the one person at the screen: one request at a time, never beside a copy, ended by a word, by silence, or by the page's
// going, and told to the trail whatever the site is called.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { type PageStand, signRequest, startPageStand, staying } from './97.page-desk.kit.ts'

let stand: PageStand
beforeAll(async () => {
  stand = await startPageStand()
})
afterAll(() => stand.stop())

const pages = () => stand.requests.pages
const desk = () => stand.requests.signing
const gone = new Fault('INTERRUPTED', 'the page has gone')
const rejected = (asked: Promise<unknown>) =>
  asked.then(
    () => 'was served',
    (thrown: { code: string }) => thrown.code,
  )
const signatures = () => stand.site.watched?.signatures().length ?? 0

describe('a page that goes', () => {
  it('before anybody has agreed: the person is told, and nothing is signed', async () => {
    const page = new AbortController()
    const asked = rejected(pages().sign(signRequest(), page.signal))
    await stand.until('asking')
    page.abort(gone)
    expect(await asked).toBe('PAGE_GONE')
    expect(stand.view()).toMatchObject({ stage: 'finished', fault: 'PAGE_GONE', done: 0 })
    expect(stand.audited('pageRefused').at(-1)).toEqual({
      site: 'sede.example.cat',
      operation: 'sign',
      code: 'PAGE_GONE',
    })
  })

  it('with the card question open', async () => {
    const page = new AbortController()
    const asked = rejected(pages().sign(signRequest(), page.signal))
    await stand.until('asking')
    desk().accept()
    page.abort(gone)
    expect(await asked).toBe('PAGE_GONE')
    expect(stand.view()).toMatchObject({ stage: 'finished', card: null })
  })

  it('while the PIN is being checked: nothing is signed', async () => {
    const before = signatures()
    const page = new AbortController()
    const asked = rejected(pages().sign(signRequest(), page.signal))
    await stand.until('asking')
    desk().accept()
    const entered = rejected(stand.enterPin())
    await stand.when(({ card }) => card?.state === 'signing')
    page.abort(gone)
    expect([await asked, await entered]).toEqual(['PAGE_GONE', 'STAGE_CONFLICT'])
    expect(signatures()).toBe(before)
  })

  it('in the middle of a signature: what was made is thrown away', async () => {
    stand.site.watched?.slow(300)
    const page = new AbortController()
    const asked = rejected(pages().sign(signRequest(), page.signal))
    await stand.agree()
    page.abort(gone)
    expect(await asked).toBe('PAGE_GONE')
    expect(await stand.until('finished')).toMatchObject({ fault: 'PAGE_GONE', done: 0 })
    stand.site.watched?.slow(0)
    expect(stand.audited('pageServed')).toEqual([])
  })

  it('before it has asked at all', async () => {
    const before = stand.view().id
    expect(await rejected(pages().sign(signRequest(), AbortSignal.abort(gone)))).toBe('INTERRUPTED')
    expect(stand.view().id).toBe(before)
  })

  it('after its answer: whoever is served next is left in peace', async () => {
    const page = new AbortController()
    const refused = rejected(pages().sign(signRequest(), page.signal))
    await stand.until('asking')
    desk().refuse()
    expect(await refused).toBe('REQUEST_DECLINED')
    expect(desk().view()).toBeNull()
    const told = stand.audited('pageRefused').length
    const next = pages().sign(signRequest(), staying())
    await stand.until('asking')
    desk().accept()
    await expect.poll(() => stand.view().card?.state).toBe('present')
    page.abort(gone)
    expect(stand.view().card).toMatchObject({ state: 'present' })
    expect(stand.audited('pageRefused')).toHaveLength(told)
    expect(await stand.enterPin()).toEqual({ outcome: 'signed' })
    await next
  })
})

describe('a page that asks', () => {
  it('while another is served is told that the kiosk is busy, and disturbs nobody', async () => {
    const first = rejected(pages().sign(signRequest(), staying()))
    const { id } = await stand.until('asking')
    expect(await rejected(pages().sign(signRequest(), staying()))).toBe('KIOSK_BUSY')
    expect(stand.view().id).toBe(id)
    desk().refuse()
    expect(await first).toBe('REQUEST_DECLINED')
  })

  it('while somebody makes a copy is told so too, and served once that is over', async () => {
    stand.copy = true
    expect(await rejected(pages().sign(signRequest(), staying()))).toBe('KIOSK_BUSY')
    stand.requests.showRefused({ origin: 'https://evil.example', code: 'ORIGIN_REFUSED', detail: '' })
    expect(desk().view()).toBeNull()
    stand.copy = false
    const asked = rejected(pages().sign(signRequest(), staying()))
    await stand.until('asking')
    desk().refuse()
    await asked
  })

  it('and gets no answer from anybody is declined', async () => {
    const asked = rejected(pages().sign(signRequest(), staying()))
    await stand.until('asking')
    stand.clock.leap(600_000)
    expect(await asked).toBe('REQUEST_DECLINED')
    expect(desk().view()).toBeNull()
  })

  it('is served in what an earlier one has left on the screen', async () => {
    const one = rejected(pages().sign(signRequest(), AbortSignal.timeout(1)))
    expect(await one).toBe('PAGE_GONE')
    const asked = rejected(pages().sign(signRequest(), staying()))
    expect(await stand.until('asking')).toMatchObject({ fault: null, done: 0 })
    desk().refuse()
    await asked
  })
})

describe('what was refused before the desk', () => {
  it.each([
    ['https://evil.example', 'evil.example', 'evil.example'],
    ['https://[2001:db8::1]:8443', '[2001:db8::1]:8443', '2001:db8::1_:8443'],
    [`https://${'long.'.repeat(20)}example`, `${'long.'.repeat(20)}example`, 'long.'.repeat(13).slice(0, 64)],
    ['https://under_score.example', 'under_score.example', 'under_score.example'],
    ['null', 'unknown', 'unknown'],
    [undefined, 'unknown', 'unknown'],
  ])('is shown and noted whatever the site is called: %s', (origin, shown, noted) => {
    stand.requests.showRefused({ ...(origin !== undefined && { origin }), code: 'ORIGIN_REFUSED', detail: '' })
    expect(stand.view()).toMatchObject({
      asker: { kind: 'page', name: shown },
      stage: 'finished',
      fault: 'ORIGIN_REFUSED',
    })
    expect(stand.audited('pageRefused').at(-1)).toEqual({ site: noted, code: 'ORIGIN_REFUSED' })
  })

  it('goes from the screen by itself', async () => {
    stand.requests.showRefused({ origin: 'https://evil.example', code: 'ORIGIN_REFUSED', detail: '' })
    stand.clock.leap(61_000)
    await expect.poll(() => desk().view()).toBeNull()
  })
})
