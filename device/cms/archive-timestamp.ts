// What an archive-time-stamp-v3 is about (ETSI EN 319 122-1, 5.5.2 and 5.5.3): the ats-hash-index-v3, which lists every
// certificate, revocation value and unsigned attribute value that is there by its hash, and the message imprint over the
// content, the SignerInfo and that list. All over the octets as they stand.

import { createHash } from 'node:crypto'
import type { HashName } from './algorithm.ts'
import type { Asn1Node } from './asn1.ts'
import { attribute } from './attributes.ts'
import { objectIdentifier, octetString, sequence } from './der.ts'
import { placedSigners, unsignedEdit } from './edit.ts'
import { oids } from './oids.ts'
import { type ParsedSignedData, parseSignedData } from './parse.ts'
import type { ParsedAttribute, ParsedSigner } from './signer-info.ts'
import { splicedBytes, splicesOf } from './splice.ts'

/** DER of an ATSHashIndexV3 over everything that is in the SignedData and in this SignerInfo now. */
export function atsHashIndexV3(signedData: ParsedSignedData, signer: ParsedSigner, hash: HashName): Uint8Array {
  const list = (digests: readonly Uint8Array[]) => sequence(...digests.map(octetString))
  const { certificates, crls } = signedData.layout
  return sequence(
    sequence(objectIdentifier(oids[hash])),
    list((certificates?.children ?? []).map(choice => digestOf(hash, choice.raw))),
    list((crls?.children ?? []).map(choice => digestOf(hash, choice.raw))),
    list(signer.unsignedList.flatMap(one => valueDigests(one, hash))),
  )
}

function digestOf(hash: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHash(hash)
  for (const part of parts) digest.update(part)
  return digest.digest()
}

/** One digest of attrType and value for each value. */
function valueDigests({ node, values }: ParsedAttribute, hash: HashName): Uint8Array[] {
  const type = node.children[0]?.raw ?? new Uint8Array()
  return values.map(value => digestOf(hash, type, value.raw))
}

/**
 * The message imprint of an archive-time-stamp-v3: eContentType, the hash of the content, the fields of the SignerInfo up
 * to its signature, and the hash index, all by the same `hash`.
 */
export function archiveTimestampImprint(
  signedData: ParsedSignedData,
  signer: ParsedSigner,
  { hash, contentDigest, hashIndex }: ArchiveTimestampFacts,
): Uint8Array {
  const fields = signer.signedFields.map(field => field.raw)
  return digestOf(hash, signedData.layout.eContentType.raw, contentDigest, ...fields, hashIndex)
}

export interface ArchiveTimestampFacts {
  readonly hash: HashName
  /** Of the signed content, by `hash`. */
  readonly contentDigest: Uint8Array
  /** DER of the ATSHashIndexV3. */
  readonly hashIndex: Uint8Array
}

/** The token with the hash index as an unsigned attribute of its SignerInfo; undefined for one without a SignerInfo. */
export function tokenWithHashIndex(token: Uint8Array, hashIndex: Uint8Array): Uint8Array | undefined {
  const parsed = parseSignedData(token)
  const [placed] = parsed.outcome === 'parsed' ? placedSigners(parsed.signedData) : []
  if (placed === undefined) return undefined
  return splicedBytes(token, splicesOf([unsignedEdit(placed, [attribute(oids.atsHashIndexV3, hashIndex)])]))
}

/** What a hash index found in somebody's token lists. */
export interface HashIndex {
  /** As it stands. */
  readonly raw: Uint8Array
  /** Dotted. */
  readonly algorithm: string
  readonly certificates: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
  readonly unsignedValues: readonly Uint8Array[]
}

/** The ats-hash-index-v3 in a token; undefined where there is not exactly one that can be read. */
export function hashIndexIn(token: Uint8Array): HashIndex | undefined {
  const parsed = parseSignedData(token)
  const [signer] = parsed.outcome === 'parsed' ? parsed.signedData.signers : []
  const occurrences = signer?.unsigned.get(oids.atsHashIndexV3) ?? []
  const value = occurrences.length === 1 && occurrences[0]?.length === 1 ? occurrences[0][0] : undefined
  const [algorithm, certificates, crls, unsignedValues, ...others] = value?.children ?? []
  const oid = algorithm?.children[0]?.oid
  if (value === undefined || oid === undefined || unsignedValues === undefined || others.length > 0) return undefined
  return {
    raw: value.raw,
    algorithm: oid,
    certificates: octetStrings(certificates),
    crls: octetStrings(crls),
    unsignedValues: octetStrings(unsignedValues),
  }
}

function octetStrings(list: Asn1Node | undefined): Uint8Array[] {
  return (list?.children ?? []).map(entry => entry.content)
}

/** What of the SignedData and SignerInfo a hash index lists, and whether it lists anything that is not there. */
export interface Coverage {
  /** Entries that nothing in the signature has for its hash: something covered was taken away or changed. */
  readonly unmatched: number
  readonly certificates: readonly Asn1Node[]
  readonly crls: readonly Asn1Node[]
}

/** Holds a hash index against what is there. */
export function coverageOf(
  index: HashIndex,
  signedData: ParsedSignedData,
  signer: ParsedSigner,
  hash: HashName,
): Coverage {
  const { certificates, crls } = signedData.layout
  const byDigest = (nodes: readonly Asn1Node[]) => new Map(nodes.map(node => [hex(digestOf(hash, node.raw)), node]))
  const found = {
    certificates: byDigest(certificates?.children ?? []),
    crls: byDigest(crls?.children ?? []),
    unsigned: new Set(signer.unsignedList.flatMap(one => valueDigests(one, hash)).map(hex)),
  }
  const matched = (entries: readonly Uint8Array[], there: ReadonlyMap<string, Asn1Node>) =>
    entries.flatMap(entry => there.get(hex(entry)) ?? [])
  const coveredCertificates = matched(index.certificates, found.certificates)
  const coveredCrls = matched(index.crls, found.crls)
  const missingValues = index.unsignedValues.filter(entry => !found.unsigned.has(hex(entry))).length
  return {
    unmatched:
      index.certificates.length - coveredCertificates.length + (index.crls.length - coveredCrls.length) + missingValues,
    certificates: coveredCertificates,
    crls: coveredCrls,
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
