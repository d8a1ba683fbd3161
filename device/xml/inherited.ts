// The attributes of the xml namespace that an element is written with although they stand on ancestors that are left out:
// all of them in Canonical XML 1.0 (2.4), xml:lang and xml:space alone in 1.1 (2.4), where xml:base is joined instead.

import { joinReferences } from './join-references.ts'
import { xmlNamespace } from './namespaces.ts'
import type { XmlAttribute, XmlElement } from './node.ts'

const simplyInheritable: ReadonlySet<string> = new Set(['lang', 'space'])

function xmlAttributesOf(element: XmlElement): readonly XmlAttribute[] {
  return element.attributes.filter(attribute => attribute.namespace === xmlNamespace)
}

/** Own attributes and inherited ones of an element whose parent is left out (Canonical XML 1.0): from all ancestors. */
export function withInherited(element: XmlElement): readonly XmlAttribute[] {
  const ancestors: XmlElement[] = []
  for (let { parent } = element; parent !== undefined; parent = parent.parent) ancestors.push(parent)
  return [...element.attributes, ...nearestXmlAttributes(element, ancestors).values()]
}

/**
 * The same by Canonical XML 1.1, from the omitted elements next above alone, up to the first that `isOmitted` denies: that
 * one is written and hands its attributes down by itself.
 */
export function withInherited11(
  element: XmlElement,
  isOmitted: (ancestor: XmlElement) => boolean,
): readonly XmlAttribute[] {
  const omitted: XmlElement[] = []
  for (let { parent } = element; parent !== undefined && isOmitted(parent); parent = parent.parent) omitted.push(parent)
  const inherited = [...nearestXmlAttributes(element, omitted).values()]
  const attributes = [...element.attributes, ...inherited.filter(({ local }) => simplyInheritable.has(local))]
  return withJoinedBase(element, attributes, omitted)
}

function nearestXmlAttributes(element: XmlElement, ancestors: readonly XmlElement[]): Map<string, XmlAttribute> {
  const own = new Set(xmlAttributesOf(element).map(attribute => attribute.local))
  const nearest = new Map<string, XmlAttribute>()
  for (const attribute of ancestors.flatMap(xmlAttributesOf)) {
    if (!own.has(attribute.local) && !nearest.has(attribute.local)) nearest.set(attribute.local, attribute)
  }
  return nearest
}

const baseOf = (element: XmlElement) => xmlAttributesOf(element).find(attribute => attribute.local === 'base')

/** xml:base of the omitted elements and of the element itself as one; an empty one is not written. */
function withJoinedBase(
  element: XmlElement,
  attributes: readonly XmlAttribute[],
  omitted: readonly XmlElement[],
): readonly XmlAttribute[] {
  const [nearest, ...further] = omitted.flatMap(ancestor => baseOf(ancestor)?.value ?? [])
  if (nearest === undefined) return attributes
  const own = baseOf(element)
  const innermost = own === undefined ? nearest : joinReferences(nearest, own.value)
  const value = further.reduce((inner, outer) => joinReferences(outer, inner), innermost)
  const others = attributes.filter(attribute => attribute !== own)
  return value === '' ? others : [...others, { prefix: 'xml', local: 'base', namespace: xmlNamespace, value }]
}
