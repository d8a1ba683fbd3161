// Which screen belongs to which view, and what the screen may still remember when the appliance has told something new.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCalls } from '../ui/calls.ts'
import { freshLocal, type Local, settle } from '../ui/local.ts'
import { keptPages, movedOrder, neighbour, selectedPage } from '../ui/pages.ts'
import { createPinBuffer, longestPin } from '../ui/pin-buffer.ts'
import { chosenCertificate, type ScreenName, screenFor } from '../ui/screen-for.ts'
import { stepFor } from '../ui/steps.ts'
import { cardSituations, withOrder } from './ui-card-views.ts'
import { situations } from './ui-situations.ts'
import {
  certificate,
  emptyView,
  expiredCertificate,
  openedCopy,
  otherCertificate,
  readyPages,
  withCard,
  withClave,
  withCopy,
} from './ui-views.ts'

const spoken: Local = { ...freshLocal, language: 'ca' }

describe('screenFor', () => {
  it('leads from Cl@ve to the card where the person wants another way, and back', () => {
    const view = withClave({ state: 'number', fault: 'CLAVE_CERTIFICATE_BLOCKED', cardToo: true })
    expect(screenFor(view, { ...spoken, byCard: true })).toBe('reader')
    expect(screenFor(view, spoken)).toBe('claveNumber')
    const next = withCopy({ id: 'copy-2' })
    expect(settle({ ...spoken, byCard: true }, view, next).byCard).toBe(false)
  })

  const expected: Readonly<Record<string, ScreenName>> = {
    welcome: 'welcome',
    maintenance: 'maintenance',
    maintenanceFault: 'maintenance',
    maintenanceAll: 'maintenance',
    maintenancePaused: 'maintenance',
    maintenanceNone: 'maintenance',
    maintenanceMany: 'maintenance',
    checkScanning: 'checking',
    checkMeasuring: 'checking',
    checkedOk: 'checked',
    checkedWatch: 'checked',
    checkedFail: 'checked',
    interrupted: 'interrupted',
    paper: 'paper',
    paperEmpty: 'paper',
    paperAbsent: 'paper',
    paperFault: 'paper',
    scanning: 'scanning',
    scanFault: 'scanFault',
    review: 'review',
    reviewMixed: 'review',
    reviewNone: 'review',
    reviewLeftOut: 'review',
    reviewSmall: 'review',
    reviewJoined: 'review',
    reviewReduced: 'review',
    reviewTooLarge: 'review',
    preparing: 'preparing',
    stopped: 'stopped',
    reader: 'reader',
    card: 'card',
    cardFault: 'cardFault',
    cardLocked: 'cardFault',
    certificate: 'certificate',
    lastTry: 'lastTry',
    pin: 'pin',
    signing: 'signing',
    claveNumber: 'claveNumber',
    claveFault: 'claveNumber',
    claveStarting: 'claveWait',
    clavePhone: 'clavePage',
    clavePhoneFault: 'clavePage',
    claveFrame: 'clavePage',
    claveFinishing: 'claveWait',
    receipt: 'receipt',
    receiptOfParts: 'receipt',
    receiptStopped: 'receipt',
    receiptUnsealed: 'receipt',
    receiptUnsigned: 'receipt',
  }

  it('has a situation for each of these', () => {
    expect(Object.keys(situations).sort()).toEqual(Object.keys(expected).sort())
  })

  it.each(Object.entries(expected))('%s shows %s', (name, screen) => {
    expect(screenFor(situations[name] ?? null, freshLocal)).toBe(screen)
  })

  it('shows an order of cards beside neither copy nor request, where it stands', () => {
    const at = Object.values(cardSituations).map(view => [view.cards?.at, screenFor(view, freshLocal)])
    expect(Object.fromEntries(at)).toEqual({
      official: 'cardOfficial',
      catalogue: 'cardCatalogue',
      question: 'cardQuestion',
      identity: 'cardIdentity',
      summary: 'cardSummary',
      code: 'cardCode',
      order: 'cardOrder',
      papers: 'cardPapers',
    })
    const [catalogue = emptyView] = Object.values(cardSituations)
    expect(settle(spoken, emptyView, catalogue)).toEqual(spoken)
    expect(settle(spoken, catalogue, emptyView)).toEqual(spoken)
    expect(settle(spoken, withOrder({}), emptyView)).toEqual(freshLocal)
  })

  it('covers everything while the appliance is away', () => {
    expect(screenFor(null, spoken)).toBe('lost')
  })

  it('lets what the person did decide where the view leaves it open', () => {
    const { scanFault = null, review = null, pin = null } = situations
    expect(screenFor(emptyView, spoken)).toBe('procedures')
    expect(screenFor(scanFault, { ...spoken, faultRead: true })).toBe('review')
    expect(screenFor(review, { ...spoken, declaring: true })).toBe('nature')
    expect(screenFor(pin, { ...spoken, pinSent: true })).toBe('signing')
    expect(screenFor(withCard([certificate], 'last'), { ...spoken, lastTryAccepted: true })).toBe('pin')
  })

  it('shows an interrupted copy at no stage before somebody has claimed it', () => {
    for (const stage of ['gathering', 'composing', 'signing'] as const) {
      expect(screenFor(withCopy({ stage, interrupted: true, pages: readyPages(2) }), spoken)).toBe('interrupted')
    }
  })
})

describe('chosenCertificate', () => {
  it('takes the only one that can sign, passing over an expired one', () => {
    const { card } = withCard([expiredCertificate, certificate], 'unknown').copy ?? openedCopy
    expect(chosenCertificate(card, freshLocal)).toEqual(certificate)
  })

  it('waits for a choice among several, and forgets one that is no longer there', () => {
    const { card } = withCard([certificate, otherCertificate], 'unknown').copy ?? openedCopy
    expect(chosenCertificate(card, freshLocal)).toBeNull()
    expect(chosenCertificate(card, { ...freshLocal, certificate: otherCertificate })).toEqual(otherCertificate)
    expect(chosenCertificate(card, { ...freshLocal, certificate: expiredCertificate })).toBeNull()
  })
})

describe('settle', () => {
  const busy: Local = {
    ...spoken,
    dialog: { kind: 'cancel' },
    selectedPageId: 'p2',
    undo: { pageId: 'p1', number: 1 },
    declaring: true,
    notice: 'STAGE_CONFLICT',
  }

  it('forgets the whole visit, the language too, when it is over', () => {
    expect(settle(busy, withCopy({}), emptyView)).toEqual(freshLocal)
  })

  it('keeps only the language for a new copy', () => {
    expect(settle(busy, emptyView, withCopy({}))).toEqual(spoken)
    expect(settle(busy, withCopy({}), withCopy({ id: 'copy-2' }))).toEqual(spoken)
  })

  it('closes what was open when the copy moves to another stage', () => {
    const now = withCopy({ stage: 'composing' })
    expect(settle(busy, withCopy({}), now)).toEqual({ ...spoken, selectedPageId: 'p2' })
  })

  it('drops the choice of a certificate with the card, not while it signs', () => {
    const chosen: Local = { ...spoken, certificate: otherCertificate, lastTryAccepted: true }
    const before = withCard([certificate, otherCertificate], 'last')
    const at = (card: NonNullable<typeof before.copy>['card']) => withCopy({ stage: 'signing', card })
    expect(settle(chosen, before, at({ state: 'absent' }))).toEqual(spoken)
    expect(settle(chosen, before, at({ state: 'signing' }))).toEqual(chosen)
    expect(settle(chosen, before, at(null))).toEqual(chosen)
  })

  it('takes back the offer to undo once the feeder runs again', () => {
    const now = withCopy({ scanning: true })
    expect(settle(busy, withCopy({}), now)).toMatchObject({ undo: null, declaring: false })
  })
})

describe('pages', () => {
  const pages = readyPages(4).map((page, i) => (i === 1 ? { ...page, leftOut: 'person' as const, number: null } : page))
  const copy = { ...openedCopy, pages }
  const kept = keptPages(copy)

  it('moves a page past the next kept one and names every page once, deleted ones too', () => {
    const [first, , last] = kept
    if (first === undefined || last === undefined) throw new Error('three pages are kept')
    expect(movedOrder(copy, first, 1)).toEqual(['p3', 'p2', 'p1', 'p4'])
    expect(movedOrder(copy, last, -1)).toEqual(['p1', 'p2', 'p4', 'p3'])
    expect(movedOrder(copy, last, 1)).toEqual(['p1', 'p2', 'p3', 'p4'])
  })

  it('selects the page chosen, else one that needs a decision, else the first', () => {
    expect(selectedPage(kept, 'p3')?.id).toBe('p3')
    expect(selectedPage(kept, 'p2')?.id).toBe('p1')
    const broken = kept.map(page => (page.id === 'p4' ? { ...page, unusable: 'IMAGE_UNREADABLE' as const } : page))
    expect(selectedPage(broken, null)?.id).toBe('p4')
    expect(selectedPage([], null)).toBeNull()
  })

  it('goes on to the page after a deleted one, or to the last left', () => {
    expect(kept.map(page => neighbour(kept, page)?.id)).toEqual(['p3', 'p4', 'p3'])
  })
})

describe('steps', () => {
  it('counts one step less where nothing is signed', () => {
    expect(stepFor('review', 'local')).toEqual({ name: 'step.check', step: 3, steps: 5 })
    expect(stepFor('receipt', 'seal')).toEqual({ name: 'step.receipt', step: 4, steps: 4 })
    expect(stepFor('receipt', 'none')).toEqual({ name: 'step.receipt', step: 4, steps: 4 })
    expect(stepFor('welcome', 'local')).toBeNull()
  })
})

describe('PIN buffer', () => {
  const typed = (text: string) => {
    const buffer = createPinBuffer()
    for (const character of text) buffer.type(character)
    return buffer
  }

  it('hands over what was typed as octets, once', () => {
    const buffer = typed('12345')
    buffer.eraseLast()
    expect(Buffer.from(buffer.take()).toString()).toBe('1234')
    expect(buffer.length.value).toBe(0)
    expect(buffer.take()).toHaveLength(0)
  })

  it('takes single printable ASCII characters and no more than a PIN has', () => {
    const buffer = typed('1 é9')
    for (const key of ['Shift', 'ArrowLeft', '']) buffer.type(key)
    expect(Buffer.from(buffer.take()).toString()).toBe('19')
    expect(typed('7'.repeat(longestPin + 3)).length.value).toBe(longestPin)
  })

  it('keeps nothing of an erased PIN for a shorter one typed later', () => {
    const buffer = typed('987654')
    buffer.erase()
    buffer.type('1')
    expect(Buffer.from(buffer.take()).toString()).toBe('1')
  })
})

describe('calls', () => {
  afterEach(() => vi.unstubAllGlobals())

  it.each([
    ['answered', async () => Response.json({ outcome: 'signed' })],
    ['refused', async () => Response.json({ code: 'STAGE_CONFLICT', detail: '' }, { status: 409 })],
    ['lost', () => Promise.reject(new TypeError('Failed to fetch'))],
  ] as const)('overwrite the PIN when the call is %s', async (_name, answer) => {
    const pin = new Uint8Array([52, 57, 49, 55])
    vi.stubGlobal('fetch', vi.fn(answer))
    await createCalls().sign('copy', { tokenId: 'token', keyId: 'key' }, pin)
    expect([...pin]).toEqual([0, 0, 0, 0])
  })

  it('send nothing twice while it is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    const fetch = vi.fn(() => promise)
    vi.stubGlobal('fetch', fetch)
    const calls = createCalls()
    const both = [calls.post('copy/scan'), calls.post('copy/scan')]
    resolve(new Response(null, { status: 204 }))
    expect(await Promise.all(both)).toEqual([{ answer: 'done' }, { answer: 'done' }])
    expect(fetch).toHaveBeenCalledTimes(1)
    await calls.post('copy/scan')
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('count every touch that turns a page', async () => {
    const fetch = vi.fn(async () => new Response(null, { status: 204 }))
    vi.stubGlobal('fetch', fetch)
    const calls = createCalls()
    await Promise.all([calls.post('copy/pages/p1/turn', { by: 90 }), calls.post('copy/pages/p1/turn', { by: 90 })])
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('do not hide a mistake of the page itself', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new RangeError('a mistake')))
    await expect(createCalls().post('copy/scan')).rejects.toThrow(RangeError)
  })
})
