// What becomes of a request: what the person is told at its end, what silence does to it, and what else the kiosk offers
// beside its own procedures; by touch, against a scripted stand-in for the appliance.

import { describe, expect, it } from 'vitest'
import { say } from '../ui/text/texts.ts'
import { portals, requestSituations, waiting, withRequest } from './ui-request-views.ts'
import { emptyView } from './ui-views.ts'
import { screenVisit } from './ui-visit.ts'

const visit = screenVisit()
const situation = (name: string) => requestSituations[name] ?? emptyView
const main = () => visit.page.locator('main').textContent()
/** While time stands still nothing is painted, so that only what the page holds can be waited for. */
const there = (text: string) => visit.page.getByText(text).waitFor({ state: 'attached' })

describe('the end', () => {
  it('counts what was signed, what failed and why, and what nobody touched', async () => {
    await visit.show(situation('requestDoneSome'))
    const counts = await visit.page.locator('dl').textContent()
    expect(counts).toBe('Signats8Amb error2Sense signar2')
    expect(await visit.page.locator('.failures li').allTextContents()).toEqual([
      `Certificat de convivència.pdf${say('ca', 'error.REFERENCE_UNAVAILABLE').split('\n')[0]}`,
      expect.stringMatching(/^Contracte.*\.pdf.*xifrat/),
    ])
  })

  it('denies nothing that was signed before the card went', async () => {
    for (const fault of ['TOKEN_REMOVED', 'REQUEST_DECLINED'] as const) {
      const request = { id: fault, stage: 'finished', fault } as const
      await visit.show(withRequest({ ...request, done: 3 }))
      expect(await visit.page.locator('h1').textContent()).toBe(say('ca', 'requestDone.some'))
      expect(await visit.page.locator('.panel').count()).toBe(0)
      await visit.show(withRequest({ ...request, done: 0 }))
      expect(await visit.page.locator('.panel').count()).toBe(1)
    }
  })

  it.each([
    ['requestDone', 'requestDone.all'],
    ['requestDoneNone', 'requestDone.none'],
    ['requestDoneFault', 'requestDone.none'],
    ['requestDoneCertificate', 'requestDone.certificate'],
    ['requestDoneSave', 'requestDone.save'],
    ['requestDoneLoad', 'requestDone.load'],
    ['requestDoneLoadFault', 'requestDone.failed'],
  ] as const)('%s is told by its title', async (name, title) => {
    await visit.show(situation(name))
    expect(await visit.page.locator('h1').textContent()).toBe(say('ca', title))
  })

  it('closes the window that was opened in front for it, and no other', async () => {
    await visit.page.addInitScript(() => {
      window.close = () => void document.documentElement.setAttribute('data-closed', '')
    })
    const closed = visit.page.locator('html[data-closed]')
    visit.standIn.push(withRequest({}))
    await visit.page.goto(`${visit.standIn.url}?front=1`)
    await visit.onScreen('request')
    expect(await closed.count()).toBe(0)
    visit.standIn.push(emptyView)
    await closed.waitFor({ state: 'attached' })
    await visit.show(withRequest({}))
    await visit.push(emptyView, 'welcome')
    expect(await closed.count()).toBe(0)
  })
})

describe('silence', () => {
  it('is asked about, and only the appliance refuses after it', async () => {
    await visit.stopTime()
    await visit.show(withRequest({}))
    await visit.page.clock.runFor(120_000)
    await there(say('ca', 'idle.refuse'))
    await visit.page.clock.runFor(31_000)
    expect(visit.standIn.posts).toEqual([])
  })

  it('is broken by a touch, which the appliance is told of', async () => {
    await visit.stopTime()
    await visit.show(withRequest({}))
    await visit.page.locator('h1').tap()
    await expect.poll(() => visit.standIn.posts.map(post => post.path)).toEqual(['request/stay'])
  })

  it('waits while documents are signed, tells what stays when a PIN is wanted, and closes what has ended', async () => {
    await visit.stopTime()
    await visit.show(situation('requestSigning'))
    await visit.page.clock.runFor(130_000)
    expect(await visit.page.locator('dialog').count()).toBe(0)
    visit.standIn.push(situation('requestNextPin'))
    await there('Document 4 de 12')
    await visit.page.clock.runFor(120_000)
    await there(say('ca', 'idle.stop'))
    visit.standIn.push(situation('requestDone'))
    await there(say('ca', 'requestDone.all'))
    await visit.page.clock.runFor(152_000)
    await expect.poll(visit.paths).toEqual(['request/close'])
  })

  it('in one window is none while somebody touches another', async () => {
    await visit.stopTime()
    await visit.show(withRequest({}))
    await visit.page.clock.runFor(125_000)
    await there(say('ca', 'idle.refuse'))
    const front = await visit.page.context().newPage()
    await front.goto(`${visit.standIn.url}?front=1`)
    await front.locator('h1').tap()
    await expect.poll(() => visit.page.locator('dialog').count()).toBe(0)
  })

  it('is not asked about while a page of others lies in front, but is afterwards', async () => {
    const turn = (state: 'hidden' | 'visible') =>
      visit.page.evaluate(wanted => {
        Object.defineProperty(document, 'visibilityState', { value: wanted, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, state)
    await visit.stopTime()
    await visit.show({ ...emptyView, portals })
    await visit.page.locator('button[lang=es]').tap()
    await there(say('es', 'procedures.all'))
    await turn('hidden')
    await visit.page.clock.runFor(130_000)
    expect(await visit.page.locator('dialog').count()).toBe(0)
    await turn('visible')
    await visit.page.clock.runFor(121_000)
    await there(say('es', 'idle.end'))
  })

  it('before a request came does not count', async () => {
    await visit.stopTime()
    await visit.show(emptyView)
    await visit.page.locator('button[lang=es]').tap()
    await there(say('es', 'procedures.title'))
    await visit.page.clock.runFor(115_000)
    visit.standIn.push(withRequest({}))
    await there(say('es', 'request.title.sign'))
    await visit.page.clock.runFor(30_000)
    expect(await visit.page.locator('dialog').count()).toBe(0)
  })
})

describe('the language', () => {
  it('is the one chosen last where nobody has chosen, and the first of the kiosk before that', async () => {
    await visit.show(withRequest({}))
    expect(await visit.page.locator('html').getAttribute('lang')).toBe('ca')
    await visit.page.locator('.languages').getByRole('button', { name: 'English' }).tap()
    await visit.page.waitForSelector('html[lang=en]')
    await visit.push(emptyView, 'welcome')
    await visit.push(withRequest({ id: 'request-2' }), 'request')
    await visit.page.waitForSelector('html[lang=en]')
    await visit.page.reload()
    await visit.page.waitForSelector('html[lang=en]')
  })
})

describe('what can be done here', () => {
  it('is what programs wait for first, and pages of others last', async () => {
    await visit.show({ ...emptyView, waiting, portals })
    await visit.page.getByText(say('ca', 'queue.asked.other', { count: 2 })).waitFor()
    await visit.page.locator('button[lang=es]').tap()
    await visit.onScreen('procedures')
    expect(await visit.page.locator('h1').textContent()).toBe(say('es', 'procedures.all'))
    expect(await main()).toContain('Pide 340 firmas · ya hay 120 hechas')
    await visit.page.getByRole('button', { name: /^Comptabilitat/ }).tap()
    await expect.poll(visit.paths).toEqual(['waiting/w2/take'])
  })

  it('opens a page of others in a window that knows nothing of this one', async () => {
    await visit.page.addInitScript(() => {
      window.open = (...given) => {
        document.documentElement.setAttribute('data-opened', JSON.stringify(given))
        return null
      }
    })
    await visit.show({ ...emptyView, procedures: [], portals })
    await visit.page.locator('button[lang=es]').tap()
    await visit.page.getByRole('button', { name: /^Sede electrónica/ }).tap()
    const opened = await visit.page.locator('html').getAttribute('data-opened')
    expect(JSON.parse(opened ?? 'null')).toEqual([portals[0]?.url, '_blank', 'noopener,noreferrer'])
  })
})
