// How every screen lies on the two panels, in every language: nothing hangs over or has to be scrolled, every target is at
// least 15 mm, on a tall panel within reach of somebody seated, and axe finds nothing to object to.

import { globSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CopyView, View } from '../device/http/view.ts'
import { languages } from '../ui/text/texts.ts'
import { cardSituations } from './ui-card-views.ts'
import {
  buildInterface,
  type PanelName,
  panels,
  type Screens,
  type StandIn,
  startScreens,
  startStandIn,
} from './ui-fixture.ts'
import { filesToLoad, portals, requestSituations, waiting, withRequest } from './ui-request-views.ts'
import { situations } from './ui-situations.ts'
import { certificate, emptyView, procedures, readyPages, result, withCard, withCopy } from './ui-views.ts'

const smallestTargetMillimetres = 15
/** Told of every such frame; it would be true of a page of this very site, and none of them may be framed. */
const frameWarning = /^An iframe which has both allow-scripts and allow-same-origin/
const axeSource = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

let built: Awaited<ReturnType<typeof buildInterface>>
let standIn: StandIn
let screens: Screens
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

const withPickup: View = { ...emptyView, pickup: true, waiting, portals }
const typing = [1, 2, 3, 4].map(n => `.pin-pad .pin-key:nth-of-type(${n})`)
const asked: NonNullable<CopyView['asked']> = {
  asker: { kind: 'program', name: 'Expedients de l’Ajuntament de Vilafictícia' },
  title: 'Certificat d’empadronament col·lectiu de la família Vidal i Serra per a la sol·licitud d’ajuts de menjador',
  redirectUrl: 'https://tramits.vilaficticia.example/expedients/2026-000123?pas=4',
  sourceNatures: ['original', 'copy'],
  signature: 'seal',
}

interface Case {
  readonly view: View
  /** What is touched to come to the screen that is meant. */
  readonly taps?: readonly string[]
}

const long = 'Ajuntament de la Vila de Sant Esteve de les Roures i Terme Municipal de Castellfollit'
const manyProcedures = Array.from({ length: 9 }, (_, i) => ({ ...procedures[i % 3], id: `p${i}` })) as typeof procedures

const cases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(Object.entries(situations).map(([name, view]) => [name, { view }])),
  ...Object.fromEntries(Object.entries(requestSituations).map(([name, view]) => [name, { view }])),
  ...Object.fromEntries(Object.entries(cardSituations).map(([name, view]) => [name, { view }])),
  maintenanceLast: {
    view: situations['maintenanceAll'] ?? emptyView,
    taps: Array(3).fill('.pager .button:last-child'),
  },
  maintenanceOther: { view: situations['maintenanceAll'] ?? emptyView, taps: ['.onward .first'] },
  procedures: { view: emptyView, taps: ['button[lang=ca]'] },
  manyProcedures: { view: { ...emptyView, procedures: manyProcedures }, taps: ['button[lang=ca]'] },
  nature: { view: withCopy({ pages: readyPages(4) }), taps: ['.onward .primary'] },
  leftOut: { view: situations['reviewLeftOut'] ?? emptyView, taps: ['.hint .button'] },
  tooLarge: { view: situations['reviewTooLarge'] ?? emptyView, taps: ['.onward .primary'] },
  undo: { view: withCopy({ pages: readyPages(9) }), taps: ['.tools .button:nth-child(6)'] },
  choices: { view: { ...emptyView, waiting, portals, offersCards: true }, taps: ['button[lang=ca]'] },
  buy: { view: cardSituations['cardSummary'] ?? emptyView, taps: ['.onward .primary'] },
  accents: { view: cardSituations['cardTyping'] ?? emptyView, taps: ['.key.wide:nth-child(2)'] },
  digits: { view: cardSituations['cardTyping'] ?? emptyView, taps: ['.key.wide'] },
  portals: { view: { ...emptyView, waiting, portals }, taps: ['button[lang=ca]', '.pager .button:last-child'] },
  welcomeWaiting: { view: { ...emptyView, waiting } },
  chosenFiles: { view: withRequest({ ...filesToLoad, several: true }), taps: ['.files li:nth-child(2) button'] },
  lastDocuments: { view: withRequest({}), taps: ['.pager .button:last-child'] },
  refuse: { view: requestSituations['requestPin'] ?? emptyView, taps: ['.cancel'] },
  stop: { view: requestSituations['requestSigning'] ?? emptyView, taps: ['.onward .danger'] },
  cancel: { view: withCopy({}), taps: ['.cancel'] },
  enlarged: { view: withCopy({ pages: readyPages(2) }), taps: ['.tools .button:nth-child(3)'] },
  pickup: { view: withPickup, taps: ['button[lang=ca]', '.choices li:first-child button', ...typing] },
  askedPaper: { view: withCopy({ asked }) },
  askedNature: { view: withCopy({ asked, pages: readyPages(1) }), taps: ['.onward .primary'] },
  askedReceipt: { view: withCopy({ asked, stage: 'done', result }) },
  onward: { view: withCopy({ asked, stage: 'done', result }), taps: ['.onward .primary'] },
  longNames: {
    view: {
      ...withCard([{ ...certificate, holder: `${certificate.holder} de Montcada i Requesens` }], 'few'),
      kiosk: { ...emptyView.kiosk, bodyName: { ca: long } },
    },
  },
  longReceipt: {
    view: withCopy({
      stage: 'done',
      result: {
        ...result,
        signer: `${certificate.holder} de Montcada i Requesens`,
        deliveries: [{ destinationId: 'arxiu', state: 'refused' }],
        qr: `https://seu.vilaficticia.example/verificacio/copies/electroniques?referencia=${'K7QF2M9X'.repeat(8)}`,
      },
    }),
  },
}

describe.each(Object.keys(panels) as PanelName[])('on the %s panel', panel => {
  let context: BrowserContext
  let page: Page
  const complaints: string[] = []
  beforeAll(async () => {
    context = await screens.context(panel)
    page = await context.newPage()
    page.setDefaultTimeout(5000)
    page.on('console', message => {
      if (!frameWarning.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
  })
  afterAll(() => context.close())

  it.each(Object.entries(cases))('%s is laid out and accessible', async (_name, { view, taps = [] }) => {
    standIn.push(view)
    await page.goto(standIn.url)
    for (const selector of taps) await page.tap(selector)
    await settled(page)
    expect(await layoutFaults(page, panel)).toEqual([])
    // What axe looks at does not depend on the panel, and a small page is quicker to judge.
    if (panel === 'landscape') expect(await accessibilityFaults(page)).toEqual([])
    for (const language of languages.slice(1)) {
      if (!(await speak(page, language))) break
      expect(await layoutFaults(page, panel), language).toEqual([])
    }
    expect(complaints.splice(0)).toEqual([])
  })
})

/** Switches the language where the bar can be reached; false on the first screen and below a dialog. */
async function speak(page: Page, language: string): Promise<boolean> {
  return page.evaluate(async wanted => {
    const button = document.querySelector<HTMLButtonElement>(`.languages button[lang=${wanted}]`)
    if (button === null || document.querySelector('dialog') !== null) return false
    button.click()
    while (document.documentElement.lang !== wanted) await new Promise(resolve => setTimeout(resolve, 5))
    return true
  }, language)
}

async function settled(page: Page): Promise<void> {
  await page.waitForSelector('h1')
  await page.waitForFunction(() => Array.from(document.images).every(image => image.complete && image.naturalWidth > 0))
}

async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' | ')}`)
  })
}

/** What hangs over the screen or its own box, and which button is too small or too high up, in words. */
async function layoutFaults(page: Page, panel: PanelName): Promise<readonly string[]> {
  const { width, height, glassMillimetres } = panels[panel]
  const limits = {
    width,
    height,
    smallest: Math.floor((smallestTargetMillimetres * width) / glassMillimetres),
    highest: panel === 'portrait' ? height / 3 : 0,
  }
  return page.evaluate(({ width, height, smallest, highest }) => {
    const faults: string[] = []
    const seen = Array.from(document.querySelectorAll('body *')).filter(
      one => one.closest('.spoken') === null && (one.closest('svg') ?? one) === one,
    )
    for (const one of seen) {
      const box = one.getBoundingClientRect()
      const name = `${one.tagName}.${one.className} "${one.textContent?.slice(0, 30)}"`
      if (box.width === 0) continue
      if (box.left < -1 || box.top < -1 || box.right > width + 1 || box.bottom > height + 1) faults.push(`off ${name}`)
      // A few pixels of a font's line box reach below it without being seen.
      const overflows = one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 4
      // The one text that is cut on purpose: a very long name of the body, after two lines.
      if (one.clientWidth > 0 && overflows && !one.classList.contains('body-name')) faults.push(`overflow ${name}`)
      if (one.tagName !== 'BUTTON') continue
      if (box.width < smallest || box.height < smallest) faults.push(`small ${name} ${box.width} × ${box.height}`)
      if (box.top < highest) faults.push(`high ${name} ${box.top}`)
    }
    return faults
  }, limits)
}

it('no style moves, blurs, casts a shadow, waits for a hover or fetches anything', () => {
  const root = new URL('..', import.meta.url).pathname
  const styles = globSync('ui/style/*.css', { cwd: root }).map(path => readFileSync(root + path, 'utf8'))
  expect(styles.length).toBeGreaterThan(0)
  const rules = styles.join('\n').replaceAll(/\/\*.*?\*\//gs, '')
  expect(rules).not.toMatch(/animation|transition|@keyframes|shadow|blur|:hover|url\(/)
})
