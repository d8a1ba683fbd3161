// Where the parts of XAdES are in a ds:Signature.

import type { XmlElement } from '../xml/node.ts'
import { childrenOf, descendantsOf } from '../xml/walk.ts'
import { namespaces } from './xades-names.ts'

export function isSignature(element: XmlElement): boolean {
  return element.local === 'Signature' && element.namespace === namespaces.ds
}

/** Every ds:Signature from `element` down, in document order. */
export function signaturesIn(element: XmlElement): readonly XmlElement[] {
  return descendantsOf(element, namespaces.ds, 'Signature')
}

/** The only child of that name; undefined where there is none or more than one. */
export function onlyChild(
  parent: XmlElement | undefined,
  namespace: keyof typeof namespaces,
  local: string,
): XmlElement | undefined {
  const found = parent === undefined ? [] : childrenOf(parent, namespaces[namespace], local)
  return found.length === 1 ? found[0] : undefined
}

/** xades:QualifyingProperties of a ds:Signature, in a ds:Object of its own. */
export function qualifyingPropertiesOf(signature: XmlElement): XmlElement | undefined {
  const found = childrenOf(signature, namespaces.ds, 'Object').flatMap(object =>
    childrenOf(object, namespaces.xades, 'QualifyingProperties'),
  )
  return found.length === 1 ? found[0] : undefined
}

/** xades:UnsignedSignatureProperties of a ds:Signature; undefined where it has none. */
export function unsignedSignatureProperties(signature: XmlElement): XmlElement | undefined {
  const qualifying = qualifyingPropertiesOf(signature)
  return onlyChild(onlyChild(qualifying, 'xades', 'UnsignedProperties'), 'xades', 'UnsignedSignatureProperties')
}
