// What goes to a destination beside a copy, where its service takes it: the ENI document about the copy, without the content,
// and the evidence of how it was made, signed by this kiosk.

import { buffer } from 'node:stream/consumers'
import type { Config } from './config/config.ts'
import type { Document } from './document/document.ts'
import { writeEni } from './eni/document.ts'
import { eniOfCopy } from './eni/of-copy.ts'
import { Fault } from './errors.ts'
import { type Evidence, evidenceOf } from './evidence/evidence.ts'
import { type SignedJson, signedJson } from './evidence/signed.ts'
import { evidenceKeyFile, readEvidenceKey } from './evidence-key.ts'
import type { Attachment, Clock } from './ports.ts'
import type { AuditReader } from './store/journal.ts'

export interface AttachmentParts {
  readonly config: Pick<Config, 'destinations' | 'body'>
  readonly deviceKeyFile: string
  readonly audit: Pick<AuditReader, 'list'>
  readonly clock: Pick<Clock, 'now'>
}

export type Attach = (document: Document, destinationId: string) => Promise<readonly Attachment[]>

/** None for destinations that take the copy alone. Rejects with DEVICE_KEY_UNUSABLE. */
export function createAttach(parts: AttachmentParts): Attach {
  const takers = new Set(parts.config.destinations.filter(one => one.driver === 'copia').map(({ id }) => id))
  return async (document, destinationId) => {
    if (!takers.has(destinationId)) return []
    const { signed } = signedEvidence(document, parts)
    const evidence = { kind: 'evidence', bytes: Buffer.from(`${JSON.stringify(signed)}\n`, 'utf8') } as const
    const eni = await eniBeside(document, parts.config.body)
    return eni === undefined ? [evidence] : [{ kind: 'eni', bytes: eni }, evidence]
  }
}

/** Undefined for a copy that nothing proves, which is no ENI document. */
async function eniBeside(document: Document, body: Config['body']): Promise<Uint8Array | undefined> {
  try {
    return await buffer(writeEni(eniOfCopy(document, body), { reference: `${document.reference}.pdf` }))
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'SIGNATURE_ABSENT') return undefined
    throw thrown
  }
}

/** The evidence of a finished copy and its JWS. Throws STAGE_CONFLICT, DEVICE_KEY_UNUSABLE. */
export function signedEvidence(
  document: Document,
  { deviceKeyFile, audit, clock }: Pick<AttachmentParts, 'deviceKeyFile' | 'audit' | 'clock'>,
): { readonly evidence: Evidence; readonly signed: SignedJson } {
  const last = audit.list({ documentId: document.id, limit: 100_000 }).at(-1)
  const evidence = evidenceOf(document, {
    audit: last === undefined ? null : { sequence: last.sequence, hash: last.hash },
  })
  return { evidence, signed: signedJson(evidence, clock.now(), readEvidenceKey(evidenceKeyFile(deviceKeyFile))) }
}
