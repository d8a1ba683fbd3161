// The rules of an order without a store and without a network: what goes on the wire, which request it is, and where it may
// go from where it stands.

import { describe, expect, it } from 'vitest'
import { type Candidate, matchOf } from '../device/cards/match.ts'
import { type CardEvent, type CardOrder, type CardStage, nextOrder } from '../device/cards/order.ts'
import { readOrderBody, wireBody } from '../device/cards/order-body.ts'
import { familyOf } from '../device/cards/products.ts'
import { parseConfig } from '../device/config/config.ts'
import { namesIn } from '../device/orders/callback.ts'
import type { CardRequest } from '../device/ports.ts'
import { delivery, person } from './97.cards.kit.ts'
import { loadCardContract } from './sim/cardshop.contract.ts'

describe('the body of an order', () => {
  const faultOf = (family: Parameters<typeof readOrderBody>[0], body: unknown) => {
    try {
      return readOrderBody(family, body)
    } catch (thrown) {
      return String(thrown)
    }
  }

  it('names what does not fit by its field, and never what stands there', () => {
    const { nome: _nome, ...nameless } = person
    expect(faultOf('person', { anagrafica: nameless })).toMatch(/REQUEST_INVALID.*anagrafica.*nome/)
    const wrong = { ...person, data_nascita: '2000-12-28', email: 'secret' }
    expect(faultOf('person', { anagrafica: wrong })).toMatch(/anagrafica\.email .*anagrafica\.data_nascita /)
    expect(faultOf('person', { anagrafica: wrong })).not.toMatch(/secret|2000-12-28/)
    expect(faultOf('person', { anagrafica: person, spedizone: 'veloce' })).toContain('did you mean spedizione?')
    expect(faultOf('person', { anagrafica: { ...person, nomme: 'A' } })).toContain('did you mean anagrafica.nome?')
    expect(faultOf('person', { anagrafica: person, spedizione: 'express' })).toMatch(/spedizione/)
    expect(faultOf('devices', { anagrafica_spedizione: delivery, quantita: 0 })).toMatch(/quantita/)
  })

  it('is sent without the `data` around it, and is the same each time', () => {
    const given = { data: { anagrafica: { ...person, note: 'Second floor' } }, callback: { url: 'https://x.invalid' } }
    const body = readOrderBody('person', given)
    const names = {
      order: 'ORDER-1',
      kiosk: 'k',
      callbackUrl: 'https://office.example.org/hook',
      family: 'person',
    } as const
    const wire = wireBody(body, names)
    expect(wireBody(body, names)).toBe(wire)
    expect(JSON.parse(wire)).toMatchObject({
      anagrafica: { note: 'Second floor [compulsa ORDER-1]' },
      callback: { url: 'https://office.example.org/hook', data: { order: 'ORDER-1' } },
    })
    expect(loadCardContract().faults('POST', '/richiesta/FIR', JSON.parse(wire))).toEqual([])
    // The judge of the tests is none where it lets the seed's own form pass.
    expect(loadCardContract().faults('POST', '/richiesta/FIR', given)).not.toEqual([])
    expect(loadCardContract().faults('PATCH', '/request/5f', {})).not.toEqual([])
  })

  it('has the family that the code or the list tells', () => {
    const family = (code: string, blank = false) => familyOf({ code, blank })
    expect(family('OTPDIS')).toBe('aruba')
    expect(family('NEWKEY_V')).toBe('blank')
    expect(family('NEWKEY', true)).toBe('blank')
    expect(family('NEWKEY_VIDEO')).toBe('video')
    expect(family('RINNEW')).toBe('renewal')
    expect(family('NEWKEY')).toBeUndefined()
  })
})

describe('which request an order is', () => {
  const sentAt = 1_800_000_000_000
  const marks = { order: null, fiscalCode: 'NRELRT', email: 'a@b.c', mobile: '+39 349 1' }
  const request = (id: string, boughtAt: number | null = sentAt): CardRequest => ({
    id,
    productCode: 'FIR',
    state: 'in_riconoscimento',
    boughtAt,
    shippedAt: null,
    tracking: null,
    envelope: null,
    device: null,
    formThere: false,
    documentThere: false,
    videoRecognition: false,
  })
  const one = (id: string, own: Partial<Candidate['marks']> = {}, boughtAt?: number | null): Candidate => ({
    request: request(id, boughtAt),
    marks: { ...marks, ...own },
  })
  const match = (...candidates: Candidate[]) => matchOf({ order: 'MINE', sentAt, marks }, candidates)

  it.each([
    [
      'its mark, whatever else is there',
      [one('a'), one('b', { order: 'MINE', fiscalCode: null })],
      { match: 'one', by: 'mark' },
    ],
    [
      'its mark twice',
      [one('a', { order: 'MINE' }), one('b', { order: 'MINE' })],
      { match: 'several', ids: ['a', 'b'] },
    ],
    [
      'the person and the time',
      [one('a', { fiscalCode: 'nrelrt ' }), one('b', { fiscalCode: 'OTHER' })],
      { match: 'one', by: 'person' },
    ],
    ['mail and telephone', [one('a', { fiscalCode: null, mobile: '3491' })], { match: 'none' }],
    ['mail and telephone alike', [one('a', { fiscalCode: null, mobile: '39-3491' })], { match: 'one' }],
    ['the mark of another order', [one('a', { order: 'OTHER' })], { match: 'none' }],
    ['another time', [one('a', {}, sentAt + 3 * 3_600_000)], { match: 'none' }],
    ['no time', [one('a', {}, null)], { match: 'none' }],
    ['nothing in common', [one('a', { fiscalCode: null, email: null, mobile: null })], { match: 'none' }],
  ] as const)('by %s', (_what, candidates, expected) => {
    expect(match(...candidates)).toMatchObject(expected)
  })
})

describe('where an order may go', () => {
  const later = { code: 'DESTINATION_UNREACHABLE', detail: '', nextAt: '2030-01-01T00:00:00.000Z' } as const
  const remote = { id: 'a', state: 'evasa' } as CardRequest
  const events: readonly CardEvent[] = [
    { type: 'sending' },
    { type: 'unsent', ...later },
    { type: 'lost', ...later },
    { type: 'placed', request: remote, by: 'answer', nextAt: later.nextAt },
    { type: 'refused', detail: '', nextAt: later.nextAt },
    { type: 'lookedInVain', nextAt: later.nextAt },
    { type: 'severalFound', why: 'several', ids: [] },
    { type: 'postponed', ...later },
    { type: 'sentAgain' },
    { type: 'cancelled', nextAt: later.nextAt },
    { type: 'seen', request: remote, nextAt: later.nextAt, eraseAt: later.nextAt },
    { type: 'hinted' },
  ]
  const at = (stage: CardStage) =>
    ({
      stage,
      attempts: 1,
      looks: [],
      papers: null,
      remote: { ...remote, state: 'x' },
      quietLooks: 0,
    }) as unknown as CardOrder

  it.each<[CardStage, Record<string, CardStage>]>([
    ['new', { sending: 'sending', cancelled: 'cancelled', hinted: 'new' }],
    ['sending', { unsent: 'new', lost: 'unknown', placed: 'placed', refused: 'refused' }],
    [
      'unknown',
      { placed: 'placed', lookedInVain: 'unknown', severalFound: 'undecided', postponed: 'unknown', hinted: 'unknown' },
    ],
    ['undecided', { placed: 'placed', sentAgain: 'new', cancelled: 'cancelled' }],
    ['placed', { postponed: 'placed', seen: 'ended', hinted: 'placed' }],
    ['ended', {}],
    ['refused', {}],
    ['cancelled', {}],
  ])('from %s only as the diagram has it', (stage, ways) => {
    const taken = events.flatMap(event => {
      try {
        return [[event.type, nextOrder(at(stage), event, '2029-12-31T00:00:00.000Z').stage]]
      } catch {
        return []
      }
    })
    expect(Object.fromEntries(taken)).toEqual(ways)
  })
})

describe('a callback’s names', () => {
  it('are found wherever they stand, and are bounded', () => {
    expect(namesIn({ data: { _id: 'abc', callback: { data: { order: 'X-1' } } } })).toEqual(['abc', 'X-1'])
    expect(namesIn({ data: '{"id":"abc"}' })).toEqual(['abc'])
    expect(namesIn(Array.from({ length: 500 }, (_, i) => ({ id: `i${i}` })))).toHaveLength(50)
    let deep: unknown = { id: 'deep' }
    for (let i = 0; i < 20; i += 1) deep = { deep }
    expect(namesIn(deep)).toEqual([])
    expect(namesIn({ id: '../../etc' })).toEqual([])
  })
})

describe('the configuration', () => {
  const base = {
    body: { name: { ca: 'X' }, ine10: '9821920002', dir3: 'L01080193' },
    procedures: [] as unknown[],
  }
  const faults = (cards: object) => {
    try {
      parseConfig({ ...base, cards })
    } catch (thrown) {
      return String(thrown)
    }
    return ''
  }

  it('takes a service by https, and callbacks from known clients only', () => {
    expect(faults({ url: 'http://cards.example.org', tokenFile: 't' })).toContain('cards.url')
    expect(faults({ url: 'https://cards.example.org', tokenFle: 't' })).toContain('cards.tokenFile')
    expect(faults({ url: 'https://cards.example.org', tokenFile: 't' })).not.toContain('cards')
  })
})
