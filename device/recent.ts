// The last few results of work that always gives the same for the same octets, such as taking a certificate apart: the
// certificates of one signer, its authorities and a time-stamping authority come back in file after file.

import { hash } from 'node:crypto'

export interface Recent<Value> {
  /** What `make` gave for these octets not long ago, or gives now. What it throws is not kept. */
  of(octets: Uint8Array, make: (octets: Uint8Array) => Value): Value
}

/** Keeps `most` results of octets no longer than `longest`. The octets that `make` gets are a copy: a value may hold them. */
export function createRecent<Value>({
  most,
  longest,
}: {
  readonly most: number
  readonly longest: number
}): Recent<Value> {
  const kept = new Map<string, Value>()
  return Object.freeze({
    of(octets: Uint8Array, make: (octets: Uint8Array) => Value): Value {
      if (octets.length > longest) return make(octets)
      const key = hash('sha256', octets, 'base64')
      const known = kept.get(key)
      const value = known ?? make(new Uint8Array(octets))
      kept.delete(key)
      kept.set(key, value)
      const [oldest] = kept.size > most ? kept.keys() : []
      if (oldest !== undefined) kept.delete(oldest)
      return value
    },
  })
}
