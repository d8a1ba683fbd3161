// Evil annotations' and evil signatures' attacks on certified documents (Rohlmann et al. 2021): a certification that allows
// signing allows no painting, and a signature field is never what it should not be, certified or not.

import { describe, expect, it } from 'vitest'
import { bodies, type Changes, changed, form, plus, refusalOf, verdictOn } from './47.revision.kit.ts'
import { open, signed, update } from './pdf-signing-fixtures.ts'

describe('a certified document', () => {
  const widget = (entries: string) => `<< /Type /Annot /Subtype /Widget /FT /Sig /T (evil) /F 4 /P 3 0 R ${entries} >>`
  const added: Changes = {
    form: now => now.replace('14 0 R', '14 0 R 13 0 R'),
    page: now => now.replace('14 0 R', '14 0 R 13 0 R'),
  }
  const evil = (entries: string) => ({ ...added, store: widget(entries) })

  it('gets no visible signature field that nobody prepared, and no further signature at all with /P 1', async () => {
    const changes = evil('/Rect [200 200 240 240]')
    expect(await refusalOf(await changed(await signed(form(), { certify: 2 }), changes))).toContain('paint over')
    expect(await refusalOf(await changed(await signed(form()), changes))).toBe('')
    const certified = await signed(form(), { certify: 1 })
    expect(await refusalOf(await changed(certified, evil('/Rect [0 0 0 0]')))).toContain('allows no change')
    expect(await refusalOf(await signed(certified, { kind: 'timestamp' }))).toBe('')
  })

  it.each([
    ['covers the page', '/Rect [120 220 400 400]', 'covers the page'],
    ['covers another annotation', '/Rect [90 190 140 240]', 'lies on another annotation'],
    ['has no rectangle', '', 'has no rectangle'],
    ['brings an action', '/Rect [0 0 0 0] /A << /S /JavaScript >>', 'has /A'],
    ['says twice what it is', '/Rect [0 0 0 0] /T (other)', 'stands twice'],
    ['has kids', '/Rect [0 0 0 0] /Kids []', 'has /Kids'],
    ['has a value that is no signature', '/Rect [0 0 0 0] /V << /Type /Sig >>', 'no new signature'],
    ['has a value that is another field', '/Rect [0 0 0 0] /V 14 0 R', 'no new signature'],
    ['has a value that is a signature already', '/Rect [0 0 0 0] /V 17 0 R', 'overlap'],
  ])('gets no field that %s, certified or not', async (_, entries, reason) => {
    for (const once of [await signed(form()), await signed(form(), { certify: 2 })]) {
      expect(once.toString('latin1')).toMatch(/\n17 0 obj\n<< \/Type \/Sig\b/)
      expect(await refusalOf(await changed(once, evil(entries)))).toContain(reason)
    }
  })

  it('gets no field that shows on another page than its own', async () => {
    const two = {
      pages: '<< /Type /Pages /Kids [3 0 R 16 0 R] /Count 2 >>',
      catalog: bodies.catalog.replace('/Dests 16 0 R', ''),
    }
    const once = await signed(form({ ...two, spare: bodies.page.replace(/\/Annots.*\]/, '') }))
    const store = widget('/Rect [200 200 240 240]')
    expect(await refusalOf(await changed(once, { ...added, store }))).toBe('')
    const everywhere: Changes = { ...added, store, spare: now => plus(now, '/Annots [13 0 R]') }
    expect(await refusalOf(await changed(once, everywhere))).toContain('belongs to no new signature field')
  })

  it('gets no signature in a hidden or a large field that then covers the page', async () => {
    const wide = bodies.empty.replace('[220 50 380 90]', '[0 230 400 400]')
    const hidden = wide.replace('/F 4', '/F 2')
    const signedTwice = async (empty: string) => signed(await signed(form({ empty })), { fieldName: 'approval' })
    expect(await refusalOf(await signedTwice(wide))).toContain('covers the page')
    expect(await refusalOf(await signedTwice(hidden))).toBe('')
    const once = await signed(form({ empty: hidden }))
    const value = '<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>'
    const number = (await open(once)).nextNumber
    const empty = plus(wide, `/V ${number} 0 R`)
    const unhidden = await update(
      once,
      { number: 14, generation: 0, body: empty },
      { number, generation: 0, body: value },
    )
    expect(await refusalOf(unhidden)).toContain('covers the page')
  })

  it('gets no annotation that calls itself a signature field, and no border around nothing', async () => {
    const stamp = widget('/Rect [0 0 0 0]').replace('/Subtype /Widget', '/Subtype /Stamp')
    expect(await refusalOf(await changed(await signed(form()), { ...added, store: stamp }))).toContain('is no widget')
    const border = evil('/Rect [0 0 0 0] /BS << /W 300 >>')
    expect(await refusalOf(await changed(await signed(form(), { certify: 2 }), border))).toContain('paint over')
  })

  it('keeps the page and the meaning of a prepared field that is signed', async () => {
    const once = await signed(form())
    const number = (await open(once)).nextNumber
    const value = { number, generation: 0, body: '<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>' }
    const field = plus(bodies.empty, `/V ${number} 0 R`)
    for (const body of [field.replace('/P 3 0 R', '/P 2 0 R'), field.replace('/F 4', '/F (elsewhere.pdf)')]) {
      expect(await refusalOf(await update(once, { number: 14, generation: 0, body }, value))).toMatch(
        /Fields\/2\/[FP] was changed/,
      )
    }
  })

  it('gets no field of another kind, and no signature that says nothing', async () => {
    const text = widget('/Rect [0 0 0 0]').replace('/FT /Sig', '/FT /Tx')
    expect(await refusalOf(await changed(await signed(form()), { ...added, store: text }))).toContain(
      'no signature field',
    )
    const value = evil('/Rect [0 0 0 0] /V 16 0 R')
    const empty = await changed(await signed(form({ spare: 'null' })), { ...value, spare: '<< /Type /Sig >>' })
    expect(await refusalOf(empty)).toContain('no new signature')
    const kept = await changed(await signed(form({ spare: '<< /Type /Sig /ByteRange [0 1 2 3] >>' })), value)
    expect(await refusalOf(kept)).toContain('no new signature')
  })

  it('gets no field of a name that is there', async () => {
    const store = widget('/Rect [0 0 0 0]').replace('(evil)', '(name)')
    expect(await refusalOf(await changed(await signed(form()), { ...added, store }))).toContain('is taken or none')
  })

  it('never changes a signed field', async () => {
    const once = await signed(form(), { fieldName: 'approval' })
    const value = (now: string) => now.replace(/\/V \d+ 0 R/, '/V 16 0 R')
    expect((await verdictOn(await changed(once, { empty: value }))).refused).not.toEqual([])
    expect(
      (await verdictOn(await changed(once, { empty: now => plus(now, '/AP << /N 12 0 R >>') }))).refused,
    ).not.toEqual([])
  })
})
