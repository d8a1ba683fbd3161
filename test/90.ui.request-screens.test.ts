// Which screen belongs to what a page or a program asks for, and what the screen may still remember when it moves on.

import { describe, expect, it } from 'vitest'
import { askerName, nextNumber, outcomeText, passed, shortName, skipped } from '../ui/asked.ts'
import { freshLocal, type Local, settle } from '../ui/local.ts'
import { type ScreenName, screenFor } from '../ui/screen-for.ts'
import { cardWith, openedRequest, requestSituations, withRequest } from './ui-request-views.ts'
import { certificate, emptyView, otherCertificate, withCopy } from './ui-views.ts'

const spoken: Local = { ...freshLocal, language: 'ca' }

describe('screenFor', () => {
  const expectedOfRequests: Readonly<Record<string, ScreenName>> = {
    request: 'request',
    requestOne: 'request',
    requestMany: 'request',
    requestElsewhere: 'request',
    requestCertificate: 'request',
    requestSave: 'request',
    requestLoad: 'request',
    requestLoadSeveral: 'request',
    requestLoadNone: 'request',
    requestWays: 'request',
    requestClaveOnly: 'request',
    requestClaveNumber: 'claveNumber',
    requestClavePage: 'clavePage',
    requestReader: 'reader',
    requestCard: 'card',
    requestCardFault: 'cardFault',
    requestChoice: 'certificate',
    requestShown: 'certificate',
    requestShownLocked: 'certificate',
    requestPin: 'pin',
    requestLastTry: 'lastTry',
    requestSigning: 'requestSigning',
    requestSigningOne: 'requestSigning',
    requestNextPin: 'pin',
    requestPaused: 'requestPaused',
    requestPausedLocked: 'requestPaused',
    requestPausedBack: 'pin',
    requestPausedPin: 'lastTry',
    requestDone: 'requestDone',
    requestDoneSome: 'requestDone',
    requestDoneNone: 'requestDone',
    requestDoneFault: 'requestDone',
    requestDoneCertificate: 'requestDone',
    requestDoneSave: 'requestDone',
    requestDoneLoad: 'requestDone',
    requestDoneLoadFault: 'requestDone',
  }

  it('has a situation of a request for each of these', () => {
    expect(Object.keys(requestSituations).sort()).toEqual(Object.keys(expectedOfRequests).sort())
  })

  it.each(Object.entries(expectedOfRequests))('%s shows %s', (name, screen) => {
    expect(screenFor(requestSituations[name] ?? null, freshLocal)).toBe(screen)
    expect(screenFor(requestSituations[name] ?? null, spoken)).toBe(screen)
  })

  it('shows that a request is being signed as soon as the PIN is sent, at each of its stages', () => {
    for (const stage of ['card', 'pin', 'paused'] as const) {
      const view = withRequest({ stage, card: cardWith() })
      expect(screenFor(view, spoken)).toBe('pin')
      expect(screenFor(view, { ...spoken, pinSent: true })).toBe('requestSigning')
    }
  })

  it('asks for what is missing before a request goes on, the choice of a certificate too', () => {
    for (const stage of ['pin', 'paused'] as const) {
      expect(screenFor(withRequest({ stage, card: null }), spoken)).toBe('requestPaused')
      expect(screenFor(withRequest({ stage, card: { state: 'absent' } }), spoken)).toBe('requestPaused')
      expect(screenFor(withRequest({ stage, card: { state: 'signing' } }), spoken)).toBe('requestSigning')
      const two = withRequest({ stage, card: cardWith([certificate, otherCertificate]) })
      expect(screenFor(two, spoken)).toBe('certificate')
      expect(screenFor(two, { ...spoken, certificate })).toBe('pin')
    }
  })
})

describe('settle', () => {
  it('keeps only the language for a new request, and nothing when it has gone', () => {
    const chosen: Local = { ...spoken, notice: 'STAGE_CONFLICT', chosenFiles: ['dni.pdf'], certificate }
    expect(settle(chosen, emptyView, withRequest({}))).toEqual(spoken)
    expect(settle(chosen, withRequest({}), withRequest({ id: 'request-2' }))).toEqual(spoken)
    expect(settle(chosen, withRequest({}), emptyView)).toEqual(freshLocal)
    expect(settle(chosen, withCopy({}), withRequest({}))).toEqual(spoken)
  })

  it('goes on with the certificate that has signed some of a request, with the card away or not', () => {
    const chosen: Local = { ...spoken, certificate: otherCertificate, lastTryAccepted: true, refusal: null }
    const signing = withRequest({ stage: 'signing' })
    const paused = withRequest({ stage: 'paused', card: { state: 'absent' } })
    expect(settle(chosen, signing, paused).certificate).toEqual(otherCertificate)
    expect(settle(chosen, paused, paused)).toEqual({ ...spoken, certificate: otherCertificate })
    const card = withRequest({ stage: 'card', card: { state: 'absent' } })
    expect(settle(chosen, card, card)).toEqual(spoken)
  })

  it('leaves the question whether to stop where it is while a request moves on, and takes it away at its end', () => {
    const asked: Local = { ...spoken, dialog: { kind: 'cancel' } }
    const at = (stage: (typeof openedRequest)['stage']) => withRequest({ stage })
    expect(settle(asked, at('signing'), at('pin')).dialog).toEqual({ kind: 'cancel' })
    expect(settle(asked, at('signing'), at('finished')).dialog).toBeNull()
    expect(settle(asked, at('card'), at('signing')).dialog).toBeNull()
  })
})

describe('names', () => {
  it('are the host of a page, with its port and in ASCII, and the whole of what is no address', () => {
    const page = (name: string) => askerName({ kind: 'page', name })
    expect(page('https://seu.example')).toBe('seu.example')
    expect(page('https://seu.example:8443')).toBe('seu.example:8443')
    expect(page('https://s\u0435u.example')).toBe('xn--su-nlc.example')
    expect(page('null')).toBe('null')
    expect(askerName({ kind: 'program', name: 'urn:x' })).toBe('urn:x')
  })

  it('keep beginning and ending where they are too long, and nothing that turns their letters round', () => {
    expect(shortName('a'.repeat(38))).toBe('a'.repeat(38))
    const long = shortName(`Acta ${'x'.repeat(60)} final.pdf`)
    expect(long).toMatch(/^Acta x+…x+ final\.pdf$/)
    expect([...long]).toHaveLength(37)
    expect(shortName('factura\u202Efdp.exe\n')).toBe('facturafdp.exe')
  })
})

describe('counts', () => {
  it('never go past the number of documents', () => {
    const at = (done: number, failed: number) => ({ ...openedRequest, done, failed })
    expect([passed(at(3, 1)), skipped(at(3, 1)), nextNumber(at(3, 1))]).toEqual([4, 8, 5])
    expect([passed(at(12, 0)), skipped(at(12, 0)), nextNumber(at(12, 0))]).toEqual([12, 0, 12])
  })

  it('tell that some is signed where a fault stopped the rest', () => {
    expect(outcomeText({ ...openedRequest, done: 5, fault: 'TOKEN_REMOVED' })).toBe('requestDone.some')
    expect(outcomeText({ ...openedRequest, done: 0, fault: 'TOKEN_REMOVED' })).toBe('requestDone.none')
    expect(outcomeText({ ...openedRequest, done: 12 })).toBe('requestDone.all')
  })
})
