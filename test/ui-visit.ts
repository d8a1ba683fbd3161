// One person's visit for a test: the stand-in, the browser and a fresh page before each test, all gone afterwards, and the
// few things that every test of the screen does.

import type { BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { View } from '../device/http/view.ts'
import { buildInterface, type Post, type Screens, type StandIn, startScreens, startStandIn } from './ui-fixture.ts'
import { emptyView } from './ui-views.ts'

export interface ScreenVisit {
  readonly page: Page
  readonly standIn: StandIn
  /** What the browser complained of, e.g. a breach of the Content-Security-Policy. */
  readonly complaints: readonly string[]
  /** What was asked for, without the calls that only tell that somebody is there. */
  asked(): readonly Post[]
  paths(): readonly string[]
  /** Loads the page with this view and waits until it is shown. */
  show(view: View): Promise<void>
  /** Pushes a view to the page as it stands and waits for the screen that belongs to it. */
  push(view: View, screen: string): Promise<void>
  onScreen(screen: string): Promise<unknown>
  button(name: string): Locator
  typePin(pin: string): Promise<void>
  /** From now on time passes only by `page.clock.runFor`. */
  stopTime(): Promise<void>
}

/** Registers the hooks of the test file that calls it, once, at its top. */
export function screenVisit(): ScreenVisit {
  let built: Awaited<ReturnType<typeof buildInterface>>
  let standIn: StandIn
  let screens: Screens
  let context: BrowserContext
  let page: Page
  let complaints: string[] = []

  beforeAll(async () => {
    built = await buildInterface()
    standIn = await startStandIn(built.folder)
    screens = await startScreens()
  })
  afterAll(async () => {
    await screens.close()
    await standIn.close()
    await built.remove()
  })
  beforeEach(async () => {
    standIn.reset()
    standIn.push(emptyView)
    context = await screens.context('portrait')
    page = await context.newPage()
    page.setDefaultTimeout(10_000)
    complaints = []
    page.on('console', message => complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(error.message))
  })
  afterEach(async () => {
    await context.close()
    standIn.comeBack()
  })

  const asked = () => standIn.posts.filter(post => !/^(copy|request|cards)\/stay$/.test(post.path))
  const onScreen = (screen: string) => page.waitForSelector(`html[data-screen=${screen}]`, { state: 'attached' })
  return Object.freeze({
    get page() {
      return page
    },
    get standIn() {
      return standIn
    },
    get complaints() {
      return complaints
    },
    asked,
    paths: () => asked().map(post => post.path),
    async show(view: View) {
      standIn.push(view)
      await page.goto(standIn.url)
      await page.waitForSelector('.frame:not(.lost) h1')
    },
    async push(view: View, screen: string) {
      standIn.push(view)
      await onScreen(screen)
    },
    onScreen,
    button: (name: string) => page.getByRole('button', { name, exact: true }),
    async typePin(pin: string) {
      for (const digit of pin) await page.locator('.pin-pad').getByRole('button', { name: digit, exact: true }).tap()
    },
    async stopTime() {
      await page.clock.install({ time: new Date('2026-03-09T10:00:00Z') })
      await page.clock.pauseAt(new Date('2026-03-09T10:00:01Z'))
    },
  })
}
