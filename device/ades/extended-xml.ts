// Whether an XML document is another one raised: the same elements, attributes and texts everywhere, but for what may have
// been put behind the unsigned signature properties that were there (ETSI EN 319 132-1, 4.3.2), and the elements around
// them where there were none. Quotes, the order of attributes and such may differ, as canonicalisation has it.

import type { RandomAccess } from '../ports.ts'
import type { XmlElement, XmlNode } from '../xml/node.ts'
import { isSignature } from './xades-find.ts'
import { readXml } from './xades-layout.ts'
import { namespaces } from './xades-names.ts'

/** What differs, in words; undefined where `after` is `before` raised. Throws XML_UNREADABLE. */
export async function sameXml(before: RandomAccess, after: RandomAccess): Promise<string | undefined> {
  const [was, is] = await Promise.all([before, after].map(readXml))
  if (was === undefined || is === undefined) return 'nothing to compare'
  const around = [...pairs(was.before, is.before), ...pairs(was.after, is.after)]
  if (!around.every(([old, fresh]) => sameLeaf(old, fresh))) return 'something around the root element is changed'
  const waiting: [XmlElement, XmlElement][] = [[was.root, is.root]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [old, fresh] = next
    if (!sameTag(old, fresh)) return `the element ${old.local} is changed`
    const found = childPairs(old, fresh)
    if (found === undefined) return `what ${old.local} holds is changed`
    for (const [one, other] of found) {
      if (one?.kind === 'element' && other?.kind === 'element') waiting.push([one, other])
      else if (!sameLeaf(one, other)) return `what ${old.local} holds is changed`
    }
  }
  return undefined
}

/** Elements whose children raising a signature adds to: behind all that were there. */
const growing: ReadonlySet<string> = new Set([
  'QualifyingProperties',
  'UnsignedProperties',
  'UnsignedSignatureProperties',
])

/** Children that belong together; undefined where there are others than raising adds. */
function childPairs(old: XmlElement, fresh: XmlElement): Pair[] | undefined {
  if (!isGrowing(old)) {
    const [one, other] = [old, fresh].map(({ children }) => joined(children))
    return one?.length === other?.length ? pairs(one ?? [], other ?? []) : undefined
  }
  const [was, is] = [old, fresh].map(({ children }) => children.filter(child => !isSpace(child)))
  const added = (is ?? []).slice(was?.length)
  if ((is?.length ?? 0) < (was?.length ?? 0) || !added.every(child => mayAdd(old, child))) return undefined
  return pairs(was ?? [], (is ?? []).slice(0, was?.length))
}

function isGrowing(element: XmlElement): boolean {
  if (element.namespace !== namespaces.xades || !growing.has(element.local)) return false
  for (let one = element.parent; one !== undefined; one = one.parent) {
    if (isSignature(one)) return true
  }
  return false
}

/** Into the element that holds the properties what validates a signature; into those around it the next one inside. */
function mayAdd({ local }: XmlElement, child: XmlNode): boolean {
  if (child.kind !== 'element') return false
  const isXades = child.namespace === namespaces.xades
  if (local === 'QualifyingProperties') return isXades && child.local === 'UnsignedProperties' && holdsRaising(child)
  if (local === 'UnsignedProperties') return isXades && child.local === 'UnsignedSignatureProperties' && allRaise(child)
  return raises(child)
}

function holdsRaising(unsigned: XmlElement): boolean {
  return unsigned.children.every(child => isSpace(child) || mayAdd(unsigned, child))
}

function allRaise(properties: XmlElement): boolean {
  return properties.children.every(child => isSpace(child) || (child.kind === 'element' && raises(child)))
}

const raising: ReadonlySet<string> = new Set([
  'SignatureTimeStamp',
  'CertificateValues',
  'RevocationValues',
  'AttrAuthoritiesCertValues',
  'AttributeRevocationValues',
  'ArchiveTimeStamp',
  'TimeStampValidationData',
])

function raises({ namespace, local }: XmlElement): boolean {
  return (namespace === namespaces.xades || namespace === namespaces.xades141) && raising.has(local)
}

function sameTag(old: XmlElement, fresh: XmlElement): boolean {
  if (old.local !== fresh.local || old.namespace !== fresh.namespace || old.prefix !== fresh.prefix) return false
  const attributes = (element: XmlElement) =>
    element.attributes.map(({ namespace, local, prefix, value }) => JSON.stringify([namespace, local, prefix, value]))
  const declarations = (element: XmlElement) => [...element.declarations].map(one => JSON.stringify(one))
  return sameSet(attributes(old), attributes(fresh)) && sameSet(declarations(old), declarations(fresh))
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.toSorted().join('\n') === other.toSorted().join('\n')
}

/** Texts that stand side by side, as CDATA sections do, are one text. */
function joined(children: readonly XmlNode[]): readonly (XmlNode | string)[] {
  const list: (XmlNode | string)[] = []
  for (const child of children) {
    const last = list.at(-1)
    if (child.kind !== 'text') list.push(child)
    else if (typeof last === 'string') list[list.length - 1] = last + child.value
    else if (child.value !== '') list.push(child.value)
  }
  return list
}

type Leaf = XmlNode | string | undefined
type Pair = readonly [XmlElementOrLeaf, XmlElementOrLeaf]
type XmlElementOrLeaf = Exclude<Leaf, string> | { readonly kind: 'joined'; readonly value: string }

function pairs(one: readonly (XmlNode | string)[], other: readonly (XmlNode | string)[]): Pair[] {
  const length = Math.max(one.length, other.length)
  return Array.from({ length }, (_, index) => [leafOf(one[index]), leafOf(other[index])] as const)
}

function leafOf(node: Leaf): XmlElementOrLeaf {
  return typeof node === 'string' ? { kind: 'joined', value: node } : node
}

function sameLeaf(one: XmlElementOrLeaf, other: XmlElementOrLeaf): boolean {
  if (one === undefined || other === undefined || one.kind !== other.kind) return false
  if (one.kind === 'element' || other.kind === 'element') return false
  const target = (leaf: typeof one) => (leaf.kind === 'instruction' ? leaf.target : '')
  return one.value === other.value && target(one) === target(other)
}

function isSpace(node: XmlNode): boolean {
  return node.kind === 'text' && /^[\t\n\r ]*$/.test(node.value)
}
