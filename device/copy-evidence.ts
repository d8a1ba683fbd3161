// The evidence of a copy with its place in the audit trail, signed by this kiosk.

import type { Document } from './document.ts'
import { evidenceOf } from './evidence/evidence.ts'
import { type EvidenceSigner, type SignedJson, signedJson } from './evidence/signed.ts'
import type { AuditReader } from './store/journal.ts'

/** Of a finished copy; `at` in milliseconds since 1970. Throws STAGE_CONFLICT while it is being made. */
export function signedEvidence(
  document: Document,
  { audit, at, key }: { readonly audit: Pick<AuditReader, 'list'>; readonly at: number; readonly key: EvidenceSigner },
): SignedJson {
  const last = audit.list({ documentId: document.id, limit: 100_000 }).at(-1)
  const place = last === undefined ? null : { sequence: last.sequence, hash: last.hash }
  return signedJson(evidenceOf(document, { audit: place }), at, key)
}
