// The ASN.1 reader against two others, asn1js and OpenSSL, on real structures in DER and BER; then the same structures
// mutated with a fixed seed, where every tree that comes out must still add up to the octets it was read from.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Constructed, fromBER, ObjectIdentifier, OctetString } from 'asn1js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Asn1Node, maxAsn1Depth, readAsn1, readWhole } from '../device/cms/asn1.ts'
import { objectIdentifier } from '../device/cms/der.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, pem } from './sim/pki.ts'

let folder: Folder
let corpus: ReadonlyMap<string, Uint8Array>

const opensslForms = {
  'DER, attached': ['-nodetach', '-outform', 'DER'],
  'BER, attached': ['-nodetach', '-outform', 'DER', '-stream'],
  'DER, detached': ['-outform', 'DER'],
} as const

beforeAll(async () => {
  folder = await temporaryFolder()
  const pki = await createTestPki({ now })
  const signer = await pki.signer()
  const files = {
    signer: await folder.write('signer.pem', pem('CERTIFICATE', signer.certificate)),
    key: await folder.write('key.pem', pem('PRIVATE KEY', signer.privateKey)),
    content: await folder.write('content.bin', Buffer.alloc(70_000, 'content ')),
  }
  const made = new Map<string, Uint8Array>([
    ['a certificate', signer.certificate],
    ['a private key', signer.privateKey],
  ])
  for (const [name, options] of Object.entries(opensslForms)) {
    const out = join(folder.path, 'made.der')
    const { code, output } = await judge('openssl', [
      ...['cms', '-sign', '-binary', '-cades', '-in', files.content, '-signer', files.signer, '-inkey', files.key],
      ...[...options, '-out', out],
    ])
    if (code !== 0) throw new Error(output)
    made.set(name, await readFile(out))
  }
  corpus = made
})

afterAll(() => folder.remove())

const names = ['a certificate', 'a private key', ...Object.keys(opensslForms)]

function sample(name: string): Uint8Array {
  const bytes = corpus.get(name)
  if (bytes === undefined) throw new Error(`no sample ${name}`)
  return bytes
}

interface Outline {
  readonly raw: string
  readonly oid: string | undefined
  readonly children: readonly Outline[]
}

const fingerprint = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64')

function outline(node: Asn1Node): Outline {
  return { raw: fingerprint(node.raw), oid: node.oid, children: node.children.map(outline) }
}

function peerOutline(block: ReturnType<typeof fromBER>['result']): Outline {
  const inside = block instanceof Constructed || (block instanceof OctetString && block.idBlock.isConstructed)
  const children = inside ? (block.valueBlock.value as ReturnType<typeof fromBER>['result'][]) : []
  return {
    raw: fingerprint(block.valueBeforeDecodeView),
    oid: block instanceof ObjectIdentifier ? block.getValue() : undefined,
    // asn1js counts the end-of-contents octets as a child.
    children: children.filter(child => child.valueBeforeDecodeView[0] !== 0).map(peerOutline),
  }
}

function* nodesOf(node: Asn1Node): Generator<Asn1Node> {
  yield node
  for (const child of node.children) yield* nodesOf(child)
}

describe('against other readers', () => {
  it.each(names)('finds the tree that asn1js finds in %s', name => {
    const bytes = Uint8Array.from(sample(name))
    const node = readWhole(bytes)
    if (node === undefined) throw new Error('not read')
    expect(outline(node)).toEqual(peerOutline(fromBER(bytes).result))
  })

  it.each(names)('finds the offsets and header lengths that OpenSSL prints for %s', async name => {
    const path = await folder.write('printed.der', sample(name))
    const { output } = await judge('openssl', ['asn1parse', '-inform', 'DER', '-in', path])
    const printed = [...output.matchAll(/^\s*(\d+):d=\d+\s+hl=\s*(\d+) l=\s*(\d+|inf) .*$/gm)]
      .filter(([line]) => !line.includes('EOC'))
      .map(([, offset, header, length]) => `${offset} ${header} ${length}`)
    const node = readWhole(sample(name))
    const found = [...(node === undefined ? [] : nodesOf(node))].map(
      one => `${one.offset} ${one.headerLength} ${one.indefinite ? 'inf' : one.contentLength}`,
    )
    expect(found).toEqual(printed)
  })
})

describe('offsets', () => {
  it('are counted from the base that was given', () => {
    const bytes = sample('DER, detached')
    const [child] = readWhole(bytes, 1000)?.children ?? []
    expect(child?.offset).toBe(1004)
    expect(child?.raw).toEqual(Uint8Array.from(bytes.subarray(4, 4 + (child?.raw.length ?? 0))))
  })

  it('are of a length without the octets that follow it', () => {
    const bytes = Buffer.concat([sample('a certificate'), Buffer.from('rest')])
    expect(readAsn1(bytes)?.length).toBe(bytes.length - 4)
    expect(readWhole(bytes)).toBeUndefined()
  })
})

describe('what is malformed', () => {
  it.each([
    ['nothing', ''],
    ['an identifier alone', '30'],
    ['a length beyond the end', '300502'],
    ['a child beyond its parent', '300302030101'],
    ['an indefinite length without an end', '3080020101'],
    ['an indefinite length of a primitive', '0480000000'],
    ['an identifier without an end', '1fffff'],
    ['a length of too many octets', '0487000000000000010000'],
    ['end-of-contents as an element', '30020000'],
    ['end-of-contents alone', '0000'],
  ])('%s is no element', (_, hex) => {
    expect(readAsn1(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  it('elements in each other beyond the bound are none', () => {
    const nested = (depth: number) => {
      let hex = '0500'
      for (let level = 0; level < depth; level++) hex = `3080${hex}0000`
      return readAsn1(Buffer.from(hex, 'hex'))
    }
    expect(nested(maxAsn1Depth)).toBeDefined()
    expect(nested(maxAsn1Depth + 1)).toBeUndefined()
  })
})

describe('OBJECT IDENTIFIER', () => {
  it.each(['2.999.3', '1.2.840.113549.1.9.16.2.47', '0.4.0.1733.2.4', '2.16.840.1.101.3.4.2.1', '2.48'])(
    '%s',
    dotted => {
      expect(readWhole(objectIdentifier(dotted))?.oid).toBe(dotted)
    },
  )

  it('keeps arcs exact that no double holds', () => {
    expect(readWhole(Buffer.from('06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776', 'hex'))?.oid).toBe(
      '2.25.329800735698586629295641978511506172918',
    )
  })

  it.each(['0600', '060188', '06032a8001'])('%s is none', hex => {
    const node = readWhole(Buffer.from(hex, 'hex'))
    expect(node).toBeDefined()
    expect(node?.oid).toBeUndefined()
  })
})

/** A small generator of its own, so that the same mutations are made everywhere (Numerical Recipes' constants). */
function seeded(seed: number): (bound: number) => number {
  let state = seed
  return bound => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

function mutated(bytes: Uint8Array, random: (bound: number) => number): Uint8Array {
  const copy = Buffer.from(bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length))
  for (let change = 0; change <= random(4) && copy.length > 0; change++) {
    // Headers stand mostly at the front; the content at the back is long and dull.
    copy[random(random(2) === 0 ? Math.min(copy.length, 200) : copy.length)] = random(256)
  }
  return copy
}

/** Octets that the children do not account for: the header, and the end of an indefinite length. */
function addsUp(node: Asn1Node): boolean {
  if (node.children.length === 0) return true
  const children = node.children.reduce((total, child) => total + child.raw.length, 0)
  const inPlace = node.children.every((child, index) => {
    const before = node.children[index - 1]
    const expected = before === undefined ? node.offset + node.headerLength : before.offset + before.raw.length
    return child.offset === expected
  })
  return inPlace && children === node.contentLength && node.children.every(addsUp)
}

describe('mutated structures', () => {
  it.each(names)('%s: whatever is read adds up to its octets', name => {
    const random = seeded(57)
    let read = 0
    for (let round = 0; round < 400; round++) {
      const node = readAsn1(mutated(sample(name), random))?.node
      if (node === undefined) continue
      read += 1
      expect(addsUp(node)).toBe(true)
    }
    expect(read).toBeGreaterThan(10)
  })
})
