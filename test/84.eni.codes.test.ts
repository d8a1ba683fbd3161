// The codes of ENI metadata: known ones are good, odd ones warn, wrong ones are refused by their JSON path.

import { describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import {
  checkDir3,
  checkDocumentType,
  checkElaborationState,
  checkIne10,
  checkSia,
  ineCheckDigit,
  offeredDocumentTypes,
} from '../device/eni/codes.ts'
import { readGivenMetadata } from '../device/eni/given-metadata.ts'
import { checkEniIdentifier, eniIdentifier } from '../device/eni/identifier.ts'
import { codeWarnings } from '../device/verbs/doctor-codes.ts'

const good = (value: string) => ({ value })
const warned = (value: string) => ({ value, warning: expect.any(String) })
const refused = { fault: expect.any(String) }

describe('INE10', () => {
  it.each([
    ['98219', 2],
    ['08019', 3],
    ['08001', 8],
    ['08002', 3],
    ['25001', 9],
    ['25002', 4],
    ['25003', 0],
  ])('the check digit of %s is %d', (five, digit) => expect(ineCheckDigit(five)).toBe(digit))

  it('is ten digits; a check digit that does not fit warns', () => {
    expect(checkIne10('9821920002')).toEqual(good('9821920002'))
    expect(checkIne10('0801930008')).toEqual(good('0801930008'))
    expect(checkIne10('2500460009')).toEqual(warned('2500460009'))
    for (const wrong of ['801930008', '08019300080', '98219 0002', '982192000A', '']) {
      expect(checkIne10(wrong)).toEqual(refused)
    }
  })
})

describe('DIR3 and SIA', () => {
  it('takes known kinds of unit, warns of others, refuses other shapes', () => {
    for (const code of ['L01080193', 'A09002970', 'E00010207', 'U00500001', 'LA0001234', 'GE0001234']) {
      expect(checkDir3(code)).toEqual(good(code))
    }
    expect(checkDir3('Z00010207')).toEqual(warned('Z00010207'))
    for (const wrong of ['l01080193', 'L0108019', 'L010801933', 'LAA001234', ''])
      expect(checkDir3(wrong)).toEqual(refused)
  })

  it('a SIA code is text, usually a number', () => {
    expect(checkSia('994106')).toEqual(good('994106'))
    expect(checkSia('SIA-994106')).toEqual(warned('SIA-994106'))
    expect(checkSia('994 106')).toEqual(refused)
  })
})

describe('document types', () => {
  it('offers those of the norm, takes those of parliaments with a warning', () => {
    expect(offeredDocumentTypes).toHaveLength(21)
    for (const type of offeredDocumentTypes) expect(checkDocumentType(type)).toEqual(good(type))
    for (const type of ['TD51', 'TD69']) {
      expect(offeredDocumentTypes).not.toContain(type)
      expect(checkDocumentType(type)).toEqual(warned(type))
    }
    for (const wrong of ['TD00', 'TD21', 'TD50', 'TD70', 'TD1', 'td01'])
      expect(checkDocumentType(wrong)).toEqual(refused)
  })
})

describe('states of elaboration', () => {
  it('EE03 needs an original or an authentic copy, on paper', () => {
    expect(checkElaborationState('EE03', { nature: 'original' })).toEqual(good('EE03'))
    expect(checkElaborationState('EE03', { nature: 'authenticCopy', support: 'paper' })).toEqual(good('EE03'))
    expect(checkElaborationState('EE03', { nature: 'copy' })).toEqual(refused)
    expect(checkElaborationState('EE03', {})).toEqual(refused)
    expect(checkElaborationState('EE03', { nature: 'original', support: 'electronic' })).toEqual(refused)
    expect(checkElaborationState('EE99', { nature: 'copy' })).toEqual(good('EE99'))
  })

  it('EE02 and EE04 name the document that they were made of', () => {
    for (const state of ['EE02', 'EE04']) {
      expect(checkElaborationState(state, { nature: 'original', identifier: 'ES_x' })).toEqual(good(state))
      expect(checkElaborationState(state, { nature: 'original' })).toEqual(refused)
      expect(checkElaborationState(state, { nature: 'copy', identifier: 'ES_x' })).toEqual(refused)
      expect(checkElaborationState(state, { identifier: 'ES_x' })).toEqual(warned(state))
    }
    expect(checkElaborationState('EE04', { nature: 'original', support: 'paper' })).toEqual(good('EE04'))
    expect(checkElaborationState('EE02', { nature: 'original', support: 'paper' })).toEqual(refused)
  })

  it('an original has no source; others are refused', () => {
    expect(checkElaborationState('EE01', {})).toEqual(good('EE01'))
    expect(checkElaborationState('EE01', { identifier: 'ES_x' })).toEqual(warned('EE01'))
    expect(checkElaborationState('EE05', {})).toEqual(refused)
  })
})

describe('identifiers', () => {
  it('are 48 characters, the same for the same document', () => {
    const parts = { organ: 'L01080193', capturedAt: '2026-03-01T10:00:00.000Z', unique: '0123456789ABCDEFGHJKMNPQRS' }
    expect(eniIdentifier(parts)).toBe('ES_L01080193_2026_ULSA0123456789ABCDEFGHJKMNPQRS')
    expect(eniIdentifier({ ...parts, unique: 'd' })).toBe('ES_L01080193_2026_000000000000000000000COMPULSAD')
    expect(checkEniIdentifier(eniIdentifier(parts))).toEqual(good(eniIdentifier(parts)))
  })

  it('of others may have another free part, with a warning', () => {
    const known = 'ES_E00010207_2010_MPR000000000000000000000010207'
    expect(checkEniIdentifier(known)).toEqual(good(known))
    expect(checkEniIdentifier('ES_LA0001234_2010_a/b')).toEqual(warned('ES_LA0001234_2010_a/b'))
    for (const wrong of ['ES_E0001020_2010_A', 'FR_E00010207_2010_A', 'ES_E00010207_10_A', 'ES_E00010207_2010_']) {
      expect(checkEniIdentifier(wrong)).toEqual(refused)
    }
  })
})

describe('given metadata', () => {
  const whole = {
    organs: ['L01080193'],
    capturedAt: '2026-03-01T10:00:00+01:00',
    origin: 'citizen',
    elaborationState: 'EE03',
    sourceNature: 'original',
    documentType: 'TD14',
  }

  it('that are good are taken', () => {
    const capturedAt = Date.UTC(2026, 2, 1, 9)
    const { organs, origin, elaborationState, documentType } = whole
    const metadata = { organs, capturedAt, origin, elaborationState, documentType }
    expect(readGivenMetadata(whole)).toEqual({ outcome: 'good', given: { metadata, format: 'PDF' }, warnings: [] })
  })

  it('warn by path', () => {
    const identifier = 'ES_E00010207_2010_MPR000000000000000000000010207'
    expect(readGivenMetadata({ ...whole, identifier, documentType: 'TD51' })).toMatchObject({
      outcome: 'good',
      warnings: [
        expect.stringMatching(/^\$\.documentType: /),
        '$.identifier: E00010207 is none of the organs',
        '$.identifier: 2010 is not the year of capture',
      ],
    })
  })

  it.each([
    ['$.organs[1]', { organs: ['L01080193', 'X'] }],
    ['$.organs', { organs: [] }],
    ['$.capturedAt', { capturedAt: '2026-03-01T10:00:00' }],
    ['$.capturedAt', { capturedAt: '2026-02-31T10:00:00Z' }],
    ['$.origin', { origin: 'both' }],
    ['$.elaborationState', { sourceNature: 'copy' }],
    ['$.documentType', { documentType: 'TD21' }],
    ['$.csv.regulation', { csv: { value: 'A', regulation: '' } }],
    ['$.sia', { sia: '1' }],
    ['$.identifier', { identifier: 'ES_1' }],
  ])('are refused by the path %s', (path, change) => {
    const read = readGivenMetadata({ ...whole, ...change })
    expect(read).toMatchObject({ outcome: 'refused', faults: [expect.stringContaining(`${path}: `)] })
  })

  it('that are no object are refused', () => {
    for (const json of [null, 1, 'x', []]) {
      expect(readGivenMetadata(json)).toMatchObject({ outcome: 'refused', faults: [expect.stringMatching(/^\$: /)] })
    }
  })
})

describe('the codes of the configuration', () => {
  const configured = (ine10: string, document: object) =>
    parseConfig({
      body: { name: { ca: 'Ens' }, ine10, dir3: 'Z01080193' },
      procedures: [{ id: 'one', title: { ca: 'Una' }, document }],
    })

  it('warn by their paths, where they are odd', () => {
    expect(
      codeWarnings(configured('2500460009', { organ: 'Z00000001', sia: 'x' })).map(one => one.split(':')[0]),
    ).toEqual(['body.ine10', 'body.dir3', 'procedures.0.document.organ', 'procedures.0.document.sia'])
    const good = configured('9821920002', { organ: 'L01080193', sia: '994106' })
    expect(codeWarnings({ ...good, body: { ...good.body, dir3: 'L01080193' } })).toEqual([])
  })
})
