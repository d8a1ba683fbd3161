// Whom the interface for programs turned away: in the log and in the audit trail, of each kind one line a minute at most, for
// whoever is not let in can ask as often as it likes. Of what was shown only the digest of a certificate is told.

import type { ApplianceEntry } from '../audit/events.ts'
import { asFault, type Fault } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'

export interface RefusalParts {
  readonly audit: { append(entry: ApplianceEntry): unknown }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

export interface Refusals {
  /** `from` is an address, `certificateSha256` lower-case hex. */
  note(fault: Fault, who: { readonly from: string; readonly certificateSha256: string | undefined }): void
}

const pauseMs = 60_000

export function createRefusals({ audit, clock, log }: RefusalParts): Refusals {
  const told = new Map<string, { readonly at: number; readonly untold: number }>()
  return Object.freeze({
    note(
      { code, detail }: Fault,
      { from, certificateSha256 }: { readonly from: string; readonly certificateSha256: string | undefined },
    ): void {
      const now = clock.now()
      const { at, untold } = told.get(code) ?? { at: Number.NEGATIVE_INFINITY, untold: 0 }
      const attempts = untold + 1
      if (now - at < pauseMs) {
        told.set(code, { at, untold: attempts })
        return
      }
      told.set(code, { at: now, untold: 0 })
      log.warn('a program was turned away', { code, detail, from, certificateSha256, attempts })
      try {
        audit.append({ event: 'clientRefused', details: { code, attempts, certificateSha256 } })
      } catch (thrown) {
        log.error('a refusal could not be noted', { code: asFault(thrown).code })
      }
    },
  })
}
