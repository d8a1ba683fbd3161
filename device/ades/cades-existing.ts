// A CMS that is there already and is about to be added to: what must be true of it first. Nothing is added to a file whose
// content is not the one that was signed, or where adding would undo what an older archive time-stamp covers.

import { timingSafeEqual } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import { contentOf } from '../cms/content.ts'
import { placedSigners } from '../cms/edit.ts'
import { oids } from '../cms/oids.ts'
import { type OpenedCms, openCms } from '../cms/open.ts'
import type { ParsedSignedData } from '../cms/parse.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { hashesOf } from '../trust/read-cades.ts'
import { hashOf } from '../trust/signature-scheme.ts'
import { onlyValue } from '../trust/signed-data.ts'
import { type ContentDigests, contentDigests } from './content-digests.ts'

export interface ExistingCades extends OpenedCms {
  /** Of the signed content; absent where it is detached and was not given. */
  readonly digests?: ContentDigests
}

/**
 * Opens a signature file; `content` is the signed original of a detached one, `foreseen` are hashes that will be needed of
 * it. Throws CMS_UNREADABLE, SIGNATURE_ABSENT.
 */
export async function existingCades(
  file: RandomAccess,
  content: RandomAccess | undefined,
  foreseen: readonly HashName[],
): Promise<ExistingCades> {
  const opened = await openCms(file)
  const { signers, trailingData } = opened.signedData
  if (trailingData) throw new Fault('CMS_UNREADABLE', 'octets follow the SignedData')
  if (signers.length === 0) throw new Fault('SIGNATURE_ABSENT', 'the SignedData holds no SignerInfo')
  const signed = contentOf(opened, content)
  const hashes = [...hashesOf(opened), ...foreseen]
  return { ...opened, ...(signed !== undefined && { digests: contentDigests(signed, hashes) }) }
}

/** Throws SIGNATURE_BROKEN where the content is not the one that was signed; unknown digest algorithms are passed over. */
export async function checkSignedContent(signers: readonly ParsedSigner[], digests: ContentDigests): Promise<void> {
  for (const signer of signers) {
    const hash = hashOf(signer.digestAlgorithm)
    const stated = onlyValue(signer, oids.messageDigest)
    if (hash === undefined || signer.signedAttributes === undefined) continue
    const actual = await digests.of(hash)
    if (stated?.content.length !== actual.length || !timingSafeEqual(stated.content, actual)) {
      throw new Fault('SIGNATURE_BROKEN', 'the content is not the one that was signed')
    }
  }
}

/**
 * The digest of a content that is not at hand, as those state it who signed it by that hash. Throws CONTENT_ABSENT where
 * nobody does, SIGNATURE_BROKEN where they do not agree. Whether they have signed what they state is for who verifies the file.
 */
export function statedContentDigest(signers: readonly ParsedSigner[], hash: HashName): Uint8Array {
  const stated = signers
    .filter(signer => hashOf(signer.digestAlgorithm) === hash && signer.signedAttributes !== undefined)
    .map(signer => onlyValue(signer, oids.messageDigest)?.content)
  const [first] = stated
  if (first === undefined)
    throw new Fault('CONTENT_ABSENT', `the signature is detached, and its content was never signed by ${hash}`)
  if (stated.some(other => other?.length !== first.length || !timingSafeEqual(other, first)))
    throw new Fault('SIGNATURE_BROKEN', 'the signatures of the file are about different contents')
  return Uint8Array.from(first)
}

/** Attributes whose time-stamp covers the sets of certificates and revocation values as a whole. */
const wholeSetTimestamps: Readonly<Record<string, string>> = {
  [oids.archiveTimestamp]: 'archive-time-stamp',
  [oids.archiveTimestampV2]: 'archive-time-stamp-v2',
  [oids.longTermValidation]: 'long-term-validation',
}

/**
 * Throws SIGNATURE_FORMAT_REFUSED where certificates or revocation values must not be added any more: time-stamps of older
 * standards cover those sets as a whole (ETSI EN 319 122-1, A.2.4).
 */
export function checkOpenSets(signedData: ParsedSignedData): void {
  for (const { signer } of placedSigners(signedData)) {
    const name = signer.unsignedAttributes.map(type => wholeSetTimestamps[type]).find(one => one !== undefined)
    if (name !== undefined) {
      throw new Fault('SIGNATURE_FORMAT_REFUSED', `a signature carries ${name}, which any addition would break`)
    }
  }
}
