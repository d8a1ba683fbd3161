// What the signatures of a CAdES file are, ready to be judged (ETSI EN 319 122-1; EN 319 102-1, 5.2): one entry for each
// SignerInfo, followed by its countersignatures, every digest made in one pass over the content.

import { createHash } from 'node:crypto'
import { type ContentDigests, contentDigests } from '../ades/content-digests.ts'
import type { HashName } from '../cms/algorithm.ts'
import { contentOf } from '../cms/content.ts'
import { type PlacedSigner, placedSigners } from '../cms/edit.ts'
import { oids } from '../cms/oids.ts'
import { type OpenedCms, openCms } from '../cms/open.ts'
import { asOcspResponse, type ParsedSignedData } from '../cms/parse.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import type { RandomAccess } from '../ports.ts'
import { cadesTimestamps, evidenceInToken } from './cades-timestamps.ts'
import { type Certificate, readableCertificates } from './certificate.ts'
import { type Evidence, mergeEvidence, noEvidence } from './evidence.ts'
import type { SignatureFound } from './found.ts'
import type { Finding } from './report.ts'
import { hashOf, schemeOf } from './signature-scheme.ts'
import { checkSignerInfo, onlyValue } from './signed-data.ts'

export interface CadesFound extends SignatureFound {
  /** Index among the SignerInfos; with more numbers, of a countersignature in it. */
  readonly position: readonly number[]
}

/**
 * Reads every signature; `content` is the signed original of a detached one. Throws CMS_UNREADABLE; a file without any
 * SignerInfo has no entries.
 */
export async function readCades(file: RandomAccess, content?: RandomAccess): Promise<readonly CadesFound[]> {
  const opened = await openCms(file)
  const signed = contentOf(opened, content)
  const digests = signed === undefined ? undefined : contentDigests(signed, hashesOf(opened))
  return readOpenedCades(opened.signedData, digests)
}

/** The hashes that signatures of the file are over its content with. */
export function hashesOf({ signedData }: OpenedCms): readonly HashName[] {
  return signedData.signers.flatMap(signer => hashOf(signer.digestAlgorithm) ?? [])
}

/** As `readCades`, for a file that is open already; `digests` are of the signed content, where that is at hand. */
export async function readOpenedCades(
  signedData: ParsedSignedData,
  digests?: ContentDigests,
): Promise<readonly CadesFound[]> {
  const placed = placedSigners(signedData)
  const byPosition = new Map(placed.map(one => [one.position.join('.'), one]))
  const certificates = readableCertificates(signedData.certificates)
  const found: CadesFound[] = []
  for (const one of placed) {
    const subject = subjectOf(one, byPosition, digests === undefined ? undefined : hash => digests.of(hash))
    found.push(await readSigner(one, { signedData, certificates, ...subject }))
  }
  return found
}

interface Subject {
  /** Digest of what was signed; absent where that is not at hand. */
  readonly contentDigest?: (hash: HashName) => Promise<Uint8Array>
}

/** What a signature is over: the content, or the value of the signature that it countersigns. */
function subjectOf(
  { position }: PlacedSigner,
  byPosition: ReadonlyMap<string, PlacedSigner>,
  contentDigest: Subject['contentDigest'],
): Subject & { readonly countersigns: boolean } {
  const signed = byPosition.get(position.slice(0, -1).join('.'))
  if (signed === undefined) return { countersigns: false, ...(contentDigest !== undefined && { contentDigest }) }
  const { signature } = signed.signer
  return { countersigns: true, contentDigest: async hash => createHash(hash).update(signature).digest() }
}

interface SignerContext extends Subject {
  readonly signedData: ParsedSignedData
  readonly certificates: readonly Certificate[]
  readonly countersigns: boolean
}

async function readSigner({ signer, position }: PlacedSigner, context: SignerContext): Promise<CadesFound> {
  const { signedData, certificates, countersigns, contentDigest } = context
  const messageDigest = await digestFor(signer, contentDigest)
  const checked = checkSignerInfo(signer, {
    ...(!countersigns && { contentType: signedData.contentType }),
    certificates,
    ...(messageDigest !== undefined && { messageDigest }),
  })
  const timestamps = cadesTimestamps({ signedData, signer, ...(contentDigest !== undefined && { contentDigest }) })
  const shape = shapeFindings(signedData, signer, contentDigest === undefined)
  return Object.freeze({
    ...checked,
    position,
    findings: [...shape, ...checked.findings],
    baselineViolations: baselineViolations(signedData, signer, countersigns),
    evidence: mergeEvidence(
      { certificates: signedData.certificates, ocsps: signedData.ocsps, crls: signedData.crls },
      valuesIn(signer),
      ...timestamps.map(({ token }) => evidenceInToken(token)),
    ),
    timestamps,
  })
}

/** Without the content its digest is taken on trust here; that it is missing is a finding of its own. */
async function digestFor(
  signer: ParsedSigner,
  contentDigest: Subject['contentDigest'],
): Promise<Uint8Array | undefined> {
  const hash = hashOf(signer.digestAlgorithm)
  if (hash === undefined) return undefined
  return contentDigest === undefined ? onlyValue(signer, oids.messageDigest)?.content : contentDigest(hash)
}

function shapeFindings(signedData: ParsedSignedData, signer: ParsedSigner, contentAbsent: boolean): Finding[] {
  const digest = hashOf(signer.digestAlgorithm)
  const scheme = schemeOf(signer.signatureAlgorithm, signer.signatureParameters, digest)
  const mixed = digest !== undefined && scheme !== undefined && scheme.hash !== digest
  const problems = [
    signedData.trailingData && 'octets follow the SignedData',
    mixed && `a digest by ${digest} under a signature by ${scheme.hash}`,
    signer.signedAttributes === undefined && 'no signed attributes',
  ]
  const findings: Finding[] = problems
    .filter(problem => problem !== false)
    .map(detail => ({ subIndication: 'FORMAT_FAILURE', detail }))
  const absent: Finding = { subIndication: 'SIGNED_DATA_NOT_FOUND', detail: 'the signed original was not given' }
  return contentAbsent ? [...findings, absent] : findings
}

/** EN 319 122-1, 6.3, level B. */
function baselineViolations(signedData: ParsedSignedData, signer: ParsedSigner, countersigns: boolean): string[] {
  const version2 = onlyValue(signer, oids.signingCertificateV2)
  const roles = countOf(signer, oids.signerAttributes) + countOf(signer, oids.signerAttributesV2)
  const violations = [
    !countersigns && signedData.contentType !== oids.data && `content type ${signedData.contentType}, not id-data`,
    countersigns && signer.attributes.has(oids.contentType) && 'a countersignature with a content-type attribute',
    onlyValue(signer, oids.signingTime) === undefined && 'not exactly one signing-time attribute',
    version2 === undefined && 'not exactly one signing-certificate-v2 attribute',
    signer.attributes.has(oids.signingCertificate) && 'signing-certificate stands beside signing-certificate-v2',
    countOf(signer, oids.signaturePolicy) > 1 && 'more than one signature-policy-identifier',
    roles > 1 && 'more than one signer-attributes attribute',
    signedData.certificates.length === 0 && 'SignedData.certificates is absent',
  ]
  return violations.filter(violation => violation !== false)
}

function countOf(signer: ParsedSigner, oid: string): number {
  return signer.attributes.get(oid)?.length ?? 0
}

/** certificate-values and revocation-values of older profiles (EN 319 122-1, A.1.1.2 and A.1.2.2). */
function valuesIn(signer: ParsedSigner): Evidence {
  const values = (oid: string) => (signer.unsigned.get(oid) ?? []).flat()
  const certificates = values(oids.certificateValues).flatMap(value => value.children.map(({ raw }) => raw))
  const revocation = values(oids.revocationValues).flatMap(value => value.children)
  const listed = (tag: number) =>
    revocation.filter(choice => choice.tag === tag).flatMap(choice => choice.children[0]?.children ?? [])
  if (certificates.length === 0 && revocation.length === 0) return noEvidence
  return {
    certificates,
    crls: listed(0xa0).map(({ raw }) => raw),
    ocsps: listed(0xa1).map(({ raw }) => asOcspResponse(raw)),
  }
}
