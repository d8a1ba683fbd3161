// What the XML signatures of a document are, ready to be judged: each read as XAdES baseline has it (ETSI EN 319 132-1, 6),
// its References followed to the very nodes, its value checked, its time-stamps and validation data gathered (EN 319
// 102-1, 5.2). Nothing is fetched, no entity is expanded, no transform beyond a known few is done; what a document can
// contain ends in a finding.

import { namespaces } from '../ades/xades-names.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { algorithmOf, canonicalisationOf, digestHash, signatureScheme } from '../xml/algorithms.ts'
import { canonicalise } from '../xml/canonical.ts'
import { maxXmlSignatures } from '../xml/limits.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { type ReferenceSource, referenceSource } from '../xml/reference.ts'
import { descendantsOf } from '../xml/walk.ts'
import { readXmlSignature, type XmlSignature } from '../xml/xmldsig.ts'
import type { Certificate } from './certificate.ts'
import { noEvidence } from './evidence.ts'
import type { SignatureFound } from './found.ts'
import type { Finding } from './report.ts'
import { verifies } from './signature-scheme.ts'
import { countersignatureFindings, countersigned } from './xades-countersignature.ts'
import {
  isPropertiesType,
  policyOf,
  propertyViolations,
  type QualifyingProperties,
  readProperties,
  signingTimeOf,
} from './xades-properties.ts'
import { type CheckedReference, checkReferences, manifestType } from './xades-references.ts'
import { checkDocumentCovered, checkObjectsCovered, checkPlaces, type SignedScope, scopesOf } from './xades-scope.ts'
import { findSigner } from './xades-signer.ts'
import { readUnsigned } from './xades-unsigned.ts'

/** A signature as it was found, and what only XML knows of it. */
export interface XadesFound extends SignatureFound {
  /** The ds:Signature. */
  readonly element: XmlElement
  readonly id?: string
  readonly type: 'signature' | 'countersignature'
  /** What its References to data are over, in their order. */
  readonly scopes: readonly SignedScope[]
}

export interface ReadXadesOptions {
  /** The signed original of a detached signature: one for whatever the References name, or each by its URI. */
  readonly content?: RandomAccess | ReadonlyMap<string, RandomAccess>
}

/** Reads every ds:Signature of a document; none are no error. Throws DOCUMENT_TOO_COMPLEX. */
export async function readXades(
  document: XmlDocument,
  { content }: ReadXadesOptions = {},
): Promise<readonly XadesFound[]> {
  const elements = descendantsOf(document.root, namespaces.ds, 'Signature')
  if (elements.length > maxXmlSignatures) throw new Fault('DOCUMENT_TOO_COMPLEX', `${elements.length} signatures`)
  const source = referenceSource(document, uri => contentFor(uri, content))
  const found: XadesFound[] = []
  for (const element of elements) found.push(await readOne(element, source))
  return found
}

function contentFor(uri: string | undefined, content: ReadXadesOptions['content']): RandomAccess | undefined {
  if (content === undefined || 'read' in content) return content
  return uri === undefined ? undefined : content.get(uri)
}

async function readOne(element: XmlElement, source: ReferenceSource): Promise<XadesFound> {
  try {
    return await readSignature(readXmlSignature(element), source)
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'XML_UNREADABLE') throw thrown
    const { detail } = thrown
    return {
      element,
      type: countersigned(element) === 'none' ? 'signature' : 'countersignature',
      scopes: [],
      findings: [{ subIndication: 'FORMAT_FAILURE', detail }],
      baselineViolations: [detail],
      evidence: noEvidence,
      timestamps: [],
    }
  }
}

// Long because it is the one place where what was read of a signature comes together.
async function readSignature(signature: XmlSignature, source: ReferenceSource): Promise<XadesFound> {
  const { element, id } = signature
  const { document } = source
  source.spend(document.bytes.length)
  const checked = await checkReferences(signature, source)
  const reading = readProperties(signature, checked)
  const { properties } = reading
  const stamped = checked.filter(one => one.direct && !isOverProperties(one, properties))
  const data = checked.filter(one => isData(one, signature) && !isOverProperties(one, properties))
  const { evidence, timestamps, violations } = readUnsigned({ signature, properties, stamped, source })
  const value = signatureValueOf(signature, checked)
  const certificates = [...signature.certificates, ...evidence.certificates]
  const { signer, findings: signerFindings } = findSigner(properties, certificates, value.isBy)
  const time = properties && signingTimeOf(properties)
  const policy = properties && policyOf(properties)
  const over = countersigned(element)
  return {
    element,
    ...(id !== undefined && { id }),
    type: over === 'none' ? 'signature' : 'countersignature',
    scopes: scopesOf(document, data),
    findings: [
      ...checked.flatMap(one => one.findings),
      ...reading.findings,
      ...(over === 'none'
        ? [...checkDocumentCovered(document, signature, checked), ...checkPlaces(data)]
        : countersignatureFindings(over, checked)),
      ...checkObjectsCovered(signature, properties?.object, checked),
      ...signerFindings,
      ...value.problems,
      ...(signer === undefined || value.problems.length > 0 || value.isBy(signer) ? [] : [notBySigner]),
    ],
    baselineViolations: [
      ...signatureViolations(signature, signer),
      ...reading.violations,
      ...(properties === undefined ? [] : propertyViolations(properties, data)),
      ...violations,
    ],
    ...value.facts,
    ...(signer !== undefined && { signer }),
    ...(time !== undefined && { claimedTime: time }),
    ...(policy !== undefined && { policy }),
    evidence,
    timestamps,
  }
}

const notBySigner: Finding = {
  subIndication: 'SIG_CRYPTO_FAILURE',
  detail: 'the signature value does not verify with the certificate',
}

function isOverProperties(
  { reference, target }: CheckedReference,
  properties: QualifyingProperties | undefined,
): boolean {
  return isPropertiesType(reference.type) || (target !== undefined && target === properties?.signed)
}

function isData({ reference, target }: CheckedReference, { keyInfo }: XmlSignature): boolean {
  return reference.type !== manifestType && (target === undefined || target !== keyInfo)
}

interface SignatureValue {
  readonly facts: Pick<SignatureFound, 'digestAlgorithm' | 'signatureAlgorithm' | 'hash'>
  readonly problems: readonly Finding[]
  isBy(certificate: Certificate): boolean
}

/** The value over the canonical SignedInfo (XMLDSig 1.1, 3.2.2). */
function signatureValueOf(signature: XmlSignature, checked: readonly CheckedReference[]): SignatureValue {
  const { canonicalizationMethod, signatureMethod, signedInfo, value, references } = signature
  const how = canonicalisationOf(canonicalizationMethod)
  const scheme = signatureScheme(signatureMethod)
  const octets = how && canonicalise(signedInfo, how)
  const problems = [
    how === undefined && `canonicalisation ${algorithmOf(canonicalizationMethod)}`,
    scheme === undefined && `signature algorithm ${signatureMethod}`,
  ].filter(problem => problem !== false)
  // A signature is as weak as the weakest of its digests.
  const weak = checked.some(({ reference }) => digestHash(reference.digestMethod) === 'sha1')
  const digestAlgorithm = references[0]?.digestMethod
  return {
    facts: {
      ...(digestAlgorithm !== undefined && { digestAlgorithm }),
      signatureAlgorithm: signatureMethod,
      ...(scheme !== undefined && { hash: weak ? 'sha1' : scheme.hash }),
    },
    problems: problems.map(detail => ({ subIndication: 'GENERIC', detail })),
    isBy: ({ x509 }) => scheme !== undefined && octets !== undefined && verifies(scheme, x509.publicKey, octets, value),
  }
}

/** Requirements of baseline B on the ds:Signature (EN 319 132-1, 6.3). */
function signatureViolations(
  { keyInfo, references, certificates }: XmlSignature,
  signer: Certificate | undefined,
): string[] {
  const inKeyInfo = certificates.some(der => signer !== undefined && Buffer.compare(der, signer.der) === 0)
  const problems = [
    keyInfo === undefined && 'no KeyInfo',
    keyInfo !== undefined && !inKeyInfo && 'KeyInfo does not hold the certificate of the signer',
    references.length < 2 && 'fewer than two References',
  ]
  return problems.filter(problem => problem !== false)
}
