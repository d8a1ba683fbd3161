// Orders of cards by finger and by keyboard: what is typed where, what is asked of the appliance, and what stays on the screen
// and what does not.

import { describe, expect, it } from 'vitest'
import { asking, cardSituations, withOrder } from './ui-card-views.ts'
import { emptyView, maintained } from './ui-views.ts'
import { screenVisit } from './ui-visit.ts'

const visit = screenVisit()
const shown = (name: string) => cardSituations[name] ?? emptyView
const bodies = () => visit.asked().map(({ path, body }) => [path, JSON.parse(body.toString() || 'null')])
const value = () => visit.page.locator('input').inputValue()
const key = (face: string) => visit.page.locator('.keyboard').getByRole('button', { name: face, exact: true })

describe('an order', () => {
  it('begins where the kiosk offers it, in the language that was chosen', async () => {
    await visit.show({ ...emptyView, offersCards: true })
    await visit.page.tap('button[lang=en]')
    await visit.page.getByRole('button', { name: /^Order a signature card/ }).tap()
    await visit.push(shown('cardCatalogue'), 'cardCatalogue')
    await expect.poll(() => visit.page.locator('html').getAttribute('lang')).toBe('en')
    await visit.page.getByRole('button', { name: /^Business Key.*40\.00 € plus VAT/ }).tap()
    await visit.button('Back').tap()
    await visit.push({ ...emptyView, offersCards: true }, 'procedures')
    await expect.poll(bodies).toEqual([
      ['cards/open', { language: 'en' }],
      ['cards/choose', { product: 'KEY' }],
      ['cards/leave', null],
    ])
    expect(visit.complaints).toEqual([])
  })

  it('is typed by finger and by a keyboard beside the screen, into the same place', async () => {
    await visit.show(asking({}))
    await key('B').tap()
    await visit.page.keyboard.type('rcelo')
    await visit.page.keyboard.press('ArrowLeft')
    await visit.page.keyboard.press('ArrowLeft')
    await visit.page.keyboard.press('ArrowLeft')
    await visit.page.keyboard.press('ArrowLeft')
    await visit.page.keyboard.press('ArrowLeft')
    await key('a').tap()
    await expect.poll(value).toBe('Barcelo')
    await visit.page.keyboard.press('End')
    await key('o').tap()
    await key('Esborra l’última lletra').tap()
    await key('n').tap()
    await key('a').tap()
    await key('Espai').tap()
    await key('Lletres amb accents').tap()
    await key('Majúscules').tap()
    await key('À').tap()
    await key('Xifres i signes').tap()
    await key('3').tap()
    await expect.poll(value).toBe('Barcelona À3')
    await visit.page.tap('button[lang=es]')
    await expect.poll(value).toBe('Barcelona À3')
    await expect.poll(() => visit.page.locator('h1').textContent()).toBe('Provincia de entrega')
    await visit.page.locator('input').focus()
    await visit.page.keyboard.press('Enter')
    await visit.button('Atrás').tap()
    await expect.poll(bodies).toEqual([
      ['cards/answer', { field: 'provincia_spedizione', value: 'Barcelona À3' }],
      ['cards/back', { value: 'Barcelona À3' }],
    ])
  })

  it('tells what is wrong beside what was typed, and the next question begins empty with the focus in it', async () => {
    await visit.show(shown('cardTypingWrong'))
    await expect.poll(value).toBe('NRELRT00T68L117D')
    const field = visit.page.locator('input')
    await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true')
    const note = visit.page.locator(`#${await field.getAttribute('aria-describedby')}`)
    await expect.poll(() => note.textContent()).toContain('Compari-ho amb la seva targeta')
    visit.standIn.push(asking({}))
    await expect.poll(value).toBe('')
    await expect.poll(() => field.evaluate(one => one === document.activeElement)).toBe(true)
  })

  it('is bought only after the price was told once more', async () => {
    await visit.show(shown('cardSummary'))
    await visit.page.getByRole('button', { name: /^Domicili|^Naixement/ }).tap()
    await visit.button('Demana per 57,90 €').tap()
    await expect.poll(() => visit.page.locator('dialog').textContent()).toMatch(/Costa 57,90\s€ més IVA/)
    await visit.button('No, encara no').tap()
    await visit.button('Demana per 57,90 €').tap()
    await visit.button('Sí, demana-ho').tap()
    await expect.poll(bodies).toEqual([
      ['cards/change', { group: 'birth' }],
      ['cards/order', { price: 57.9 }],
    ])
    await visit.push(withOrder({ stage: 'unknown' }), 'cardOrder')
    await expect.poll(() => visit.page.locator('dialog').count()).toBe(0)
    await expect.poll(() => visit.page.locator('main').textContent()).toContain('no ho torni a demanar')
    await visit.push(shown('cardTwice'), 'cardSummary')
    await expect.poll(() => visit.button('Demana per 57,90 €').isDisabled()).toBe(true)
  })

  it('is asked about before it is given up, and given up when nobody answers', async () => {
    await visit.show(asking({}))
    await visit.page.tap('.cancel')
    await expect.poll(() => visit.page.locator('dialog').textContent()).toContain('s’esborra el que ha escrit')
    await visit.page.locator('dialog .danger').tap()
    await expect.poll(visit.paths).toEqual(['cards/leave'])
    await visit.stopTime()
    await visit.show(asking({}))
    await visit.page.clock.runFor(121_000)
    await expect.poll(() => visit.page.locator('dialog').textContent()).toContain('s’esborra el que ha escrit')
    await visit.page.clock.runFor(31_000)
    await expect.poll(() => visit.paths()).toEqual(['cards/leave', 'cards/leave'])
    visit.standIn.push(emptyView)
    const screen = async () => {
      await visit.page.clock.runFor(20)
      return visit.page.locator('html').getAttribute('data-screen')
    }
    await expect.poll(screen).toBe('welcome')
  })

  it('is found by its code, and shows the numbers of what was sent', async () => {
    await visit.show(shown('cardCode'))
    await key('k').tap()
    await visit.page.keyboard.type('7qf2m9x')
    await visit.button('Continua').tap()
    await expect.poll(bodies).toEqual([['cards/find', { reference: 'k7qf2m9x' }]])
    await visit.push(shown('cardOrderEnded'), 'cardOrder')
    const told = await visit.page.locator('main').textContent()
    for (const number of ['TRACK123456IT', 'BUSTA-0042', '7420000123', 'K7QF-2M9X']) expect(told).toContain(number)
    await visit.button('Acaba').tap()
    await expect.poll(visit.paths).toEqual(['cards/find', 'cards/leave'])
  })

  it('of blank cards begins with a code that nobody reads over a shoulder', async () => {
    await visit.show({ ...maintained({}), offersBlanks: true })
    await visit.button('Demanar targetes sense certificat').tap()
    await visit.push(shown('cardOfficial'), 'cardOfficial')
    for (const digit of '4839') await key(digit).tap()
    await visit.page.keyboard.type('20')
    const masked = () =>
      visit.page.locator('input').evaluate(one => getComputedStyle(one).getPropertyValue('-webkit-text-security'))
    expect([await value(), await masked()]).toEqual(['483920', 'disc'])
    await visit.button('Continua').tap()
    await expect.poll(value).toBe('')
    await expect.poll(bodies).toEqual([
      ['cards/open', { language: 'ca', official: true }],
      ['cards/official', { code: '483920' }],
    ])
  })

  it('has the document scanned before it is bought, is recognised by video, and shows the code that was bought', async () => {
    await visit.show(shown('cardIdentity'))
    await visit.button('Escaneja').tap()
    await visit.push(shown('cardIdentityScanned'), 'cardIdentity')
    await visit.button('Continua').tap()
    await visit.push(shown('cardOrderVideo'), 'cardOrder')
    await visit.button('Identificació per vídeo per 15,00 €').tap()
    await visit.push(shown('cardOrderCode'), 'cardOrder')
    const told = () => visit.page.locator('main').textContent()
    await expect.poll(told).toContain('El codi d’activació és a punt')
    expect(await told()).not.toMatch(/PIN|jDy7A692DJcx5456/)
    await visit.button('Mostra el codi d’activació').tap()
    await visit.push(shown('cardOrderCodeShown'), 'cardOrder')
    await expect.poll(told).toContain('jDy7A692DJcx5456')
    await expect.poll(visit.paths).toEqual(['cards/scan', 'cards/identity', 'cards/recognise', 'cards/activation'])
  })
})
