// What was fetched once and may be used again: CRLs, OCSP responses and issuers by where they came from, each until the
// moment its maker named. Bounded in octets; the longest unused goes first.

export interface EvidenceCache {
  /** The octets kept under the key, unless their time is over at `now` (milliseconds since 1970). */
  get(key: string, now: number): Uint8Array | undefined
  /** Keeps octets until `until`; replaces what was there. */
  put(key: string, octets: Uint8Array, until: number): void
}

interface Kept {
  readonly octets: Uint8Array
  readonly until: number
}

const defaultMaxOctets = 64 << 20

export function createEvidenceCache(maxOctets = defaultMaxOctets): EvidenceCache {
  const kept = new Map<string, Kept>()
  let total = 0

  function drop(key: string): void {
    total -= kept.get(key)?.octets.length ?? 0
    kept.delete(key)
  }

  return Object.freeze({
    get: (key: string, now: number) => {
      const found = kept.get(key)
      if (found === undefined) return undefined
      drop(key)
      if (now > found.until) return undefined
      kept.set(key, found)
      total += found.octets.length
      return found.octets
    },
    put: (key: string, octets: Uint8Array, until: number) => {
      drop(key)
      if (octets.length > maxOctets) return
      kept.set(key, { octets, until })
      total += octets.length
      for (const oldest of kept.keys()) {
        if (total <= maxOctets) break
        drop(oldest)
      }
    },
  })
}
