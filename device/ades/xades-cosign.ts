// A further XAdES signature where there is one already: in parallel over the same content (cosign), or over a signature
// value (countersign; EN 319 132-1, 5.2.7). What is there keeps its bytes. Whether the signatures that were there still
// verify with the new one beside them depends on their transforms: the caller looks, before anything is written.

import { digestOf } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, RandomAccess } from '../ports.ts'
import { base64Transform } from '../xml/algorithms.ts'
import { canonicalise } from '../xml/canonical.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { attributeOf, childrenOf, elementsById, octetsOf } from '../xml/walk.ts'
import { prepareXades, type XadesIntent, type XadesRequest, xadesIntent } from './xades.ts'
import { onlyChild, signaturesIn } from './xades-find.ts'
import {
  base64Reference,
  type DataReference,
  detachedReference,
  digestOf as digestOfOctets,
  envelopedReference,
  lastIn,
  readXml,
  type SignaturePlace,
  transformsOf,
} from './xades-layout.ts'
import { countersignedType, exclusive, exclusiveC14n, namespaces, signedPropertiesType } from './xades-names.ts'
import { placeOfUnsigned } from './xades-unsigned.ts'

type CosignRequest = Omit<XadesRequest, 'packaging'>

/** LEAFS: signatures that nobody has countersigned yet. TREE: every signature, countersignatures included. */
export type CountersignTarget = 'LEAFS' | 'TREE'

/**
 * The intent for a signature over what the first signature of `file` is about. `content`: the original, where that one is
 * detached. Throws SIGNATURE_ABSENT, CONTENT_ABSENT, SIGNATURE_FORMAT_REFUSED and what prepareXades throws.
 */
export async function prepareXadesCosignature(
  file: RandomAccess,
  request: CosignRequest,
  content?: RandomAccess,
): Promise<XadesIntent> {
  const document = await readXml(file)
  const first = signaturesIn(document.root)[0]
  if (first === undefined) throw new Fault('SIGNATURE_ABSENT', 'the XML holds no signature')
  const existing = dataReferenceOf(first)
  const uri = attributeOf(existing, 'URI')
  if (uri === '') return prepareXades(file, { ...request, packaging: 'enveloped' })
  const place = besidePlace(document, first)
  const digestAlgorithm = digestOf(request.algorithm)
  if (uri?.startsWith('#')) {
    return xadesIntent(request, { place, reference: objectReference(document, first, existing, digestAlgorithm) })
  }
  if (content === undefined) throw new Fault('CONTENT_ABSENT', `the signature is about ${uri ?? 'a file without name'}`)
  return xadesIntent(request, { place, reference: await detachedReference(content, digestAlgorithm, uri ?? '') })
}

/** One intent for each signature that is countersigned; all of them are over the same file. Throws as cosigning does. */
export async function prepareXadesCountersignatures(
  file: RandomAccess,
  request: CosignRequest,
  target: CountersignTarget,
): Promise<readonly XadesIntent[]> {
  const document = await readXml(file)
  const all = signaturesIn(document.root)
  if (all.length === 0) throw new Fault('SIGNATURE_ABSENT', 'the XML holds no signature')
  const chosen = target === 'TREE' ? all : all.filter(one => signaturesIn(one).length === 1)
  return chosen.map((signature, index) =>
    countersignatureOf(document, signature, {
      ...request,
      id: index === 0 ? request.id : `${request.id}-${index + 1}`,
    }),
  )
}

/** Inside xades:CounterSignature, over the canonical ds:SignatureValue. */
function countersignatureOf(document: XmlDocument, signature: XmlElement, request: CosignRequest): XadesIntent {
  const value = onlyChild(signature, 'ds', 'SignatureValue')
  const id = value === undefined ? undefined : attributeOf(value, 'Id')
  if (value === undefined || id === undefined) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'a SignatureValue without Id cannot be countersigned')
  }
  const octets = canonicalise(value, exclusive)
  const unsigned = placeOfUnsigned(document, signature)
  const place = {
    ...unsigned,
    before: `${unsigned.before}<xades:CounterSignature xmlns:xades="${namespaces.xades}">`,
    after: `</xades:CounterSignature>${unsigned.after}`,
  }
  const reference = {
    uri: `#${id}`,
    type: countersignedType,
    transforms: exclusiveTransforms,
    digest: digestOfOctets(octets, digestOf(request.algorithm)),
  }
  return xadesIntent(request, { place, reference, countersignature: true })
}

const exclusiveTransforms = transformsOf(`<ds:Transform Algorithm="${exclusiveC14n}"></ds:Transform>`)

/** The first Reference that is about data and not about the signature's own properties or key. */
function dataReferenceOf(signature: XmlElement): XmlElement {
  const signedInfo = onlyChild(signature, 'ds', 'SignedInfo')
  const references = signedInfo === undefined ? [] : childrenOf(signedInfo, namespaces.ds, 'Reference')
  const found = references.find(reference => attributeOf(reference, 'Type') !== signedPropertiesType)
  if (found === undefined) throw new Fault('SIGNATURE_FORMAT_REFUSED', 'the signature has no Reference to data')
  return found
}

/** The same element of the document: decoded where the other signer decoded it, without signatures where it has them. */
function objectReference(
  document: XmlDocument,
  first: XmlElement,
  existing: XmlElement,
  algorithm: DigestAlgorithm,
): DataReference {
  const uri = attributeOf(existing, 'URI') ?? ''
  const id = uri.slice(1)
  const targets = elementsById(document).get(id) ?? []
  const [target] = targets
  if (target === undefined || targets.length !== 1) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', `${targets.length} elements are named ${id}`)
  }
  const transforms = childrenOf(onlyChild(existing, 'ds', 'Transforms') ?? existing, namespaces.ds, 'Transform')
  if (transforms.some(transform => attributeOf(transform, 'Algorithm') === base64Transform)) {
    return base64Reference(id, octetsOf(target), algorithm)
  }
  if (signaturesIn(target).includes(first)) return envelopedReference(target, uri, algorithm)
  const octets = canonicalise(target, exclusive)
  return { uri, transforms: exclusiveTransforms, digest: digestOfOctets(octets, algorithm) }
}

/** Last among the siblings of the first; a signature that is the root gets a common root around both. */
function besidePlace(document: XmlDocument, first: XmlElement): SignaturePlace {
  if (first.parent !== undefined) return lastIn(document, first.parent)
  const { start, end } = first.span
  return {
    base: 'content',
    encoding: document.encoding,
    offset: end,
    remove: 0,
    before: '',
    after: '</Signatures>',
    others: [{ offset: start, remove: 0, text: '<Signatures>' }],
  }
}
