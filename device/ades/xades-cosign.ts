// A further XAdES signature where there is one already: in parallel over the same content (cosign), or over a signature
// value (countersign; EN 319 132-1, 5.2.7). What is there keeps its bytes. Whether the signatures that were there still
// verify with the new one beside them depends on their transforms: the caller looks, before anything is written.

import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { base64Transform } from '../xml/algorithms.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { surroundingsIn } from '../xml/surroundings.ts'
import { attributeOf, childElements, childrenOf, elementsById, isWithin, octetsOf } from '../xml/walk.ts'
import { isXmldsig } from '../xml/xmldsig.ts'
import type { SignatureProperties } from './request.ts'
import { type IntentParts, prepareXades, type XadesIntent, type XadesRequest, xadesIntent } from './xades.ts'
import { onlyChild, qualifyingPropertiesOf, signaturesIn, unsignedSignatureProperties } from './xades-find.ts'
import {
  base64Reference,
  type DataReference,
  detachedReference,
  elementReference,
  envelopedReference,
  freeId,
  lastIn,
  readXml,
  type SignaturePlace,
} from './xades-layout.ts'
import { entriesOf, type Listed, listedParts, manifestType } from './xades-manifest.ts'
import { type Manner, mannerOf } from './xades-manner.ts'
import { countersignedType, namespaces, signedPropertiesType } from './xades-names.ts'
import type { XadesOptions } from './xades-options.ts'
import { unknownFormat } from './xades-properties.ts'
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
  refuseArchived(document, request.options)
  const existing = dataReferenceOf(first)
  const uri = attributeOf(existing, 'URI')
  if (uri === '') return prepareXades(file, { ...request, packaging: 'enveloped' })
  const about = uri?.startsWith('#') === true ? elementsById(document).get(uri.slice(1))?.[0] : undefined
  const isManifest = attributeOf(existing, 'Type') === manifestType
  const properties = propertiesBeside(request, !isManifest && about !== undefined && isWithin(about, first))
  const ready = { ...request, properties, id: freeId(document, request.id, request.spareId ?? request.id) }
  const place = besidePlace(document, first)
  const manner = mannerOf(request.algorithm, request.options)
  const listed = isManifest && about !== undefined ? entriesIn(about, ready) : undefined
  if (listed) return xadesIntent(ready, { ...place, ...listedParts(ready.id, listed, manner, place.around) })
  if (uri?.startsWith('#')) {
    return xadesIntent(ready, { ...place, reference: objectReference(document, first, existing, manner) })
  }
  if (content === undefined) throw new Fault('CONTENT_ABSENT', `the signature is about ${uri ?? 'a file without name'}`)
  return xadesIntent(ready, {
    ...place,
    reference: await detachedReference(content, manner.digestAlgorithm, uri ?? ''),
  })
}

/** A validator looks for a Manifest in the signature that is over it, so a second signer has one of the same. */
function entriesIn(element: XmlElement, { properties }: Pick<CosignRequest, 'properties'>): Listed | undefined {
  return isXmldsig(element, 'Manifest') ? entriesOf(element, properties.contentFormat ?? unknownFormat) : undefined
}

/** AutoFirma does so unless it is allowed; throws SIGNATURE_FORMAT_REFUSED. */
function refuseArchived({ root }: XmlDocument, options: XadesOptions = {}): void {
  if (options.allowArchived !== false) return
  const archived = signaturesIn(root).some(signature => {
    const unsigned = unsignedSignatureProperties(signature)
    return unsigned !== undefined && childElements(unsigned).some(({ local }) => local === 'ArchiveTimeStamp')
  })
  if (archived) throw new Fault('SIGNATURE_FORMAT_REFUSED', 'the signature has an archive time-stamp')
}

/** Of any version. */
const agePolicy = /^2\.16\.724\.1\.3\.1\.1\.2\.1\./

/** AutoFirma has the AGE policy against a second enveloping signature; throws POLICY_UNUSABLE. */
function propertiesBeside({ properties, options = {} }: CosignRequest, isEnveloping: boolean): SignatureProperties {
  const { policy, ...others } = properties
  if (!isEnveloping || policy === undefined || !agePolicy.test(policy.id)) return properties
  if (options.avoidAgePolicy === false) {
    throw new Fault('POLICY_UNUSABLE', 'the AGE policy has no second signature beside an enveloping one')
  }
  return options.avoidAgePolicy === true ? others : properties
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
  refuseArchived(document, request.options)
  const id = freeId(document, request.id, request.spareId ?? request.id)
  const chosen = target === 'TREE' ? all : all.filter(one => signaturesIn(one).length === 1)
  return chosen.map((signature, index) =>
    countersignatureOf(document, signature, { ...request, id: index === 0 ? id : `${id}-${index + 1}` }),
  )
}

/** Inside xades:CounterSignature, over the canonical ds:SignatureValue. */
function countersignatureOf(document: XmlDocument, signature: XmlElement, request: CosignRequest): XadesIntent {
  const value = onlyChild(signature, 'ds', 'SignatureValue')
  const id = value === undefined ? undefined : attributeOf(value, 'Id')
  if (value === undefined || id === undefined) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'a SignatureValue without Id cannot be countersigned')
  }
  const manner = mannerOf(request.algorithm, request.options)
  const unsigned = placeOfUnsigned(document, signature)
  const place = {
    ...unsigned,
    before: `${unsigned.before}<xades:CounterSignature xmlns:xades="${namespaces.xades}">`,
    after: `</xades:CounterSignature>${unsigned.after}`,
  }
  return xadesIntent(request, {
    place,
    // Whatever is put in between declares no more than xades.
    around: surroundingsIn(holderOfUnsigned(signature), [` xmlns:xades="${namespaces.xades}"`]),
    reference: { ...elementReference(value, id, manner), type: countersignedType },
    countersignature: true,
  })
}

/** The innermost element there is that unsigned properties go into. */
function holderOfUnsigned(signature: XmlElement): XmlElement {
  const qualifying = qualifyingPropertiesOf(signature)
  return (
    unsignedSignatureProperties(signature) ??
    onlyChild(qualifying, 'xades', 'UnsignedProperties') ??
    qualifying ??
    signature
  )
}

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
  manner: Manner,
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
    return base64Reference(id, octetsOf(target), manner)
  }
  if (signaturesIn(target).includes(first)) return envelopedReference(target, uri, manner)
  return elementReference(target, id, manner)
}

/** Last among the siblings of the first; a signature that is the root gets a common root around both. */
function besidePlace(document: XmlDocument, first: XmlElement): Pick<IntentParts, 'place' | 'around'> {
  if (first.parent !== undefined) {
    return { place: lastIn(document, first.parent), around: surroundingsIn(first.parent) }
  }
  const { start, end } = first.span
  const place: SignaturePlace = {
    base: 'content',
    encoding: document.encoding,
    offset: end,
    remove: 0,
    before: '',
    after: '</Signatures>',
    others: [{ offset: start, remove: 0, text: '<Signatures>' }],
  }
  return { place }
}
