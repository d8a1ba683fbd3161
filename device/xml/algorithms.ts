// The algorithm URIs that XML signatures of others are read with (XMLDSig 1.1, 6; RFC 9231), and what they stand for.
// Whatever is not in these tables is not done: no XSLT, no HMAC, no DSA.

import type { HashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { SignatureScheme } from '../trust/signature-scheme.ts'
import type { Canonicalisation } from './canonical.ts'
import type { XmlElement } from './node.ts'
import { attributeOf, childOf } from './walk.ts'

export const xmldsigNamespace = 'http://www.w3.org/2000/09/xmldsig#'
export const exclusiveNamespace = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const filter2Namespace = 'http://www.w3.org/2002/06/xmldsig-filter2'

export const envelopedTransform = `${xmldsigNamespace}enveloped-signature`
export const base64Transform = `${xmldsigNamespace}base64`
export const xpathTransform = 'http://www.w3.org/TR/1999/REC-xpath-19991116'

const more2001 = 'http://www.w3.org/2001/04/xmldsig-more#'
const more2007 = 'http://www.w3.org/2007/05/xmldsig-more#'
const encryption = 'http://www.w3.org/2001/04/xmlenc#'

const hashes: ReadonlyMap<string, HashName> = new Map([
  [`${xmldsigNamespace}sha1`, 'sha1'],
  [`${encryption}sha256`, 'sha256'],
  [`${more2001}sha384`, 'sha384'],
  [`${encryption}sha512`, 'sha512'],
])

const octets: Readonly<Record<HashName, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }

const schemes: ReadonlyMap<string, SignatureScheme> = new Map([
  [`${xmldsigNamespace}rsa-sha1`, { key: 'rsa', hash: 'sha1' }],
  [`${more2001}ecdsa-sha1`, { key: 'ec', hash: 'sha1', plain: true }],
  [`${more2007}sha1-rsa-MGF1`, { key: 'rsa', hash: 'sha1', saltLength: octets.sha1 }],
  ...(['sha256', 'sha384', 'sha512'] as const).flatMap((hash): [string, SignatureScheme][] => [
    [`${more2001}rsa-${hash}`, { key: 'rsa', hash }],
    [`${more2007}${hash}-rsa-MGF1`, { key: 'rsa', hash, saltLength: octets[hash] }],
    [`${more2001}ecdsa-${hash}`, { key: 'ec', hash, plain: true }],
  ]),
])

const canonicalisations: ReadonlyMap<string, Canonicalisation> = new Map([
  ['http://www.w3.org/TR/2001/REC-xml-c14n-20010315', { method: 'c14n10' }],
  ['http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments', { method: 'c14n10', comments: true }],
  ['http://www.w3.org/2006/12/xml-c14n11', { method: 'c14n11' }],
  ['http://www.w3.org/2006/12/xml-c14n11#WithComments', { method: 'c14n11', comments: true }],
  [exclusiveNamespace, { method: 'exclusive' }],
  [`${exclusiveNamespace}WithComments`, { method: 'exclusive', comments: true }],
])

/** What XMLDSig falls back to where nodes have to become octets (4.4.3.2), and XAdES where a time-stamp names nothing. */
export const defaultCanonicalisation: Canonicalisation = Object.freeze({ method: 'c14n10' })

/** The hash of a ds:DigestMethod; undefined for one that is not supported. */
export function digestHash(uri: string): HashName | undefined {
  return hashes.get(uri)
}

/** The mathematics of a ds:SignatureMethod; undefined for one that is not supported. */
export function signatureScheme(uri: string): SignatureScheme | undefined {
  return schemes.get(uri)
}

/**
 * What a ds:CanonicalizationMethod or ds:Transform asks for, its InclusiveNamespaces read; undefined where it is no
 * canonicalisation that is supported.
 */
export function canonicalisationOf(element: XmlElement): Canonicalisation | undefined {
  const how = canonicalisations.get(algorithmOf(element))
  const list = childOf(element, exclusiveNamespace, 'InclusiveNamespaces')
  if (how?.method !== 'exclusive' || list === undefined) return how
  const prefixes = (attributeOf(list, 'PrefixList') ?? '').split(/[\t\n\r ]+/).filter(prefix => prefix !== '')
  return { ...how, inclusivePrefixes: prefixes.map(prefix => (prefix === '#default' ? '' : prefix)) }
}

/** The Algorithm attribute; throws XML_UNREADABLE where there is none. */
export function algorithmOf(element: XmlElement): string {
  const uri = attributeOf(element, 'Algorithm')
  if (uri === undefined) throw new Fault('XML_UNREADABLE', `${element.local} without Algorithm`)
  return uri
}
