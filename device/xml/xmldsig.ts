// A ds:Signature as the schema of XMLDSig 1.1 has it, read without judging: which element is what, which algorithms and
// references it names. Nothing is looked up outside of the element, so that no other part of the document can pass for
// one of it.

import { Fault } from '../errors.ts'
import { algorithmOf, uriOf, xmldsigNamespace } from './algorithms.ts'
import { maxReferences, maxTransforms } from './limits.ts'
import type { XmlElement } from './node.ts'
import { attributeOf, childElements, childrenOf, octetsOf } from './walk.ts'

/** ds:Reference (4.4.3). */
export interface XmlReference {
  readonly element: XmlElement
  readonly id?: string
  /** Absent where whoever uses the signature has to know what it is about. */
  readonly uri?: string
  readonly type?: string
  /** ds:Transform elements in the order of their application. */
  readonly transforms: readonly XmlElement[]
  readonly digestMethod: string
  readonly digestValue: Uint8Array
}

/** ds:Signature (4.2). */
export interface XmlSignature {
  readonly element: XmlElement
  readonly id?: string
  readonly signedInfo: XmlElement
  readonly canonicalizationMethod: XmlElement
  readonly signatureMethod: string
  readonly references: readonly XmlReference[]
  readonly signatureValue: XmlElement
  readonly value: Uint8Array
  readonly keyInfo?: XmlElement
  /** DER of every ds:X509Certificate of its KeyInfo. */
  readonly certificates: readonly Uint8Array[]
  readonly objects: readonly XmlElement[]
}

/** Reads a ds:Signature; throws XML_UNREADABLE where it is not as the schema has it or has too much of something. */
export function readXmlSignature(element: XmlElement): XmlSignature {
  const [signedInfo, signatureValue, ...further] = childElements(element)
  if (!isNamed(signedInfo, 'SignedInfo') || !isNamed(signatureValue, 'SignatureValue')) {
    throw malformed('Signature does not begin with SignedInfo and SignatureValue')
  }
  const [first] = further
  const keyInfo = isNamed(first, 'KeyInfo') ? first : undefined
  const objects = keyInfo === undefined ? further : further.slice(1)
  if (!objects.every(object => isNamed(object, 'Object'))) throw malformed('Signature holds more than its parts')
  const [canonicalizationMethod, signatureMethod, ...references] = childElements(signedInfo)
  if (!isNamed(canonicalizationMethod, 'CanonicalizationMethod') || !isNamed(signatureMethod, 'SignatureMethod')) {
    throw malformed('SignedInfo does not begin with CanonicalizationMethod and SignatureMethod')
  }
  const id = attributeOf(element, 'Id')
  return {
    element,
    ...(id !== undefined && { id }),
    signedInfo,
    canonicalizationMethod,
    signatureMethod: algorithmOf(signatureMethod),
    references: readReferences(references),
    signatureValue,
    value: octetsOf(signatureValue),
    ...(keyInfo !== undefined && { keyInfo }),
    certificates: keyInfo === undefined ? [] : certificatesOf(keyInfo),
    objects,
  }
}

/** The ds:Reference elements of a SignedInfo or Manifest; throws XML_UNREADABLE. */
export function readReferences(elements: readonly XmlElement[]): readonly XmlReference[] {
  if (elements.length === 0) throw malformed('no Reference')
  if (elements.length > maxReferences) throw malformed(`more than ${maxReferences} References`)
  return elements.map(readReference)
}

function readReference(element: XmlElement): XmlReference {
  if (!isNamed(element, 'Reference')) throw malformed('something else where a Reference belongs')
  const children = childElements(element)
  const list = isNamed(children[0], 'Transforms') ? children[0] : undefined
  const [digestMethod, digestValue, ...rest] = list === undefined ? children : children.slice(1)
  if (!isNamed(digestMethod, 'DigestMethod') || !isNamed(digestValue, 'DigestValue') || rest.length > 0) {
    throw malformed('Reference does not end with DigestMethod and DigestValue')
  }
  const transforms = list === undefined ? [] : childElements(list)
  if (!transforms.every(transform => isNamed(transform, 'Transform')))
    throw malformed('Transforms holds something else')
  if (transforms.length > maxTransforms) throw malformed(`more than ${maxTransforms} Transforms`)
  const [id, uri, type] = [attributeOf(element, 'Id'), uriOf(element, 'URI'), uriOf(element, 'Type')]
  return {
    element,
    ...(id !== undefined && { id }),
    ...(uri !== undefined && { uri }),
    ...(type !== undefined && { type }),
    transforms,
    digestMethod: algorithmOf(digestMethod),
    digestValue: octetsOf(digestValue),
  }
}

function certificatesOf(keyInfo: XmlElement): readonly Uint8Array[] {
  return childrenOf(keyInfo, xmldsigNamespace, 'X509Data')
    .flatMap(data => childrenOf(data, xmldsigNamespace, 'X509Certificate'))
    .map(octetsOf)
}

/** ds:Manifest in the ds:Object that holds it; throws XML_UNREADABLE. */
export function readManifest(manifest: XmlElement): readonly XmlReference[] {
  return readReferences(childElements(manifest))
}

/** Whether an element is in the namespace of XMLDSig and has that name. */
export function isXmldsig(element: XmlElement, local: string): boolean {
  return element.local === local && element.namespace === xmldsigNamespace
}

function isNamed(element: XmlElement | undefined, local: string): element is XmlElement {
  return element !== undefined && isXmldsig(element, local)
}

function malformed(why: string): Fault {
  return new Fault('XML_UNREADABLE', why)
}
