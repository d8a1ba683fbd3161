// What stands in a XAdES signature besides what was signed: time-stamps with what each has to be about, and validation
// data (ETSI EN 319 132-1, 5.2.8 and 5.3 to 5.5). Everything as it is embedded, unjudged.

import { archiveTimestampImprint, contentTimestampImprint, signatureTimestampImprint } from '../ades/xades-imprint.ts'
import { namespaces } from '../ades/xades-names.ts'
import type { HashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import { canonicalisationOf, defaultCanonicalisation } from '../xml/algorithms.ts'
import type { Canonicalisation } from '../xml/canonical.ts'
import { maxEmbeddedValues, maxTimestamps } from '../xml/limits.ts'
import type { XmlElement } from '../xml/node.ts'
import type { ReferenceSource } from '../xml/reference.ts'
import { attributeOf, childElements, childrenOf, octetsOf, subtreeOf } from '../xml/walk.ts'
import { isXmldsig, type XmlReference, type XmlSignature } from '../xml/xmldsig.ts'
import { type Evidence, mergeEvidence, noEvidence } from './evidence.ts'
import type { TimestampFound } from './found.ts'
import type { Finding } from './report.ts'
import { type QualifyingProperties, signedProperties } from './xades-properties.ts'
import type { CheckedReference } from './xades-references.ts'

export interface UnsignedReading {
  /** Of KeyInfo and of every property with values. */
  readonly evidence: Evidence
  /** Oldest first. */
  readonly timestamps: readonly TimestampFound[]
  /** Properties that the baseline does not allow, in words. */
  readonly violations: readonly string[]
}

export interface UnsignedRequest {
  readonly signature: XmlSignature
  readonly properties: QualifyingProperties | undefined
  /** The References of SignedInfo but that to the SignedProperties, in order: what content time-stamps are about. */
  readonly stamped: readonly CheckedReference[]
  readonly source: ReferenceSource
}

/** Reads it; throws XML_UNREADABLE for values that are no base64, DOCUMENT_TOO_COMPLEX for too many of anything. */
export function readUnsigned(request: UnsignedRequest): UnsignedReading {
  const { signature, properties } = request
  const pieces = evidencePieces(keyInfoEvidence(signature))
  if (properties === undefined) return { evidence: pieces.all(), timestamps: [], violations: [] }
  const elements = properties.unsigned === undefined ? [] : childElements(properties.unsigned)
  const timestamps = contentTimestamps(request, properties)
  const violations: string[] = []
  for (const [index, element] of elements.entries()) {
    if (isXades(element, 'SignatureTimeStamp')) timestamps.push(...signatureTimestamps(element, request))
    else if (isXades141(element, 'ArchiveTimeStamp')) {
      timestamps.push(...archiveTimestamps(element, request, properties, elements.slice(0, index), pieces.all()))
    } else if (isForbidden(element)) violations.push(`${element.local}, which the baseline does not allow`)
    pieces.add(valuesIn(element))
    if (tokensIn(element).length > 1) violations.push(`${element.local} with more than one token`)
    if (timestamps.length > maxTimestamps) throw new Fault('DOCUMENT_TOO_COMPLEX', `${timestamps.length} time-stamps`)
  }
  return { evidence: pieces.all(), timestamps, violations }
}

/** Evidence as it is met, each value once only when it is asked for. */
function evidencePieces(first: Evidence) {
  const pieces: Evidence[] = []
  let count = 0
  const add = (piece: Evidence) => {
    const values = piece.certificates.length + piece.ocsps.length + piece.crls.length
    if (values === 0) return
    count += values
    if (count > maxEmbeddedValues) throw new Fault('DOCUMENT_TOO_COMPLEX', `more than ${maxEmbeddedValues} values`)
    pieces.push(piece)
  }
  add(first)
  return Object.freeze({ add, all: () => mergeEvidence(...pieces) })
}

const isXades = (element: XmlElement, local: string) =>
  element.local === local && element.namespace === namespaces.xades
const isXades141 = (element: XmlElement, local: string) =>
  element.local === local && element.namespace === namespaces.xades141

const forbidden: ReadonlySet<string> = new Set([
  'CompleteCertificateRefs',
  'CompleteRevocationRefs',
  'AttributeCertificateRefs',
  'AttributeRevocationRefs',
  'SigAndRefsTimeStamp',
  'RefsOnlyTimeStamp',
  'CompleteCertificateRefsV2',
  'AttributeCertificateRefsV2',
  'SigAndRefsTimeStampV2',
  'RefsOnlyTimeStampV2',
])

/** EN 319 132-1, 6.3; the ArchiveTimeStamp of XAdES 1.3.2 covers no references and was replaced by that of 1.4.1. */
function isForbidden(element: XmlElement): boolean {
  return forbidden.has(element.local) || isXades(element, 'ArchiveTimeStamp')
}

function keyInfoEvidence({ certificates, keyInfo }: XmlSignature): Evidence {
  const data = keyInfo === undefined ? [] : childrenOf(keyInfo, namespaces.ds, 'X509Data')
  const crls = data.flatMap(one => childrenOf(one, namespaces.ds, 'X509CRL')).map(octetsOf)
  return { certificates, ocsps: [], crls }
}

/** Values of CertificateValues, RevocationValues or a TimeStampValidationData with both; nothing in other properties. */
function valuesIn(element: XmlElement): Evidence {
  if (isXades141(element, 'TimeStampValidationData')) return mergeEvidence(...childElements(element).map(valuesIn))
  const isValues = isXades(element, 'CertificateValues') || isXades(element, 'RevocationValues')
  if (!isValues) return noEvidence
  const values = (local: string) =>
    [...subtreeOf(element)].filter(one => isXades(one, local) && isDer(one)).map(octetsOf)
  return {
    certificates: values('EncapsulatedX509Certificate'),
    ocsps: values('EncapsulatedOCSPValue'),
    crls: values('EncapsulatedCRLValue'),
  }
}

const derEncoding = 'http://uri.etsi.org/01903/v1.2.2#DER'

/** EncapsulatedPKIDataType: DER where nothing else is said (5.1.3). */
const isDer = (element: XmlElement) => [undefined, derEncoding].includes(attributeOf(element, 'Encoding'))

function tokensIn(timestamp: XmlElement): XmlElement[] {
  return childrenOf(timestamp, namespaces.xades, 'EncapsulatedTimeStamp')
}

function signatureTimestamps(element: XmlElement, { signature }: UnsignedRequest): TimestampFound[] {
  return timestampsOf('signature', element, (how, hash) =>
    Promise.resolve(signatureTimestampImprint(signature, how, hash)),
  )
}

function archiveTimestamps(
  element: XmlElement,
  { signature, source }: UnsignedRequest,
  { element: qualifyingProperties }: QualifyingProperties,
  properties: readonly XmlElement[],
  covers: Evidence,
): TimestampFound[] {
  const found = timestampsOf('archive', element, (how, hash) =>
    archiveTimestampImprint({ signature, properties, qualifyingProperties, how }, source, hash),
  )
  return found.map(one => ({ ...one, covers }))
}

/** AllDataObjectsTimeStamp and IndividualDataObjectsTimeStamp, which are signed properties. */
function contentTimestamps(
  { signature, stamped, source }: UnsignedRequest,
  properties: QualifyingProperties,
): TimestampFound[] {
  const named = (local: string) => signedProperties(properties, 'SignedDataObjectProperties', local)
  const over = (element: XmlElement, references: readonly XmlReference[]) =>
    timestampsOf('content', element, (how, hash) => contentTimestampImprint(signature, references, source, how, hash))
  const all = stamped.map(one => one.reference)
  return [
    ...named('AllDataObjectsTimeStamp').flatMap(element => over(element, all)),
    ...named('IndividualDataObjectsTimeStamp').flatMap(element => over(element, included(element, all))),
  ]
}

/** The References that the Include elements name, in their order. */
function included(element: XmlElement, all: readonly XmlReference[]): readonly XmlReference[] {
  return includesIn(element).flatMap(include =>
    all.filter(({ id }) => id !== undefined && attributeOf(include, 'URI') === `#${id}`),
  )
}

const includesIn = (element: XmlElement) => childrenOf(element, namespaces.xades, 'Include')

/** One for each token; a token that is not where or not as it should be is found with what is wrong. */
function timestampsOf(
  kind: TimestampFound['kind'],
  element: XmlElement,
  imprint: (how: Canonicalisation, hash: HashName) => Promise<Uint8Array>,
): TimestampFound[] {
  const method = childElements(element).find(child => isXmldsig(child, 'CanonicalizationMethod'))
  const how = method === undefined ? defaultCanonicalisation : canonicalisationOf(method)
  const explicit = includesIn(element).length > 0
  const problems = [
    how === undefined && 'another canonicalisation than is supported',
    kind === 'content' && explicit === isXades(element, 'AllDataObjectsTimeStamp') && 'Include elements amiss',
    kind !== 'content' && explicit && 'it is distributed, which is not supported',
  ].filter(problem => problem !== false)
  const findings: Finding[] = problems.map(problem => ({
    subIndication: 'SIG_CONSTRAINTS_FAILURE',
    detail: `time-stamp in ${element.local}: ${problem}`,
  }))
  return tokensIn(element).map(token => ({
    kind,
    token: octetsOf(token),
    imprint: hash => (how === undefined ? Promise.resolve(unknown) : imprintOrNone(() => imprint(how, hash))),
    findings,
  }))
}

const unknown = new Uint8Array()

/** A Reference that cannot be followed has its own finding; no token is about nothing. */
async function imprintOrNone(imprint: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await imprint()
  } catch (thrown) {
    if (thrown instanceof Fault && unfollowed.has(thrown.code)) return unknown
    throw thrown
  }
}

const unfollowed: ReadonlySet<string> = new Set([
  'CONTENT_ABSENT',
  'SIGNATURE_BROKEN',
  'SIGNATURE_FORMAT_REFUSED',
  'XML_UNREADABLE',
])
