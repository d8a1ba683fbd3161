// What serving a page takes, and what is remembered of it: an entry in the audit trail, with counts and machine words only.

import { createHash } from 'node:crypto'
import type { PageRequest } from '../afirma/page-desk.ts'
import type { ApplianceEntry } from '../audit/events.ts'
import type { Batch } from '../batch/batch.ts'
import type { Ledger } from '../batch/outcome.ts'
import type { RequestOperation } from '../http/view.ts'
import type { TriphaseServer } from '../ports.ts'
import type { BatchErrandParts } from './batch-errand.ts'
import { namesToken } from './batch-ledger.ts'
import type { Errand, ErrandWork, SigningDesk } from './errand.ts'

export interface PageDeskParts extends BatchErrandParts {
  readonly desk: SigningDesk
  readonly triphase: TriphaseServer
  readonly audit: (entry: ApplianceEntry) => void
  /** Largest file that is handed to a page. */
  readonly maxFileBytes: number
}

type Shown = Partial<Pick<Errand, 'documents' | 'total' | 'preparedElsewhere' | 'files' | 'several'>>

/** Puts it before the person and waits for the end. Throws REQUEST_DECLINED, KIOSK_BUSY and what it fails with. */
export type WaitFor = (
  request: PageRequest,
  operation: RequestOperation,
  shown: Shown,
  work: ErrandWork,
  signal: AbortSignal,
  parts: PageDeskParts,
  /** The entry of the audit trail where something was signed. */
  audited?: () => ApplianceEntry,
) => Promise<void>

/** Of a site, what a person and the audit trail know it by. */
export function shownHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : 'unknown'
}

/** Of a site, what fits into the audit trail: hosts may be longer, or addresses in brackets. */
export function siteToken(origin: string): string {
  const clean = shownHost(origin)
    .replace(/[^A-Za-z0-9._:+-]+/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
  return clean === '' ? 'unknown' : clean.slice(0, 64)
}

/** Of a request that was served: how many of its documents, by which certificate, what had no effect. */
export function servedEntry(
  { origin }: PageRequest,
  operation: RequestOperation,
  { items }: Pick<Batch, 'items'>,
  ledger: Pick<Ledger, 'outcome'>,
  certificate: Uint8Array,
): ApplianceEntry {
  const outcomes = items.map(({ number }) => ledger.outcome(number))
  const ignored = new Set(outcomes.flatMap(one => (one?.outcome === 'signed' ? one.ignored : [])))
  return {
    event: 'pageServed',
    details: {
      site: siteToken(origin),
      operation,
      documents: items.length,
      signed: outcomes.filter(one => one?.outcome === 'signed').length,
      failed: outcomes.filter(one => one?.outcome === 'failed').length,
      certificateSha256: createHash('sha256').update(certificate).digest('hex'),
      ...(ignored.size > 0 && { ignored: namesToken([...ignored]) }),
    },
  }
}
