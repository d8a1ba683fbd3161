// What the time-stamps of XAdES are about, hashed: the input to each messageImprint (ETSI EN 319 132-1, 4.5, 5.2.8, 5.3
// and 5.5.2.2). Making a time-stamp and checking one go through the same functions, over the elements as they stand in the
// document.

import { createHash, type Hash } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import { type Canonicalisation, canonicaliseTo } from '../xml/canonical.ts'
import type { XmlElement } from '../xml/node.ts'
import { type Dereferenced, dereference, type ReferenceSource, type Refusal } from '../xml/reference.ts'
import { childElements } from '../xml/walk.ts'
import type { XmlReference, XmlSignature } from '../xml/xmldsig.ts'

/** Imprint of a SignatureTimeStamp: ds:SignatureValue with its tags, canonical where it stands (5.3). */
export function signatureTimestampImprint(signature: XmlSignature, how: Canonicalisation, hash: HashName): Uint8Array {
  const digest = createHash(hash)
  update(digest, signature.signatureValue, how)
  return digest.digest()
}

/**
 * Imprint of an AllDataObjectsTimeStamp or IndividualDataObjectsTimeStamp: what these References are about, in their order
 * (5.2.8). Throws as archiveTimestampImprint() does.
 */
export async function contentTimestampImprint(
  signature: XmlSignature,
  references: readonly XmlReference[],
  source: ReferenceSource,
  how: Canonicalisation,
  hash: HashName,
): Promise<Uint8Array> {
  const digest = createHash(hash)
  await updateWithReferences(digest, signature, references, source, how)
  return digest.digest()
}

export interface ArchiveImprint {
  readonly signature: XmlSignature
  /** The unsigned signature properties that the time-stamp stands behind, in their order. */
  readonly properties: readonly XmlElement[]
  /** xades:QualifyingProperties of the signature. */
  readonly qualifyingProperties: XmlElement
  readonly how: Canonicalisation
}

/**
 * Imprint of a xades141:ArchiveTimeStamp that is not distributed (5.5.2.2): what every Reference is about; SignedInfo,
 * SignatureValue and KeyInfo; the unsigned properties before it; every ds:Object but that of the QualifyingProperties.
 * Throws CONTENT_ABSENT, SIGNATURE_BROKEN or SIGNATURE_FORMAT_REFUSED for a Reference that cannot be followed.
 */
export async function archiveTimestampImprint(
  { signature, properties, qualifyingProperties, how }: ArchiveImprint,
  source: ReferenceSource,
  hash: HashName,
): Promise<Uint8Array> {
  const digest = createHash(hash)
  await updateWithReferences(digest, signature, signature.references, source, how)
  const { signedInfo, signatureValue, keyInfo } = signature
  const objects = signature.objects.filter(object => !childElements(object).includes(qualifyingProperties))
  const elements = [signedInfo, signatureValue, ...(keyInfo ? [keyInfo] : []), ...properties, ...objects]
  for (const element of elements) update(digest, element, how)
  return digest.digest()
}

function update(digest: Hash, element: XmlElement, how: Canonicalisation): void {
  canonicaliseTo(element, how, text => digest.update(text))
}

async function updateWithReferences(
  digest: Hash,
  signature: XmlSignature,
  references: readonly XmlReference[],
  source: ReferenceSource,
  how: Canonicalisation,
): Promise<void> {
  for (const reference of references) {
    const found = await dereference(reference, signature.element, source)
    if (found.outcome === 'refused') throw faultOf(found)
    await found.feed(how, chunk => digest.update(chunk))
  }
}

const faults = {
  absent: 'CONTENT_ABSENT',
  ambiguous: 'SIGNATURE_BROKEN',
  forbidden: 'SIGNATURE_FORMAT_REFUSED',
} as const satisfies Record<Refusal, string>

function faultOf({ refusal, detail }: Extract<Dereferenced, { outcome: 'refused' }>): Fault {
  return new Fault(faults[refusal], detail)
}
