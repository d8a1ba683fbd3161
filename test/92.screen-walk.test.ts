// The whole walk by finger in Debian's Chromium, on the real appliance above its simulators, at both sizes of screen: from
// the language to the receipt, with a page turned, one deleted and put back, and a PIN.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { say } from '../ui/text/texts.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { type Screens, startScreens } from './ui-fixture.ts'
import { procedure, smallPile } from './walk.kit.ts'

let screens: Screens
beforeAll(async () => {
  screens = await startScreens()
})
afterAll(() => screens.close())

describe.each(['portrait', 'landscape'] as const)('the walk by finger, %s', size => {
  let kiosk: Kiosk
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: await smallPile(3), config: { procedures: [procedure('local')] } })
    const context = await screens.context(size)
    page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('console', message => complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(kiosk.appliance.url)
  })
  afterAll(async () => {
    await page.context().close()
    await kiosk.stop()
  })

  const on = (screen: string) => page.waitForSelector(`html[data-screen=${screen}]`, { state: 'attached' })
  const tap = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).tap()

  it('chooses language and procedure', async () => {
    await on('welcome')
    await tap(/^Català/)
    await on('procedures')
    await tap(/^Còpia/)
    await on('paper')
  })

  it('sees the pages appear, turns one, deletes one and takes it back', async () => {
    await tap(say('ca', 'action.scan'))
    await on('review')
    await expect.poll(() => page.locator('.thumbnail img').count()).toBe(3)
    await tap(say('ca', 'review.turnRight'))
    await expect.poll(() => kiosk.screen.copy().pages[0]?.turn).toBe(90)
    await tap(say('ca', 'review.delete'))
    await expect.poll(() => kiosk.screen.copy().pages.filter(one => one.leftOut === 'person').length).toBe(1)
    await tap(say('ca', 'review.restore'))
    await expect.poll(() => kiosk.screen.copy().pages.filter(one => one.leftOut === 'person').length).toBe(0)
  })

  it('declares the source, signs with the PIN and gets the receipt', async () => {
    await tap(say('ca', 'action.continue'))
    await on('nature')
    await page
      .getByRole('button', { name: say('ca', 'nature.original') })
      .first()
      .tap()
    await on('pin')
    for (const digit of kiosk.site.pin)
      await page.locator('.pin-pad').getByRole('button', { name: digit, exact: true }).tap()
    await tap(say('ca', 'action.sign'))
    await on('receipt')
    const reference = kiosk.screen.copy().reference
    expect(await page.locator('.reference strong').textContent()).toBe(reference)
    await expect.poll(() => kiosk.site.receiver.received().length).toBe(1)
  })

  it('leaves nothing behind for the next person', async () => {
    const { reference } = kiosk.screen.copy()
    await tap(say('ca', 'action.finish'))
    await on('welcome')
    const content = await page.content()
    expect(content).not.toContain(reference)
    expect(content).not.toContain('Núria Vidal')
    expect(complaints).toEqual([])
  })
})
