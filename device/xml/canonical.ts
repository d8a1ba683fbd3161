// Canonical XML 1.0, Canonical XML 1.1 and Exclusive XML Canonicalization 1.0, each with or without comments, of a whole
// document, of a subtree or of a node-set. The text is handed on in pieces, so that a digest needs no copy of it.

import { createHash } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import { escapedAttribute, escapedText } from './escape.ts'
import { withInherited, withInherited11 } from './inherited.ts'
import { type NamespaceScope, namespaceScope } from './namespaces.ts'
import type { XmlAttribute, XmlComment, XmlDocument, XmlElement, XmlInstruction, XmlNode } from './node.ts'
import { type NodeSet, wholeOf } from './node-set.ts'

export interface Canonicalisation {
  readonly method: 'c14n10' | 'c14n11' | 'exclusive'
  /** Absent: without. */
  readonly comments?: boolean
  /** Exclusive alone: InclusiveNamespaces PrefixList, the empty prefix for `#default`. */
  readonly inclusivePrefixes?: readonly string[]
}

/** What can be canonicalised; a document or an element stands for all of it. */
export type CanonicalTarget = XmlDocument | XmlElement | NodeSet

/** The canonical form, in UTF-8. Throws XML_UNREADABLE for a relative namespace name (Canonical XML 1.0, 1.3). */
export function canonicalise(target: CanonicalTarget, how: Canonicalisation): Uint8Array {
  const pieces: Uint8Array[] = []
  canonicaliseTo(target, how, text => pieces.push(Buffer.from(text)))
  return Buffer.concat(pieces)
}

/** Digest of the canonical form; throws as canonicalise() does. */
export function canonicalDigest(target: CanonicalTarget, how: Canonicalisation, hash: HashName): Uint8Array {
  const digest = createHash(hash)
  canonicaliseTo(target, how, text => digest.update(text, 'utf8'))
  return digest.digest()
}

/** Hands the canonical form to `write` in pieces, none of which splits a character; throws as canonicalise() does. */
export function canonicaliseTo(target: CanonicalTarget, how: Canonicalisation, write: (text: string) => void): void {
  const set = 'apex' in target ? target : wholeOf(target)
  const { apex } = set
  const around = 'root' in apex ? [] : ancestorsOf(apex)
  const state = canonicaliser(set, around, how, write)
  if ('root' in apex) {
    writeOutside(state, apex.before, '', '\n')
    writeElement(state, apex.root, false)
    writeOutside(state, apex.after, '\n', '')
  } else {
    for (const ancestor of around) state.inScope.enter(ancestor.declarations)
    writeElement(state, apex, false)
  }
  write(state.pending)
}

interface Canonicaliser {
  readonly how: Canonicalisation
  readonly has: NodeSet['has']
  readonly comments: boolean
  readonly write: (text: string) => void
  /** Namespaces of the document where we are, and those of them that are written on ancestors. */
  readonly inScope: NamespaceScope
  readonly written: NamespaceScope
  /** Text not handed on yet. */
  pending: string
}

const pieceLength = 64 * 1024

function canonicaliser(
  { has }: NodeSet,
  around: readonly XmlElement[],
  how: Canonicalisation,
  write: (text: string) => void,
): Canonicaliser {
  const outside = new Set<XmlElement | undefined>(around)
  return {
    how,
    has: element => !outside.has(element) && has(element),
    comments: how.comments ?? false,
    write,
    inScope: namespaceScope(),
    written: namespaceScope(),
    pending: '',
  }
}

/** Outermost first. */
function ancestorsOf(element: XmlElement): XmlElement[] {
  const ancestors: XmlElement[] = []
  for (let { parent } = element; parent !== undefined; parent = parent.parent) ancestors.unshift(parent)
  return ancestors
}

function writeOutside(
  state: Canonicaliser,
  nodes: readonly (XmlComment | XmlInstruction)[],
  before: string,
  after: string,
): void {
  if (!state.has(undefined)) return
  for (const node of nodes) {
    if (node.kind === 'instruction' || state.comments) put(state, `${before}${leafMarkup(node)}${after}`)
  }
}

/** `under`: whether the parent is in the set. */
function writeElement(state: Canonicaliser, element: XmlElement, under: boolean): void {
  const { inScope, written, has } = state
  const { declarations, children } = element
  inScope.enter(declarations)
  if (has(element)) {
    const namespaces = namespacesToWrite(state, element, under)
    const name = qualified(element)
    put(state, `<${name}${namespacesMarkup(namespaces)}${attributesMarkup(state, element, under)}>`)
    written.enter(namespaces)
    for (const child of children) writeNode(state, child, true)
    written.leave(namespaces)
    put(state, `</${name}>`)
  } else {
    for (const child of children) if (child.kind === 'element') writeElement(state, child, false)
  }
  inScope.leave(declarations)
}

function writeNode(state: Canonicaliser, node: XmlNode, under: boolean): void {
  if (node.kind === 'element') writeElement(state, node, under)
  else if (node.kind === 'text') put(state, escapedText(node.value))
  else if (node.kind === 'instruction' || state.comments) put(state, leafMarkup(node))
}

function put(state: Canonicaliser, text: string): void {
  state.pending += text
  if (state.pending.length < pieceLength) return
  state.write(state.pending)
  state.pending = ''
}

const none: ReadonlyMap<string, string> = new Map()

/**
 * The namespace axis: every candidate that does not stand on the nearest written ancestor with the same value. An
 * undeclared default is written where that ancestor has one (Canonical XML 1.0, 2.3; Exclusive, 3).
 */
function namespacesToWrite(state: Canonicaliser, element: XmlElement, under: boolean): ReadonlyMap<string, string> {
  const { how, inScope } = state
  const { prefix, attributes, declarations } = element
  let namespaces: Map<string, string> | undefined
  if (how.method !== 'exclusive') {
    for (const one of under ? declarations.keys() : inScope.prefixes())
      namespaces = withNamespace(state, one, namespaces)
    return namespaces ?? none
  }
  namespaces = withNamespace(state, prefix, namespaces)
  for (const one of attributes) if (one.prefix !== '') namespaces = withNamespace(state, one.prefix, namespaces)
  for (const one of how.inclusivePrefixes ?? noPrefixes) namespaces = withNamespace(state, one, namespaces)
  return namespaces ?? none
}

const noPrefixes: readonly string[] = []

function withNamespace(
  { inScope, written }: Canonicaliser,
  prefix: string,
  namespaces: Map<string, string> | undefined,
): Map<string, string> | undefined {
  const uri = inScope.lookup(prefix) ?? ''
  if (prefix === 'xml' || uri === (written.lookup(prefix) ?? '')) return namespaces
  if (uri !== '' && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri)) {
    throw new Fault('XML_UNREADABLE', 'a relative namespace name has no canonical form')
  }
  return (namespaces ?? new Map<string, string>()).set(prefix, uri)
}

function namespacesMarkup(namespaces: ReadonlyMap<string, string>): string {
  if (namespaces.size === 0) return ''
  const sorted = [...namespaces].toSorted(([first], [second]) => compareCharacters(first, second))
  return sorted.map(([prefix, uri]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapedAttribute(uri)}"`).join('')
}

function attributesMarkup(state: Canonicaliser, element: XmlElement, under: boolean): string {
  const attributes = under ? element.attributes : topAttributes(state, element)
  const sorted = attributes.length > 1 ? attributes.toSorted(compareAttributes) : attributes
  return sorted.map(attribute => ` ${qualified(attribute)}="${escapedAttribute(attribute.value)}"`).join('')
}

/** Of an element whose parent is not in the set. */
function topAttributes({ how, has }: Canonicaliser, element: XmlElement): readonly XmlAttribute[] {
  if (how.method === 'exclusive') return element.attributes
  return how.method === 'c14n10' ? withInherited(element) : withInherited11(element, ancestor => !has(ancestor))
}

function compareAttributes(first: XmlAttribute, second: XmlAttribute): number {
  return compareCharacters(first.namespace, second.namespace) || compareCharacters(first.local, second.local)
}

/** By code points; comparing strings would put surrogate pairs before U+E000. */
function compareCharacters(first: string, second: string): number {
  const length = Math.min(first.length, second.length)
  for (let index = 0; index < length; index += 1) {
    const difference = rank(first.charCodeAt(index)) - rank(second.charCodeAt(index))
    if (difference !== 0) return difference
  }
  return first.length - second.length
}

const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

function qualified({ prefix, local }: Pick<XmlElement, 'prefix' | 'local'>): string {
  return prefix === '' ? local : `${prefix}:${local}`
}

function leafMarkup(node: XmlComment | XmlInstruction): string {
  if (node.kind === 'comment') return `<!--${node.value}-->`
  return `<?${node.target}${node.value === '' ? '' : ` ${node.value}`}?>`
}
