// The sign step, in the phases of an irreversible act. First the intent: the update that will be appended and the digest
// that will be signed are stored. Only then the token is asked; its answer is assembled, verified and stored. After a
// power loss the same intent is taken up again and gives the same bytes, so nothing is signed twice or half.

import { digestToSign } from '../cms/signing-intent.ts'
import type { Document, DocumentEvent } from '../document/document.ts'
import { Fault } from '../errors.ts'
import type { PinTries, Signer, SigningCertificate, SignOutcome } from '../ports.ts'
import { readCertificate } from '../trust/certificate.ts'
import { signerFacts } from '../trust/signer-facts.ts'
import { pendingFor, type SignedCopyTools, signedBy } from './signed-copy.ts'
import type { NewId } from './step.ts'

export interface SignTools extends SignedCopyTools {
  readonly signer: Signer
  readonly newId: NewId
}

export type SealOutcome =
  | { readonly outcome: 'sealed'; readonly event: DocumentEvent }
  | { readonly outcome: 'refused'; readonly code: RefusalCode; readonly tries: PinTries; readonly detail: string }

export type RefusalCode = 'PIN_WRONG' | 'PIN_LOCKED' | 'TOKEN_ABSENT' | 'TOKEN_REMOVED' | 'SIGNATURE_FAILED'

/** Phase one. Throws CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID, KEY_REFUSED before anything is stored. */
export async function intend(
  document: Document,
  certificate: SigningCertificate,
  tools: SignTools,
): Promise<DocumentEvent> {
  const { id: documentId, stage } = document
  if (stage.name !== 'signing') throw new Fault('STAGE_CONFLICT', `nothing is signed at ${stage.name}`)
  const pending = await pendingFor({ documentId, copy: stage.copy }, certificate, tools)
  return { type: 'signatureIntended', pending }
}

/** Phases two and three. The PIN is used for one login and not kept. Throws SIGNATURE_INVALID, BLOB_DAMAGED. */
export async function seal(document: Document, pin: Uint8Array, tools: SignTools): Promise<SealOutcome> {
  const { id: documentId, stage } = document
  if (stage.name !== 'sealing') throw new Fault('STAGE_CONFLICT', `nothing is sealed at ${stage.name}`)
  const { intent, tokenId, keyId } = stage.pending
  const { algorithm } = intent
  const answer = await tools.signer.sign({ tokenId, keyId, algorithm, digest: digestToSign(intent), pin })
  if (answer.outcome !== 'signed') return refusal(answer)
  const copy = await signedBy({ documentId, copy: stage.copy }, stage.pending, answer.signature, tools)
  const der = Buffer.from(intent.certificates[0], 'base64')
  const { holder } = readCertificate(der).facts
  const certificate = signerFacts(der, algorithm)
  const deliveryKeys = document.order.destinations.map(() => tools.newId())
  return { outcome: 'sealed', event: { type: 'signed', copy, signer: holder, certificate, deliveryKeys } }
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
