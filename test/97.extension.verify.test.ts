// What is believed of a file that somebody else has raised: each format with what an honest service gives back, written
// anew too, and with everything that is not the document raised. The honest ones come from the engine; test/conformance
// has others.

import { beforeAll, describe, expect, it } from 'vitest'
import { kindOf } from '../device/ades/extension-order.ts'
import type { Packaging, SignatureFormat } from '../device/ades/request.ts'
import { verifyExtended } from '../device/ades/verify-extended.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { Fault } from '../device/errors.ts'
import { type Changes, changed, forged, form, plus } from './47.revision.kit.ts'
import { smallPdf } from './50.signature.kit.ts'
import { createWorld, type World } from './59.pades.kit.ts'
import { createEngine, type Engine } from './67.engine.kit.ts'

const xml = Buffer.from('<?xml version="1.0"?>\n<acta xmlns="urn:acta"><punt n="1" m="2">Aprovat</punt><res/></acta>\n')
const text = Buffer.from('a short text')

interface Case {
  readonly format: SignatureFormat
  readonly packaging: Packaging
}

const cases: readonly Case[] = [
  { format: 'PAdES', packaging: 'enveloped' },
  { format: 'CAdES', packaging: 'enveloping' },
  { format: 'CAdES', packaging: 'detached' },
  { format: 'XAdES', packaging: 'enveloped' },
  { format: 'XAdES', packaging: 'enveloping' },
  { format: 'XAdES', packaging: 'detached' },
]

let world: World
let engine: Engine

beforeAll(async () => {
  world = await createWorld()
  engine = createEngine(world)
})

async function signed({ format, packaging }: Case) {
  const input = format === 'PAdES' ? await smallPdf() : format === 'XAdES' ? xml : text
  const detached = packaging === 'detached'
  const bytes = await engine.sign(input, { format, packaging, ...(detached && { xades: {} }) })
  return { bytes, content: detached ? Buffer.from(input) : undefined }
}

/** `believed` with the level of the first signature, or why not. */
async function verdict(
  before: Uint8Array,
  after: Uint8Array,
  level: 'T' | 'LT' | 'LTA',
  content?: Uint8Array,
): Promise<string> {
  try {
    const options = { anchors: [world.pki.root], now: world.time, level, revocation: 'if-present' } as const
    const beside = content === undefined ? {} : { content: randomAccessOf(content) }
    const { report } = await verifyExtended(randomAccessOf(before), randomAccessOf(after), { ...options, ...beside })
    return `believed at ${report.signatures[0]?.level}, ${report.indication}`
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return `${thrown.code}: ${thrown.detail}`
  }
}

describe.each(cases)('$format $packaging', one => {
  it.each(['T', 'LT', 'LTA'] as const)('is believed at %s, and at no more than that', async level => {
    const { bytes, content } = await signed(one)
    const raised = await engine.extend(bytes, level, content)
    expect(await verdict(bytes, raised, level, content)).toBe(
      `believed at ${one.format}-BASELINE-${level}, TOTAL-PASSED`,
    )
    for (const other of ['T', 'LT', 'LTA'] as const) {
      if (other !== level) {
        const level_ = `EXTENSION_INVALID: a signature is at ${one.format}-BASELINE-${level} where level ${other}`
        expect(await verdict(bytes, raised, other, content)).toContain(level_)
      }
    }
  })

  it('is not believed when nothing was done to it', async () => {
    const { bytes, content } = await signed(one)
    expect(await verdict(bytes, bytes, 'T', content)).toMatch(/^EXTENSION_INVALID: a signature is at .*-BASELINE-B/)
  })

  it('that was raised before has kept what it had', async () => {
    const { bytes, content } = await signed(one)
    const stamped = await engine.extend(bytes, 'T', content)
    const raised = await engine.extend(stamped, 'LTA', content)
    expect(await verdict(stamped, raised, 'LTA', content)).toContain('believed')
    const anew = await engine.extend(bytes, 'LTA', content)
    if (Buffer.compare(anew.subarray(0, stamped.length), stamped) !== 0 || one.format !== 'PAdES') {
      world.time += 1000
      const another = await engine.extend(bytes, 'LTA', content)
      world.time -= 1000
      expect(await verdict(stamped, another, 'LTA', content)).toMatch(/^EXTENSION_INVALID/)
    }
  })

  it('is never another document, nor one with an octet changed', async () => {
    const { bytes, content } = await signed(one)
    world.time += 5000
    const other = await signed(one)
    const raisedOther = await engine.extend(other.bytes, 'LT', other.content)
    world.time -= 5000
    expect(await verdict(bytes, raisedOther, 'LT', content)).toMatch(/^EXTENSION_INVALID/)
    // At level T all that is added comes behind.
    const raised = await engine.extend(bytes, 'T', content)
    for (let at = 3; at < bytes.length; at += Math.ceil(bytes.length / 60)) {
      const changed = Buffer.from(raised)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(await verdict(bytes, changed, 'T', content), `octet ${at}`).toMatch(/^EXTENSION_INVALID/)
    }
  })

  it('is not believed cut short, in another format, or as anything else', async () => {
    const { bytes, content } = await signed(one)
    const raised = await engine.extend(bytes, 'LTA', content)
    for (const length of [0, 1, 100, bytes.length, raised.length - 40]) {
      expect(await verdict(bytes, raised.subarray(0, length), 'LTA', content)).toMatch(/^EXTENSION_INVALID/)
    }
    const strange =
      one.format === 'PAdES' ? await engine.sign(text, { format: 'CAdES', packaging: 'enveloping' }) : await smallPdf()
    expect(await verdict(bytes, strange, 'LTA', content)).toMatch(/^EXTENSION_INVALID: it is a .* file where a/)
    expect(await verdict(bytes, Buffer.from('no signature at all'), 'LTA', content)).toMatch(/^EXTENSION_INVALID/)
  })
})

describe('a PDF', () => {
  it('with another signature, or a field for one, is another document', async () => {
    const { bytes } = await signed({ format: 'PAdES', packaging: 'enveloped' })
    const cosigned = await engine.extend(await engine.sign(bytes), 'LT')
    expect(await verdict(bytes, cosigned, 'LT')).toMatch(
      /^EXTENSION_INVALID: (it holds 2 signatures|what was appended)/,
    )
  })

  it.each<readonly [string, Changes]>([
    ['another page', { content: forged }],
    ['a field filled in', { name: now => plus(now, '/V (Pere)') }],
    ['another catalogue', { catalog: now => plus(now, '/OpenAction 5 0 R') }],
    [
      'a field for a signature',
      {
        form: now => now.replace('14 0 R]', '14 0 R 16 0 R]'),
        page: now => now.replace('14 0 R]', '14 0 R 16 0 R]'),
        spare: '<< /Type /Annot /Subtype /Widget /FT /Sig /T (more) /F 132 /P 3 0 R /Rect [0 0 0 0] >>',
      },
    ],
  ])('with %s behind it is another document', async (_what, changes) => {
    const bytes = await engine.sign(form())
    const raised = await engine.extend(bytes, 'LT')
    expect(await verdict(bytes, raised, 'LT')).toContain('believed')
    expect(await verdict(bytes, await changed(raised, changes), 'LT')).toMatch(/^EXTENSION_INVALID/)
  })
})

describe('a CMS', () => {
  it('that lost a certificate, an attribute or a signer is another one', async () => {
    const first = await engine.sign(text, { format: 'CAdES', packaging: 'enveloping' })
    const two = await engine.sign(first, { format: 'CAdES', packaging: 'enveloping', operation: 'cosign' })
    const raisedOne = await engine.extend(first, 'LT')
    const raisedTwo = await engine.extend(two, 'LT')
    expect(await verdict(two, raisedTwo, 'LT')).toContain('believed')
    expect(await verdict(two, raisedOne, 'LT')).toBe('EXTENSION_INVALID: it has other signers')
    expect(await verdict(first, raisedTwo, 'LT')).toBe('EXTENSION_INVALID: it has other signers')
    const countersigned = await engine.sign(first, {
      format: 'CAdES',
      packaging: 'enveloping',
      operation: 'countersign',
    })
    expect(await verdict(countersigned, raisedOne, 'LT')).toMatch(/^EXTENSION_INVALID: an unsigned attribute/)
    expect(await verdict(first, await engine.extend(countersigned, 'LT'), 'LT')).toMatch(/^EXTENSION_INVALID/)
  })

  it('with something behind it is another one', async () => {
    const cms = await engine.sign(text, { format: 'CAdES', packaging: 'enveloping' })
    const raised = Buffer.concat([await engine.extend(cms, 'T'), Buffer.from('x')])
    expect(await verdict(cms, raised, 'T')).toBe('EXTENSION_INVALID: octets follow the SignedData')
  })
})

describe('an XML', () => {
  const enveloped = { format: 'XAdES', packaging: 'enveloped' } as const

  it('may be written anew, as canonicalisation sees it', async () => {
    const { bytes } = await signed(enveloped)
    const raised = (await engine.extend(bytes, 'LT')).toString()
    const anew = raised
      .replace('<?xml version="1.0"?>\n', '')
      .replace('n="1" m="2"', "m='2'   n='1'")
      .replace('<res/>', '<res></res>')
    expect(anew).not.toBe(raised)
    expect(await verdict(bytes, Buffer.from(anew), 'LT')).toContain('believed')
  })

  it.each<readonly [string, (raised: string) => string]>([
    ['another text', xmlText => xmlText.replace('Aprovat', 'Rebutjat')],
    ['another attribute', xmlText => xmlText.replace('n="1"', 'n="2"')],
    ['an attribute more', xmlText => xmlText.replace('n="1"', 'n="1" k="3"')],
    ['an element more', xmlText => xmlText.replace('<res/>', '<res/><res/>')],
    ['an element less', xmlText => xmlText.replace('<res/>', '')],
    ['a comment more', xmlText => xmlText.replace('<res/>', '<res/><!-- x -->')],
    ['an instruction before it', xmlText => xmlText.replace('<acta', '<?x y?><acta')],
    ['a declaration more', xmlText => xmlText.replace('<res/>', '<res xmlns:z="urn:z"/>')],
    ['a space more', xmlText => xmlText.replace('<res/>', ' <res/>')],
    [
      'a property that raises nothing',
      xmlText =>
        xmlText.replace(/<\/(\w+):UnsignedSignatureProperties>/, '<x xmlns="urn:x"/></$1:UnsignedSignatureProperties>'),
    ],
    [
      'a comment among the properties',
      xmlText =>
        xmlText.replace(/<\/(\w+):UnsignedSignatureProperties>/, '<!-- x --></$1:UnsignedSignatureProperties>'),
    ],
  ])('with %s is another one', async (_what, change) => {
    const { bytes } = await signed(enveloped)
    const raised = (await engine.extend(bytes, 'LT')).toString()
    const changed = change(raised)
    expect(changed).not.toBe(raised)
    expect(await verdict(bytes, Buffer.from(changed), 'LT')).toMatch(/^EXTENSION_INVALID/)
  })
})

describe('what a service is told of a file', () => {
  it.each(cases)('$format $packaging', async one => {
    const { bytes, content } = await signed(one)
    expect(await kindOf(bytes, content !== undefined)).toEqual({ format: one.format, packaging: one.packaging })
  })
})
