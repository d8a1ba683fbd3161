// The places of a SignedData where extending, cosigning and countersigning put something (RFC 5652, 5.1 and 5.3), as edits
// for cms/splice.ts. Sets keep the order in which they were found: what is new comes last.

import { createHash } from 'node:crypto'
import { concat, contextual, objectIdentifier, smallInteger, tlv } from './der.ts'
import type { Container, SignedDataLayout } from './layout.ts'
import { oids } from './oids.ts'
import type { ParsedSignedData } from './parse.ts'
import type { ParsedSigner } from './signer-info.ts'
import type { Edit } from './splice.ts'

/** A signature of a SignedData: a SignerInfo, or a countersignature anywhere below one. */
export interface PlacedSigner {
  readonly signer: ParsedSigner
  /** Elements around the SignerInfo and itself, outermost first. */
  readonly path: readonly Container[]
  /** Index among the SignerInfos, then among the countersignatures of each. */
  readonly position: readonly number[]
}

/** Every signature, each before its countersignatures. */
export function placedSigners({ layout, signers }: ParsedSignedData): PlacedSigner[] {
  const outer = [...signedDataPath(layout), layout.signerInfos]
  return signers.flatMap((signer, index) => withCountersigners(signer, [...outer, signer.node], [index]))
}

function withCountersigners(
  signer: ParsedSigner,
  path: readonly Container[],
  position: readonly number[],
): PlacedSigner[] {
  const values = signer.unsignedList
    .filter(({ type }) => type === oids.countersignature)
    .flatMap(({ node }) => node.children.slice(1).flatMap(set => set.children.map(() => [node, set])))
  const below = signer.countersignatures.flatMap((one, index) => {
    const around = signer.unsignedSet === undefined ? [] : [signer.unsignedSet, ...(values[index] ?? [])]
    return withCountersigners(one, [...path, ...around, one.node], [...position, index])
  })
  return [{ signer, path, position }, ...below]
}

function signedDataPath({ contentInfo, explicit, signedData }: SignedDataLayout): readonly Container[] {
  return [contentInfo, explicit, signedData]
}

/** Behind the content of an element, before its end-of-contents octets. */
function contentEnd({ offset, headerLength, contentLength }: Container): number {
  return offset + headerLength + contentLength
}

/** Behind an element. */
function endOf(container: Container): number {
  return contentEnd(container) + (container.indefinite ? 2 : 0)
}

function append(path: readonly Container[], set: Container, insert: Uint8Array): Edit {
  return { path: [...path, set], at: contentEnd(set), remove: 0, insert }
}

/** Unsigned attributes more for one signature. */
export function unsignedEdit({ signer, path }: PlacedSigner, attributes: readonly Uint8Array[]): Edit {
  const insert = concat(attributes)
  if (signer.unsignedSet !== undefined) return append(path, signer.unsignedSet, insert)
  return { path, at: contentEnd(signer.node), remove: 0, insert: tlv(0xa1, insert) }
}

/** What is put into a SignedData besides unsigned attributes; what is there already is left out. */
export interface SignedDataAdditions {
  /** DER of AlgorithmIdentifiers. */
  readonly digestAlgorithms?: readonly Uint8Array[]
  /** DER of certificates. */
  readonly certificates?: readonly Uint8Array[]
  /** DER of CertificateLists. */
  readonly crls?: readonly Uint8Array[]
  /** DER of OCSPResponses (RFC 5940, 2). */
  readonly ocsps?: readonly Uint8Array[]
  /** DER of SignerInfos. */
  readonly signerInfos?: readonly Uint8Array[]
}

/** The edits for all additions; none where everything is there. */
export function additionEdits(signedData: ParsedSignedData, additions: SignedDataAdditions): Edit[] {
  const { layout } = signedData
  const path = signedDataPath(layout)
  const others = missing(additions.ocsps ?? [], signedData.ocsps)
  const crls = [...missing(additions.crls ?? [], signedData.crls), ...others.map(otherRevocationInfo)]
  const certificates = missing(additions.certificates ?? [], signedData.certificates)
  const known = layout.digestAlgorithms.children.map(algorithm => algorithm.children[0]?.raw ?? algorithm.raw)
  const digests = missing(additions.digestAlgorithms ?? [], []).filter(one => !known.some(oid => includesOid(one, oid)))
  const signerInfos = additions.signerInfos ?? []
  const behindCertificates = layout.certificates ?? layout.encapContentInfo
  return [
    ...(others.length === 0 ? [] : versionEdit(layout)),
    ...(digests.length === 0 ? [] : [append(path, layout.digestAlgorithms, concat(digests))]),
    ...setEdit(path, layout.certificates, 0xa0, endOf(layout.encapContentInfo), certificates),
    ...setEdit(path, layout.crls, 0xa1, endOf(behindCertificates), crls),
    ...(signerInfos.length === 0 ? [] : [append(path, layout.signerInfos, concat(signerInfos))]),
  ]
}

function setEdit(
  path: readonly Container[],
  set: Container | undefined,
  tag: number,
  at: number,
  values: readonly Uint8Array[],
): Edit[] {
  if (values.length === 0) return []
  if (set !== undefined) return [append(path, set, concat(values))]
  return [{ path, at, remove: 0, insert: tlv(tag, concat(values)) }]
}

/** An AlgorithmIdentifier of the digest, whatever its parameters: its identifier comes first. */
function includesOid(algorithmIdentifier: Uint8Array, oid: Uint8Array): boolean {
  return Buffer.compare(algorithmIdentifier.subarray(2, 2 + oid.length), oid) === 0
}

function missing(wanted: readonly Uint8Array[], there: readonly Uint8Array[]): Uint8Array[] {
  const seen = new Set(there.map(keyOf))
  return wanted.filter(one => {
    const key = keyOf(one)
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}

/** Lists of revoked certificates can be large: what is compared is short. */
function keyOf(value: Uint8Array): string {
  return createHash('sha256').update(value).digest('base64')
}

/** OtherRevocationInfoFormat, [1] IMPLICIT in RevocationInfoChoice (RFC 5652, 10.2.1). */
function otherRevocationInfo(ocspResponse: Uint8Array): Uint8Array {
  return contextual(1, objectIdentifier(oids.ocspResponse), ocspResponse)
}

const versionWithOtherRevocation = 5

/**
 * RFC 5652, 5.1: version 5 where `crls` holds another choice than a CertificateList. Neither a signature nor an
 * archive-time-stamp-v3 covers the field.
 */
function versionEdit(layout: SignedDataLayout): Edit[] {
  const { version } = layout
  if (version.content.length === 1 && (version.content[0] ?? 0) >= versionWithOtherRevocation) return []
  const insert = smallInteger(versionWithOtherRevocation)
  return [{ path: signedDataPath(layout), at: version.offset, remove: version.raw.length, insert }]
}
