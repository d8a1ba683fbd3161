// What may happen to a PDF after it was signed: signing again, time-stamping, evidence, upkeep, form filling as far as it
// is permitted; each of them seen, named, and the same thing done wrongly refused.

import { readFile } from 'node:fs/promises'
import { PDFDocument } from 'pdf-lib'
import { describe, expect, it } from 'vitest'
import { createDraft } from '../device/pdf/draft.ts'
import { addToDss } from '../device/pdf/dss.ts'
import { fillContents } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../device/pdf/signature-field.ts'
import { serialise } from '../device/pdf/write.ts'
import { type Bodies, bodies, type Changes, changed, form, plus, shows, stream, verdictOn } from './47.revision.kit.ts'
import { whiteDocument } from './pdf-fixtures.ts'
import { open, signatureRequest, signed, smallDer, update } from './pdf-signing-fixtures.ts'

/** What is judged of `changes` made after a signature over `before`. */
async function afterwards(changes: Changes, before: Bodies = {}, options = {}) {
  return verdictOn(await changed(await signed(form(before)), changes), options)
}

const font = await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf')
const filled: Bodies = { name: bodies.name.replace('/V ()', '/V (Ada)'), nameAppearance: shows('Ada') }
const ticked: Bodies = { agree: bodies.agree.replace('/V /Off /AS /Off', '/V /Yes /AS /Yes') }

describe('after a signature', () => {
  it('nothing is nothing', async () => {
    expect(await verdictOn(await signed(form()))).toEqual({ refused: [], levels: [], perSignature: [[]] })
  })

  it('an end-of-line that the signer left out is nothing', async () => {
    const text = (await signed(await whiteDocument(1))).toString('latin1')
    const shorter = text.replace(/\/ByteRange \[([\d ]+)\]/, (all, numbers: string) => {
      const [a, b, c, d = 0] = numbers.trim().split(/\s+/).map(Number)
      return `/ByteRange [${[a, b, c, d - 1].join(' ')}`.padEnd(all.length - 1).concat(']')
    })
    const once = Buffer.from(shorter, 'latin1')
    expect((await verdictOn(once)).refused).toEqual([])
    expect(await verdictOn(await signed(once))).toMatchObject({ refused: [], levels: ['form-filling'] })
  })

  it('further signatures and a time-stamp are allowed, seen by each signature before them', async () => {
    const made = await PDFDocument.create()
    made.addPage([300, 300])
    for (const useObjectStreams of [true, false]) {
      const once = await signed(await made.save({ useObjectStreams }))
      const twice = await signed(once)
      const { refused, perSignature } = await verdictOn(await signed(twice, { kind: 'timestamp' }))
      expect(refused).toEqual([])
      expect(perSignature.map(one => one.map(({ level }) => level))).toEqual([['form-filling', 'lta'], ['lta'], []])
      expect(perSignature[0]?.[0]).toMatchObject({ revisionStart: once.length, revisionEnd: twice.length })
      expect(JSON.parse(JSON.stringify(perSignature))).toEqual(perSignature)
    }
  })

  it('a field that was prepared may be signed', async () => {
    const verdict = await verdictOn(await signed(await signed(form()), { fieldName: 'approval' }))
    expect(verdict).toMatchObject({ refused: [], levels: ['form-filling'] })
    expect(verdict.perSignature[0]?.[0]?.changes).toContainEqual(
      expect.objectContaining({ kind: 'signature', field: 'approval', allowed: true }),
    )
  })

  it('visible signatures are allowed beside each other, and in a field that a certifier prepared', async () => {
    const appearance = (x: number, text: string) => {
      return { page: 1, rectangle: { x, y: 20, width: 100, height: 50 }, text, font } as const
    }
    const once = await signed(form(), { appearance: appearance(20, 'One') })
    const twice = await signed(once, { appearance: appearance(120, 'Two') })
    expect(await verdictOn(twice)).toMatchObject({ refused: [], levels: ['form-filling'] })
    const over = await signed(once, { appearance: appearance(60, 'Two') })
    expect((await verdictOn(over)).refused).toEqual([expect.stringContaining('lies on another annotation')])
    const certified = await signed(form(), { certify: 2 })
    const prepared = await signed(certified, { fieldName: 'approval', appearance: appearance(0, 'Two') })
    expect(await verdictOn(prepared)).toMatchObject({ refused: [], levels: ['form-filling'] })
  })

  it('an object written again as it was is nothing', async () => {
    expect(await afterwards({ content: bodies.content, page: now => now })).toMatchObject({
      refused: [],
      levels: ['none'],
    })
  })

  it('programs may say when they last wrote, and not more', async () => {
    const info = plus(bodies.info.replace('20260101', '20270101'), '/Producer (p)')
    expect(await afterwards({ info })).toMatchObject({ refused: [], levels: ['lta'] })
    expect((await afterwards({ info: bodies.info.replace('A form', 'Another') })).refused).toHaveLength(1)
  })
})

describe('evidence', () => {
  const store = (entries: string) => (now: string) => plus(now, `/DSS << ${entries} >>`)
  const certificate = (content: string) => stream('', content)

  it('is added, and added to', async () => {
    const once = await changed(await signed(form()), { catalog: store('/Certs [13 0 R]'), store: certificate('one') })
    expect(await verdictOn(once)).toMatchObject({ refused: [], levels: ['lta'] })
    const number = (await open(once)).nextNumber
    const vri = `/VRI << /AA << /Cert [${number} 0 R] /TU (D:2026) >> >>`
    const grown = store(`/Certs [${number} 0 R 13 0 R] /OCSPs [] ${vri}`)(serialise((await open(once)).catalog))
    const twice = await update(
      once,
      { number: 1, generation: 0, body: grown.replace(/\/DSS << \/Certs \[13 0 R\] >>/, '') },
      { number, generation: 0, body: certificate('two') },
    )
    expect(await verdictOn(twice)).toMatchObject({ refused: [], levels: ['lta', 'lta'] })
  })

  it('is added by us in one revision with a time-stamp', async () => {
    const draft = createDraft(await open(await signed(await whiteDocument(1))))
    const [one, two] = [Buffer.from('one'), Buffer.from('two')]
    await addToDss(draft, { certificates: [one], ocsps: [two], crls: [] })
    const update = await prepareSignature(draft, { ...signatureRequest, kind: 'timestamp' })
    const filled = fillContents(update, smallDer)
    if (filled.outcome !== 'filled') throw new Error('it fits')
    const stamped = Buffer.concat([await signed(await whiteDocument(1)), filled.update])
    expect(await verdictOn(stamped)).toMatchObject({ refused: [], levels: ['lta'] })
  })

  it('is not taken away or exchanged', async () => {
    const full = '/DSS << /Certs [13 0 R] >>'
    const once = await signed(form({ catalog: plus(bodies.catalog, full), store: certificate('one') }))
    for (const less of ['/DSS << /Certs [] >>', '/DSS << >>', '']) {
      const catalog = (now: string) => now.replace(full, less)
      expect((await verdictOn(await changed(once, { catalog }))).levels).toEqual(['other'])
    }
    const { refused } = await verdictOn(await changed(once, { store: certificate('two') }))
    expect(refused).toEqual([expect.stringContaining('replaces an object that was signed')])
  })

  it('brings an extension and a version, which only rise', async () => {
    const extension = (level: number) => `/ExtensionLevel ${level}`
    const developer = plus(bodies.catalog, `/Version /1.7 /Extensions << /X << /BaseVersion /1.7 ${extension(2)} >> >>`)
    const once = await signed(form({ catalog: developer }))
    const version = (value: string) => (now: string) => now.replace('/Version /1.7', `/Version /${value}`)
    const level = (value: number) => (now: string) => now.replace(extension(2), extension(value))
    const another = (now: string) => now.replace('/X <<', '/Y << /BaseVersion /1.7 /ExtensionLevel 1 >> /X <<')
    for (const catalog of [version('2.0'), level(3), another]) {
      expect(await verdictOn(await changed(once, { catalog }))).toMatchObject({ refused: [], levels: ['lta'] })
    }
    for (const catalog of [version('1.4'), version('x'), level(1)]) {
      expect((await verdictOn(await changed(once, { catalog }))).refused).toHaveLength(1)
    }
  })
})

describe('form filling', () => {
  it('is seen and allowed where nobody forbids it, and refused by whoever is strict', async () => {
    for (const changes of [filled, ticked]) {
      expect(await afterwards(changes)).toMatchObject({ refused: [], levels: ['form-filling'] })
      expect((await afterwards(changes, {}, { strict: true })).refused).toHaveLength(1)
    }
  })

  it('obeys the certification', async () => {
    for (const [certify, count] of [
      [1, 1],
      [2, 0],
      [3, 0],
    ] as const) {
      const certified = await signed(form(), { certify })
      expect((await verdictOn(await changed(certified, filled))).refused).toHaveLength(count)
    }
  })

  it('obeys the lock of a field', async () => {
    const locked = plus(bodies.empty, '/Lock << /Type /SigFieldLock /Action /Include /Fields [(name)] >>')
    const once = await signed(form({ empty: locked }), { fieldName: 'approval' })
    expect((await verdictOn(await changed(once, filled))).refused).toEqual([expect.stringContaining('locks the field')])
    expect((await verdictOn(await changed(once, ticked))).refused).toEqual([])
  })

  it('may use a standard font that it brings', async () => {
    const standard = shows('Ada', { font: bodies.font })
    expect((await afterwards({ ...filled, nameAppearance: standard })).refused).toEqual([])
  })

  it('is refused where the glyphs of its font were exchanged', async () => {
    const own = (text: string) => shows(text, { font: '16 0 R' })
    const catalog = bodies.catalog.replace('/Names << /Dests 16 0 R >>', '')
    const before: Bodies = {
      catalog,
      nameAppearance: own(''),
      spare: '<< /FontFile 13 0 R >>',
      store: stream('', 'own'),
    }
    const changes: Bodies = { ...filled, nameAppearance: own('Ada') }
    expect((await afterwards(changes, before)).refused).toEqual([])
    const { refused } = await afterwards({ ...changes, store: stream('', 'other') }, before)
    expect(refused).toEqual([expect.stringContaining('replaces an object that was signed (object 13')])
  })

  const elsewhere = (body: string) => body.replace('/P 3 0 R', '/P 16 0 R')
  const name = (value: string) => bodies.name.replace('/V ()', `/V (${value})`)
  it.each<[string, Changes, Bodies?]>([
    ['of a read-only field', { ...filled, name: plus(name('Ada'), '/Ff 1') }, { name: plus(bodies.name, '/Ff 1') }],
    [
      'of a field on another page',
      { ...filled, name: elsewhere(name('Ada')) },
      { name: elsewhere(bodies.name), spare: '<< /Annots [] >>' },
    ],
    ['whose appearance says something else', { name: name('Ada'), nameAppearance: shows('Bob') }],
    ['whose appearance says nothing', { name: name('Ada') }],
    ['without a value', { nameAppearance: shows('Bob') }],
    ['with an appearance alone', { name: bodies.name.replace('8 0 R', '12 0 R') }],
    [
      'that takes a value away',
      { name: name(' '), nameAppearance: shows('') },
      { name: name('Ada'), nameAppearance: shows('Ada') },
    ],
    ['of a field that showed something else', filled, { nameAppearance: shows('Nobody') }],
    ['that moves the field', { ...filled, name: name('Ada').replace('20 200', '20 100') }],
    ['that adds an action', { ...filled, name: plus(name('Ada'), '/AA << /K << >> >>') }],
    ['with a drawing', { ...filled, nameAppearance: shows('Ada', { start: '/O Do BT /F 12 Tf' }) }],
    ['with hidden text', { ...filled, nameAppearance: shows('Ada', { start: 'BT 3 Tr /F 12 Tf' }) }],
    ['in letters too small', { ...filled, nameAppearance: shows('Ada', { start: 'BT /F 1 Tf' }) }],
    [
      'with lines that draw',
      { ...filled, nameAppearance: shows('Ada', { start: `${'1 1 m 2 2 l '.repeat(20)}S BT /F 12 Tf` }) },
    ],
    ['with a font of its own', { ...filled, nameAppearance: shows('Ada', { font: '<< /Subtype /Type3 >>' }) }],
    ['with a font that was exchanged', { ...filled, font: '<< /Type /Font /Subtype /Type3 >>' }],
    ['of a state that the box does not show', { agree: bodies.agree.replace('/V /Off', '/V /Yes') }],
    ['of a button whose states were exchanged', { ...ticked, agreed: bodies.notAgreed }],
    ['that renames the field', { name: bodies.name.replace('(name)', '(nome)') }],
    ['over another annotation', filled, { agree: bodies.agree.replace('[20 150 40 170]', '[20 190 60 210]') }],
  ])('%s is none', async (_, changes, before) => {
    const { refused, levels } = await afterwards(changes, before)
    expect(levels).toEqual(['other'])
    expect(refused).not.toEqual([])
  })
})

describe('annotations', () => {
  const page = (now: string) => now.replace('14 0 R', '14 0 R 13 0 R')
  const annotation = (entries: string) => `<< /Type /Annot /Rect [300 300 320 320] ${entries} >>`

  it('need a certification that allows them', async () => {
    const changes = { page, store: annotation('/Subtype /Text /Contents (note)') }
    for (const [certify, count] of [
      [undefined, 1],
      [2, 1],
      [3, 0],
    ] as const) {
      const once = await signed(form(), certify === undefined ? {} : { certify })
      const { refused, levels } = await verdictOn(await changed(once, changes))
      expect([levels, refused.length]).toEqual([['annotations'], count])
    }
    const certified = await changed(await signed(form(), { certify: 3 }), changes)
    expect((await verdictOn(certified, { strict: true })).refused).toHaveLength(1)
  })

  it.each(['/Subtype /FreeText', '/Subtype /Stamp', '/Subtype /Redact', '/Subtype /Text /AP << /N 12 0 R >>', ''])(
    'that can cover or imitate content are refused even then: %s',
    async entries => {
      const certified = await signed(form(), { certify: 3 })
      expect((await verdictOn(await changed(certified, { page, store: annotation(entries) }))).levels).toEqual([
        'other',
      ])
    },
  )

  it('that were there stay', async () => {
    const certified = await signed(form(), { certify: 3 })
    for (const others of ['9 0 R', '9 0 R 7 0 R']) {
      const { refused } = await verdictOn(await changed(certified, { page: now => now.replace('7 0 R 9 0 R', others) }))
      expect(refused).toEqual([expect.stringContaining('removed or reordered')])
    }
  })
})
