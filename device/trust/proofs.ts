// Proofs of existence (ETSI EN 319 102-1, 5.6.2.3): which of the validation data are known to have existed before when.
// Everything exists now; an archive time-stamp that is itself believed moves that back for what it covers.

import { type Evidence, evidenceKey } from './evidence.ts'

export interface Proofs {
  /** Earliest time at which the value (DER) is proven to have existed; milliseconds since 1970. */
  since(der: Uint8Array): number
  /** Everything in `covered` existed at `time`. */
  add(covered: Evidence, time: number): void
}

/** No proof of anything before `now`. */
export function proofsFrom(now: number): Proofs {
  const earliest = new Map<string, number>()
  return Object.freeze({
    since: (der: Uint8Array) => (earliest.size === 0 ? now : (earliest.get(evidenceKey(der)) ?? now)),
    add: ({ certificates, ocsps, crls }: Evidence, time: number) => {
      for (const der of [...certificates, ...ocsps, ...crls]) {
        const key = evidenceKey(der)
        earliest.set(key, Math.min(earliest.get(key) ?? now, time))
      }
    },
  })
}
