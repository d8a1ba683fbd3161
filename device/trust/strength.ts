// Until when an algorithm or key size proves anything (ETSI TS 119 312; before it TS 102 176-1, whose dates the EU's DSS
// uses too). What is weak today may still hold for a signature that is proven to be older (EN 319 102-1, 5.2.8).

import type { KeyObject } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'

interface Limit {
  readonly what: string
  /** Milliseconds since 1970; from then on it proves nothing by itself. */
  readonly until: number
}

const sha1Until = Date.UTC(2009, 0, 1)
/** Key sizes in bits below which the limit applies, strictest first. */
const rsaLimits = [
  { below: 1024, until: 0 },
  { below: 1536, until: Date.UTC(2009, 0, 1) },
  { below: 1900, until: Date.UTC(2016, 0, 1) },
]
const ecLimits = [
  { below: 192, until: 0 },
  { below: 224, until: Date.UTC(2013, 0, 1) },
  { below: 256, until: Date.UTC(2016, 0, 1) },
]
const curveBits: Readonly<Record<string, number>> = {
  secp160r1: 160,
  prime192v1: 192,
  secp224r1: 224,
  brainpoolP224r1: 224,
}

/** What about a signature by `key` over a digest by `hash` proves nothing if it was made at `time`; undefined if all holds. */
export function weakness(hash: HashName | undefined, key: KeyObject | undefined, time: number): string | undefined {
  return limitsOf(hash, key).find(({ until }) => time >= until)?.what
}

function limitsOf(hash: HashName | undefined, key: KeyObject | undefined): Limit[] {
  return [
    ...(hash === 'sha1' ? [{ what: 'SHA-1', until: sha1Until }] : []),
    ...(key === undefined ? [] : keyLimit(key)),
  ]
}

function keyLimit({ asymmetricKeyType, asymmetricKeyDetails: details = {} }: KeyObject): Limit[] {
  const isRsa = asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss'
  const bits = isRsa ? details.modulusLength : curveBits[details.namedCurve ?? '']
  const limit = (isRsa ? rsaLimits : ecLimits).find(({ below }) => bits !== undefined && bits < below)
  const article = isRsa ? 'an RSA' : 'an EC'
  return limit === undefined ? [] : [{ what: `${article} key of ${bits} bits`, until: limit.until }]
}
