// The small XML documents that scanners send, as elements and their text: names without prefixes, because devices
// disagree on those. device/xml reads them strictly and without document types; here every size is smaller still, so that
// a broken or hostile device costs a Fault and no more.

import { Fault } from '../../device/errors.ts'
import type { XmlElement as ParsedElement } from '../../device/xml/node.ts'
import { parseXml } from '../../device/xml/parse.ts'

const maxLength = 1024 * 1024
const maxDepth = 32
const maxElements = 20_000

/** One element: `name` without its prefix, `namespace` empty where none is declared, `text` trimmed, attributes by name. */
export interface XmlElement {
  readonly name: string
  readonly namespace: string
  readonly text: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
}

/** The root element of a document; text counts as UTF-8. Throws SCANNER_FAILED for anything but small well-formed XML. */
export function readXml(document: string | Uint8Array): XmlElement {
  if (document.length > maxLength) throw unreadable('the document is too large')
  return elementOf(parsed(typeof document === 'string' ? Buffer.from(document) : document), { left: maxElements }, 1)
}

function parsed(bytes: Uint8Array): ParsedElement {
  try {
    return parseXml(bytes).root
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') throw unreadable(thrown.detail)
    throw thrown
  }
}

function elementOf(parsedElement: ParsedElement, count: { left: number }, depth: number): XmlElement {
  const { local, namespace, attributes, children } = parsedElement
  count.left -= 1
  if (count.left < 0) throw unreadable('too many elements')
  if (depth > maxDepth) throw unreadable('nested too deeply')
  const text = children.map(child => (child.kind === 'text' ? child.value : '')).join('')
  const elements = children.filter(child => child.kind === 'element')
  return Object.freeze({
    name: local,
    namespace,
    text: text.trim(),
    attributes: new Map(attributes.map(attribute => [attribute.local, attribute.value])),
    children: Object.freeze(elements.map(child => elementOf(child, count, depth + 1))),
  })
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

/** The whole number of 0 and more in that child; undefined where there is none. */
export function numberOf(element: XmlElement | undefined, name: string): number | undefined {
  const digits = /^\s*(\d{1,9})(?:\.0*)?\s*$/.exec(textOf(element, name) ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
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

function unreadable(why: string): Fault {
  return new Fault('SCANNER_FAILED', `the scanner sent unreadable XML: ${why}`)
}
