// Signature wrapping: whatever an attacker moves, doubles or injects around signed XML, the signature still holding over
// what was moved, the reader has to find. Each attack is put together out of the parts of a good file.

import { beforeAll, describe, expect, it } from 'vitest'
import { prepareXadesCosignature, prepareXadesCountersignatures } from '../device/ades/xades-cosign.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { Fault } from '../device/errors.ts'
import { parseXml } from '../device/xml/parse.ts'
import { subtreeOf } from '../device/xml/walk.ts'
import { now } from './50.signature.kit.ts'
import { chance } from './58.xml.kit.ts'
import {
  content,
  findingsOf,
  finished,
  meaningOf,
  partsOf,
  read,
  requestOf,
  type Signer,
  signed,
  signedById,
} from './58.xml.xades.kit.ts'
import { createTestPki } from './sim/pki.ts'

let rsa: Signer
let ec: Signer
beforeAll(async () => {
  const pki = await createTestPki({ now })
  rsa = { identity: await pki.signer(), algorithm: 'SHA256withRSA' }
  ec = { identity: await pki.signer({ key: 'P-384' }), algorithm: 'SHA384withECDSA' }
})

describe('signature wrapping', () => {
  const good = '<pay Id="root"><to>Anna</to></pay>'
  const evil = '<to>Mallory</to>'
  const beforeEnd = (signature: string, markup: string) => signature.replace(/<\/ds:Signature>$/, `${markup}$&`)
  const wrapped = async (attack: (parts: { before: string; signature: string; after: string }) => string) =>
    findingsOf(await read(attack(partsOf(await signedById(good, rsa)))))

  it('none: the file as it was signed is good', async () => {
    expect(findingsOf(await read(await signedById(good, rsa)))).toEqual([])
  })

  it('1: the signed root inside an Object of the signature, another one with its Id around', async () => {
    const attack = await wrapped(
      ({ signature }) => `<pay Id="root">${evil}${beforeEnd(signature, `<ds:Object>${good}</ds:Object>`)}</pay>`,
    )
    expect(attack).toContain('FORMAT_FAILURE')
  })

  it('2: signed content inside an Object of the signature, another in its place', async () => {
    const file = `${await signed(content, rsa, 'internally-detached')}`
    const [moved = ''] = /<Content Id="one-content">.*<\/Content>/s.exec(file) ?? []
    const forge = (forged: string) =>
      file.replace(moved, forged).replace('</ds:Signature>', `<ds:Object>${moved}</ds:Object>$&`)
    expect(findingsOf(await read(forge('')))).toEqual([])
    expect(findingsOf(await read(forge(`<Content Id="x">${evil}</Content>`)))).toEqual(['SIG_CONSTRAINTS_FAILURE'])
    expect(findingsOf(await read(forge('Mallory')))).toEqual(['SIG_CONSTRAINTS_FAILURE'])
    expect(findingsOf(await read(forge(`<Content Id="one-content">${evil}</Content>`)))).toContain('FORMAT_FAILURE')
  })

  it('3: the same, and what is forged stands in an attribute alone', async () => {
    const file = `${await signed(content, rsa, 'internally-detached')}`
    expect(findingsOf(await read(file.replace('<SignedDocument', '<SignedDocument to="Mallory"')))).toEqual([
      'SIG_CONSTRAINTS_FAILURE',
    ])
  })

  it('4: the signed root beside the signature, in a root of the attacker’s', async () => {
    expect(await wrapped(({ signature }) => `<pay>${evil}<hidden>${good}</hidden>${signature}</pay>`)).toEqual([
      'SIG_CONSTRAINTS_FAILURE',
    ])
  })

  it('5: the whole signed document inside a root of the attacker’s', async () => {
    expect(await wrapped(({ before, signature, after }) => `<pay>${evil}${before}${signature}${after}</pay>`)).toEqual([
      'SIG_CONSTRAINTS_FAILURE',
    ])
  })

  it('6: the same with text instead of an element', async () => {
    expect(await wrapped(({ before, signature, after }) => `<pay>Mallory${before}${signature}${after}</pay>`)).toEqual([
      'SIG_CONSTRAINTS_FAILURE',
    ])
  })

  it('7: the signed root inside another element that is named like a signature', async () => {
    const fake = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
    const attack = await wrapped(
      ({ signature }) => `<pay>${fake}${evil}</ds:Signature>${fake}${good}</ds:Signature>${signature}</pay>`,
    )
    expect(attack).toContain('FORMAT_FAILURE')
  })

  it('8: content beside the signature moved away, another in its place', async () => {
    const file = `${await signed(content, rsa, 'internally-detached')}`
    const forged = file.replace(
      /<Content Id="one-content">.*<\/Content>/s,
      moved => `<Content Id="x">${evil}</Content><h>${moved}</h>`,
    )
    expect(findingsOf(await read(forged))).toEqual(['SIG_CONSTRAINTS_FAILURE'])
    const doubled = file.replace(/<Content Id="one-content">/, whole => `${whole}${evil}</Content>${whole}`)
    expect(findingsOf(await read(doubled))).toContain('FORMAT_FAILURE')
  })

  it('9: another Object before the signed one', async () => {
    const file = `${await signed(content, rsa, 'enveloping')}`
    const injected = file.replace('<ds:Object Id="one-object"', `<ds:Object Id="x">${evil}</ds:Object>$&`)
    expect(findingsOf(await read(injected))).toEqual(['SIG_CONSTRAINTS_FAILURE'])
    const doubled = file.replace('<ds:Object Id="one-object"', `<ds:Object Id="one-object">${evil}</ds:Object>$&`)
    expect(findingsOf(await read(doubled))).toContain('FORMAT_FAILURE')
  })

  it('9b: signed content moved to where nobody looks for it', async () => {
    const file = `${await signed(content, rsa, 'internally-detached')}`
    const [moved = ''] = /<Content Id="one-content">.*<\/Content>/s.exec(file) ?? []
    for (const place of [
      '</ds:KeyInfo>',
      '</ds:X509Data>',
      '<xades:QualifyingProperties',
      '</xades:QualifyingProperties>',
    ]) {
      const forged = file.replace(moved, '').replace(place, `${moved}$&`)
      expect(findingsOf(await read(forged)), place).toContain('SIG_CONSTRAINTS_FAILURE')
    }
  })

  it('10: elements inside signed base64', async () => {
    const file = `${await signed(content, rsa, 'enveloping')}`
    expect(findingsOf(await read(file.replace('</ds:Object>', `<b>${''}</b>$&`)))).toContain('SIG_CONSTRAINTS_FAILURE')
  })

  it('11: other SignedProperties in the place of the signed ones', async () => {
    const file = `${await signed(content, rsa, 'enveloped')}`
    const moved = /<xades:SignedProperties Id="one-props">.*<\/xades:SignedProperties>/s.exec(file)?.[0] ?? ''
    const forged = moved.replace('one-props', 'x').replace('2026', '2020')
    const hidden = `<ds:Object><hidden xmlns:xades="http://uri.etsi.org/01903/v1.3.2#">${moved}</hidden></ds:Object>`
    const [found] = await read(beforeEnd(file.replace(moved, forged).replace(/<\/pay>$/, ''), hidden).concat('</pay>'))
    expect(findingsOf(found === undefined ? [] : [found])).toContain('FORMAT_FAILURE')
    expect(found?.claimedTime).toBeUndefined()
    expect(found?.policy).toBeUndefined()
  })

  it('12: QualifyingProperties of its own in a second Object', async () => {
    const file = `${await signed(content, rsa, 'enveloped')}`
    const object = /<ds:Object><xades:QualifyingProperties.*<\/ds:Object>/s.exec(file)?.[0] ?? ''
    const forged = object.replace('one-props', 'x').replace('2026', '2020')
    expect(findingsOf(await read(file.replace(object, `${forged}${object}`)))).toContain('FORMAT_FAILURE')
  })

  it('13: a countersignature under another signature than it is over', async () => {
    const first = await signed(content, rsa, 'enveloped')
    const both = await finished(
      first,
      [await prepareXadesCosignature(randomAccessOf(first), requestOf(ec, 'enveloped', 'two'))],
      ec,
    )
    const [over] = await prepareXadesCountersignatures(
      randomAccessOf(both),
      requestOf(rsa, 'enveloped', 'three'),
      'TREE',
    )
    const all = `${await finished(both, over === undefined ? [] : [over], rsa)}`
    const unsigned = /<xades:UnsignedProperties.*?<\/xades:UnsignedProperties>/s.exec(all)?.[0] ?? ''
    const at = all.lastIndexOf('</xades:QualifyingProperties>')
    const moved = `${all.slice(0, at)}${unsigned}${all.slice(at)}`.replace(unsigned, '')
    expect(findingsOf(await read(all))).toEqual([])
    expect(findingsOf(await read(moved))).toEqual(['FORMAT_FAILURE'])
  })
})

describe('elements moved, doubled, wrapped and taken away at random', () => {
  it.each(['enveloped', 'enveloping', 'internally-detached', 'detached'] as const)('%s', async packaging => {
    const file = `${await signed(content, rsa, packaging)}`
    const { below, one } = chance(packaging.length)
    const good = await meaningOf(Buffer.from(file))
    expect(good.clean).toBe(true)
    const elements = [...subtreeOf(parseXml(Buffer.from(file)).root)]
    let noticed = 0
    for (let round = 0; round < 400; round += 1) {
      const { span } = one(elements)
      const other = one(elements)
      const at = one([other.span.start, other.span.end, other.startTag.end])
      const piece = file.slice(span.start, span.end)
      const kept = below(2) === 0 ? piece : one(['', `<x>${piece}</x>`, piece.replace(/Id="/, '$&x')])
      const put = one([piece, `<x>${piece}</x>`, piece.replace(/Id="/, '$&y'), ''])
      const [before, after] = at <= span.start ? [put, ''] : ['', put]
      if (at > span.start && at < span.end) continue
      const forged =
        at <= span.start
          ? `${file.slice(0, at)}${before}${file.slice(at, span.start)}${kept}${file.slice(span.end)}`
          : `${file.slice(0, span.start)}${kept}${file.slice(span.end, at)}${after}${file.slice(at)}`
      const changed = await meaningOf(Buffer.from(forged)).catch(unreadable)
      if (!changed.clean) noticed += 1
      else expect({ ...changed, forged }).toEqual({ ...good, forged })
    }
    expect(noticed).toBeGreaterThan(100)
  })
})

/** Two roots, for instance. */
function unreadable(thrown: unknown): { readonly clean: false } {
  if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') return { clean: false }
  throw thrown
}
