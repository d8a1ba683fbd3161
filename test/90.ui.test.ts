// A person's visit at the screen, by touch, against a scripted stand-in for the appliance: what each touch asks for, and
// where a PIN may never be.

import { describe, expect, it } from 'vitest'
import { say } from '../ui/text/texts.ts'
import type { Post } from './ui-fixture.ts'
import { certificate, emptyView, otherCertificate, readyPages, result, withCard, withCopy } from './ui-views.ts'
import { screenVisit } from './ui-visit.ts'

const visit = screenVisit()
const json = (post: Post | undefined): unknown => JSON.parse(post?.body.toString() ?? 'null')

describe('a whole visit', () => {
  it('goes from the language to the receipt, each touch asking for one thing', async () => {
    await visit.show(emptyView)
    await visit.button('Castellano Toque aquí para empezar').tap()
    await visit.page.getByRole('button', { name: 'Registro general' }).tap()
    await expect.poll(visit.paths).toEqual(['copy'])
    expect(json(visit.asked()[0])).toEqual({ procedureId: 'registre', language: 'es' })

    await visit.push(withCopy({ language: 'es' }), 'paper')
    await visit.button('Escanear').tap()
    await visit.push(withCopy({ language: 'es', scanning: true, pages: readyPages(2) }), 'scanning')
    await visit.button('Detener').tap()
    await visit.push(withCopy({ language: 'es', pages: readyPages(2) }), 'review')
    await visit.button('Continuar').tap()
    await visit.onScreen('nature')
    await visit.page.getByRole('button', { name: 'El documento original' }).tap()
    await expect.poll(visit.paths).toEqual(['copy', 'copy/scan', 'copy/stop', 'copy/approve'])
    expect(json(visit.asked()[3])).toEqual({ sourceNature: 'original' })

    await visit.push(withCopy({ language: 'es', stage: 'composing', pages: readyPages(2) }), 'preparing')
    await visit.push(withCard([certificate], 'unknown'), 'pin')
    await visit.typePin('4917')
    visit.standIn.answer('copy/sign/token-1/0a1b', 200, { outcome: 'signed' })
    await visit.button('Firmar').tap()
    await expect.poll(visit.paths).toContain('copy/sign/token-1/0a1b')

    await visit.push(withCopy({ language: 'es', stage: 'delivering', result }), 'receipt')
    expect(await visit.page.locator('.reference strong').textContent()).toBe('K7QF-2M9X')
    await visit.button('Terminar').tap()
    await expect.poll(() => visit.paths().at(-1)).toBe('copy/leave')
    await visit.push(emptyView, 'welcome')
    expect(await visit.page.content()).not.toMatch(/K7QF|Puigdevall/)
    expect(visit.asked().every(post => post.fromScreen)).toBe(true)
    expect(visit.complaints).toEqual([])
  })

  it('tells whoever still stands there when a finished copy cannot go on', async () => {
    await visit.show(withCopy({ language: 'es', stage: 'delivering', result }))
    const where = visit.page.locator('.receipt dl')
    expect(await where.textContent()).toContain(say('es', 'receipt.where.waiting'))
    await visit.push(withCopy({ language: 'es', stage: 'delivering', fault: 'CERTIFICATE_REVOKED', result }), 'receipt')
    await expect.poll(() => where.textContent()).toContain(say('es', 'receipt.where.stopped'))
  })

  it('does not say that a copy is ready or only to be sent that waits for its seal', async () => {
    const unsealed = { ...result, signer: null, unsealed: true }
    await visit.show(withCopy({ language: 'es', stage: 'delivering', result: unsealed }))
    const shown = visit.page.locator('.receipt')
    expect(await shown.textContent()).toContain(say('es', 'receipt.where.toBeSealed'))
    expect(await visit.page.locator('h1').textContent()).toBe(say('es', 'receipt.title.unsealed'))
    await visit.push(
      withCopy({ language: 'es', stage: 'delivering', fault: 'SEAL_REFUSED', result: unsealed }),
      'receipt',
    )
    await expect.poll(() => shown.textContent()).toContain(say('es', 'receipt.where.notSealed'))
    await visit.push(
      withCopy({ language: 'es', stage: 'delivering', result: { ...unsealed, deliveries: [] } }),
      'receipt',
    )
    await expect.poll(() => shown.textContent()).toContain(say('es', 'receipt.where.toBeSealedOnly'))
  })

  it('does not ask for the nature of the source where there is one answer', async () => {
    await visit.show(withCopy({ procedureId: 'padro', pages: readyPages(1) }))
    await visit.button('Continua').tap()
    await expect.poll(visit.paths).toEqual(['copy/approve'])
    expect(json(visit.asked()[0])).toEqual({ sourceNature: 'original' })
  })

  it('loses nothing when the browser starts anew', async () => {
    await visit.show(withCopy({ language: 'en', pages: readyPages(3) }))
    await visit.page.reload()
    await visit.onScreen('review')
    expect(await visit.page.locator('.thumbnail').count()).toBe(3)
    expect(await visit.page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('can be made in another language at any step', async () => {
    await visit.show(withCopy({}))
    expect(await visit.page.locator('h1').textContent()).toBe(say('ca', 'paper.title'))
    await visit.page.locator('.languages').getByRole('button', { name: 'English' }).tap()
    await visit.page.waitForSelector('html[lang=en]')
    expect(await visit.page.locator('h1').textContent()).toBe(say('en', 'paper.title'))
  })
})

describe('the pages', () => {
  it('are turned, moved, deleted and put back one at a time', async () => {
    await visit.show(withCopy({ pages: readyPages(3) }))
    await visit.page.locator('.thumbnail').nth(1).tap()
    await visit.button('Gira a la dreta').tap()
    await visit.button('Gira a l’esquerra').tap()
    await visit.button('Avança').tap()
    await visit.button('Suprimeix').tap()
    await visit.button('Recupera-la').tap()
    await expect
      .poll(visit.paths)
      .toEqual([
        'copy/pages/p2/turn',
        'copy/pages/p2/turn',
        'copy/order',
        'copy/pages/p2/delete',
        'copy/pages/p2/restore',
      ])
    expect(visit.asked().slice(0, 3).map(json)).toEqual([{ by: 90 }, { by: 270 }, { pageIds: ['p2', 'p1', 'p3'] }])
  })

  it('wait for every page to be ready and usable before the copy goes on', async () => {
    const [first, second] = readyPages(2)
    if (first === undefined || second === undefined) throw new Error('two pages')
    await visit.show(withCopy({ pages: [first, { ...second, ready: false }] }))
    await visit.page.getByText(say('ca', 'review.wait')).waitFor()
    expect(await visit.button('Continua').isDisabled()).toBe(true)
    visit.standIn.push(withCopy({ pages: [first, { ...second, ready: false, unusable: 'IMAGE_UNREADABLE' }] }))
    await visit.page.getByText(say('ca', 'review.unusable', { number: 2 })).waitFor()
    expect(await visit.button('Continua').isDisabled()).toBe(true)
  })

  it('are said to be safe when the feeder jams, and the scan goes on from there', async () => {
    await visit.show(withCopy({ fault: 'SCANNER_JAM', pages: readyPages(2) }))
    const panel = visit.page.locator('.panel')
    expect(await panel.textContent()).toContain('Les pàgines 1 a 2 estan desades.')
    await visit.button('Continua escanejant').tap()
    await expect.poll(visit.paths).toEqual(['copy/scan'])
    await visit.button('Mostra les pàgines').tap()
    await visit.onScreen('review')
  })

  it('are shown turned as the person turned them', async () => {
    const pages = readyPages(1).map(one => ({ ...one, turn: 90 as const }))
    await visit.show(withCopy({ pages }))
    const image = visit.page.locator('.lead img.turned-90')
    await image.waitFor()
    await expect
      .poll(async () => {
        const box = await image.boundingBox()
        return box !== null && box.width > box.height
      })
      .toBe(true)
  })
})

describe('a slow finger', () => {
  const held = ['pointerdown', 'contextmenu', 'pointerup']

  it('presses the button that it was lifted from, once, whether the browser sends a click of its own or not', async () => {
    await visit.stopTime()
    await visit.show(withCopy({ pages: readyPages(1) }))
    for (const event of [...held, 'click']) await visit.button('Gira a la dreta').dispatchEvent(event)
    await visit.page.clock.runFor(1000)
    for (const event of held) await visit.button('Gira a l’esquerra').dispatchEvent(event)
    await visit.page.clock.runFor(1000)
    await expect.poll(() => visit.asked().map(json)).toEqual([{ by: 90 }, { by: 270 }])
  })

  it('can change its mind and be lifted elsewhere', async () => {
    await visit.show(withCopy({}))
    await visit.button('Escaneja').dispatchEvent('pointerdown')
    await visit.button('Escaneja').dispatchEvent('contextmenu')
    await visit.page.locator('h1').dispatchEvent('pointerup')
    await visit.button('Cancel·la').tap()
    await visit.page.getByText(say('ca', 'cancel.text')).waitFor()
    expect(visit.paths()).toEqual([])
  })
})

describe('the PIN', () => {
  it('goes out as octets and is nowhere in the page, its storage or its address', async () => {
    await visit.show(withCard([certificate], 'unknown'))
    await visit.typePin('49170')
    await visit.page.getByRole('button', { name: 'Esborra l’última xifra' }).tap()
    const traces = await visit.page.evaluate(() => [
      document.documentElement.outerHTML,
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
      Array.from(document.querySelectorAll('input, textarea'), field => field.outerHTML).join(),
    ])
    expect(traces.join('\n')).not.toMatch(/4917|4,9,1,7/)
    expect(await visit.page.locator('.dots .typed').count()).toBe(4)
    visit.standIn.answer('copy/sign/token-1/0a1b', 200, { outcome: 'refused', code: 'PIN_WRONG', tries: 'few' })
    await visit.button('Signa').tap()
    await expect.poll(visit.paths).toEqual(['copy/sign/token-1/0a1b'])
    const [post] = visit.asked()
    expect(post?.contentType).toBe('application/octet-stream')
    expect(post?.body.toString()).toBe('4917')

    await visit.page.getByText(say('ca', 'pin.tries.few')).waitFor()
    expect(await visit.page.locator('.dots .typed').count()).toBe(0)
    expect(await visit.button('Signa').isDisabled()).toBe(true)
  })

  it('is erased when its screen goes, by a lost card or a lost connection', async () => {
    await visit.show(withCard([certificate], 'unknown'))
    await visit.typePin('1234')
    await visit.push(withCopy({ stage: 'signing', card: { state: 'absent' } }), 'card')
    await visit.push(withCard([certificate], 'unknown'), 'pin')
    expect(await visit.page.locator('.dots .typed').count()).toBe(0)
  })

  it('is asked for on the last try only after somebody is sure of it', async () => {
    await visit.show(withCard([certificate], 'last'))
    await visit.onScreen('lastTry')
    await visit.button('Conec bé el PIN').tap()
    await visit.onScreen('pin')
    await visit.typePin('1234')
    visit.standIn.answer('copy/sign/token-1/0a1b', 200, { outcome: 'refused', code: 'SIGNATURE_FAILED', tries: 'last' })
    await visit.button('Signa').tap()
    await visit.onScreen('lastTry')
  })

  it('belongs to the certificate that was chosen', async () => {
    await visit.show(withCard([certificate, otherCertificate], 'unknown'))
    await visit.page.getByRole('button', { name: otherCertificate.holder }).tap()
    await visit.onScreen('pin')
    expect(await visit.page.locator('.holder strong').textContent()).toBe(otherCertificate.holder)
    await visit.page.keyboard.type('abc1')
    await visit.page.keyboard.press('Enter')
    await expect.poll(visit.paths).toEqual(['copy/sign/token-1/0a1c'])
    expect(visit.asked()[0]?.body.toString()).toBe('abc1')
  })
})
