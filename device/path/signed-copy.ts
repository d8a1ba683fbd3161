// What signing a copy is, whoever holds the key: what will be signed is made to be stored first, the value is put into its
// place, and the file as it was stored is read back and verified before anybody believes in it. Shared by the steps that
// sign with a card and with a seal.

import { assemblePades, intendPades, type PadesRequest, preparePades } from '../ades/pades.ts'
import { digestOf, hashName } from '../cms/algorithm.ts'
import type { SigningIntent } from '../cms/signing-intent.ts'
import type { StoredBlob } from '../document/page.ts'
import type { PendingSignature } from '../document/pending-signature.ts'
import { Fault } from '../errors.ts'
import { openPdf } from '../pdf/document.ts'
import { hashFile } from '../pdf/file-hash.ts'
import type { PreparedSignature } from '../pdf/signature-dictionary.ts'
import type { ByteStream, Clock, SigningCertificate } from '../ports.ts'
import type { Report } from '../trust/report.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import { verifyPdf } from '../trust/verify-pdf.ts'
import { type Blobs, concatenated, streamOf } from './step.ts'

export interface SignedCopyTools {
  readonly blobs: Blobs
  readonly clock: Clock
  /** DER of the trusted certificates; none: the signer's chain is not judged. */
  readonly anchors: readonly Uint8Array[]
}

/** A composed copy, and the document it is of. */
export interface UnsignedCopy {
  readonly documentId: string
  readonly copy: StoredBlob
}

/** Whether the stored intent was made for this certificate and can be taken up again. */
export function sameSigner(pending: PendingSignature, certificate: SigningCertificate): boolean {
  const { intent, tokenId, keyId } = pending
  const stored = Buffer.from(intent.certificates[0], 'base64')
  return tokenId === certificate.tokenId && keyId === certificate.keyId && stored.equals(certificate.certificate)
}

/**
 * Throws CERTIFICATE_ABSENT, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID or KEY_REFUSED for a certificate that must not
 * sign now.
 */
export function fitToSign(certificate: SigningCertificate, now: number) {
  const choice = selectSigningCertificate({ candidates: [certificate], now })
  if (choice.choice === 'refused') throw new Fault(choice.code, choice.detail)
  return choice
}

/** What will be signed, with the update written. Throws as `fitToSign` does, before anything is stored. */
export async function pendingFor(
  { documentId, copy }: UnsignedCopy,
  certificate: SigningCertificate,
  { blobs, clock }: SignedCopyTools,
): Promise<PendingSignature> {
  const { tokenId, keyId, chain } = certificate
  const now = clock.now()
  const request: PadesRequest = {
    algorithm: fitToSign(certificate, now).algorithm,
    certificate: certificate.certificate,
    chain,
    properties: { signingTime: now },
    fieldName: 'Signature1',
  }
  const { prepared, intent } = await prepare(documentId, copy, request, blobs)
  const { update: bytes, ...slot } = prepared
  const update = await blobs.write(documentId, streamOf(bytes))
  return { tokenId, keyId, slot, intent, update }
}

/** The copy with the signature value in it, stored and verified. Throws SIGNATURE_INVALID, BLOB_DAMAGED. */
export async function signedBy(
  { documentId, copy }: UnsignedCopy,
  pending: PendingSignature,
  signature: Uint8Array,
  tools: SignedCopyTools,
): Promise<StoredBlob> {
  const signed = await append(documentId, copy, pending, signature, tools.blobs)
  await believed(documentId, signed, tools)
  return signed
}

/** The update with room for the CMS and what is to be signed, in one pass over the copy. */
async function prepare(
  documentId: string,
  copy: StoredBlob,
  request: PadesRequest,
  blobs: Blobs,
): Promise<{ readonly prepared: PreparedSignature; readonly intent: SigningIntent }> {
  const file = await blobs.open(documentId, copy.name)
  try {
    const prepared = await preparePades(await openPdf(file), request)
    const hash = await hashFile(file, { hashes: [hashName(digestOf(request.algorithm))] })
    return { prepared, intent: intendPades(prepared, request, hash) }
  } finally {
    await file.close()
  }
}

async function append(
  documentId: string,
  copy: StoredBlob,
  pending: PendingSignature,
  signature: Uint8Array,
  blobs: Blobs,
): Promise<StoredBlob> {
  const update = await collect(blobs.read(documentId, pending.update.name))
  const filled = assemblePades({ ...pending.slot, update }, pending.intent, signature)
  if (filled.outcome === 'too-long') {
    throw new Fault(
      'INTERNAL',
      `the signature needs ${filled.neededBytes} bytes, ${pending.slot.reservedBytes} were reserved`,
    )
  }
  return blobs.write(documentId, concatenated(blobs.read(documentId, copy.name), streamOf(filled.update)))
}

/**
 * The signed file as it was stored is read back and verified; what does not verify never leaves this step. Throws
 * SIGNATURE_INVALID.
 */
export async function believed(
  documentId: string,
  copy: StoredBlob,
  { blobs, clock, anchors }: SignedCopyTools,
): Promise<Report> {
  const file = await blobs.open(documentId, copy.name)
  try {
    const report = await verifyPdf(file, { anchors, now: clock.now(), revocation: 'if-present', strict: true })
    const last = report.signatures.at(-1)
    const untrusted = anchors.length > 0 && report.indication !== 'TOTAL-PASSED'
    if (last === undefined || last.level === 'none' || report.indication === 'TOTAL-FAILED' || untrusted) {
      const why = last?.findings[0]?.detail ?? report.findings[0]?.detail ?? 'no signature found'
      throw new Fault('SIGNATURE_INVALID', `the signed copy does not verify and was not kept: ${why}`)
    }
    return report
  } finally {
    await file.close()
  }
}

async function collect(bytes: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}
