// Finding the parts of XMLDSig and XAdES in a document, by namespace and local name, whatever their prefixes.

import type { XmlElement } from '../xml/node.ts'
import { namespaces } from './xades-names.ts'

/** The element and every element inside it, in document order. */
export function elementsOf(root: XmlElement): readonly XmlElement[] {
  const found: XmlElement[] = []
  const waiting: XmlElement[] = [root]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    found.push(next)
    for (const child of next.children.toReversed()) if (child.kind === 'element') waiting.push(child)
  }
  return found
}

export function isNamed(element: XmlElement, namespace: keyof typeof namespaces, local: string): boolean {
  return element.local === local && element.namespace === namespaces[namespace]
}

export function isSignature(element: XmlElement): boolean {
  return isNamed(element, 'ds', 'Signature')
}

/** The child elements of that name. */
export function childrenNamed(parent: XmlElement, namespace: keyof typeof namespaces, local: string): XmlElement[] {
  return parent.children.filter(child => child.kind === 'element').filter(child => isNamed(child, namespace, local))
}

/** The only child of that name; undefined where there is none or more than one. */
export function onlyChild(
  parent: XmlElement | undefined,
  namespace: keyof typeof namespaces,
  local: string,
): XmlElement | undefined {
  const found = parent === undefined ? [] : childrenNamed(parent, namespace, local)
  return found.length === 1 ? found[0] : undefined
}

/** The value of the attribute without prefix; undefined where there is none. */
export function attributeOf(element: XmlElement, local: string): string | undefined {
  return element.attributes.find(attribute => attribute.prefix === '' && attribute.local === local)?.value
}

/** All character data inside, in order. */
export function textOf(element: XmlElement): string {
  return element.children.map(child => (child.kind === 'text' ? child.value : '')).join('')
}

/** xades:QualifyingProperties of a ds:Signature, in a ds:Object of its own. */
export function qualifyingPropertiesOf(signature: XmlElement): XmlElement | undefined {
  const found = childrenNamed(signature, 'ds', 'Object').flatMap(object =>
    childrenNamed(object, 'xades', 'QualifyingProperties'),
  )
  return found.length === 1 ? found[0] : undefined
}
