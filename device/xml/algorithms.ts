// The algorithm URIs of XML signatures (XMLDSig 1.1, 6; RFC 9231) and what they stand for, to write and to read. Whatever
// is not in these tables is not done: no XSLT, no HMAC, no DSA.

import type { HashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, SignatureAlgorithm } from '../ports.ts'
import type { SignatureScheme } from '../trust/signature-scheme.ts'
import type { Canonicalisation } from './canonical.ts'
import { maxUriLength } from './limits.ts'
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

/** ds:DigestMethod of each digest algorithm. */
export const digestUris: Readonly<Record<DigestAlgorithm, string>> = {
  'SHA-1': `${xmldsigNamespace}sha1`,
  'SHA-256': `${encryption}sha256`,
  'SHA-384': `${more2001}sha384`,
  'SHA-512': `${encryption}sha512`,
}

/** ds:SignatureMethod of each signature algorithm that Compulsa makes. */
export const signatureUris: Readonly<Record<SignatureAlgorithm, string>> = {
  SHA1withRSA: `${xmldsigNamespace}rsa-sha1`,
  SHA256withRSA: `${more2001}rsa-sha256`,
  SHA384withRSA: `${more2001}rsa-sha384`,
  SHA512withRSA: `${more2001}rsa-sha512`,
  SHA256withRSAandMGF1: `${more2007}sha256-rsa-MGF1`,
  SHA384withRSAandMGF1: `${more2007}sha384-rsa-MGF1`,
  SHA512withRSAandMGF1: `${more2007}sha512-rsa-MGF1`,
  SHA256withECDSA: `${more2001}ecdsa-sha256`,
  SHA384withECDSA: `${more2001}ecdsa-sha384`,
  SHA512withECDSA: `${more2001}ecdsa-sha512`,
}

const hashes: ReadonlyMap<string, HashName> = new Map([
  [digestUris['SHA-1'], 'sha1'],
  [digestUris['SHA-256'], 'sha256'],
  [digestUris['SHA-384'], 'sha384'],
  [digestUris['SHA-512'], 'sha512'],
])

/** ECDSA values are r ‖ s in XML (RFC 9231, 2.3.6), PSS salts as long as the digest (2.3.10). */
const schemes: ReadonlyMap<string, SignatureScheme> = new Map<string, SignatureScheme>([
  [signatureUris.SHA1withRSA, { key: 'rsa', hash: 'sha1' }],
  [signatureUris.SHA256withRSA, { key: 'rsa', hash: 'sha256' }],
  [signatureUris.SHA384withRSA, { key: 'rsa', hash: 'sha384' }],
  [signatureUris.SHA512withRSA, { key: 'rsa', hash: 'sha512' }],
  [`${more2007}sha1-rsa-MGF1`, { key: 'rsa', hash: 'sha1', saltLength: 20 }],
  [signatureUris.SHA256withRSAandMGF1, { key: 'rsa', hash: 'sha256', saltLength: 32 }],
  [signatureUris.SHA384withRSAandMGF1, { key: 'rsa', hash: 'sha384', saltLength: 48 }],
  [signatureUris.SHA512withRSAandMGF1, { key: 'rsa', hash: 'sha512', saltLength: 64 }],
  [`${more2001}ecdsa-sha1`, { key: 'ec', hash: 'sha1', plain: true }],
  [signatureUris.SHA256withECDSA, { key: 'ec', hash: 'sha256', plain: true }],
  [signatureUris.SHA384withECDSA, { key: 'ec', hash: 'sha384', plain: true }],
  [signatureUris.SHA512withECDSA, { key: 'ec', hash: 'sha512', plain: true }],
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

/** The canonicalisation of that URI; undefined for one that is not supported. */
export function canonicalisationBy(uri: string): Canonicalisation | undefined {
  return canonicalisations.get(uri)
}

/** The digest algorithm of a ds:DigestMethod that Compulsa makes; undefined for any other. */
export function digestAlgorithmBy(uri: string): DigestAlgorithm | undefined {
  return (Object.keys(digestUris) as DigestAlgorithm[]).find(algorithm => digestUris[algorithm] === uri)
}

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
  const uri = uriOf(element, 'Algorithm')
  if (uri === undefined) throw new Fault('XML_UNREADABLE', `${element.local} without Algorithm`)
  return uri
}

/** An attribute that is a URI; throws XML_UNREADABLE for one that is too long to be told. */
export function uriOf(element: XmlElement, name: 'Algorithm' | 'URI' | 'Type'): string | undefined {
  const uri = attributeOf(element, name)
  if (uri !== undefined && uri.length > maxUriLength)
    throw new Fault('XML_UNREADABLE', `${name} of ${uri.length} characters`)
  return uri
}
