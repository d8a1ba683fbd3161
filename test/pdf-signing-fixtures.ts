// Signed documents for the PDF tests: a signature field with a few bytes of DER in it, and what is found of it again.

import { randomAccessOf } from '../device/bytes.ts'
import { openPdf } from '../device/pdf/document.ts'
import { createDraft } from '../device/pdf/draft.ts'
import { type UpdatedObject, writeRevision } from '../device/pdf/incremental.ts'
import { fillContents, type PreparedSignature } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature, type SignatureFieldRequest } from '../device/pdf/signature-field.ts'
import { listSignatures } from '../device/pdf/signatures.ts'

export const signingTime = Date.UTC(2026, 2, 4, 5, 6, 7)
export const signatureRequest: SignatureFieldRequest = {
  kind: 'signature',
  fieldName: 'Signature',
  reservedBytes: 3000,
  signingTime,
}
export const open = (bytes: Uint8Array) => openPdf(randomAccessOf(bytes))
/** The smallest DER that could be a signature. */
export const smallDer = Uint8Array.of(0x30, 3, 2, 1, 0)

export async function prepared(
  bytes: Uint8Array,
  changes: Partial<SignatureFieldRequest> = {},
): Promise<PreparedSignature> {
  return prepareSignature(createDraft(await open(bytes)), { ...signatureRequest, ...changes })
}

/** The file with one more signature field whose /Contents is `der`. */
export async function signed(
  bytes: Uint8Array,
  changes: Partial<SignatureFieldRequest> = {},
  der = smallDer,
): Promise<Buffer> {
  const filled = fillContents(await prepared(bytes, changes), der)
  if (filled.outcome !== 'filled') throw new Error('the signature fits')
  return Buffer.concat([bytes, filled.update])
}

/** `sound` or the problem codes of each signature. */
export async function codesOf(bytes: Uint8Array): Promise<readonly string[]> {
  const signatures = await listSignatures(await open(bytes))
  return signatures.flatMap(one => (one.structure === 'sound' ? ['sound'] : one.problems.map(({ code }) => code)))
}

export async function update(bytes: Uint8Array, ...objects: readonly UpdatedObject[]): Promise<Buffer> {
  return Buffer.concat([bytes, (await writeRevision(await open(bytes), objects)).bytes])
}

/** A page, object 3, and its tree, object 2, for `classicPdf`. */
export const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>'
export const pages = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
