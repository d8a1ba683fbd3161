// The page of Cl@ve Firma in a frame on the kiosk's own screen, in Chromium: the person types number, password and code with
// what the screen offers, the frame leads back by itself, and nothing but the frame's own sites can be shown in it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { fireCode, firePassword } from './sim/fire.users.ts'
import { approve, feed, open, procedure, slips } from './walk.kit.ts'

const person = '50751129L'
let kiosk: Kiosk
let browser: Browser
let profile: string

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'compulsa-chromium-'))
  kiosk = await startKiosk({
    sheets: await slips(1),
    clave: { page: 'kiosk', returnUrl: undefined },
    withoutCard: true,
    config: { procedures: [procedure('clave')] },
  })
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  })
})
afterAll(async () => {
  await browser.close()
  await kiosk.stop()
  await rm(profile, { recursive: true, force: true })
})

async function typed(page: Page, number: string): Promise<void> {
  for (const key of number) await page.click(`.number-pad button:text-is("${key}")`)
  await page.click('.onward .primary')
}

it('the person signs in the frame, and the kiosk goes on by itself', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const refused: string[] = []
  page.on('console', message => {
    // The number that did not fit is told so by a status.
    if (message.type() === 'error' && !/ 422 /.test(message.text())) refused.push(message.text())
  })
  await page.goto(kiosk.appliance.url)
  await open(kiosk, 'copy-clave')
  await feed(kiosk)
  await approve(kiosk)
  await page.waitForSelector('.number-pad')
  // A letter that does not fit is told at once, and nobody is sent anywhere.
  await typed(page, '50751129A')
  await page.waitForSelector('[role=alert] .happened')
  for (let n = 0; n < person.length; n++) await page.click('.number-pad .erase')
  await typed(page, person)
  const frame = page.frameLocator('iframe')
  await frame.locator('input[name=password]').fill(firePassword)
  await frame.locator('input[name=sms]').fill(fireCode)
  await frame.locator('button[value=sign]').click()
  await kiosk.screen.until(view => view.copy?.result != null, 'the receipt')
  await page.waitForSelector('.receipt .reference')
  expect(kiosk.screen.copy().result?.signer).toContain(person)
  expect(refused).toEqual([])
  // Whatever stands in the frame, it shows no other site, and the kiosk's own screen neither.
  const shown = await page.evaluate(
    async urls => {
      const blocked: string[] = []
      document.addEventListener('securitypolicyviolation', event => blocked.push(event.blockedURI))
      for (const src of urls) {
        const added = document.createElement('iframe')
        const loaded = new Promise(resolve => added.addEventListener('load', resolve))
        added.src = src
        document.body.append(added)
        await loaded
      }
      return blocked
    },
    ['https://another.example/'],
  )
  expect(shown).toEqual(['https://another.example'])
  await context.close()
})

it('a way back with a name that nobody was given is no way back', async () => {
  const answer = await kiosk.screen.get('/clave/returned/0123456789abcdef')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'self'")
  const screen = await kiosk.screen.get('/')
  expect(screen.headers.get('content-security-policy')).toContain(`frame-src 'self' ${kiosk.site.clave?.url};`)
  expect(screen.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
})
