// A strict, namespace-aware reader of XML 1.0 (fifth edition) and Namespaces in XML 1.0 (third edition) that keeps the
// place of every node in the original bytes. No document type at all: no entities, no defaults, nothing to fetch. Written
// here because the readers there are cannot be used: saxes and @xmldom/xmldom know places only as characters or lines
// of decoded text and read DOCTYPEs, the latter and fast-xml-parser take much that is not well-formed.

import { Fault } from '../errors.ts'
import { firstIllegalCharacter, isSpace, ncNameEnd } from './characters.ts'
import { decodeXml } from './encoding.ts'
import { maxXmlDepth, maxXmlNodes, maxXmlOctets } from './limits.ts'
import { type NamespaceScope, namespaceScope } from './namespaces.ts'
import type { XmlComment, XmlDocument, XmlElement, XmlInstruction, XmlNode, XmlSpan, XmlText } from './node.ts'
import { behindSpace, qualifiedName, readStartTag } from './start-tag.ts'
import { malformed, normalisedLines, textValue } from './values.ts'

/** An element whose end tag has not been read yet. */
type OpenElement = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & {
  children: XmlNode[]
  span: { start: number; end: number }
}

interface Reader {
  readonly text: string
  readonly byteAt: (index: number) => number
  readonly scope: NamespaceScope
  readonly open: OpenElement[]
  readonly before: (XmlComment | XmlInstruction)[]
  readonly after: (XmlComment | XmlInstruction)[]
  root: OpenElement | undefined
  nodes: number
  /** Index of the character to read next. */
  at: number
}

/**
 * Reads a whole document. Throws XML_UNREADABLE for whatever is not well-formed or not namespace-well-formed, has a
 * DOCTYPE, is in another encoding than those of XmlDocument, or exceeds xml/limits.ts; the detail says what and where.
 */
export function parseXml(bytes: Uint8Array): XmlDocument {
  if (bytes.length > maxXmlOctets) throw new Fault('XML_UNREADABLE', `${bytes.length} bytes are more than are read`)
  const { text, encoding, declaration, byteAt } = decodeXml(bytes)
  const illegal = firstIllegalCharacter(text)
  if (illegal >= 0) throw malformed('an illegal character', illegal)
  const reader: Reader = {
    text,
    byteAt,
    scope: namespaceScope(),
    open: [],
    before: [],
    after: [],
    root: undefined,
    nodes: 0,
    at: declaration,
  }
  while (reader.at < text.length) readNext(reader)
  const { root, open, before, after } = reader
  if (root === undefined || open.length > 0) throw malformed('the document ends before its root element', text.length)
  return { bytes, pieces: reader.nodes, encoding, root, before, after }
}

function readNext(reader: Reader): void {
  const { text, at } = reader
  reader.nodes += 1
  if (reader.nodes > maxXmlNodes) throw malformed(`more than ${maxXmlNodes} nodes`, at)
  const next = text[at + 1]
  if (text[at] !== '<') readText(reader)
  else if (next === '/') readEndTag(reader)
  else if (next === '?') readInstruction(reader)
  else if (next !== '!') readElement(reader)
  else if (text.startsWith('--', at + 2)) readComment(reader)
  else if (text.startsWith('[CDATA[', at + 2)) readCharacterData(reader)
  else throw malformed(text.startsWith('DOCTYPE', at + 2) ? 'DOCTYPE' : 'unknown markup', at)
}

function readElement(reader: Reader): void {
  const { text, at, open, scope } = reader
  const parent = open.at(-1)
  if (parent === undefined && reader.root !== undefined) throw malformed('a second root element', at)
  if (open.length >= maxXmlDepth) throw malformed(`nested deeper than ${maxXmlDepth}`, at)
  const { prefix, local, namespace, attributes, declarations, empty, end } = readStartTag(text, at, scope)
  const startTag = take(reader, end)
  const span = { start: startTag.start, end: startTag.end }
  const names = { prefix, local, namespace, attributes, declarations }
  const element: OpenElement = { kind: 'element', ...names, children: [], parent, startTag, span }
  if (parent === undefined) reader.root = element
  else parent.children.push(element)
  if (empty) scope.leave(declarations)
  else open.push(element)
}

function readEndTag(reader: Reader): void {
  const { text, at, open, scope } = reader
  const element = open.pop()
  const { prefix, local, end } = qualifiedName(text, at + 2)
  if (element === undefined || element.local !== local || element.prefix !== prefix) {
    throw malformed('an end tag that closes nothing', at)
  }
  const close = behindSpace(text, end)
  if (text[close] !== '>') throw malformed('an end tag that does not end', close)
  element.endTag = take(reader, close + 1)
  element.span.end = element.endTag.end
  scope.leave(element.declarations)
}

function readText(reader: Reader): void {
  const { text, at, open } = reader
  const next = text.indexOf('<', at)
  const raw = text.slice(at, next < 0 ? text.length : next)
  if (open.length === 0) {
    if (!isBlank(raw)) throw malformed('text outside the root element', at)
    reader.at += raw.length
    return
  }
  if (raw.includes(']]>')) throw malformed(']]> in text', at)
  addText(reader, textValue(raw, at), at + raw.length)
}

function readCharacterData(reader: Reader): void {
  const start = reader.at + '<![CDATA['.length
  const end = closing(reader, ']]>', start)
  addText(reader, normalisedLines(reader.text.slice(start, end)), end + ']]>'.length)
}

function addText(reader: Reader, value: string, end: number): void {
  const parent = reader.open.at(-1)
  if (parent === undefined) throw malformed('text outside the root element', reader.at)
  const node: XmlText = { kind: 'text', value, parent, span: take(reader, end) }
  parent.children.push(node)
}

function readComment(reader: Reader): void {
  const start = reader.at + '<!--'.length
  const end = closing(reader, '--', start)
  if (reader.text[end + 2] !== '>') throw malformed('-- in a comment', end)
  const value = normalisedLines(reader.text.slice(start, end))
  addAnywhere(reader, { kind: 'comment', value, parent: reader.open.at(-1), span: take(reader, end + '-->'.length) })
}

/** Production [16]; the target is an NCName (Namespaces in XML 1.0, 7) and not `xml` in any case. */
function readInstruction(reader: Reader): void {
  const { text, at } = reader
  const named = ncNameEnd(text, at + 2)
  const target = text.slice(at + 2, named)
  if (target === '' || target.toLowerCase() === 'xml') throw malformed('a processing instruction without a name', at)
  const end = closing(reader, '?>', named)
  if (end !== named && !isSpace(text.charCodeAt(named))) throw malformed('a processing instruction misnamed', named)
  const value = normalisedLines(text.slice(Math.min(behindSpace(text, named), end), end))
  const parent = reader.open.at(-1)
  addAnywhere(reader, { kind: 'instruction', target, value, parent, span: take(reader, end + '?>'.length) })
}

function addAnywhere(reader: Reader, node: XmlComment | XmlInstruction): void {
  const { open, root, before, after } = reader
  const siblings = open.at(-1)?.children ?? (root === undefined ? before : after)
  siblings.push(node)
}

function closing({ text, at }: Reader, mark: string, from: number): number {
  const end = text.indexOf(mark, from)
  if (end < 0) throw malformed('markup that does not end', at)
  return end
}

/** The span up to `end`, and there the reading goes on. */
function take(reader: Reader, end: number): XmlSpan {
  const start = reader.byteAt(reader.at)
  reader.at = end
  return { start, end: reader.byteAt(end) }
}

function isBlank(text: string): boolean {
  return behindSpace(text, 0) === text.length
}
