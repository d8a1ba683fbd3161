// The unsigned properties that raise a XAdES signature (ETSI EN 319 132-1, 5.3 to 5.5): time-stamps and validation data
// as text, and the place in the signature where it goes. Namespaces are declared on each inserted element itself, so that
// nothing depends on the prefixes of whoever made the signature, and nothing that is there changes.

import { Fault } from '../errors.ts'
import type { Evidence } from '../trust/evidence.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { childrenOf } from '../xml/walk.ts'
import { onlyChild, qualifyingPropertiesOf, unsignedSignatureProperties } from './xades-find.ts'
import { lastIn, type SignaturePlace } from './xades-layout.ts'
import { base64, exclusiveC14n, namespaces } from './xades-names.ts'

const declared = (...prefixes: readonly (keyof typeof namespaces)[]) =>
  prefixes.map(prefix => ` xmlns:${prefix}="${namespaces[prefix]}"`).join('')

/** SignatureTimeStamp (5.3) or ArchiveTimeStamp (5.5.2) around one token. */
export function timestampXml(kind: 'signature' | 'archive', id: string, token: Uint8Array): string {
  const name = kind === 'signature' ? 'xades:SignatureTimeStamp' : 'xades141:ArchiveTimeStamp'
  const prefixes = kind === 'signature' ? (['xades', 'ds'] as const) : (['xades141', 'xades', 'ds'] as const)
  return (
    `<${name}${declared(...prefixes)} Id="${id}">` +
    `<ds:CanonicalizationMethod Algorithm="${exclusiveC14n}"></ds:CanonicalizationMethod>` +
    `<xades:EncapsulatedTimeStamp Id="${id}-token">${base64(token)}</xades:EncapsulatedTimeStamp></${name}>`
  )
}

/**
 * CertificateValues and RevocationValues (5.4.1 and 5.4.2) where the signature has neither yet, else one
 * TimeStampValidationData (5.5.1) with both. Nothing for no evidence.
 */
export function validationDataXml(signature: XmlElement, id: string, evidence: Evidence): string {
  const first = !hasValues(signature)
  const prefixes = first ? declared('xades') : ''
  const values = [
    valuesXml(`xades:CertificateValues${prefixes}`, 'xades:EncapsulatedX509Certificate', evidence.certificates),
    revocationValuesXml(prefixes, evidence),
  ].join('')
  if (values === '' || first) return values
  return `<xades141:TimeStampValidationData${declared('xades141', 'xades')} Id="${id}">${values}</xades141:TimeStampValidationData>`
}

function hasValues(signature: XmlElement): boolean {
  const properties = unsignedSignatureProperties(signature)
  return (
    onlyChild(properties, 'xades', 'CertificateValues') !== undefined ||
    onlyChild(properties, 'xades', 'RevocationValues') !== undefined
  )
}

function revocationValuesXml(prefixes: string, { ocsps, crls }: Evidence): string {
  if (ocsps.length + crls.length === 0) return ''
  const content =
    valuesXml('xades:CRLValues', 'xades:EncapsulatedCRLValue', crls) +
    valuesXml('xades:OCSPValues', 'xades:EncapsulatedOCSPValue', ocsps)
  return `<xades:RevocationValues${prefixes}>${content}</xades:RevocationValues>`
}

function valuesXml(open: string, item: string, values: readonly Uint8Array[]): string {
  if (values.length === 0) return ''
  const items = values.map(value => `<${item}>${base64(value)}</${item}>`).join('')
  return `<${open}>${items}</${open.split(' ')[0]}>`
}

/**
 * Where an unsigned property goes: behind the ones there are, in elements that are made where they are missing. Throws
 * SIGNATURE_FORMAT_REFUSED for a signature that is no XAdES or has its unsigned properties twice.
 */
export function placeOfUnsigned(document: XmlDocument, signature: XmlElement): SignaturePlace {
  const qualifying = qualifyingPropertiesOf(signature)
  if (qualifying === undefined) {
    throw new Fault(
      'SIGNATURE_FORMAT_REFUSED',
      'a signature without QualifyingProperties of its own cannot be extended',
    )
  }
  const properties = unsignedSignatureProperties(signature)
  if (properties !== undefined) return lastIn(document, properties)
  const parents = childrenOf(qualifying, namespaces.xades, 'UnsignedProperties')
  const [unsigned] = parents
  if (
    parents.length > 1 ||
    (unsigned && childrenOf(unsigned, namespaces.xades, 'UnsignedSignatureProperties').length > 1)
  ) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'a signature whose unsigned properties stand twice cannot be extended')
  }
  const inner = wrapped('xades:UnsignedSignatureProperties')
  if (unsigned === undefined) return around(lastIn(document, qualifying), wrapped('xades:UnsignedProperties'), inner)
  // The schema has UnsignedSignatureProperties before UnsignedDataObjectProperties.
  return unsigned.endTag === undefined
    ? around(lastIn(document, unsigned), inner)
    : around({ ...lastIn(document, unsigned), offset: unsigned.startTag.end }, inner)
}

type Wrapping = readonly [open: string, close: string]

const wrapped = (name: string): Wrapping => [`<${name}${declared('xades')}>`, `</${name}>`]

/** The place inside further elements, outermost first. */
function around(place: SignaturePlace, ...wrappings: readonly Wrapping[]): SignaturePlace {
  const opened = wrappings.map(([open]) => open).join('')
  const closed = wrappings
    .map(([, close]) => close)
    .toReversed()
    .join('')
  return { ...place, before: place.before + opened, after: closed + place.after }
}
