// The text of xades:SignedProperties, baseline B (ETSI EN 319 132-1, 5.2 and 6.3): SigningTime, SigningCertificateV2,
// policy, place, roles; DataObjectFormat for every signed data object, commitments. Elements in the order of the schema.

import { createHash } from 'node:crypto'
import { hashName } from '../cms/algorithm.ts'
import { certificateNames } from '../cms/certificate-names.ts'
import { contextual, sequence } from '../cms/der.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { isDotted } from './policy.ts'
import type {
  CommitmentType,
  DataObjectFormat,
  SignaturePolicy,
  SignatureProperties,
  SignerLocation,
} from './request.ts'
import { base64, digestElements, escapeText, oidUrn } from './xades-names.ts'

export interface SignedPropertiesRequest {
  /** Of the element. */
  readonly id: string
  /** DER of the signer's certificate. */
  readonly certificate: Uint8Array
  readonly properties: SignatureProperties
  /** Of the certificate. */
  readonly digestAlgorithm?: DigestAlgorithm
  /** Of what is signed, by the Ids of the References to it; none for a countersignature, which states no format. */
  readonly formats: readonly { readonly referenceId: string; readonly format: DataObjectFormat }[]
}

/** What a signed object is said to be where nobody said. */
export const unknownFormat: DataObjectFormat = Object.freeze({ mimeType: 'application/octet-stream' })

/** The element, with the prefixes `ds` and `xades` to be declared around it. */
export function signedPropertiesXml(request: SignedPropertiesRequest): string {
  const { id, certificate, properties, formats, digestAlgorithm = 'SHA-256' } = request
  const { policy, location, claimedRoles = [], commitments = [] } = properties
  const signature = [
    `<xades:SigningTime>${xmlTime(properties.signingTime)}</xades:SigningTime>`,
    signingCertificateV2(certificate, digestAlgorithm),
    policy === undefined ? '' : policyIdentifier(policy),
    location === undefined ? '' : productionPlace(location),
    claimedRoles.length === 0 ? '' : signerRole(claimedRoles),
  ]
  const dataObjects = [
    ...formats.map(({ referenceId, format }) => dataObjectFormat(referenceId, format)),
    ...commitments.map(commitmentTypeIndication),
  ].join('')
  return (
    `<xades:SignedProperties Id="${id}">` +
    `<xades:SignedSignatureProperties>${signature.join('')}</xades:SignedSignatureProperties>` +
    (dataObjects === '' ? '' : `<xades:SignedDataObjectProperties>${dataObjects}</xades:SignedDataObjectProperties>`) +
    '</xades:SignedProperties>'
  )
}

/** xsd:dateTime in UTC, whole seconds. */
export function xmlTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** 5.2.2.2: digest and, as the DER of an IssuerSerial in Base64, issuer and serial number. No URI attribute. */
function signingCertificateV2(certificate: Uint8Array, algorithm: DigestAlgorithm): string {
  const { issuer, serialNumber } = certificateNames(certificate)
  const issuerSerial = sequence(sequence(contextual(4, issuer)), serialNumber)
  const digest = createHash(hashName(algorithm)).update(certificate).digest()
  return (
    '<xades:SigningCertificateV2><xades:Cert>' +
    `<xades:CertDigest>${digestElements(algorithm, digest)}</xades:CertDigest>` +
    `<xades:IssuerSerialV2>${base64(issuerSerial)}</xades:IssuerSerialV2>` +
    '</xades:Cert></xades:SigningCertificateV2>'
  )
}

/** 5.2.9: an explicit policy, by the URN of its OID or by another URI. */
function policyIdentifier({ id, description, digestAlgorithm, digest, qualifier }: SignaturePolicy): string {
  const qualifiers =
    qualifier === undefined
      ? ''
      : '<xades:SigPolicyQualifiers><xades:SigPolicyQualifier>' +
        `<xades:SPURI>${escapeText(qualifier)}</xades:SPURI>` +
        '</xades:SigPolicyQualifier></xades:SigPolicyQualifiers>'
  return (
    '<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId>' +
    `<xades:SigPolicyId>${isDotted(id) ? identifier(id) : `<xades:Identifier>${escapeText(id)}</xades:Identifier>`}${optional('Description', description)}</xades:SigPolicyId>` +
    `<xades:SigPolicyHash>${digestElements(digestAlgorithm, digest)}</xades:SigPolicyHash>` +
    `${qualifiers}</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>`
  )
}

/** 5.2.5. */
function productionPlace({ city, street, province, postalCode, country }: SignerLocation): string {
  return (
    '<xades:SignatureProductionPlaceV2>' +
    optional('City', city) +
    optional('StreetAddress', street) +
    optional('StateOrProvince', province) +
    optional('PostalCode', postalCode) +
    optional('CountryName', country) +
    '</xades:SignatureProductionPlaceV2>'
  )
}

/** 5.2.6. */
function signerRole(roles: readonly string[]): string {
  const claimed = roles.map(role => `<xades:ClaimedRole>${escapeText(role)}</xades:ClaimedRole>`).join('')
  return `<xades:SignerRoleV2><xades:ClaimedRoles>${claimed}</xades:ClaimedRoles></xades:SignerRoleV2>`
}

/** 5.2.4. */
function dataObjectFormat(referenceId: string, { description, oid, mimeType, encoding }: DataObjectFormat): string {
  return (
    `<xades:DataObjectFormat ObjectReference="#${referenceId}">` +
    optional('Description', description) +
    (oid === undefined ? '' : `<xades:ObjectIdentifier>${identifier(oid)}</xades:ObjectIdentifier>`) +
    `<xades:MimeType>${escapeText(mimeType)}</xades:MimeType>` +
    optional('Encoding', encoding) +
    '</xades:DataObjectFormat>'
  )
}

/** 5.2.3: for everything that is signed. */
function commitmentTypeIndication({ id, description, documentationReferences, qualifiers }: CommitmentType): string {
  return (
    '<xades:CommitmentTypeIndication>' +
    `<xades:CommitmentTypeId>${identifier(id)}${optional('Description', description)}` +
    `${listed('DocumentationReference', documentationReferences)}</xades:CommitmentTypeId>` +
    '<xades:AllSignedDataObjects></xades:AllSignedDataObjects>' +
    `${listed('CommitmentTypeQualifier', qualifiers)}</xades:CommitmentTypeIndication>`
  )
}

/** Elements of one name in one whose name is their plural. */
function listed(name: string, texts: readonly string[] = []): string {
  if (texts.length === 0) return ''
  return `<xades:${name}s>${texts.map(text => optional(name, text)).join('')}</xades:${name}s>`
}

function identifier(oid: string): string {
  return `<xades:Identifier Qualifier="OIDAsURN">${oidUrn(oid)}</xades:Identifier>`
}

function optional(name: string, text: string | undefined): string {
  return text === undefined ? '' : `<xades:${name}>${escapeText(text)}</xades:${name}>`
}
