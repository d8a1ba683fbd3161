// A PAdES signature by somebody whose certificate is not known before: the update with room for whatever CMS comes, the digest
// that it has to be over, and the CMS in its place. The same request makes the same digest again. Whether what comes fits the
// document is for who reads the result.

import { Fault } from '../errors.ts'
import type { PdfDocument } from '../pdf/document.ts'
import { type FileHash, hashFile } from '../pdf/file-hash.ts'
import { fillContents, type PreparedSignature, signedParts } from '../pdf/signature-dictionary.ts'
import { type PadesContent, prepareContent } from './pades.ts'

/** A CMS of RSA with three certificates needs about six thousand octets. */
const reservedOctets = 16_384

export interface PreparedForAnyone {
  readonly prepared: PreparedSignature
  /** SHA-256 of what the signature goes over. */
  readonly digest: Uint8Array
  /** Of the document as it was. */
  readonly hash: FileHash
}

/** Throws what `prepareContent` throws. */
export async function prepareForAnyone(document: PdfDocument, content: PadesContent): Promise<PreparedForAnyone> {
  const cms = { reservedBytes: reservedOctets, digestAlgorithm: 'SHA-256', timestamped: false } as const
  const prepared = await prepareContent(document, content, cms)
  const hash = await hashFile(document.file, { hashes: ['sha256'] })
  return { prepared, digest: hash.digest('sha256', signedParts(prepared)), hash }
}

/** The update with `cms` (DER) in it. Throws SIGNATURE_INVALID for one that is too long. */
export function filledWith(prepared: PreparedSignature, cms: Uint8Array): Uint8Array {
  const filled = fillContents(prepared, cms)
  if (filled.outcome === 'filled') return filled.update
  const { neededBytes } = filled
  throw new Fault('SIGNATURE_INVALID', `a CMS of ${neededBytes} octets, there is room for ${prepared.reservedBytes}`)
}
