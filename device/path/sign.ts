// The sign step, in the phases of an irreversible act. First the intent: the update that will be appended and the digest
// that will be signed are stored. Only then the token is asked; its answer is assembled, verified and stored. After a
// power loss the same intent is taken up again and gives the same bytes, so nothing is signed twice or half.

import { assemblePades, intendPades, type PadesRequest, preparePades } from '../ades/pades.ts'
import { digestOf, hashName } from '../cms/algorithm.ts'
import { digestToSign, type SigningIntent } from '../cms/signing-intent.ts'
import type { Document, DocumentEvent, PendingSignature } from '../document.ts'
import { Fault } from '../errors.ts'
import type { StoredBlob } from '../page.ts'
import { openPdf } from '../pdf/document.ts'
import { hashFile } from '../pdf/file-hash.ts'
import type { PreparedSignature } from '../pdf/signature-dictionary.ts'
import type { ByteStream, Clock, PinTries, Signer, SigningCertificate, SignOutcome } from '../ports.ts'
import { readCertificate } from '../trust/certificate.ts'
import { signerFacts } from '../trust/signer-facts.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import { verifyPdf } from '../trust/verify-pdf.ts'
import { type Blobs, concatenated, type NewId, streamOf } from './step.ts'

export interface SignTools {
  readonly signer: Signer
  readonly blobs: Blobs
  readonly clock: Clock
  readonly newId: NewId
  /** DER of the trusted certificates; none: the signer's chain is not judged. */
  readonly anchors: readonly Uint8Array[]
}

export type SealOutcome =
  | { readonly outcome: 'sealed'; readonly event: DocumentEvent }
  | { readonly outcome: 'refused'; readonly code: RefusalCode; readonly tries: PinTries; readonly detail: string }

export type RefusalCode = 'PIN_WRONG' | 'PIN_LOCKED' | 'TOKEN_ABSENT' | 'TOKEN_REMOVED' | 'SIGNATURE_FAILED'

/** Whether the stored intent was made for this certificate and can be taken up again. */
export function sameSigner(pending: PendingSignature, certificate: SigningCertificate): boolean {
  const { intent, tokenId, keyId } = pending
  const stored = Buffer.from(intent.certificates[0], 'base64')
  return tokenId === certificate.tokenId && keyId === certificate.keyId && stored.equals(certificate.certificate)
}

/** Phase one. Throws CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID, KEY_REFUSED before anything is stored. */
export async function intend(
  document: Document,
  certificate: SigningCertificate,
  tools: SignTools,
): Promise<DocumentEvent> {
  const { stage } = document
  if (stage.name !== 'signing') throw new Fault('STAGE_CONFLICT', `nothing is signed at ${stage.name}`)
  const { tokenId, keyId, chain } = certificate
  const now = tools.clock.now()
  const choice = selectSigningCertificate({ candidates: [certificate], now })
  if (choice.choice === 'refused') throw new Fault(choice.code, choice.detail)
  const request: PadesRequest = {
    algorithm: choice.algorithm,
    certificate: certificate.certificate,
    chain,
    properties: { signingTime: now },
    fieldName: 'Signature1',
  }
  const { prepared, intent } = await prepare(document.id, stage.copy, request, tools.blobs)
  const { update: bytes, ...slot } = prepared
  const update = await tools.blobs.write(document.id, streamOf(bytes))
  return { type: 'signatureIntended', pending: { tokenId, keyId, slot, intent, update } }
}

/** Phases two and three. The PIN is used for one login and not kept. Throws SIGNATURE_INVALID, BLOB_DAMAGED. */
export async function seal(document: Document, pin: Uint8Array, tools: SignTools): Promise<SealOutcome> {
  const { stage } = document
  if (stage.name !== 'sealing') throw new Fault('STAGE_CONFLICT', `nothing is sealed at ${stage.name}`)
  const { intent, tokenId, keyId } = stage.pending
  const { algorithm } = intent
  const answer = await tools.signer.sign({ tokenId, keyId, algorithm, digest: digestToSign(intent), pin })
  if (answer.outcome !== 'signed') return refusal(answer)
  const copy = await append(document.id, stage.copy, stage.pending, answer.signature, tools.blobs)
  await believe(document.id, copy, tools)
  const der = Buffer.from(intent.certificates[0], 'base64')
  const { holder } = readCertificate(der).facts
  const certificate = signerFacts(der, algorithm)
  const deliveryKeys = document.order.destinations.map(() => tools.newId())
  return { outcome: 'sealed', event: { type: 'signed', copy, signer: holder, certificate, deliveryKeys } }
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

/** The signed file as it was stored is read back and verified; what does not verify never leaves this step. */
async function believe(documentId: string, copy: StoredBlob, { blobs, clock, anchors }: SignTools): Promise<void> {
  const file = await blobs.open(documentId, copy.name)
  try {
    const report = await verifyPdf(file, { anchors, now: clock.now(), revocation: 'if-present', strict: true })
    const last = report.signatures.at(-1)
    const untrusted = anchors.length > 0 && report.indication !== 'TOTAL-PASSED'
    if (last === undefined || last.level === 'none' || report.indication === 'TOTAL-FAILED' || untrusted) {
      const why = last?.findings[0]?.detail ?? report.findings[0]?.detail ?? 'no signature found'
      throw new Fault('SIGNATURE_INVALID', `the signed copy does not verify and was not kept: ${why}`)
    }
  } finally {
    await file.close()
  }
}

function refusal(answer: Exclude<SignOutcome, { outcome: 'signed' }>): SealOutcome {
  switch (answer.outcome) {
    case 'pin-wrong':
      return { outcome: 'refused', code: 'PIN_WRONG', tries: answer.tries, detail: 'the card refused the PIN' }
    case 'pin-locked':
      return { outcome: 'refused', code: 'PIN_LOCKED', tries: 'none', detail: 'the card is locked' }
    case 'token-absent':
      return { outcome: 'refused', code: 'TOKEN_ABSENT', tries: 'unknown', detail: 'no card in the reader' }
    case 'token-removed':
      return { outcome: 'refused', code: 'TOKEN_REMOVED', tries: 'unknown', detail: 'the card was taken out' }
    case 'failed':
      return { outcome: 'refused', code: 'SIGNATURE_FAILED', tries: 'unknown', detail: answer.detail }
  }
}

async function collect(bytes: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}
