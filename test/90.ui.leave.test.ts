// How a visit at the screen ends, by a word or by silence, and what the screen does when something is amiss: an interrupted
// copy, an appliance that is away, a refusal.

import { describe, expect, it } from 'vitest'
import { say } from '../ui/text/texts.ts'
import { emptyView, readyPages, result, withCopy } from './ui-views.ts'
import { screenVisit } from './ui-visit.ts'

const visit = screenVisit()

describe('leaving', () => {
  it('asks before it erases', async () => {
    await visit.show(withCopy({ pages: readyPages(2) }))
    await visit.button('Cancel·la').tap()
    await visit.button('No, continua').tap()
    await visit.page.waitForSelector('dialog', { state: 'detached' })
    await visit.button('Cancel·la').tap()
    await visit.button('Sí, cancel·la').tap()
    await expect.poll(visit.paths).toEqual(['copy/leave'])
  })

  it('warns for 30 seconds, and one touch goes on', async () => {
    await visit.stopTime()
    await visit.show(withCopy({ pages: readyPages(2) }))
    await visit.page.clock.runFor(119_000)
    expect(await visit.page.locator('dialog').count()).toBe(0)
    await visit.page.clock.runFor(1_000)
    expect(await visit.page.locator('.countdown').textContent()).toBe('30')
    await visit.page.clock.resume()
    await visit.page.locator('dialog h2').tap()
    expect(await visit.page.locator('.countdown').count()).toBe(1)
    expect(visit.standIn.posts).toEqual([])
    await visit.button('Encara hi soc').tap()
    await expect.poll(() => visit.standIn.posts.map(post => post.path)).toEqual(['copy/stay'])
    await visit.page.waitForSelector('dialog', { state: 'detached' })
  })

  it('ends the visit when nobody answers, and not a second before', async () => {
    await visit.stopTime()
    await visit.show(withCopy({ pages: readyPages(2) }))
    await visit.page.clock.runFor(120_000 + 29_000)
    expect(visit.paths()).toEqual([])
    await visit.page.clock.runFor(1_000)
    await expect.poll(visit.paths).toEqual(['copy/leave'])
  })

  it('waits without warning while the feeder runs', async () => {
    await visit.stopTime()
    await visit.show(withCopy({ scanning: true, pages: readyPages(2) }))
    await visit.page.clock.runFor(600_000)
    expect(await visit.page.locator('dialog').count()).toBe(0)
    expect(visit.standIn.posts).toEqual([])
  })

  it('goes back to the languages by itself where nothing was begun', async () => {
    await visit.stopTime()
    await visit.show(emptyView)
    await visit.page.locator('button[lang=en]').tap()
    await visit.page.getByText(say('en', 'procedures.title')).waitFor()
    await visit.page.clock.runFor(151_000)
    await visit.page.getByText(say('en', 'welcome.start')).waitFor()
  })
})

describe('privacy and faults', () => {
  it('shows no page of an interrupted copy, nor claims it by a stray touch, until somebody goes on', async () => {
    const requests: string[] = []
    visit.page.on('request', request => requests.push(request.url()))
    await visit.show(withCopy({ interrupted: true, pages: readyPages(4) }))
    await visit.page.locator('h1').tap()
    await visit.button('Cancel·la').tap()
    await visit.button('No, continua').tap()
    expect(await visit.page.locator('img').count()).toBe(0)
    expect(requests.filter(url => url.includes('preview'))).toEqual([])
    expect(visit.standIn.posts).toEqual([])
    await visit.button('Continua aquesta còpia').tap()
    await expect.poll(() => visit.standIn.posts.map(post => post.path)).toEqual(['copy/stay'])
  })

  it('covers the copy while the appliance is away and comes back by itself', async () => {
    await visit.show(withCopy({ pages: readyPages(2) }))
    await visit.page.waitForSelector('img')
    visit.standIn.goAway()
    await visit.onScreen('lost')
    expect(await visit.page.locator('img, button').count()).toBe(0)
    expect(await visit.page.locator('h1').textContent()).toBe(say('ca', 'lost.title'))
    visit.standIn.comeBack()
    await visit.onScreen('review')
  })

  it('says in words why something was refused, and takes it back with the next touch', async () => {
    await visit.show(withCopy({}))
    visit.standIn.answer('copy/scan', 503, { code: 'SCANNER_BUSY', detail: 'held by another program' })
    await visit.button('Escaneja').tap()
    const notice = visit.page.locator('footer [role=alert]')
    await expect.poll(() => notice.textContent()).toContain('L’escàner està ocupat.')
    expect(await visit.page.content()).not.toMatch(/SCANNER_BUSY|another program/)
    visit.standIn.reset()
    await visit.button('Escaneja').tap()
    await expect.poll(() => notice.textContent()).toBe('')
  })

  it('runs under the appliance’s Content-Security-Policy, with nothing inlined', async () => {
    await visit.show(withCopy({ stage: 'done', result }))
    await visit.page.waitForSelector('svg.qr path')
    const inline = 'style, script:not([src]), [style]:not(img), [onclick]'
    expect(await visit.page.locator(inline).count()).toBe(0)
    expect(visit.complaints).toEqual([])
  })
})
