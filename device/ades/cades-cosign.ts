// Adds a parallel signature to a CMS that is signed already (RFC 5652, 5.3): one SignerInfo more over the same content,
// its certificates and its digest algorithm; nobody's octets are re-encoded. The phases are those of ades/cades.ts.

import type { Splice } from '../bytes.ts'
import { digestIdentifier, digestOf, hashName } from '../cms/algorithm.ts'
import { additionEdits } from '../cms/edit.ts'
import { oids } from '../cms/oids.ts'
import { openCms } from '../cms/open.ts'
import { signerInfo } from '../cms/signed-data.ts'
import { type SigningIntent, signingIntent, verifiedParts } from '../cms/signing-intent.ts'
import { splicesOf } from '../cms/splice.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import type { FurtherCadesRequest } from './cades.ts'
import { checkOpenSets, checkSignedContent, existingCades, statedContentDigest } from './cades-existing.ts'

/** JSON. `digestToSign(intent)` is what the signer gets. */
export interface PreparedCosignature {
  /** Octets of the signature file in binary form that was prepared for. */
  readonly fileLength: number
  readonly intent: SigningIntent
}

/**
 * Phase one; `content` is the signed original where the signature is detached. Without it the digest is taken that those
 * before have signed by the same hash. Throws CMS_UNREADABLE, SIGNATURE_ABSENT, CONTENT_ABSENT (by no such hash),
 * SIGNATURE_BROKEN (the content is another one), SIGNATURE_FORMAT_REFUSED, KEY_REFUSED.
 */
export async function prepareCosignature(
  file: RandomAccess,
  content: RandomAccess | undefined,
  request: FurtherCadesRequest,
): Promise<PreparedCosignature> {
  const hash = hashName(digestOf(request.algorithm))
  const existing = await existingCades(file, content, [hash])
  const { signedData, digests } = existing
  if (signedData.contentType !== oids.data) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', `a content of type ${signedData.contentType}`)
  }
  if (request.breakArchives !== true) checkOpenSets(signedData)
  const documentDigest = digests === undefined ? statedContentDigest(signedData.signers, hash) : await digests.of(hash)
  if (digests !== undefined) await checkSignedContent(signedData.signers, digests)
  const kind = signedData.attached ? 'CAdES-enveloping' : 'CAdES-detached'
  return Object.freeze({
    fileLength: existing.file.size,
    intent: signingIntent({ ...request, kind, documentDigest }),
  })
}

/**
 * Last phase: what is spliced into the signature file (in binary form, `openCms`). Throws SIGNATURE_INVALID unless the value
 * verifies with the signer's certificate.
 */
export async function assembleCosignature(
  file: RandomAccess,
  { fileLength, intent }: PreparedCosignature,
  value: Uint8Array,
): Promise<readonly Splice[]> {
  const { file: binary, signedData } = await openCms(file)
  if (binary.size !== fileLength) throw new Fault('INTERNAL', 'the signature file is not the one that was prepared for')
  const parts = verifiedParts(intent, value)
  const additions = {
    digestAlgorithms: [digestIdentifier(digestOf(intent.algorithm))],
    certificates: [parts.certificate, ...parts.chain],
    signerInfos: [signerInfo(parts)],
  }
  return splicesOf(additionEdits(signedData, additions))
}
