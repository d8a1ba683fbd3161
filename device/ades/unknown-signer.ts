// A PAdES signature by somebody whose certificate is not known before: the update with room for whatever CMS comes, the digest
// that it has to be over, and the CMS in its place. Whether it fits the document is for who reads the result.

import { Fault } from '../errors.ts'
import type { PdfDocument } from '../pdf/document.ts'
import { createDraft } from '../pdf/draft.ts'
import { hashFile } from '../pdf/file-hash.ts'
import { fillContents, type PreparedSignature, signedParts } from '../pdf/signature-dictionary.ts'
import { prepareSignature } from '../pdf/signature-field.ts'

/** A CMS of RSA with three certificates needs about six thousand octets. */
const reservedOctets = 16_384

/** `digest` is SHA-256 of what the signature goes over. Throws what `prepareSignature` throws. */
export async function prepareForAnyone(
  document: PdfDocument,
  signingTime: number,
): Promise<{ readonly prepared: PreparedSignature; readonly digest: Uint8Array }> {
  const prepared = await prepareSignature(createDraft(document), {
    kind: 'signature',
    fieldName: 'Signature1',
    reservedBytes: reservedOctets,
    signingTime,
    digestAlgorithm: 'SHA-256',
    timestamped: false,
  })
  const hash = await hashFile(document.file, { hashes: ['sha256'] })
  return { prepared, digest: hash.digest('sha256', signedParts(prepared)) }
}

/** The update with `cms` (DER) in it. Throws SIGNATURE_INVALID for one that is too long. */
export function filledWith(prepared: PreparedSignature, cms: Uint8Array): Uint8Array {
  const filled = fillContents(prepared, cms)
  if (filled.outcome === 'filled') return filled.update
  const { neededBytes } = filled
  throw new Fault('SIGNATURE_INVALID', `a CMS of ${neededBytes} octets, there is room for ${prepared.reservedBytes}`)
}
