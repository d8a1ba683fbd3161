// Which parts of the document a signature covers, so that signed content that was moved aside (signature wrapping) does
// not vouch for what was put in its place: whatever stands outside of the signatures must be covered, but for the elements
// around the signature that do nothing but hold it and what it covers. Inside the signature, every ds:Object must be.

import { xmldsigNamespace } from '../xml/algorithms.ts'
import { xmlNamespace } from '../xml/namespaces.ts'
import type { XmlAttribute, XmlDocument, XmlElement } from '../xml/node.ts'
import type { NodeSet } from '../xml/node-set.ts'
import { childElements, identifiersOf } from '../xml/walk.ts'
import { isXmldsig, type XmlSignature } from '../xml/xmldsig.ts'
import type { Finding } from './report.ts'
import type { CheckedReference } from './xades-references.ts'

/** One thing that a signature is over. */
export interface SignedScope {
  /** As it stands in the Reference. */
  readonly uri?: string
  /**
   * `document`: all of it, perhaps without signatures. `object`: inside a signature. `element`: elsewhere in the document.
   * `outside`: content that was handed in.
   */
  readonly kind: 'document' | 'object' | 'element' | 'outside'
  /** Local name of the element. */
  readonly name?: string
}

/** What the References to data are over. */
export function scopesOf(document: XmlDocument, data: readonly CheckedReference[]): readonly SignedScope[] {
  return data.map(({ reference: { uri }, target }) => {
    const stated = uri === undefined ? {} : { uri }
    if (target === undefined) return { ...stated, kind: 'outside' }
    if ('root' in target || target === document.root) return { ...stated, kind: 'document', name: document.root.local }
    return { ...stated, kind: isInSignature(target) ? 'object' : 'element', name: target.local }
  })
}

function isInSignature(element: XmlElement): boolean {
  for (let one: XmlElement | undefined = element; one !== undefined; one = one.parent) {
    if (isXmldsig(one, 'Signature')) return true
  }
  return false
}

/** Content of the document outside of its signatures that this one does not cover. */
export function checkDocumentCovered(
  document: XmlDocument,
  { element }: XmlSignature,
  checked: readonly CheckedReference[],
): Finding[] {
  if (isXmldsig(document.root, 'Signature')) return []
  const sets = setsOf(checked)
  const around = new Set<XmlElement>()
  for (let { parent } = element; parent !== undefined; parent = parent.parent) around.add(parent)
  return findingsOf(uncoveredIn(document.root, sets, sets.get(document) ?? [], around))
}

/**
 * Signed content inside a signature has to be a ds:Object of it or what that holds, and not with qualifying properties:
 * anywhere else nobody who reads the document would look for it.
 */
export function checkPlaces(data: readonly CheckedReference[]): Finding[] {
  const misplaced = data.flatMap(({ target }) => {
    if (target === undefined || 'root' in target || !isInSignature(target) || isContentPlace(target)) return []
    return [`signed content <${target.local}> in a part of a signature that is not for content`]
  })
  return misplaced.map(detail => ({ subIndication: 'SIG_CONSTRAINTS_FAILURE', detail }))
}

function isContentPlace(target: XmlElement): boolean {
  const object = isXmldsig(target, 'Object') ? target : target.parent
  const signature = object?.parent
  if (object === undefined || signature === undefined) return isXmldsig(target, 'Signature')
  const isObject = isXmldsig(object, 'Object') && isXmldsig(signature, 'Signature')
  return isObject && !childElements(object).some(child => child.local === 'QualifyingProperties')
}

/** Objects of the signature itself that it does not cover; `own` holds the QualifyingProperties. */
export function checkObjectsCovered(
  { objects }: XmlSignature,
  own: XmlElement | undefined,
  checked: readonly CheckedReference[],
): Finding[] {
  const sets = setsOf(checked)
  const others = objects.filter(object => object !== own)
  return findingsOf(others.flatMap(object => uncoveredIn(object, sets, [], new Set([object]))))
}

/** By their apex, so that going down only those are asked that can hold what is there. */
type Sets = ReadonlyMap<XmlElement | XmlDocument, readonly NodeSet[]>

function setsOf(checked: readonly CheckedReference[]): Sets {
  const sets = new Map<XmlElement | XmlDocument, NodeSet[]>()
  for (const { covered } of checked) {
    if (covered === undefined) continue
    const known = sets.get(covered.apex)
    if (known === undefined) sets.set(covered.apex, [covered])
    else known.push(covered)
  }
  return sets
}

const maxTold = 3

function findingsOf(uncovered: readonly string[]): Finding[] {
  if (uncovered.length === 0) return []
  const more = uncovered.length > maxTold ? ` and ${uncovered.length - maxTold} more` : ''
  const detail = `not covered by the signature: ${uncovered.slice(0, maxTold).join(', ')}${more}`
  return [{ subIndication: 'SIG_CONSTRAINTS_FAILURE', detail }]
}

/**
 * Names of what is not covered from `element` down. `above`: the sets that may hold it and whose apex is around it.
 * `holders`: elements that need not be covered while they say nothing themselves.
 */
function uncoveredIn(
  element: XmlElement,
  sets: Sets,
  above: readonly NodeSet[],
  holders: ReadonlySet<XmlElement>,
): string[] {
  const own = sets.get(element)
  const active = own === undefined ? above : [...above, ...own]
  const inside = childElements(element).filter(child => !isXmldsig(child, 'Signature'))
  const covered = active.some(set => set.has(element))
  if (!covered && !holders.has(element)) return [`<${element.local}>`]
  const below = inside.flatMap(child => uncoveredIn(child, sets, active, holders))
  return covered ? below : [...ownContent(element), ...below]
}

/** What a holder says by itself. */
function ownContent(element: XmlElement): string[] {
  const name = `<${element.local}>`
  if (element.children.some(child => child.kind === 'text' && /[^\t\n\r ]/.test(child.value)))
    return [`text in ${name}`]
  const attribute = element.attributes.find(one => !isHarmless(one, element))
  if (attribute !== undefined) return [`${attribute.local} of ${name}`]
  return childElements(element).length === 0 ? [name] : []
}

const describing: ReadonlySet<string> = new Set(['MimeType', 'Encoding'])

const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance'

/** Identifiers, xml:lang and the like, where a schema is, and what a ds:Object says of its content. */
function isHarmless({ local, namespace, value }: XmlAttribute, element: XmlElement): boolean {
  if (namespace === xmlNamespace || namespace === schemaInstance) return true
  if (namespace === '' && identifiersOf(element).includes(value)) return true
  return element.namespace === xmldsigNamespace && namespace === '' && describing.has(local)
}
