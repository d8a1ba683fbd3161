// A reader for the small XML documents that scanners send. It knows elements, text and namespaces and nothing else:
// no document types, no entities but the five of XML itself and character references, and every size is bounded, so
// that a broken or hostile device costs a Fault and no more.

import { Fault } from '../../device/errors.ts'

const maxLength = 1024 * 1024
const maxDepth = 32
const maxElements = 20_000

/** One element: `name` without its prefix, `namespace` empty where none is declared, `text` trimmed. */
export interface XmlElement {
  readonly name: string
  readonly namespace: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

interface OpenElement {
  readonly qualified: string
  readonly prefixes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  text: string
}

/** The root element of a document. Throws SCANNER_FAILED for anything that is not small well-formed XML. */
export function readXml(document: string): XmlElement {
  if (document.length > maxLength) throw unreadable('the document is too large')
  const state: ReaderState = { stack: [openDocument()], elements: 0 }
  const token = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>/!?]+)([^<>]*?)(\/?)>|([^<]+)/gy
  let at = 0
  while (at < document.length) {
    token.lastIndex = at
    const match = token.exec(document)
    if (match === null) throw unreadable('markup that no scanner needs')
    at = token.lastIndex
    const [, cdata, slash, qualified, attributes = '', selfClosing, text] = match
    if (cdata !== undefined) top(state).text += cdata
    else if (text !== undefined) top(state).text += decode(text)
    else if (qualified === undefined) continue
    else if (slash === '/') close(state, qualified)
    else {
      open(state, qualified, attributes)
      if (selfClosing === '/') close(state, qualified)
    }
  }
  const [outermost, ...unclosed] = state.stack
  const [root, ...more] = outermost?.children ?? []
  if (root === undefined || more.length > 0 || unclosed.length > 0 || outermost?.text.trim() !== '') {
    throw unreadable('not one complete root element')
  }
  return root
}

/** The first child of that name, whatever its namespace: devices disagree on prefixes, not on names. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find(child => child.name === name)
}

/** The text of a descendant given by the names on the way to it; undefined where one is missing or the text is empty. */
export function textOf(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  const target = path.reduce<XmlElement | undefined>(childOf, element)
  return target === undefined || target.text === '' ? undefined : target.text
}

/** Every descendant of that name, in document order. */
export function descendantsOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  if (element === undefined) return []
  return element.children.flatMap(child => [...(child.name === name ? [child] : []), ...descendantsOf(child, name)])
}

/** Text made fit to stand between two tags. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

interface ReaderState {
  readonly stack: OpenElement[]
  elements: number
}

function openDocument(): OpenElement {
  return { qualified: '', prefixes: { xml: 'http://www.w3.org/XML/1998/namespace' }, children: [], text: '' }
}

function top(state: ReaderState): OpenElement {
  const element = state.stack.at(-1)
  if (element === undefined) throw unreadable('text outside the root element')
  return element
}

function open(state: ReaderState, qualified: string, attributes: string): void {
  state.elements += 1
  if (state.stack.length > maxDepth) throw unreadable('nested too deeply')
  if (state.elements > maxElements) throw unreadable('too many elements')
  const declared: Record<string, string> = {}
  const attribute = /\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')|\s*(\S)/gy
  for (const [, name = '', double, single, stray] of attributes.matchAll(attribute)) {
    if (stray !== undefined) throw unreadable(`an attribute of ${qualified} is malformed`)
    const value = decode(double ?? single ?? '')
    if (name === 'xmlns') declared[''] = value
    else if (name.startsWith('xmlns:')) declared[name.slice('xmlns:'.length)] = value
  }
  const prefixes = Object.keys(declared).length === 0 ? top(state).prefixes : { ...top(state).prefixes, ...declared }
  state.stack.push({ qualified, prefixes, children: [], text: '' })
}

function close(state: ReaderState, qualified: string): void {
  const element = state.stack.pop()
  if (element === undefined || element.qualified !== qualified || qualified === '') {
    throw unreadable(`</${qualified}> closes nothing`)
  }
  const colon = qualified.indexOf(':')
  const prefix = colon < 0 ? '' : qualified.slice(0, colon)
  const finished: XmlElement = Object.freeze({
    name: qualified.slice(colon + 1),
    namespace: (Object.hasOwn(element.prefixes, prefix) ? element.prefixes[prefix] : undefined) ?? '',
    text: element.text.trim(),
    children: Object.freeze(element.children),
  })
  top(state).children.push(finished)
}

function decode(text: string): string {
  return text.replace(/&([^;&\s]{1,10};)?/g, (_, name: string | undefined) => {
    const character = name === undefined ? undefined : characterOf(name.slice(0, -1))
    if (character === undefined) throw unreadable('an entity that is not one of the five of XML')
    return character
  })
}

function characterOf(name: string): string | undefined {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  if (Object.hasOwn(named, name)) return named[name]
  const number = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name)
  if (number === null) return undefined
  const code = Number.parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 10 : 16)
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : undefined
}

function unreadable(why: string): Fault {
  return new Fault('SCANNER_FAILED', `the scanner sent unreadable XML: ${why}`)
}
