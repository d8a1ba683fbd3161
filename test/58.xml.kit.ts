// What the XML tests share: a seeded source of chance, random well-formed documents full of what canonicalisation is
// about, and one run of xmllint over many files.

import { type Folder, judge } from './50.signature.kit.ts'

export interface Chance {
  /** Below `limit`. */
  below(limit: number): number
  one<T>(choices: readonly T[]): T
}

/** mulberry32: the same seed gives the same documents everywhere. */
export function chance(seed: number): Chance {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return Object.freeze({
    below,
    one: <T>(choices: readonly T[]): T => {
      const chosen = choices[below(choices.length)]
      if (chosen === undefined) throw new RangeError('nothing to choose from')
      return chosen
    },
  })
}

const prefixes = ['a', 'b', 'c', 'Z', 'é']
const uris = ['urn:one', 'urn:two', 'http://example.org/three', 'urn:four']
const names = ['x', 'y', 'Item', 'ñandú', '\u{10000}z', '\ufdf0q']
const texts = [
  'plain',
  '  ',
  '\r\n',
  '\n\t',
  '&amp;',
  '&lt;&gt;',
  '&#13;',
  '&#x9;&#xA;',
  'é€\u{1F600}',
  '"\'',
  '>',
  ']]',
  '&apos;',
]
const inAttribute = texts.map(text => text.replaceAll('"', '&quot;'))
const inXml = ['lang="ca"', 'lang=""', 'space="preserve"', 'other="1"']
/**
 * Not the empty one, which libxml2 leaves out even where nothing is omitted, and no //, which it keeps, both against
 * Canonical XML 1.1, 2.4.
 */
const bases = ['../up/', 'http://example.org/a/b', 'down', '..', '.', 'a/../b/./c', '/root/x', '?q']

/** A random well-formed document without DOCTYPE. `xmlAttributes`: with attributes of the xml namespace. */
export function randomDocument({ below, one }: Chance, { xmlAttributes = true, depth = 5 } = {}): string {
  const misc = () => one(['', '', '<!-- out\r\nside -->', '<?pi  some data ?>\n', '\n', '<?empty?>'])
  const element = (level: number, bound: ReadonlySet<string>): string => {
    const declared = new Set(bound)
    const markup = new Map<string, string>()
    for (let count = below(3); count > 0; count -= 1) {
      const prefix = one(['', '', ...prefixes])
      if (prefix !== '') declared.add(prefix)
      markup.set(
        `xmlns:${prefix}`,
        prefix === '' ? ` xmlns="${one(['', ...uris])}"` : `\n xmlns:${prefix}="${one(uris)}"`,
      )
    }
    const known = [...declared]
    for (let count = below(4); count > 0; count -= 1) {
      const name = one(names)
      // One local name at most: two prefixes may stand for one namespace.
      const prefix = known.length > 0 && below(2) === 0 ? `${one(known)}:` : ''
      const quote = one(['"', "'"])
      const value = `${one(inAttribute)}${one(inAttribute)}`.replaceAll("'", '&apos;')
      markup.set(name, ` ${prefix}${name} = ${quote}${value}${quote}`)
    }
    if (xmlAttributes && below(3) === 0) markup.set('xml', ` xml:${one(inXml)}`)
    if (xmlAttributes && below(4) === 0) markup.set('xml:base', ` xml:base="${one(bases)}"`)
    if (xmlAttributes && below(9) === 0) markup.set('xml:id', ` xml:id="i${below(1e9)}"`)
    const name = `${known.length > 0 && below(2) === 0 ? `${one(known)}:` : ''}${one(names)}`
    let content = ''
    for (let count = level === 0 ? 0 : below(5); count > 0; count -= 1) {
      content += one([
        () => element(level - 1, declared),
        () => element(level - 1, declared),
        () => one(texts),
        () => `<![CDATA[${one(['', '<&>', ']]', 'é\r'])}]]>`,
        () => '<!-- in -->',
        () => '<?pi in?>',
      ])()
    }
    return `<${name}${[...markup.values()].join('')}${content === '' && below(2) === 0 ? '/>' : ` >${content}</${name}>`}`
  }
  return `<?xml version="1.0"?>${misc()}${misc()}${element(depth, new Set())}${misc()}${misc()}`
}

/** A namespace name that is no URI is an error to xmllint; Namespaces in XML 1.0, 3 leaves it at that. */
const lintError = /lint-(\d+)\.xml:\d+: (?:parser|namespace|encoding) error : (?!.* is not a valid URI)/g

/** Which of the documents xmllint finds well-formed, namespaces included. */
export async function wellFormedness(folder: Folder, documents: readonly (string | Uint8Array)[]): Promise<boolean[]> {
  const files = await Promise.all(documents.map((document, index) => folder.write(`lint-${index}.xml`, document)))
  const { output } = await judge('xmllint', ['--nonet', '--noout', ...files])
  const refused = new Set([...output.matchAll(lintError)].map(([, index]) => Number(index)))
  return documents.map((_, index) => !refused.has(index))
}
