// A person who was sent to the kiosk for a copy: the code by finger or by a keyboard, the address that the browser was led to,
// and where it goes on afterwards.

import { describe, expect, it } from 'vitest'
import type { CopyView, View } from '../device/http/view.ts'
import { say } from '../ui/text/texts.ts'
import type { Post } from './ui-fixture.ts'
import { emptyView, readyPages, result, withCopy } from './ui-views.ts'
import { screenVisit } from './ui-visit.ts'

const visit = screenVisit()
const json = (post: Post | undefined): unknown => JSON.parse(post?.body.toString() ?? 'null')
const withPickup: View = { ...emptyView, pickup: true }
const asked: NonNullable<CopyView['asked']> = {
  asker: { kind: 'program', name: 'Expedients' },
  title: 'Certificat \u202Ed’empadronament',
  redirectUrl: 'https://tramits.example/expedients/7?pas=4',
  sourceNatures: ['copy'],
  signature: 'none',
}

const open = async () => {
  await visit.show(withPickup)
  await visit.page.locator('button[lang=ca]').tap()
  await visit.page.getByRole('button', { name: say('ca', 'pickup.choice') }).tap()
  await visit.onScreen('pickup')
}
const shown = () => visit.page.locator('.typed-code').textContent()

describe('a pick-up code', () => {
  it('is typed by finger and shown in threes, and a wrong digit is taken back', async () => {
    await open()
    const enter = visit.button(say('ca', 'action.continue'))
    await visit.typePin('34878')
    await expect.poll(() => shown()).toBe('348 78· ···')
    await expect.poll(() => enter.isDisabled()).toBe(true)
    await visit.button(say('ca', 'pin.eraseLast')).tap()
    await visit.typePin('861859')
    await expect.poll(() => shown()).toBe('348 786 185')
    await expect.poll(() => visit.page.locator('[role=status]').first().textContent()).toContain('3 4 8 7 8 6 1 8 5')
    await enter.tap()
    await expect.poll(visit.paths).toEqual(['session'])
    expect(json(visit.asked()[0])).toEqual({ pickupCode: '348786185' })
    await visit.push({ ...withCopy({ asked }), pickup: true }, 'paper')
    const told = await visit.page.locator('.asked-for').textContent()
    expect(told).toContain('Expedients')
    // What turns letters round is not shown.
    expect(told).toContain('Certificat d’empadronament')
    expect(visit.complaints).toEqual([])
  })

  it('is typed by a keyboard or a code reader too; refused, it says why and begins anew', async () => {
    await open()
    visit.standIn.answer('session', 404, { code: 'PICKUP_CODE_WRONG', detail: '' })
    await visit.page.keyboard.type('111-222-333')
    await visit.page.keyboard.press('Enter')
    await expect.poll(visit.paths).toEqual(['session'])
    await expect.poll(() => visit.page.locator('.lead [role=alert]').textContent()).toContain('Aquest codi no és vàlid')
    await expect.poll(shown).toBe('··· ··· ···')
    // What is said covers no key.
    await visit.page.getByRole('button', { name: '0', exact: true }).tap({ trial: true, timeout: 2000 })
    await visit.button(say('ca', 'action.back')).tap()
    await visit.onScreen('procedures')
  })

  it('is not asked for where no program may have copies made', async () => {
    await visit.show(emptyView)
    await visit.page.locator('button[lang=ca]').tap()
    await visit.onScreen('procedures')
    await expect.poll(() => visit.page.getByRole('button', { name: say('ca', 'pickup.choice') }).count()).toBe(0)
  })
})

describe('an address with a session', () => {
  it('opens the copy once, and is gone from the window', async () => {
    await visit.show(withPickup)
    await visit.page.goto(`${visit.standIn.url}#session=4YKZ4MJK1XFKD3R5KBRFMXM3TK`)
    await expect.poll(visit.paths).toEqual(['session'])
    expect(json(visit.asked()[0])).toEqual({ sessionID: '4YKZ4MJK1XFKD3R5KBRFMXM3TK' })
    await expect.poll(() => visit.page.evaluate(() => location.href)).toBe(visit.standIn.url)
    await visit.page.reload()
    await visit.onScreen('welcome')
    expect(visit.paths()).toEqual(['session'])
  })
})

describe('the end', () => {
  it('leads on by a QR code after the receipt, and nothing of it stays', async () => {
    await visit.show(withCopy({ asked, stage: 'done', pages: readyPages(1), result: { ...result, deliveries: [] } }))
    await visit.onScreen('receipt')
    await expect.poll(() => visit.page.locator('.receipt dl').textContent()).toContain(say('ca', 'receipt.where.asked'))
    await visit.button(say('ca', 'action.continue')).tap()
    await visit.onScreen('onward')
    await expect
      .poll(() => visit.page.locator('svg.qr').getAttribute('aria-label'))
      .toBe(say('ca', 'onward.qr', { asker: 'Expedients' }))
    await expect.poll(() => visit.page.locator('.controls').textContent()).toContain('tramits.example')
    await visit.button(say('ca', 'action.finish')).tap()
    await expect.poll(visit.paths).toEqual(['copy/leave'])
    await visit.push(withPickup, 'welcome')
    expect(await visit.page.content()).not.toMatch(/Expedients|tramits/)
  })

  it('offers no split of what one document is waited for of', async () => {
    const size = { bytes: 11_000_000, limitBytes: 10_000_000, reduction: 'none' } as const
    await visit.show(withCopy({ asked, pages: readyPages(2), size }))
    await visit.button(say('ca', 'action.continue')).tap()
    await visit.onScreen('tooLarge')
    const names = await visit.page.locator('.choices .choice-title').allTextContents()
    expect(names).toEqual([say('ca', 'size.lower-quality'), say('ca', 'size.gray')])
  })
})
