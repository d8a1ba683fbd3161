// Countersignatures of XAdES (ETSI EN 319 132-1, 5.2.7): a ds:Signature inside xades:CounterSignature, among the unsigned
// properties of the signature that it confirms, over that one's SignatureValue and no other.

import { namespaces } from '../ades/xades-names.ts'
import { canonicalisationOf } from '../xml/algorithms.ts'
import type { XmlElement } from '../xml/node.ts'
import { childElements } from '../xml/walk.ts'
import { isXmldsig } from '../xml/xmldsig.ts'
import type { Finding } from './report.ts'
import type { CheckedReference } from './xades-references.ts'

/** From xades:CounterSignature up to the ds:Signature that has it. */
const way = ['UnsignedSignatureProperties', 'UnsignedProperties', 'QualifyingProperties'] as const

/**
 * The ds:SignatureValue that a signature has to be over because of where it stands; `none` where it is no countersignature,
 * `lost` where its surroundings are not those of one.
 */
export function countersigned(signature: XmlElement): XmlElement | 'none' | 'lost' {
  const { parent } = signature
  if (parent === undefined || !isXades(parent, 'CounterSignature')) return 'none'
  let around: XmlElement | undefined = parent.parent
  for (const local of way) {
    if (around === undefined || !isXades(around, local)) return 'lost'
    around = around.parent
  }
  const confirmed = around !== undefined && isXmldsig(around, 'Object') ? around.parent : undefined
  if (confirmed === undefined || !isXmldsig(confirmed, 'Signature')) return 'lost'
  return childElements(confirmed).find(child => isXmldsig(child, 'SignatureValue')) ?? 'lost'
}

/** Empty where a Reference of the countersignature is over all of that SignatureValue. */
export function countersignatureFindings(
  value: XmlElement | 'lost',
  checked: readonly CheckedReference[],
): readonly Finding[] {
  const isOver = checked.some(
    ({ direct, target, reference }) =>
      direct && target === value && reference.transforms.every(one => canonicalisationOf(one) !== undefined),
  )
  if (isOver) return []
  const detail = 'a countersignature that is not over the SignatureValue of the signature that holds it'
  return [{ subIndication: 'FORMAT_FAILURE', detail }]
}

function isXades(element: XmlElement, local: string): boolean {
  return element.local === local && element.namespace === namespaces.xades
}
