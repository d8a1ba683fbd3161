// The card and its PIN: wrong PINs are told with what is known of the tries left and never repeated by themselves; no
// card, a card without a certificate, an expired one and a machine's one are refused before anything is signed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import type { SiteOptions } from './sim/site.ts'
import { approve, feed, open, procedure, sign, smallPile } from './walk.kit.ts'

async function atSigning(options: Partial<SiteOptions>): Promise<Kiosk> {
  const kiosk = await startKiosk({
    sheets: await smallPile(1),
    config: { procedures: [procedure('local')] },
    ...options,
  })
  await open(kiosk, 'copy-local')
  await feed(kiosk)
  await approve(kiosk)
  await kiosk.screen.until(view => view.copy?.stage === 'signing' && view.copy.card !== null, 'the card question')
  return kiosk
}

describe('a wrong PIN', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await atSigning({})
  })
  afterAll(() => kiosk.stop())

  it('is refused with the tries that the card tells', async () => {
    expect(await sign(kiosk, '000000')).toEqual({ outcome: 'refused', code: 'PIN_WRONG', tries: 'few' })
    expect(kiosk.screen.copy().stage).toBe('signing')
  })

  it('was tried once', () => {
    expect(kiosk.logged.filter(line => line.includes('signing refused'))).toHaveLength(1)
  })

  it('does not hold the person there: the pages can be looked at again', async () => {
    expect(await kiosk.screen.post('/screen/copy/reopen')).toMatchObject({ status: 204 })
    await kiosk.screen.until(view => view.copy?.stage === 'gathering', 'the pages')
    await approve(kiosk)
  })

  it('leaves the copy ready for the right one, and one signature is made', async () => {
    expect(await sign(kiosk, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    expect(kiosk.site.receiver.received()).toHaveLength(1)
  })

  it('and the right one are in no log line', () => {
    expect(kiosk.logged.some(line => line.includes('000000') || line.includes(kiosk.site.pin))).toBe(false)
  })
})

describe('no card', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await atSigning({ withoutCard: true })
  })
  afterAll(() => kiosk.stop())

  it('is what the screen shows', () => {
    expect(kiosk.screen.copy().card).toEqual({ state: 'absent' })
  })

  it('signs nothing', async () => {
    expect(await kiosk.screen.post('/screen/copy/sign/none/01', Buffer.from('123456'))).toMatchObject({
      status: 409,
      body: { code: 'TOKEN_ABSENT' },
    })
  })

  it('lets the person go back to the pages', async () => {
    expect(await kiosk.screen.post('/screen/copy/reopen')).toMatchObject({ status: 204 })
    expect((await kiosk.screen.until(view => view.copy?.stage === 'gathering', 'the pages')).copy?.pages).toHaveLength(
      1,
    )
  })
})

describe('a card without any certificate', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await atSigning({ signers: [] })
  })
  afterAll(() => kiosk.stop())

  it('is seen, and has nothing to offer', async () => {
    const { copy } = await kiosk.screen.until(view => view.copy?.card?.state === 'present', 'the card')
    expect(copy?.card).toMatchObject({ certificates: [] })
  })
})

describe('a card whose certificate has expired', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await atSigning({ signers: ['expired'] })
  })
  afterAll(() => kiosk.stop())

  it('shows the certificate and why it cannot sign', async () => {
    const { copy } = await kiosk.screen.until(view => view.copy?.card?.state === 'present', 'the card')
    expect(copy?.card).toMatchObject({ certificates: [{ fault: 'CERTIFICATE_EXPIRED' }] })
  })

  it('is refused before anything is prepared', async () => {
    expect(await sign(kiosk, kiosk.site.pin)).toMatchObject({ code: 'CERTIFICATE_EXPIRED' })
    expect(kiosk.screen.copy().stage).toBe('signing')
  })
})
