// Finding one's way in a tree: children and descendants by expanded name, the text of an element, and the element that an
// identifier stands for.

import { Fault } from '../errors.ts'
import { xmlNamespace } from './namespaces.ts'
import type { XmlDocument, XmlElement } from './node.ts'

/** The child elements, in order. */
export function childElements(element: XmlElement): XmlElement[] {
  return element.children.filter(child => child.kind === 'element')
}

/** The child elements of that expanded name, in order. */
export function childrenOf(element: XmlElement, namespace: string, local: string): XmlElement[] {
  return childElements(element).filter(child => child.local === local && child.namespace === namespace)
}

/** The first child element of that expanded name. */
export function childOf(element: XmlElement, namespace: string, local: string): XmlElement | undefined {
  return childrenOf(element, namespace, local)[0]
}

/** The element and every element below it, in document order. */
export function* subtreeOf(element: XmlElement): Generator<XmlElement, void> {
  const waiting = [element]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    for (let index = next.children.length - 1; index >= 0; index -= 1) {
      const child = next.children[index]
      if (child?.kind === 'element') waiting.push(child)
    }
  }
}

/** Every element of that expanded name from `element` down, itself among them, in document order. */
export function descendantsOf(element: XmlElement, namespace: string, local: string): XmlElement[] {
  return [...subtreeOf(element)].filter(one => one.local === local && one.namespace === namespace)
}

/** Whether `ancestor` holds `element` or is it. */
export function isWithin(element: XmlElement, ancestor: XmlElement): boolean {
  for (let one: XmlElement | undefined = element; one !== undefined; one = one.parent) if (one === ancestor) return true
  return false
}

/** Value of an attribute; without a namespace where none is given. */
export function attributeOf(element: XmlElement, local: string, namespace = ''): string | undefined {
  return element.attributes.find(one => one.local === local && one.namespace === namespace)?.value
}

/** The text of the element itself, comments and instructions within passed over, as canonicalisation does. */
export function textOf(element: XmlElement): string {
  return element.children.map(child => (child.kind === 'text' ? child.value : '')).join('')
}

/** Octets of an element that holds nothing but base64; throws as decodedBase64() does, and for elements within. */
export function octetsOf(element: XmlElement): Uint8Array {
  if (childElements(element).length > 0) throw new Fault('XML_UNREADABLE', `elements inside ${element.local}`)
  return decodedBase64(textOf(element))
}

/**
 * Octets of base64 (RFC 4648, 4, padded, white space passed over). Throws XML_UNREADABLE for any other text: a decoder
 * that skips what it does not know lets two texts stand for one value.
 */
export function decodedBase64(text: string): Uint8Array {
  const digits = text.replace(/[\t\n\r ]+/g, '')
  const padding = digits.endsWith('==') ? 2 : digits.endsWith('=') ? 1 : 0
  const foreign = /[^A-Za-z0-9+/]/.test(digits.slice(0, digits.length - padding))
  if (foreign || digits.length % 4 !== 0) throw new Fault('XML_UNREADABLE', 'text that is not base64')
  return Buffer.from(digits, 'base64')
}

const identifierNames: ReadonlySet<string> = new Set(['Id', 'ID', 'id'])

/** The identifiers of an element, be they written as Id, ID, id or xml:id. Without a schema no other attribute is one. */
export function identifiersOf(element: XmlElement): string[] {
  return element.attributes
    .filter(({ local, namespace }) => identifierNames.has(local) && (namespace === '' || isXmlId(local, namespace)))
    .map(attribute => attribute.value)
}

const isXmlId = (local: string, namespace: string) => namespace === xmlNamespace && local === 'id'

/** Every element of the document by its identifier; more than one where an identifier is not unique. */
export function elementsById(document: XmlDocument): ReadonlyMap<string, readonly XmlElement[]> {
  const found = new Map<string, XmlElement[]>()
  for (const element of subtreeOf(document.root)) {
    for (const id of new Set(identifiersOf(element))) {
      const before = found.get(id)
      if (before === undefined) found.set(id, [element])
      else before.push(element)
    }
  }
  return found
}
