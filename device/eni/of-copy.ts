// The ENI document of a copy that this kiosk has made: the same identifier and metadata as in its XMP.

import type { Config } from '../config/config.ts'
import type { Document } from '../document/document.ts'
import { Fault } from '../errors.ts'
import type { EniDocument, EniSignature } from './document.ts'
import { eniIdentifier } from './identifier.ts'

/** Of a finished copy. Throws STAGE_CONFLICT while it is being made, SIGNATURE_ABSENT where nothing proves it. */
export function eniOfCopy(document: Document, body: Pick<Config['body'], 'dir3' | 'csvRegulation'>): EniDocument {
  const { stage, order, trail, openedAt, csv } = document
  if (!('deliveries' in stage)) throw new Fault('STAGE_CONFLICT', `a copy at ${stage.name} is no document yet`)
  const organ = trail.made?.organ ?? order.document.organ ?? body.dir3
  const signatures: EniSignature[] = [
    ...(csv === null ? [] : [{ type: 'TF01' as const, csv, regulation: body.csvRegulation }]),
    ...(stage.signature === null ? [] : [{ type: 'TF06' as const }]),
  ]
  if (signatures.length === 0) throw new Fault('SIGNATURE_ABSENT', 'the copy has neither a signature nor a code')
  return {
    metadata: {
      identifier: trail.made?.identifier ?? eniIdentifier({ organ, capturedAt: openedAt, unique: document.id }),
      organs: [organ],
      capturedAt: Date.parse(openedAt),
      origin: order.document.origin,
      elaborationState: stage.approval.elaborationState,
      documentType: order.document.type,
    },
    format: 'PDF/A',
    signatures,
  }
}
