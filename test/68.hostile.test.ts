// Files that are made to break whoever reads them: each is verified, extended and signed from outside, and each ends at
// once with a verdict against it or an error by name. What is around it (other people's attacks on signatures, odd files)
// is in the tests of the rooms.

import { beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { smallPdf } from './50.signature.kit.ts'
import { forgedPdf, otherProtection } from './53.forged.kit.ts'
import { signedById } from './58.xml.xades.kit.ts'
import { createWorld } from './59.pades.kit.ts'
import { createEngine, type Engine } from './67.engine.kit.ts'
import { createChance } from './67.mutate.kit.ts'
import {
  aroundSigned,
  billionLaughs,
  pdfOf,
  stampedOften,
  stampedWithin,
  vastCrossReference,
  vastObjectStream,
  withRange,
} from './68.hostile.kit.ts'
import type { TestIdentity } from './sim/pki.ts'

let engine: Engine
let pdf: Uint8Array
let signed: Buffer
let stamped: Buffer
let enveloped: string
let rsa: TestIdentity

beforeAll(async () => {
  const world = await createWorld()
  engine = createEngine(world)
  rsa = await world.pki.signer()
  pdf = await smallPdf()
  signed = await engine.sign(pdf)
  stamped = await engine.sign(Buffer.from('content'), { format: 'CAdES', packaging: 'enveloping', level: 'T' })
  const large = Buffer.from(`<doc>${'<p>text</p>'.repeat(20_000)}</doc>`)
  enveloped = (await engine.sign(large, { format: 'XAdES' })).toString()
})

/** The indication, `made` for a file, or the code of a Fault; anything else that is thrown fails the test. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    const result = await work
    return result instanceof Buffer ? 'made' : (result as { indication: string }).indication
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code
    throw thrown
  }
}

/** What verifying, extending and signing come to. */
async function outcomes(file: Uint8Array): Promise<readonly unknown[]> {
  const format = file[0] === 0x3c ? 'XAdES' : file[0] === 0x30 ? 'CAdES' : 'PAdES'
  const asked = {
    format,
    packaging: format === 'CAdES' ? 'enveloping' : 'enveloped',
    pdf: { fieldName: 'New' },
  } as const
  const operation = format === 'CAdES' ? 'cosign' : 'sign'
  return [
    await outcome(engine.verify(file)),
    await outcome(engine.extend(file, 'T')),
    await outcome(engine.sign(file, { ...asked, operation })),
  ]
}

const unsigned = ['NO-SIGNATURE', 'SIGNATURE_ABSENT']
const unreadable = ['PDF_UNREADABLE', 'PDF_UNREADABLE', 'PDF_UNREADABLE']
const broken = ['TOTAL-FAILED', 'SIGNATURE_BROKEN', 'SIGNATURE_BROKEN']
const nested = (count: number) => '['.repeat(count) + ']'.repeat(count)

describe('a PDF with', () => {
  it.each<[string, () => Buffer, readonly string[]]>([
    ['a cross-reference of hundreds of megabytes in a few', vastCrossReference, unreadable],
    ['an object stream of hundreds of megabytes in a few', () => vastObjectStream(1), [...unsigned, 'PDF_UNREADABLE']],
    ['the same, deflated again and again', () => vastObjectStream(40), [...unsigned, 'PDF_UNREADABLE']],
    ['a million objects', () => pdfOf({ more: Array(1_000_000).fill('null') }), [...unsigned, 'made']],
    ['a catalog that is itself', () => pdfOf({ catalog: '1 0 R' }), unreadable],
    ['a circle of references', () => pdfOf({ catalog: '4 0 R', more: ['1 0 R'] }), unreadable],
    [
      'a page tree in itself',
      () => pdfOf({ pages: '<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1 >>' }),
      [...unsigned, 'PDF_UNREADABLE'],
    ],
    [
      'a field that is its own parent and child',
      () =>
        pdfOf({
          catalog: '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>',
          more: ['<< /T (a) /Parent 4 0 R /Kids [4 0 R] >>'],
        }),
      unreadable,
    ],
    [
      'arrays 200 000 deep',
      () => pdfOf({ catalog: `<< /Type /Catalog /Pages 2 0 R /X ${nested(200_000)} >>` }),
      unreadable,
    ],
    [
      'a length that is its own stream',
      () => pdfOf({ more: ['<< /Length 4 0 R >>\nstream\nx\nendstream'] }),
      [...unsigned, 'made'],
    ],
    [
      'a negative length',
      () =>
        pdfOf({
          page: '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>',
          more: ['<< /Length -5 >>\nstream\nx\nendstream'],
        }),
      [...unsigned, 'made'],
    ],
    [
      'a length beyond the end',
      () => pdfOf({ more: ['<< /Length 99999999999 >>\nstream\nx\nendstream'] }),
      [...unsigned, 'made'],
    ],
  ])('%s', async (_, make, expected) => {
    expect(await outcomes(make())).toEqual(expected)
  })

  it.each<[string, (range: readonly number[]) => readonly number[]]>([
    ['that overlaps /Contents', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c - 200, d + 200]],
    ['that overlaps itself', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, b - 9, d + c - b + 9]],
    ['that leaves a gap before /Contents', ([a = 0, b = 0, c = 0, d = 0]) => [a, b - 100, c, d]],
    ['that does not begin with the file', ([, b = 0, c = 0, d = 0]) => [1, b - 1, c, d]],
    ['that ends before the file', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, d - 1]],
    ['that ends behind the file', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, d + 1]],
    ['of a negative length', ([a = 0, b = 0, c = 0]) => [a, b, c, -1]],
    ['of three numbers', ([a = 0, b = 0, c = 0]) => [a, b, c]],
    ['of nothing', () => [0, 0, 0, 0]],
  ])('a /ByteRange %s', async (_, change) => {
    expect(await outcomes(withRange(signed, change))).toEqual(broken)
  })

  it.each([
    ['octets behind its CMS', { trailing: Buffer.from('junk') }],
    ['several signers in its CMS', { signerInfos: 2 }],
    ['no signer in its CMS', { signerInfos: 0 }],
    ['digest algorithms that do not go together', { attributes: { cmsAlgorithmProtection: [otherProtection()] } }],
    ['a content inside its CMS', { attached: true }],
  ])('%s', async (_, forgery) => {
    expect(await outcomes(await forgedPdf(pdf, rsa, forgery))).toEqual(broken)
  })

  it('octets behind the last revision', async () => {
    const behind = [...broken.slice(0, 2), 'PDF_UNREADABLE']
    expect(await outcomes(Buffer.concat([signed, Buffer.from('%junk\n')]))).toEqual(behind)
  })

  it('nothing right but its first line', async () => {
    const chance = createChance(67)
    for (let round = 0; round < 30; round++) {
      const noise = Buffer.from(Array.from({ length: chance.below(5000) }, () => chance.below(256)))
      expect(await outcomes(Buffer.concat([Buffer.from('%PDF-1.7\n'), noise]))).toEqual(unreadable)
    }
  })

  it('an end that is missing, wherever it is cut off', async () => {
    for (let length = 20; length < signed.length; length += 97) {
      const [verified, extended] = await outcomes(signed.subarray(0, length))
      // Cut off right behind the revision that was signed, it is the unsigned file.
      expect(['PDF_UNREADABLE', 'NO-SIGNATURE', 'TOTAL-FAILED']).toContain(verified)
      expect(['PDF_UNREADABLE', 'SIGNATURE_ABSENT', 'SIGNATURE_BROKEN']).toContain(extended)
    }
  })
})

describe('XML with', () => {
  const xml = (text: string) => () => Buffer.from(text)
  const often = (pattern: RegExp, count: number) => () =>
    Buffer.from(enveloped.replace(pattern, whole => whole.repeat(count)))

  it.each<[string, () => Buffer, string]>([
    ['a billion laughs', billionLaughs, 'XML_UNREADABLE'],
    ['an entity from outside', xml('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'), 'XML_UNREADABLE'],
    ['elements 200 000 deep', xml('<a>'.repeat(200_000) + '</a>'.repeat(200_000)), 'XML_UNREADABLE'],
    [
      '100 000 attributes',
      () => Buffer.from(`<a ${Array.from({ length: 100_000 }, (_, at) => `a${at}=""`).join(' ')}/>`),
      'XML_UNREADABLE',
    ],
    ['two million elements', xml(`<a>${'<b/>'.repeat(2_000_000)}</a>`), 'XML_UNREADABLE'],
    [
      '600 References to a large document',
      often(/<ds:Reference [\s\S]*?<\/ds:Reference>/, 600),
      'DOCUMENT_TOO_COMPLEX',
    ],
    ['300 signatures', often(/<ds:Signature [\s\S]*<\/ds:Signature>/, 300), 'DOCUMENT_TOO_COMPLEX'],
  ])('%s', async (_, make, code) => {
    const file = make()
    expect(await outcome(engine.verify(file))).toBe(code)
  })

  it.each<[string, RegExp, number]>([
    ['5 000 References', /<ds:Reference [\s\S]*?<\/ds:Reference>/, 5000],
    ['1 000 Transforms', /<ds:Transform [\s\S]*?<\/ds:Transform>/, 1000],
  ])('%s in its signature', async (_, pattern, count) => {
    const file = often(pattern, count)()
    expect([await outcome(engine.verify(file)), await outcome(engine.extend(file, 'T'))]).toEqual(broken.slice(0, 2))
  })
})

describe('an XML signature that is extended', () => {
  it.each(['B', 'T', 'LTA'] as const)('has its unsigned properties once, at %s', async level => {
    const file = (await engine.sign(Buffer.from('<a/>'), { format: 'XAdES', level })).toString()
    const added = level === 'B' ? '<xades:UnsignedProperties></xades:UnsignedProperties>' : ''
    for (const name of ['UnsignedProperties', 'UnsignedSignatureProperties']) {
      if (level === 'B' && name !== 'UnsignedProperties') continue
      const whole = file.replace('</xades:QualifyingProperties>', `${added}$&`)
      const pattern = new RegExp(`<xades:${name}[ >][\\s\\S]*</xades:${name}>`)
      const twice = Buffer.from(whole.replace(pattern, found => found.repeat(2)))
      for (const to of ['T', 'LT', 'LTA'] as const) {
        expect(await outcome(engine.extend(twice, to)), `${name} to ${to}`).toBe('SIGNATURE_FORMAT_REFUSED')
      }
    }
  })

  it('keeps a signed document that it is over as it is', async () => {
    const signer = { identity: rsa, algorithm: 'SHA256withRSA' } as const
    const inner = await signedById('<a Id="root">b</a>', signer)
    const outer = await aroundSigned(inner, signer)
    expect(await outcome(engine.verify(outer))).toBe('TOTAL-PASSED')
    for (const level of ['T', 'LT', 'LTA'] as const) {
      const extended = await engine.extend(outer, level)
      expect(extended.includes(inner)).toBe(true)
      expect(await outcome(engine.verify(extended))).toBe('TOTAL-PASSED')
    }
  })
})

describe('CMS with', () => {
  it('octets behind it', async () => {
    const [verified, extended] = await outcomes(Buffer.concat([stamped, Buffer.from('junk')]))
    expect(verified).not.toBe('TOTAL-PASSED')
    expect(extended).not.toBe('made')
  })

  it('time-stamps within time-stamps', async () => {
    const stamp = stampedWithin(stamped, 1)
    expect(stamp.length).toBeGreaterThan(stamped.length * 1.3)
    // Nobody asks what an unsigned attribute of a time-stamp says.
    expect(await outcomes(stamp)).toEqual(['TOTAL-PASSED', 'made', 'made'])
    expect(await outcomes(stampedWithin(stamped, 100))).toEqual(['CMS_UNREADABLE', 'CMS_UNREADABLE', 'CMS_UNREADABLE'])
  })

  it('thousands of time-stamps', async () => {
    const complex = 'DOCUMENT_TOO_COMPLEX'
    expect(await outcomes(stampedOften(stamped, 2000))).toEqual([complex, complex, complex])
    expect(await outcomes(stampedOften(stamped, 40))).toEqual(['TOTAL-PASSED', 'made', 'made'])
  })
})
