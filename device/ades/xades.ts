// The phases of one XAdES signature, baseline B (ETSI EN 319 132-1, 6.3), as values: content and signer → XadesIntent
// (JSON, stored) → digest for the token → signature value → splices that put the ds:Signature into its file. From the
// same intent and the same signature value the same bytes come out.

import { createHash } from 'node:crypto'
import type { Splice } from '../bytes.ts'
import { digestOf, hashName, maxSignatureOctets, publicKeyOf, verifySignatureValue } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess, SignatureAlgorithm } from '../ports.ts'
import { signatureUris } from '../xml/algorithms.ts'
import { encodeMarkup } from '../xml/encoding.ts'
import type { Surroundings } from '../xml/surroundings.ts'
import { rawEcdsa } from './ecdsa-value.ts'
import type { Packaging, SignatureProperties, SignerIdentity } from './request.ts'
import { keyInfoXml } from './xades-key-info.ts'
import type { DataReference, SignaturePlace } from './xades-layout.ts'
import { type Manner, mannerOf } from './xades-manner.ts'
import { base64, digestElements, escapeAttribute, namespaces, signedPropertiesType } from './xades-names.ts'
import type { XadesOptions } from './xades-options.ts'
import { layoutOf, type ReferenceFormat } from './xades-packaging.ts'
import { signedPropertiesXml, unknownFormat } from './xades-properties.ts'

export interface XadesRequest extends SignerIdentity {
  readonly properties: SignatureProperties
  readonly packaging: Packaging
  /** Base of every Id of the signature, an NCName. */
  readonly id: string
  /** Taken instead where the document has that Id already; absent: the Id is random, and unique in any document. */
  readonly spareId?: string
  /** `detached`: what the Reference calls the content; a relative URI such as its file name. */
  readonly contentUri?: string
  readonly options?: XadesOptions
}

/** What is going to be signed, by whom, and where it goes; JSON, binary values in Base64. */
export interface XadesIntent {
  /** Of the ds:Signature. */
  readonly id: string
  readonly algorithm: SignatureAlgorithm
  /** DER of the signer's certificate. */
  readonly certificate: string
  /** Canonical octets of ds:SignedInfo: what is signed. */
  readonly signedInfo: string
  /** The ds:Signature up to the text of its SignatureValue, and from there on. */
  readonly head: string
  readonly tail: string
  readonly place: SignaturePlace
}

/** Phase one. Throws KEY_REFUSED, CERTIFICATE_UNREADABLE, XML_UNREADABLE, REQUEST_INVALID. */
export async function prepareXades(content: RandomAccess, request: XadesRequest): Promise<XadesIntent> {
  const { algorithm, properties, packaging, id, spareId = id, contentUri, options = {} } = request
  const { id: taken, ...layout } = await layoutOf(content, {
    packaging,
    manner: mannerOf(algorithm, options),
    options,
    id,
    spareId,
    format: properties.contentFormat ?? unknownFormat,
    ...(contentUri !== undefined && { contentUri }),
  })
  return xadesIntent({ ...request, id: taken }, layout)
}

export interface IntentParts {
  readonly place: SignaturePlace
  /** Of the place; absent: none. */
  readonly around?: Surroundings
  readonly reference: DataReference
  /** A ds:Object to put into the signature. */
  readonly object?: string
  /** What is signed by way of a Manifest; absent: what the data Reference is to. */
  readonly formats?: readonly ReferenceFormat[]
  /** The Reference is to another signature's value, which has no format. */
  readonly countersignature?: true
}

/** The intent for one data Reference at one place. Throws KEY_REFUSED, CERTIFICATE_UNREADABLE. */
export function xadesIntent(request: Omit<XadesRequest, 'packaging'>, parts: IntentParts): XadesIntent {
  const { algorithm, certificate, chain, id, options = {} } = request
  maxSignatureOctets(publicKeyOf(certificate), algorithm)
  const manner = mannerOf(algorithm, options)
  const qualifying = qualifyingProperties(request, parts)
  const isKeySigned = options.keyInfo?.signed === true
  const keyInfo = keyInfoXml([certificate, ...chain], options.keyInfo, isKeySigned ? `${id}-key` : undefined)
  const own = (markup: string, namespace: 'ds' | 'xades', local: string, name: string): DataReference => {
    const digest = manner.digest(manner.part(markup, namespace, local, parts.around))
    return { uri: `#${id}-${name}`, transforms: manner.ownTransforms, digest }
  }
  const signedInfo =
    '<ds:SignedInfo>' +
    `<ds:CanonicalizationMethod Algorithm="${manner.canonicalisation}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${signatureUris[algorithm]}"></ds:SignatureMethod>` +
    referenceXml(parts.reference, manner, `${id}-ref`) +
    referenceXml({ ...own(qualifying, 'xades', 'SignedProperties', 'props'), type: signedPropertiesType }, manner) +
    (isKeySigned ? referenceXml(own(keyInfo, 'ds', 'KeyInfo', 'key'), manner) : '') +
    '</ds:SignedInfo>'
  return Object.freeze({
    id,
    algorithm,
    certificate: base64(certificate),
    signedInfo: base64(manner.part(signedInfo, 'ds', 'SignedInfo', parts.around)),
    head: `<ds:Signature xmlns:ds="${namespaces.ds}" Id="${id}">${signedInfo}<ds:SignatureValue Id="${id}-value">`,
    tail: `</ds:SignatureValue>${keyInfo}${parts.object ?? ''}${qualifying}</ds:Signature>`,
    place: parts.place,
  })
}

/** The ds:Object with what the signature says of itself. */
function qualifyingProperties(
  { id, certificate, properties, options }: Omit<XadesRequest, 'packaging'>,
  { countersignature, formats }: IntentParts,
): string {
  const usual = [{ referenceId: `${id}-ref`, format: properties.contentFormat ?? unknownFormat }]
  const signedProperties = signedPropertiesXml({
    id: `${id}-props`,
    certificate,
    properties,
    formats: countersignature === true ? [] : (formats ?? usual),
    ...(options?.referencesDigest !== undefined && { digestAlgorithm: options.referencesDigest }),
  })
  return (
    `<ds:Object><xades:QualifyingProperties xmlns:xades="${namespaces.xades}" Target="#${id}">` +
    `${signedProperties}</xades:QualifyingProperties></ds:Object>`
  )
}

/** What the token signs: the digest of the canonical SignedInfo. */
export function xadesDigestToSign(intent: XadesIntent): Uint8Array {
  return createHash(hashName(digestOf(intent.algorithm)))
    .update(Buffer.from(intent.signedInfo, 'base64'))
    .digest()
}

/**
 * Last phase: the splices over the intent's base file (`place.base`). `signature` is what the token gave, ECDSA as DER.
 * Throws SIGNATURE_INVALID unless the value verifies with the signer's certificate.
 */
export function assembleXades(intent: XadesIntent, signature: Uint8Array): readonly Splice[] {
  const { algorithm, head, tail, place } = intent
  const key = publicKeyOf(Buffer.from(intent.certificate, 'base64'))
  if (!verifySignatureValue(algorithm, key, Buffer.from(intent.signedInfo, 'base64'), signature)) {
    throw new Fault('SIGNATURE_INVALID', 'the signature value does not verify with the certificate that was chosen')
  }
  const value = key.asymmetricKeyType === 'ec' ? rawEcdsa(signature, key) : signature
  const text = `${place.before}${head}${base64(value)}${tail}${place.after}`
  return [...place.others, { offset: place.offset, remove: place.remove, text }].map(insertion => ({
    offset: insertion.offset,
    remove: insertion.remove,
    insert: encodeMarkup(insertion.text, place.encoding),
  }))
}

function referenceXml(
  { uri, transforms, digest, type, algorithm }: DataReference,
  manner: Manner,
  id?: string,
): string {
  const named = id === undefined ? '' : ` Id="${id}"`
  const typed = type === undefined ? '' : ` Type="${type}"`
  return (
    `<ds:Reference${named}${typed} URI="${escapeAttribute(uri)}">` +
    `${transforms}${digestElements(algorithm ?? manner.digestAlgorithm, digest)}</ds:Reference>`
  )
}
