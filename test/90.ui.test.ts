// A person's visit at the screen, by touch, against a scripted stand-in for the appliance: what each touch asks for, and
// what the screen may never do, such as keep a PIN or show pages that nobody has claimed.

import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { View } from '../device/http/view.ts'
import { say } from '../ui/text/texts.ts'
import { buildInterface, type Post, type Screens, type StandIn, startScreens, startStandIn } from './ui-fixture.ts'
import { certificate, emptyView, otherCertificate, readyPages, result, withCard, withCopy } from './ui-views.ts'

let built: Awaited<ReturnType<typeof buildInterface>>
let standIn: StandIn
let screens: Screens
let context: BrowserContext
let page: Page
let complaints: string[]

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

/** What was asked for, without the calls that only tell that somebody is there. */
const asked = () => standIn.posts.filter(post => post.path !== 'copy/stay')
const paths = () => asked().map(post => post.path)
const json = (post: Post | undefined): unknown => JSON.parse(post?.body.toString() ?? 'null')

async function show(view: View): Promise<void> {
  standIn.push(view)
  await page.goto(standIn.url)
  await page.waitForSelector('h1')
}

/** Pushes a view to the page as it stands and waits for the screen that belongs to it. */
async function push(view: View, screen: string): Promise<void> {
  standIn.push(view)
  await onScreen(screen)
}

const onScreen = (screen: string) => page.waitForSelector(`html[data-screen=${screen}]`, { state: 'attached' })
const button = (name: string) => page.getByRole('button', { name, exact: true })

async function typePin(pin: string): Promise<void> {
  for (const digit of pin) await page.locator('.pin-pad').getByRole('button', { name: digit, exact: true }).tap()
}

describe('a whole visit', () => {
  it('goes from the language to the receipt, each touch asking for one thing', async () => {
    await show(emptyView)
    await button('Castellano Toque aquí para empezar').tap()
    await page.getByRole('button', { name: 'Registro general' }).tap()
    await expect.poll(paths).toEqual(['copy'])
    expect(json(asked()[0])).toEqual({ procedureId: 'registre', language: 'es' })

    await push(withCopy({ language: 'es' }), 'paper')
    await button('Escanear').tap()
    await push(withCopy({ language: 'es', scanning: true, pages: readyPages(2) }), 'scanning')
    await button('Detener').tap()
    await push(withCopy({ language: 'es', pages: readyPages(2) }), 'review')
    await button('Continuar').tap()
    await onScreen('nature')
    await page.getByRole('button', { name: 'El documento original' }).tap()
    await expect.poll(paths).toEqual(['copy', 'copy/scan', 'copy/stop', 'copy/approve'])
    expect(json(asked()[3])).toEqual({ sourceNature: 'original' })

    await push(withCopy({ language: 'es', stage: 'composing', pages: readyPages(2) }), 'preparing')
    await push(withCard([certificate], 'unknown'), 'pin')
    await typePin('4917')
    standIn.answer('copy/sign/token-1/0a1b', 200, { outcome: 'signed' })
    await button('Firmar').tap()
    await expect.poll(paths).toContain('copy/sign/token-1/0a1b')

    await push(withCopy({ language: 'es', stage: 'delivering', result }), 'receipt')
    expect(await page.locator('.reference strong').textContent()).toBe('K7QF-2M9X')
    await button('Terminar').tap()
    await expect.poll(() => paths().at(-1)).toBe('copy/leave')
    await push(emptyView, 'welcome')
    expect(await page.content()).not.toMatch(/K7QF|Puigdevall/)
    expect(asked().every(post => post.fromScreen)).toBe(true)
    expect(complaints).toEqual([])
  })

  it('does not ask for the nature of the source where there is one answer', async () => {
    await show(withCopy({ procedureId: 'padro', pages: readyPages(1) }))
    await button('Continua').tap()
    await expect.poll(paths).toEqual(['copy/approve'])
    expect(json(asked()[0])).toEqual({ sourceNature: 'original' })
  })

  it('loses nothing when the browser starts anew', async () => {
    await show(withCopy({ language: 'en', pages: readyPages(3) }))
    await page.reload()
    await onScreen('review')
    expect(await page.locator('.thumbnail').count()).toBe(3)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('can be made in another language at any step', async () => {
    await show(withCopy({}))
    expect(await page.locator('h1').textContent()).toBe(say('ca', 'paper.title'))
    await page.locator('.languages').getByRole('button', { name: 'English' }).tap()
    await page.waitForSelector('html[lang=en]')
    expect(await page.locator('h1').textContent()).toBe(say('en', 'paper.title'))
  })
})

describe('the pages', () => {
  it('are turned, moved, deleted and put back one at a time', async () => {
    await show(withCopy({ pages: readyPages(3) }))
    await page.locator('.thumbnail').nth(1).tap()
    await button('Gira a la dreta').tap()
    await button('Gira a l’esquerra').tap()
    await button('Avança').tap()
    await button('Suprimeix').tap()
    await button('Recupera-la').tap()
    await expect
      .poll(paths)
      .toEqual([
        'copy/pages/p2/turn',
        'copy/pages/p2/turn',
        'copy/order',
        'copy/pages/p2/delete',
        'copy/pages/p2/restore',
      ])
    expect(asked().slice(0, 3).map(json)).toEqual([{ by: 90 }, { by: 270 }, { pageIds: ['p2', 'p1', 'p3'] }])
  })

  it('wait for every page to be ready and usable before the copy goes on', async () => {
    const [first, second] = readyPages(2)
    if (first === undefined || second === undefined) throw new Error('two pages')
    await show(withCopy({ pages: [first, { ...second, ready: false }] }))
    await page.getByText(say('ca', 'review.wait')).waitFor()
    expect(await button('Continua').isDisabled()).toBe(true)
    standIn.push(withCopy({ pages: [first, { ...second, ready: false, unusable: 'IMAGE_UNREADABLE' }] }))
    await page.getByText(say('ca', 'review.unusable', { number: 2 })).waitFor()
    expect(await button('Continua').isDisabled()).toBe(true)
  })

  it('are said to be safe when the feeder jams, and the scan goes on from there', async () => {
    await show(withCopy({ fault: 'SCANNER_JAM', pages: readyPages(2) }))
    const panel = page.locator('.panel')
    expect(await panel.textContent()).toContain('Les pàgines 1 a 2 estan desades.')
    await button('Continua escanejant').tap()
    await expect.poll(paths).toEqual(['copy/scan'])
    await button('Mostra les pàgines').tap()
    await onScreen('review')
  })

  it('are shown turned as the person turned them', async () => {
    const pages = readyPages(1).map(one => ({ ...one, turn: 90 as const }))
    await show(withCopy({ pages }))
    const image = page.locator('.lead img.turned-90')
    await image.waitFor()
    await expect
      .poll(async () => {
        const box = await image.boundingBox()
        return box !== null && box.width > box.height
      })
      .toBe(true)
  })
})

describe('the PIN', () => {
  it('goes out as octets and is nowhere in the page, its storage or its address', async () => {
    await show(withCard([certificate], 'unknown'))
    await typePin('49170')
    await page.getByRole('button', { name: 'Esborra l’última xifra' }).tap()
    const traces = await page.evaluate(() => [
      document.documentElement.outerHTML,
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
      Array.from(document.querySelectorAll('input, textarea'), field => field.outerHTML).join(),
    ])
    expect(traces.join('\n')).not.toMatch(/4917|4,9,1,7/)
    expect(await page.locator('.dots .typed').count()).toBe(4)
    standIn.answer('copy/sign/token-1/0a1b', 200, { outcome: 'refused', code: 'PIN_WRONG', tries: 'few' })
    await button('Signa').tap()
    await expect.poll(paths).toEqual(['copy/sign/token-1/0a1b'])
    const [post] = asked()
    expect(post?.contentType).toBe('application/octet-stream')
    expect(post?.body.toString()).toBe('4917')

    await page.getByText(say('ca', 'pin.tries.few')).waitFor()
    expect(await page.locator('.dots .typed').count()).toBe(0)
    expect(await button('Signa').isDisabled()).toBe(true)
  })

  it('is erased when its screen goes, by a lost card or a lost connection', async () => {
    await show(withCard([certificate], 'unknown'))
    await typePin('1234')
    await push(withCopy({ stage: 'signing', card: { state: 'absent' } }), 'card')
    await push(withCard([certificate], 'unknown'), 'pin')
    expect(await page.locator('.dots .typed').count()).toBe(0)
  })

  it('is asked for on the last try only after somebody is sure of it', async () => {
    await show(withCard([certificate], 'last'))
    await onScreen('lastTry')
    await button('Conec bé el PIN').tap()
    await onScreen('pin')
    await typePin('1234')
    standIn.answer('copy/sign/token-1/0a1b', 200, { outcome: 'refused', code: 'SIGNATURE_FAILED', tries: 'last' })
    await button('Signa').tap()
    await onScreen('lastTry')
  })

  it('belongs to the certificate that was chosen', async () => {
    await show(withCard([certificate, otherCertificate], 'unknown'))
    await page.getByRole('button', { name: otherCertificate.holder }).tap()
    await onScreen('pin')
    expect(await page.locator('.holder strong').textContent()).toBe(otherCertificate.holder)
    await page.keyboard.type('abc1')
    await page.keyboard.press('Enter')
    await expect.poll(paths).toEqual(['copy/sign/token-1/0a1c'])
    expect(asked()[0]?.body.toString()).toBe('abc1')
  })
})

describe('leaving', () => {
  it('asks before it erases', async () => {
    await show(withCopy({ pages: readyPages(2) }))
    await button('Cancel·la').tap()
    await button('No, continua').tap()
    await page.waitForSelector('dialog', { state: 'detached' })
    await button('Cancel·la').tap()
    await button('Sí, cancel·la').tap()
    await expect.poll(paths).toEqual(['copy/leave'])
  })

  it('warns for 30 seconds, and one touch goes on', async () => {
    await page.clock.install()
    await show(withCopy({ pages: readyPages(2) }))
    await page.clock.fastForward(119_000)
    expect(await page.locator('dialog').count()).toBe(0)
    await page.clock.fastForward(1_000)
    expect(await page.locator('.countdown').textContent()).toBe('30')
    await button('Encara hi soc').tap()
    await expect.poll(() => standIn.posts.map(post => post.path)).toEqual(['copy/stay'])
    await page.waitForSelector('dialog', { state: 'detached' })
  })

  it('ends the visit when nobody answers, and not a second before', async () => {
    await page.clock.install()
    await show(withCopy({ pages: readyPages(2) }))
    await page.clock.runFor(120_000 + 29_000)
    expect(paths()).toEqual([])
    await page.clock.runFor(1_000)
    await expect.poll(paths).toEqual(['copy/leave'])
  })

  it('waits without warning while the feeder runs', async () => {
    await page.clock.install()
    await show(withCopy({ scanning: true, pages: readyPages(2) }))
    await page.clock.runFor(600_000)
    expect(await page.locator('dialog').count()).toBe(0)
    expect(standIn.posts).toEqual([])
  })

  it('goes back to the languages by itself where nothing was begun', async () => {
    await page.clock.install()
    await show(emptyView)
    await page.locator('button[lang=en]').tap()
    await onScreen('procedures')
    await page.clock.runFor(151_000)
    await onScreen('welcome')
  })
})

describe('privacy and faults', () => {
  it('shows no page of an interrupted copy, nor claims it by a stray touch, until somebody goes on', async () => {
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    await show(withCopy({ interrupted: true, pages: readyPages(4) }))
    await page.locator('h1').tap()
    await button('Cancel·la').tap()
    await button('No, continua').tap()
    expect(await page.locator('img').count()).toBe(0)
    expect(requests.filter(url => url.includes('preview'))).toEqual([])
    expect(standIn.posts).toEqual([])
    await button('Continua aquesta còpia').tap()
    await expect.poll(() => standIn.posts.map(post => post.path)).toEqual(['copy/stay'])
  })

  it('covers the copy while the appliance is away and comes back by itself', async () => {
    await show(withCopy({ pages: readyPages(2) }))
    await page.waitForSelector('img')
    standIn.goAway()
    await onScreen('lost')
    expect(await page.locator('img, button').count()).toBe(0)
    expect(await page.locator('h1').textContent()).toBe(say('ca', 'lost.title'))
    standIn.comeBack()
    await onScreen('review')
  })

  it('says in words why something was refused, and takes it back with the next touch', async () => {
    await show(withCopy({}))
    standIn.answer('copy/scan', 503, { code: 'SCANNER_BUSY', detail: 'held by another program' })
    await button('Escaneja').tap()
    const notice = page.locator('footer [role=alert]')
    await expect.poll(() => notice.textContent()).toContain('L’escàner està ocupat.')
    expect(await page.content()).not.toMatch(/SCANNER_BUSY|another program/)
    standIn.reset()
    await button('Escaneja').tap()
    await expect.poll(() => notice.textContent()).toBe('')
  })

  it('runs under the appliance’s Content-Security-Policy, with nothing inlined', async () => {
    await show(withCopy({ stage: 'done', result }))
    await page.waitForSelector('svg.qr path')
    const inline = 'style, script:not([src]), [style]:not(img), [onclick]'
    expect(await page.locator(inline).count()).toBe(0)
    expect(complaints).toEqual([])
  })
})
