// The maintenance screen by finger: the way in that nobody takes by chance, one touch to check a scanner, and the way back,
// by a word or by silence.

import { describe, expect, it } from 'vitest'
import { say } from '../ui/text/texts.ts'
import { checkedAs, emptyView, maintained, manyPausedHosts, pausedHosts, readyPages, withCopy } from './ui-views.ts'
import { screenVisit } from './ui-visit.ts'

const visit = screenVisit()

async function knock(times: number): Promise<void> {
  for (let count = 0; count < times; count++) await visit.page.locator('.welcome h1').tap()
}

describe('the way in', () => {
  it('is five quick touches on the name of the body', async () => {
    await visit.show(emptyView)
    await knock(4)
    expect(visit.paths()).toEqual([])
    await knock(1)
    await expect.poll(visit.paths).toEqual(['maintenance/open'])
    await visit.push(maintained({}), 'maintenance')
  })

  it('says why it stays closed, and no longer when a person begins', async () => {
    await visit.show(emptyView)
    visit.standIn.answer('maintenance/open', 500, { code: 'STORAGE_FAILED', detail: 'input/output error' })
    await knock(5)
    const told = say('ca', 'error.STORAGE_FAILED').split('\n')[0] ?? ''
    await visit.page.getByText(told).waitFor()
    await visit.page.locator('button[lang=ca]').tap()
    await visit.onScreen('procedures')
    expect(await visit.page.getByText(told).count()).toBe(0)
  })

  it('is not five touches that a touch elsewhere comes between', async () => {
    await visit.show(emptyView)
    await knock(3)
    await visit.page.locator('.welcome .lead p').first().tap()
    await knock(4)
    expect(visit.paths()).toEqual([])
    await knock(1)
    await expect.poll(visit.paths).toEqual(['maintenance/open'])
  })

  it('is not there while a copy is in hand, and a copy covers what was open', async () => {
    await visit.show(withCopy({ pages: readyPages(2) }))
    for (let count = 0; count < 6; count++) await visit.page.locator('h1').tap()
    expect(visit.paths()).toEqual([])
    await visit.push(
      { ...withCopy({ pages: readyPages(2) }), maintenance: maintained({}).maintenance ?? never() },
      'review',
    )
  })
})

describe('a check', () => {
  it('starts by one touch on the scanner, is told in words and to a screen reader, and leads back to the list', async () => {
    await visit.show(maintained({}))
    await visit.page.getByRole('button', { name: /^Fujitsu/ }).tap()
    await expect.poll(visit.paths).toEqual(['maintenance/check'])
    expect(JSON.parse(String(visit.asked()[0]?.body))).toEqual({ deviceId: 'feeder' })
    await visit.push(maintained({ work: 'scanning' }), 'checking')
    await expect.poll(() => visit.page.locator('.spoken').textContent()).toBe(say('ca', 'checking.scanning'))
    visit.standIn.push(maintained({ work: 'measuring' }))
    await expect.poll(() => visit.page.locator('.spoken').textContent()).toBe(say('ca', 'checking.measuring'))
    await visit.push(checkedAs('fail'), 'checked')
    expect(await visit.page.locator('h1').textContent()).toBe(say('ca', 'checked.fail'))
    expect(await visit.page.locator('.topics li').count()).toBe(6)
    await expect.poll(() => visit.page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    await visit.button(say('ca', 'action.back')).tap()
    await expect.poll(visit.paths).toEqual(['maintenance/check', 'maintenance/open'])
  })

  it('cannot be started on a scanner that is away', async () => {
    await visit.show(maintained({}))
    expect(await visit.page.getByRole('button', { name: /^Canon/ }).isDisabled()).toBe(true)
  })

  it('is stopped by one touch', async () => {
    await visit.show(maintained({ work: 'scanning' }))
    await visit.button(say('ca', 'action.stop')).tap()
    await expect.poll(visit.paths).toEqual(['maintenance/close'])
  })
})

describe('a host that is left alone', () => {
  it('is told with its cause and its times, before the scanners, and asked by one touch', async () => {
    await visit.show(maintained({ pauses: pausedHosts }))
    const choice = visit.page.locator('.scanners button').first()
    const told = (await choice.textContent()) ?? ''
    expect(told).toContain(`${say('ca', 'pause.delivery')}: arxiu.ajuntament-de…-roures.example:8443`)
    expect(told).toContain(say('ca', 'error.DESTINATION_UNREACHABLE').split('\n')[0])
    expect(told).toMatch(/9\/3\/26,? \d?\d:42\./)
    await visit.page.getByText('segell.example:443').tap()
    await expect.poll(visit.paths).toEqual(['maintenance/ask'])
    expect(JSON.parse(String(visit.asked()[0]?.body))).toEqual({ host: 'segell.example:443' })
    visit.standIn.push(maintained({ pauses: [] }))
    await visit.page.getByRole('button', { name: /^Fujitsu/ }).waitFor()
  })

  it('keeps nobody from the scanners, however many there are', async () => {
    await visit.show(maintained({ pauses: manyPausedHosts }))
    expect(await visit.page.locator('.range').textContent()).toBe(
      say('ca', 'pager.range', { first: 1, last: 2, count: 10 }),
    )
    await visit.button(say('ca', 'maintenance.toScanners')).tap()
    await visit.page.getByRole('button', { name: /^Fujitsu/ }).waitFor()
    await visit.button(say('ca', 'maintenance.toHosts', { count: 10 })).tap()
    await visit.page.locator('.host').first().waitFor()
    expect(visit.paths()).toEqual([])
  })
})

describe('the way back', () => {
  it('closes it and forgets the language that was chosen there', async () => {
    await visit.show(maintained({}))
    await visit.page.locator('.languages button[lang=es]').tap()
    await visit.button(say('es', 'action.back')).tap()
    await expect.poll(visit.paths).toEqual(['maintenance/close'])
    await visit.push(emptyView, 'welcome')
  })

  it('is taken by itself when nobody is there, but not while the scanner works', async () => {
    await visit.stopTime()
    await visit.show(maintained({ work: 'scanning' }))
    await visit.page.clock.runFor(600_000)
    expect(visit.paths()).toEqual([])
    visit.standIn.push(checkedAs('ok'))
    await visit.page.getByText(say('ca', 'checked.ok')).waitFor()
    await visit.page.clock.runFor(119_000)
    expect(await visit.page.locator('dialog').count()).toBe(0)
    await visit.page.clock.runFor(32_000)
    await expect.poll(visit.paths).toEqual(['maintenance/close'])
  })
})

function never(): never {
  throw new Error('a view without maintenance')
}
