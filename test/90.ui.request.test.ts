// What pages and programs ask for, by touch, against a scripted stand-in for the appliance: who asks and what for is read
// before anything is agreed to, and each touch asks for one thing.

import { describe, expect, it } from 'vitest'
import { say } from '../ui/text/texts.ts'
import type { Post } from './ui-fixture.ts'
import {
  cardWith,
  certificateWanted,
  documents,
  filesToLoad,
  fileToSave,
  oneDocument,
  requestSituations,
  withRequest,
} from './ui-request-views.ts'
import { certificate, emptyView, otherCertificate } from './ui-views.ts'
import { screenVisit } from './ui-visit.ts'

const visit = screenVisit()
const json = (post: Post | undefined): unknown => JSON.parse(post?.body.toString() ?? 'null')
const situation = (name: string) => requestSituations[name] ?? emptyView
const main = () => visit.page.locator('main').textContent()
const signPath = 'request/sign/token-1/0a1b'

describe('a batch of a page', () => {
  it('goes from the question to its end, each touch asking for one thing', async () => {
    await visit.show(withRequest({}))
    expect(await main()).toContain('seu.vilaficticia.example')
    expect(await main()).not.toContain('https:')
    await visit.button('Continua').tap()
    await visit.push(withRequest({ stage: 'card', card: { state: 'absent' } }), 'card')
    await visit.push(withRequest({ stage: 'card', card: cardWith() }), 'pin')
    expect(await main()).toContain('Per a seu.vilaficticia.example')
    expect(await visit.page.locator('.step').count()).toBe(0)
    visit.standIn.answer(signPath, 200, { outcome: 'signed' })
    await visit.typePin('4917')
    await visit.button('Signa').tap()
    await visit.push(withRequest({ stage: 'signing', done: 4, failed: 1 }), 'requestSigning')
    await visit.page.getByText(say('ca', 'request.progress', { done: 5, total: 12 })).waitFor()
    expect(await main()).toContain(say('ca', 'request.failed.one', { count: 1 }))
    const bar = visit.page.locator('progress')
    expect([await bar.getAttribute('value'), await bar.getAttribute('max')]).toEqual(['5', '12'])
    await visit.push(situation('requestDoneSome'), 'requestDone')
    await visit.button('Tanca').tap()
    await expect.poll(visit.paths).toEqual(['request/accept', signPath, 'request/close'])
    const [, pin] = visit.asked()
    expect([pin?.contentType, pin?.body.toString()]).toEqual(['application/octet-stream', '4917'])
    expect(visit.asked().every(post => post.fromScreen)).toBe(true)
    await visit.push(emptyView, 'welcome')
    expect(await visit.page.content()).not.toMatch(/vilaficticia\.example|Contracte/)
    expect(visit.complaints).toEqual([])
  })

  it('lists every document that was sent, what is done to each, and how many more there are', async () => {
    await visit.show(withRequest({ documents: documents(6), total: 300 }))
    const first = await main()
    expect(first).toContain('Sol·licitud d’ajut al lloguer.pdf')
    expect(first).toContain('li demana que signi 300 documents.')
    expect(first).toContain(say('ca', 'request.more', { shown: 6, more: 294 }))
    expect(first).toContain('Document PDF · se signa · 0,3 MB')
    expect(first).toContain('Contracte 2026-014…ió definitiva).pdf')
    await visit.button('Següent').tap()
    const rest = await main()
    expect(rest).toContain('Signatura XML · s’hi afegeix una signatura')
    expect(rest).toContain('Fitxer de signatura · se signen les signatures que ja té')
  })

  it('says that the kiosk cannot look inside what the page’s server has prepared, and only then', async () => {
    await visit.show(withRequest({ preparedElsewhere: true }))
    await visit.page.getByText(say('ca', 'request.elsewhere')).waitFor()
    visit.standIn.push(withRequest({ id: 'request-2' }))
    await visit.page.getByText(say('ca', 'request.elsewhere')).waitFor({ state: 'detached' })
  })

  it('that follows another is a question of its own, read from its beginning', async () => {
    await visit.show(withRequest({}))
    await visit.button('Següent').tap()
    await visit.page.getByText('factura-2026-03.xml').waitFor()
    visit.standIn.push(withRequest({ id: 'request-2' }))
    await visit.page.getByText('Declaració responsable.pdf').waitFor()
    await expect.poll(() => visit.page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  it('names a program as such', async () => {
    await visit.show(withRequest({ asker: { kind: 'program', name: 'Gestor d’expedients' } }))
    expect(await main()).toMatch(/El programa\s*Gestor d’expedients/)
  })

  it('is refused by one touch, and after the question later on', async () => {
    await visit.show(withRequest(oneDocument))
    await visit.button('Rebutja').tap()
    await expect.poll(visit.paths).toEqual(['request/refuse'])
    await visit.push(withRequest({ ...oneDocument, stage: 'card', card: cardWith() }), 'pin')
    await visit.button('Cancel·la').tap()
    await visit.page.getByText(say('ca', 'refuse.text')).waitFor()
    expect(visit.paths()).toHaveLength(1)
    await visit.button('Sí, cancel·la').tap()
    await expect.poll(visit.paths).toEqual(['request/refuse', 'request/refuse'])
  })

  it('is signed with the certificate that was chosen, at every document', async () => {
    const card = cardWith([certificate, otherCertificate])
    await visit.show(withRequest({ stage: 'card', card }))
    await visit.page.getByRole('button', { name: otherCertificate.holder }).tap()
    await visit.onScreen('pin')
    await visit.push(withRequest({ stage: 'signing', card: { state: 'signing' } }), 'requestSigning')
    await visit.push(withRequest({ stage: 'pin', done: 3, card }), 'pin')
    expect(await main()).toContain('Document 4 de 12')
    await visit.page.keyboard.type('1234')
    await visit.page.keyboard.press('Enter')
    await expect.poll(visit.paths).toEqual(['request/sign/token-1/0a1c'])
  })
})

describe('signing', () => {
  it('is stopped only by somebody who was told that what is signed stays signed', async () => {
    await visit.show(situation('requestSigning'))
    await visit.button('Atura').tap()
    await visit.page.getByText(say('ca', 'stop.text')).waitFor()
    await visit.button('No, continua').tap()
    expect(visit.paths()).toEqual([])
    await visit.button('Atura').tap()
    visit.standIn.push(withRequest({ stage: 'pin', done: 6, card: cardWith() }))
    await visit.onScreen('pin')
    await visit.button('Sí, atura').tap()
    await expect.poll(visit.paths).toEqual(['request/stop'])
  })

  it('tells a screen reader how far it is at every tenth', async () => {
    const spoken = visit.page.locator('.spoken[role=status]')
    const at = (done: number) => withRequest({ stage: 'signing', done, documents: documents(50), total: 50 })
    await visit.show(at(14))
    await expect.poll(() => spoken.textContent()).toBe(say('ca', 'requestSigning.said', { percent: 20 }))
    visit.standIn.push(at(15))
    await expect.poll(() => spoken.textContent()).toBe(say('ca', 'requestSigning.said', { percent: 30 }))
  })

  it('pauses without the card, says in no word that nothing was signed, and goes on by the PIN', async () => {
    await visit.show(situation('requestPaused'))
    expect(await main()).toContain(say('ca', 'requestPaused.card'))
    expect(await main()).not.toContain('no s’ha signat res')
    await visit.push(situation('requestPausedBack'), 'pin')
    expect(await main()).toContain('Document 5 de 12')
    expect(await main()).not.toContain('no s’ha signat res')
    await visit.typePin('4917')
    await visit.button('Signa').tap()
    await expect.poll(visit.paths).toEqual([signPath])
  })

  it('says why a PIN was refused, with the tries that are left', async () => {
    await visit.show(withRequest({ stage: 'card', card: cardWith() }))
    visit.standIn.answer(signPath, 200, { outcome: 'refused', code: 'PIN_WRONG', tries: 'few' })
    await visit.typePin('1234')
    await visit.button('Signa').tap()
    await visit.page.getByText(say('ca', 'pin.tries.few')).waitFor()
    await visit.push(situation('requestPausedPin'), 'lastTry')
    await visit.button('Conec bé el PIN').tap()
    await visit.onScreen('pin')
  })

  it('can be stopped while it is paused', async () => {
    await visit.show(situation('requestPausedLocked'))
    expect(await main()).toContain(say('ca', 'requestPaused.useless'))
    expect(await main()).toContain('La targeta està bloquejada.')
    expect(await main()).not.toContain('una altra targeta')
    await visit.button('Atura').tap()
    await visit.button('Sí, atura').tap()
    await expect.poll(visit.paths).toEqual(['request/stop'])
  })
})

describe('what a page may ask besides', () => {
  it('is a certificate, given by one touch and without a PIN, even where there is no choice', async () => {
    await visit.show(withRequest(certificateWanted))
    expect(await main()).toContain('vol saber qui és vostè.')
    await visit.button('Continua').tap()
    await visit.push(situation('requestShown'), 'certificate')
    expect(await visit.page.locator('h1').textContent()).toBe(say('ca', 'certificate.title.shown'))
    await visit.page.getByRole('button', { name: certificate.holder }).tap()
    await expect.poll(visit.paths).toEqual(['request/accept', 'request/certificate/token-1/0a1b'])
  })

  it('is to save a file, whose name and size are told', async () => {
    await visit.show(withRequest(fileToSave))
    expect(await main()).toMatch(/justificant-signat\.pdf\s*0,9 MB/)
    await visit.button('Desa’l').tap()
    await expect.poll(visit.paths).toEqual(['request/save'])
  })

  it('is one file of those that are there', async () => {
    await visit.show(withRequest(filesToLoad))
    const send = visit.button('Envia a la pàgina')
    expect(await send.isDisabled()).toBe(true)
    await visit.page.getByRole('button', { name: /^dni/ }).tap()
    await visit.page.getByRole('button', { name: /^nomina-gener/ }).tap()
    expect(await visit.page.locator('.files [aria-pressed=true]').count()).toBe(1)
    await send.tap()
    await expect.poll(visit.paths).toEqual(['request/load'])
    expect(json(visit.asked()[0])).toEqual({ names: ['nomina-gener.pdf'] })
  })

  it('is several files where it takes them, in the order of the list; a second touch takes one back', async () => {
    await visit.show(withRequest({ ...filesToLoad, several: true }))
    for (const name of [/^nomina-gener/, /^dni/, /^nomina-febrer/]) {
      await visit.page.getByRole('button', { name }).tap()
    }
    await visit.page.getByRole('button', { name: /^nomina-febrer/ }).tap()
    await visit.button('Següent').tap()
    await visit.page.getByRole('button', { name: /^foto/ }).tap()
    await visit.button('Envia a la pàgina').tap()
    await expect.poll(visit.paths).toEqual(['request/load'])
    expect(json(visit.asked()[0])).toEqual({ names: ['dni.pdf', 'nomina-gener.pdf', 'foto.png'] })
  })
})
