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
  // A value that stands twice is listed once: it is covered all the same, and EU DSS looks for each entry's own value.
  const list = (digests: readonly Uint8Array[]) =>
    sequence(...new Map(digests.map(digest => [hexOf(digest), octetString(digest)])).values())
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
  readonly algorithm: string
  readonly certificates: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
  readonly unsigned: readonly Uint8Array[]
  /** The older ats-hash-index (TS 101 733) hashes whole attributes, version 3 each type and value. */
  readonly version: 1 | 3
}

/** The hash index in a token; undefined where there is not exactly one that can be read. */
export function hashIndexIn(token: Uint8Array): HashIndex | undefined {
  const parsed = parseSignedData(token)
  const [signer] = parsed.outcome === 'parsed' ? parsed.signedData.signers : []
  const [attributeOfIndex, ...more] = (signer?.unsignedList ?? []).filter(({ type }) => versions.has(type))
  const version = versions.get(attributeOfIndex?.type ?? '')
  const [value, ...others] = attributeOfIndex?.values ?? []
  if (version === undefined || value === undefined || more.length > 0 || others.length > 0) return undefined
  return indexOf(value, version)
}

const versions: ReadonlyMap<string, HashIndex['version']> = new Map([
  [oids.atsHashIndex, 1],
  [oids.atsHashIndexV3, 3],
])

function indexOf(value: Asn1Node, version: HashIndex['version']): HashIndex | undefined {
  // In version 1 the algorithm is DEFAULT SHA-256, in version 3 it is always there.
  const algorithm = value.children.length === 4 ? value.children[0]?.children[0]?.oid : defaultOf(version)
  const [certificates, crls, unsigned] = value.children.slice(-3)
  if (algorithm === undefined || value.children.length > 4 || unsigned === undefined) return undefined
  return {
    raw: value.raw,
    algorithm,
    certificates: octetStrings(certificates),
    crls: octetStrings(crls),
    unsigned: octetStrings(unsigned),
    version,
  }
}

function defaultOf(version: HashIndex['version']): string | undefined {
  return version === 1 ? oids.sha256 : undefined
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
  readonly unsigned: readonly ParsedAttribute[]
}

/** Holds a hash index against what is there; `hash` is its algorithm. */
export function coverageOf(
  index: HashIndex,
  signedData: ParsedSignedData,
  signer: ParsedSigner,
  hash: HashName,
): Coverage {
  const { layout } = signedData
  const entriesOf = (attribute: ParsedAttribute) =>
    index.version === 1 ? [digestOf(hash, attribute.node.raw)] : valueDigests(attribute, hash)
  const certificates = matching(index.certificates, layout.certificates?.children ?? [], ({ raw }) => [
    digestOf(hash, raw),
  ])
  const crls = matching(index.crls, layout.crls?.children ?? [], ({ raw }) => [digestOf(hash, raw)])
  const unsigned = matching(index.unsigned, signer.unsignedList, entriesOf)
  return {
    unmatched: certificates.unmatched + crls.unmatched + unsigned.unmatched,
    certificates: certificates.found,
    crls: crls.found,
    unsigned: unsigned.found,
  }
}

function matching<Item>(
  entries: readonly Uint8Array[],
  items: readonly Item[],
  digests: (item: Item) => readonly Uint8Array[],
): { readonly unmatched: number; readonly found: readonly Item[] } {
  const byDigest = new Map(items.flatMap(item => digests(item).map(digest => [hexOf(digest), item] as const)))
  const found = entries.flatMap(entry => byDigest.get(hexOf(entry)) ?? [])
  return { unmatched: entries.length - found.length, found: [...new Set(found)] }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
