// Changes of files by chance, the same in every run with the same seed: bytes, ranges, numbers in text, elements of DER
// and markup. Every change gives other bytes than it was given.

import { type Asn1Node, readWhole } from '../device/cms/asn1.ts'
import { tlv } from '../device/cms/der.ts'

export interface Chance {
  /** A whole number from 0 to below `bound`; 0 for an empty range. */
  below(bound: number): number
  pick<T>(list: readonly [T, ...T[]]): T
  any<T>(list: readonly T[]): T | undefined
}

/** Mulberry32, by Tommy Ettinger: every state comes up, and low bits are as good as high ones. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const below = (bound: number) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
  return Object.freeze({
    below,
    pick: <T>(list: readonly [T, ...T[]]) => list[below(list.length)] ?? list[0],
    any: <T>(list: readonly T[]) => list[below(list.length)],
  })
}

/** One change; `other` is another good file to take pieces of. */
export type Mutation = (bytes: Buffer, chance: Chance, other: Uint8Array) => Uint8Array

const splice = (bytes: Buffer, at: number, remove: number, insert: Uint8Array = Buffer.alloc(0)) =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])

/** Mostly short, sometimes as long as the file. */
function extent(bytes: Uint8Array, chance: Chance): { at: number; length: number } {
  const at = chance.below(bytes.length)
  const most = chance.pick([1, 4, 40, 400, bytes.length])
  return { at, length: Math.min(1 + chance.below(most), bytes.length - at) }
}

const numbers = [
  '0',
  '-1',
  '1',
  '-2147483648',
  '2147483647',
  '4294967296',
  '99999999999999999999',
  '1e9',
  '0.5',
  '',
  ' ',
] as const

/** Changes of any file. */
export const byteMutations: Readonly<Record<string, Mutation>> = {
  bits(bytes, chance) {
    for (let change = chance.below(4); change >= 0; change--) {
      const at = chance.below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8))
    }
    return bytes
  },
  removed(bytes, chance) {
    const { at, length } = extent(bytes, chance)
    return splice(bytes, at, length)
  },
  doubled(bytes, chance) {
    const { at, length } = extent(bytes, chance)
    return splice(bytes, at, 0, bytes.subarray(at, at + length))
  },
  inserted: (bytes, chance) =>
    splice(
      bytes,
      chance.below(bytes.length),
      0,
      Buffer.from(Array.from({ length: 1 + chance.below(30) }, () => chance.below(256))),
    ),
  zeroed(bytes, chance) {
    const { at, length } = extent(bytes, chance)
    return bytes.fill(0, at, at + length)
  },
  cut: (bytes, chance) => bytes.subarray(0, chance.below(bytes.length)),
  beheaded: (bytes, chance) => bytes.subarray(1 + chance.below(bytes.length - 1)),
  moved(bytes, chance) {
    const { at, length } = extent(bytes, chance)
    const piece = Buffer.from(bytes.subarray(at, at + length))
    const rest = splice(bytes, at, length)
    return splice(rest, chance.below(rest.length + 1), 0, piece)
  },
  foreign(bytes, chance, other) {
    const { at, length } = extent(other, chance)
    const target = extent(bytes, chance)
    return splice(bytes, target.at, chance.pick([0, target.length]), other.subarray(at, at + length))
  },
  grafted: (bytes, chance, other) =>
    Buffer.concat([bytes.subarray(0, chance.below(bytes.length)), other.subarray(chance.below(other.length))]),
  appended: (bytes, chance, other) => Buffer.concat([bytes, other.subarray(0, 1 + chance.below(other.length))]),
}

/** Changes of what is mostly text: numbers that say how long something is and where. */
export const textMutations: Readonly<Record<string, Mutation>> = {
  number(bytes, chance) {
    const text = bytes.toString('latin1')
    const found = chance.any([...text.matchAll(/(?<=[ [/(\n>"])\d+(?=[\]\s/>"])/g)])
    if (found === undefined) return byteMutations['bits']?.(bytes, chance, bytes) ?? bytes
    const value = chance.pick([
      chance.pick(numbers),
      String(Number(found[0]) + chance.below(5) - 2),
      String(chance.below(bytes.length * 2)),
    ])
    return splice(bytes, found.index, found[0].length, Buffer.from(value))
  },
  named(bytes, chance) {
    const text = bytes.toString('latin1')
    const found = chance.any([
      ...text.matchAll(
        /\/(?:Length1?|Size|Prev|XRefStm|Count|N|First|W|Index|ByteRange|Root|V|P|Kids|Fields|Parent|Predictor|Columns)[ [][^/>]*/g,
      ),
    ])
    if (found === undefined) return byteMutations['bits']?.(bytes, chance, bytes) ?? bytes
    const changed = found[0].replace(/-?\d+/g, digits => (chance.below(2) === 0 ? digits : chance.pick(numbers)))
    return splice(bytes, found.index, found[0].length, Buffer.from(changed))
  },
}

function* elementsOf(node: Asn1Node): Generator<Asn1Node> {
  yield node
  for (const child of node.children) yield* elementsOf(child)
}

/** The DER with one element given another form, and the lengths of all around it as they then are. */
function rebuilt(node: Asn1Node, target: Asn1Node, form: (node: Asn1Node) => Uint8Array): Uint8Array {
  if (node === target) return form(node)
  const isAround = target.offset >= node.offset && target.offset < node.offset + node.raw.length
  if (!isAround || node.children.length === 0) return node.raw
  return tlv(node.tag, Buffer.concat(node.children.map(child => rebuilt(child, target, form))))
}

function derMutation(form: (node: Asn1Node, chance: Chance, all: readonly Asn1Node[]) => Uint8Array): Mutation {
  return (bytes, chance) => {
    const root = readWhole(bytes)
    if (root === undefined) return byteMutations['bits']?.(bytes, chance, bytes) ?? bytes
    const all = [...elementsOf(root)]
    const target = chance.any(all) ?? root
    return rebuilt(root, target, node => form(node, chance, all))
  }
}

const body = ({ raw, headerLength, contentLength }: Asn1Node) =>
  raw.subarray(headerLength, headerLength + contentLength)

/** Changes of DER and BER, well-formed but for the length that lies. */
export const derMutations: Readonly<Record<string, Mutation>> = {
  tag: derMutation((node, chance) => {
    const raw = Buffer.from(node.raw)
    raw[0] = chance.pick([node.tag ^ (1 << chance.below(8)), 0x30, 0x31, 0x04, 0x02, 0x05, 0x24, 0xa0, 0xa1, 0x80])
    return raw
  }),
  length(bytes, chance) {
    const root = readWhole(bytes)
    const target = root && chance.any([...elementsOf(root)])
    if (target === undefined) return byteMutations['bits']?.(bytes, chance, bytes) ?? bytes
    const head = chance.pick(['00', '7f', '80', '84ffffffff', '88ffffffffffffffff', '8400000001', '83000001', 'ff'])
    return splice(bytes, target.offset + 1, target.headerLength - 1, Buffer.from(head, 'hex'))
  },
  emptied: derMutation(({ tag }) => tlv(tag, new Uint8Array())),
  gone: derMutation(() => new Uint8Array()),
  twice: derMutation(({ raw }) => Buffer.concat([raw, raw])),
  turned: derMutation(node =>
    node.children.length < 2
      ? node.raw
      : tlv(node.tag, Buffer.concat(node.children.map(({ raw }) => raw).toReversed())),
  ),
  exchanged: derMutation((_, chance, all) => chance.any(all)?.raw ?? new Uint8Array()),
  wrapped: derMutation((node, chance) => tlv(chance.pick([0x30, 0x31, 0xa0, node.tag]), node.raw)),
  indefinite: derMutation(node =>
    node.children.length === 0 ? node.raw : Buffer.concat([Buffer.of(node.tag, 0x80), body(node), Buffer.of(0, 0)]),
  ),
  value: derMutation((node, chance) => {
    if (node.children.length > 0) return node.raw
    return tlv(
      node.tag,
      chance.pick([
        Buffer.alloc(1),
        Buffer.alloc(200, 0xff),
        Buffer.from('-1'),
        Buffer.concat([Buffer.of(0), body(node)]),
      ]),
    )
  }),
}

/** Elements with their start and end tags, by counting tags of the same name. */
function elementAt(text: string, chance: Chance): { start: number; end: number } | undefined {
  const opened = chance.any([...text.matchAll(/<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>/g)])
  if (opened === undefined) return undefined
  const [tag, name = ''] = opened
  if (tag.endsWith('/>')) return { start: opened.index, end: opened.index + tag.length }
  let depth = 0
  for (const one of text.slice(opened.index).matchAll(new RegExp(`<(/?)${name}(?:\\s[^<>]*)?>`, 'g'))) {
    if (one[0].endsWith('/>')) continue
    depth += one[1] === '/' ? -1 : 1
    if (depth === 0) return { start: opened.index, end: opened.index + one.index + one[0].length }
  }
  return undefined
}

type Edit = (text: string, chance: Chance) => string

const put = (text: string, at: number, remove: number, insert: string) =>
  text.slice(0, at) + insert + text.slice(at + remove)
const betweenTags = (text: string, chance: Chance) => {
  const places = [...text.matchAll(/>/g)]
  return (chance.any(places)?.index ?? 0) + 1
}

const edits: Readonly<Record<string, Edit>> = {
  elementMoved(text, chance) {
    const found = elementAt(text, chance)
    if (found === undefined) return text
    const rest = put(text, found.start, found.end - found.start, '')
    return put(rest, betweenTags(rest, chance), 0, text.slice(found.start, found.end))
  },
  elementDoubled(text, chance) {
    const found = elementAt(text, chance)
    return found === undefined ? text : put(text, betweenTags(text, chance), 0, text.slice(found.start, found.end))
  },
  elementGone(text, chance) {
    const found = elementAt(text, chance)
    return found === undefined ? text : put(text, found.start, found.end - found.start, '')
  },
  attributeMoved(text, chance) {
    const all = [...text.matchAll(/\s[\w:-]+="[^"<]*"/g)]
    const [from, to] = [chance.any(all), chance.any(all)]
    if (from === undefined || to === undefined) return text
    return put(text, to.index, chance.pick([0, to[0].length]), from[0])
  },
  idDoubled(text, chance) {
    const all = [...text.matchAll(/ (?:Id|URI|Target)="#?([^"]*)"/g)]
    const [from, to] = [chance.any(all), chance.any(all)]
    if (from === undefined || to === undefined) return text
    const value = to[0].includes('"#') ? `#${from[1]}` : (from[1] ?? '')
    return put(text, to.index, to[0].length, to[0].replace(/".*"/, `"${value}"`))
  },
  algorithm(text, chance) {
    const all = [...text.matchAll(/Algorithm="([^"]*)"/g)]
    const [from, to] = [chance.any(all), chance.any(all)]
    return from === undefined || to === undefined ? text : put(text, to.index, to[0].length, from[0])
  },
  entity: (text, chance) =>
    put(
      text,
      betweenTags(text, chance),
      0,
      chance.pick([
        '&lol;',
        '&amp;',
        '&#0;',
        '&#x110000;',
        '&#65;',
        '<!DOCTYPE a [<!ENTITY lol "x">]>',
        '<![CDATA[x]]>',
        '<!-- x -->',
        '<?x y?>',
        ' ',
      ]),
    ),
  prefixed: (text, chance) => {
    const found = chance.any([...text.matchAll(/ xmlns(?::\w+)?="[^"]*"/g)])
    return found === undefined
      ? text
      : put(text, found.index, found[0].length, chance.pick(['', ' xmlns="urn:other"', ' xmlns:ds="urn:x"']))
  },
}

/** Changes of markup that leave most of it well-formed. */
export const xmlMutations: Readonly<Record<string, Mutation>> = Object.fromEntries(
  Object.entries(edits).map(([name, edit]) => [
    name,
    (bytes: Buffer, chance: Chance) => Buffer.from(edit(bytes.toString('utf8'), chance), 'utf8'),
  ]),
)
