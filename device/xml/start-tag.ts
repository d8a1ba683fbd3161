// A start tag: its name, its attributes apart from its namespace declarations, and the constraints that hold among them
// (XML 1.0, 3.1; Namespaces in XML 1.0, 3, 5 and 6.3).

import { isSpace, ncNameEnd } from './characters.ts'
import { maxXmlAttributes, maxXmlNameLength, maxXmlPrefixes } from './limits.ts'
import { type NamespaceScope, xmlNamespace, xmlnsNamespace } from './namespaces.ts'
import type { XmlAttribute } from './node.ts'
import { attributeValue, malformed } from './values.ts'

export interface StartTag {
  readonly prefix: string
  readonly local: string
  readonly namespace: string
  readonly attributes: readonly XmlAttribute[]
  readonly declarations: ReadonlyMap<string, string>
  /** Whether it is an empty-element tag. */
  readonly empty: boolean
  /** Index behind the `>`. */
  readonly end: number
}

interface QualifiedName {
  readonly prefix: string
  readonly local: string
  readonly end: number
}

interface Written extends QualifiedName {
  readonly value: string
}

const none: readonly XmlAttribute[] = Object.freeze([])
const noDeclarations: ReadonlyMap<string, string> = new Map()

const lessThan = 0x3c
const greaterThan = 0x3e
const slash = 0x2f
const colon = 0x3a
const equalsSign = 0x3d

/**
 * The start tag whose `<` is at `at`. Enters its declarations into `scope`; whoever reads the end tag leaves them.
 * Throws XML_UNREADABLE.
 */
export function readStartTag(text: string, at: number, scope: NamespaceScope): StartTag {
  const name = qualifiedName(text, at + 1)
  const written: Written[] = []
  let end = name.end
  for (;;) {
    const next = behindSpace(text, end)
    const unit = text.charCodeAt(next)
    if (unit === greaterThan) return resolved(name, written, { empty: false, end: next + 1 }, scope)
    if (unit === slash) {
      if (text.charCodeAt(next + 1) !== greaterThan) throw malformed('/ inside a tag', next)
      return resolved(name, written, { empty: true, end: next + 2 }, scope)
    }
    if (next === end || unit === lessThan || next >= text.length) throw malformed('a tag that does not end', next)
    if (written.length >= maxXmlAttributes) throw malformed(`more than ${maxXmlAttributes} attributes`, next)
    const attribute = writtenAttribute(text, next)
    written.push(attribute)
    end = attribute.end
  }
}

/** The QName at `at`; throws XML_UNREADABLE where there is none, for more than one colon and for one too long to be told. */
export function qualifiedName(text: string, at: number): QualifiedName {
  const first = ncNameEnd(text, at)
  if (first === at) throw malformed('no name', at)
  if (text.charCodeAt(first) !== colon) return checkedName({ prefix: '', local: text.slice(at, first), end: first }, at)
  const second = ncNameEnd(text, first + 1)
  if (second === first + 1 || text.charCodeAt(second) === colon) throw malformed('a name with stray colons', at)
  return checkedName({ prefix: text.slice(at, first), local: text.slice(first + 1, second), end: second }, at)
}

function checkedName(name: QualifiedName, at: number): QualifiedName {
  if (name.end - at > maxXmlNameLength) throw malformed(`a name of more than ${maxXmlNameLength} characters`, at)
  return name
}

/** Index of the first character from `at` on that is not white space. */
export function behindSpace(text: string, at: number): number {
  let end = at
  while (isSpace(text.charCodeAt(end))) end += 1
  return end
}

function writtenAttribute(text: string, at: number): Written {
  const name = qualifiedName(text, at)
  const equals = behindSpace(text, name.end)
  if (text.charCodeAt(equals) !== equalsSign) throw malformed('an attribute without =', equals)
  const opening = behindSpace(text, equals + 1)
  const quote = text[opening]
  if (quote !== '"' && quote !== "'") throw malformed('an attribute without quotes', opening)
  const closing = text.indexOf(quote, opening + 1)
  if (closing < 0) throw malformed('a quote that is not closed', opening)
  const value = attributeValue(text.slice(opening + 1, closing), opening + 1)
  return { prefix: name.prefix, local: name.local, value, end: closing + 1 }
}

function resolved(
  { prefix, local, end: at }: QualifiedName,
  written: readonly Written[],
  tag: Pick<StartTag, 'empty' | 'end'>,
  scope: NamespaceScope,
): StartTag {
  const declarations = declarationsAmong(written, at)
  scope.enter(declarations)
  if (scope.size > maxXmlPrefixes) throw malformed(`more than ${maxXmlPrefixes} namespace declarations in scope`, at)
  const namespace = prefix === '' ? (scope.lookup('') ?? '') : bound(prefix, scope, at)
  const attributes = written.length === declarations.size ? none : attributesAmong(written, scope, at)
  return { prefix, local, namespace, attributes, declarations, ...tag }
}

const isDeclaration = ({ prefix, local }: QualifiedName) => prefix === 'xmlns' || (prefix === '' && local === 'xmlns')

function declarationsAmong(written: readonly Written[], at: number): ReadonlyMap<string, string> {
  const declarations = new Map<string, string>()
  for (const attribute of written) {
    if (!isDeclaration(attribute)) continue
    const prefix = attribute.prefix === '' ? '' : attribute.local
    if (declarations.has(prefix)) throw malformed('a namespace declared twice in one tag', at)
    checkDeclaration(prefix, attribute.value, at)
    declarations.set(prefix, attribute.value)
  }
  return declarations.size === 0 ? noDeclarations : declarations
}

/** Namespaces in XML 1.0, 3 (reserved prefixes) and 5 (no prefix undeclared). */
function checkDeclaration(prefix: string, uri: string, at: number): void {
  const reserved = prefix === 'xmlns' || uri === xmlnsNamespace || (prefix === 'xml') !== (uri === xmlNamespace)
  if (reserved) throw malformed('a declaration of a reserved prefix or namespace', at)
  if (uri === '' && prefix !== '') throw malformed('a prefix that is undeclared', at)
}

function attributesAmong(written: readonly Written[], scope: NamespaceScope, at: number): readonly XmlAttribute[] {
  const attributes: XmlAttribute[] = []
  for (const attribute of written) {
    if (isDeclaration(attribute)) continue
    const { prefix, local, value } = attribute
    attributes.push({ prefix, local, namespace: prefix === '' ? '' : bound(prefix, scope, at), value })
  }
  if (attributes.length > 1) checkDistinct(attributes, at)
  return attributes
}

/** Namespaces in XML 1.0, 6.3: no two with one expanded name. A local name holds no line feed, so the parts stay apart. */
function checkDistinct(attributes: readonly XmlAttribute[], at: number): void {
  const names = new Set(attributes.map(({ local, namespace }) => `${local}\n${namespace}`))
  if (names.size < attributes.length) throw malformed('an attribute twice in one tag', at)
}

function bound(prefix: string, scope: NamespaceScope, at: number): string {
  const namespace = prefix === 'xml' ? xmlNamespace : prefix === 'xmlns' ? undefined : scope.lookup(prefix)
  if (namespace === undefined) throw malformed('a prefix that is not declared', at)
  return namespace
}
