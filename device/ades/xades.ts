// The phases of one XAdES signature, baseline B (ETSI EN 319 132-1, 6.3), as values: content and signer → XadesIntent
// (JSON, stored) → digest for the token → signature value → splices that put the ds:Signature into its file. From the
// same intent and the same signature value the same bytes come out.

import { createHash } from 'node:crypto'
import type { Splice } from '../bytes.ts'
import { digestOf, hashName, maxSignatureOctets, publicKeyOf, verifySignatureValue } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, RandomAccess, SignatureAlgorithm } from '../ports.ts'
import { signatureUris } from '../xml/algorithms.ts'
import { canonicalise } from '../xml/canonical.ts'
import { encodeMarkup } from '../xml/encoding.ts'
import type { XmlElement } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { descendantsOf } from '../xml/walk.ts'
import { rawEcdsa } from './ecdsa-value.ts'
import type { Packaging, SignatureProperties, SignerIdentity } from './request.ts'
import { type DataReference, digestOf as digestOfOctets, layoutOf, type SignaturePlace } from './xades-layout.ts'
import {
  base64,
  digestElements,
  escapeAttribute,
  exclusive,
  exclusiveC14n,
  namespaces,
  signedPropertiesType,
} from './xades-names.ts'
import { signedPropertiesXml, unknownMimeType } from './xades-properties.ts'

export interface XadesRequest extends SignerIdentity {
  readonly properties: SignatureProperties
  readonly packaging: Packaging
  /** Base of every Id of the signature: letters, digits and hyphens, random, so that it is unique in any document. */
  readonly id: string
  /** `detached`: what the Reference calls the content; a relative URI such as its file name. */
  readonly contentUri?: string
}

/** What is going to be signed, by whom, and where it goes; JSON, binary values in Base64. */
export interface XadesIntent {
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
  const { algorithm, properties, packaging, id, contentUri } = request
  const layout = await layoutOf(content, {
    packaging,
    digestAlgorithm: digestOf(algorithm),
    id,
    mimeType: properties.contentFormat?.mimeType ?? unknownMimeType,
    ...(contentUri !== undefined && { contentUri }),
  })
  return xadesIntent(request, layout)
}

export interface IntentParts {
  readonly place: SignaturePlace
  readonly reference: DataReference
  /** A ds:Object to put into the signature. */
  readonly object?: string
  /** The Reference is to another signature's value, which has no format. */
  readonly countersignature?: true
}

/** The intent for one data Reference at one place. Throws KEY_REFUSED, CERTIFICATE_UNREADABLE. */
export function xadesIntent(request: Omit<XadesRequest, 'packaging'>, parts: IntentParts): XadesIntent {
  const { algorithm, certificate, chain, id, properties } = request
  maxSignatureOctets(publicKeyOf(certificate), algorithm)
  const digestAlgorithm = digestOf(algorithm)
  const referenceId = `${id}-ref`
  const signedProperties = signedPropertiesXml({
    id: `${id}-props`,
    certificate,
    properties,
    ...(parts.countersignature === undefined && { referenceId }),
  })
  const qualifying =
    `<ds:Object><xades:QualifyingProperties xmlns:xades="${namespaces.xades}" Target="#${id}">` +
    `${signedProperties}</xades:QualifyingProperties></ds:Object>`
  const propertiesDigest = digestOfOctets(canonicalPart(qualifying, 'xades', 'SignedProperties'), digestAlgorithm)
  const signedInfo =
    '<ds:SignedInfo>' +
    `<ds:CanonicalizationMethod Algorithm="${exclusiveC14n}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${signatureUris[algorithm]}"></ds:SignatureMethod>` +
    dataReference(referenceId, parts.reference, digestAlgorithm) +
    propertiesReference(`${id}-props`, propertiesDigest, digestAlgorithm) +
    '</ds:SignedInfo>'
  return Object.freeze({
    algorithm,
    certificate: base64(certificate),
    signedInfo: base64(canonicalPart(signedInfo, 'ds', 'SignedInfo')),
    head: `<ds:Signature xmlns:ds="${namespaces.ds}" Id="${id}">${signedInfo}<ds:SignatureValue Id="${id}-value">`,
    tail: `</ds:SignatureValue>${keyInfo([certificate, ...chain])}${parts.object ?? ''}${qualifying}</ds:Signature>`,
    place: parts.place,
  })
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

/** Canonical octets of one element of markup that goes into a ds:Signature; exclusive, so the rest does not matter. */
function canonicalPart(markup: string, namespace: 'ds' | 'xades', local: string): Uint8Array {
  const document = parseXml(Buffer.from(`<ds:Signature xmlns:ds="${namespaces.ds}">${markup}</ds:Signature>`))
  const part: XmlElement | undefined = descendantsOf(document.root, namespaces[namespace], local)[0]
  if (part === undefined) throw new Fault('INTERNAL', `no ${local} in a signature of ours`)
  return canonicalise(part, exclusive)
}

function dataReference(
  id: string,
  { uri, transforms, digest, type }: DataReference,
  algorithm: DigestAlgorithm,
): string {
  const typed = type === undefined ? '' : ` Type="${type}"`
  return (
    `<ds:Reference Id="${id}"${typed} URI="${escapeAttribute(uri)}">` +
    `${transforms}${digestElements(algorithm, digest)}</ds:Reference>`
  )
}

function propertiesReference(id: string, digest: Uint8Array, algorithm: DigestAlgorithm): string {
  return (
    `<ds:Reference Type="${signedPropertiesType}" URI="#${id}"><ds:Transforms>` +
    `<ds:Transform Algorithm="${exclusiveC14n}"></ds:Transform></ds:Transforms>` +
    `${digestElements(algorithm, digest)}</ds:Reference>`
  )
}

function keyInfo(certificates: readonly Uint8Array[]): string {
  const data = certificates.map(der => `<ds:X509Certificate>${base64(der)}</ds:X509Certificate>`).join('')
  return `<ds:KeyInfo><ds:X509Data>${data}</ds:X509Data></ds:KeyInfo>`
}
