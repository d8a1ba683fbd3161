// The query of an afirma address: keys and values as the page's script writes them, and Base64 in either alphabet.

import { Refusal } from './refusal.ts'

const maxParameters = 50
const maxKeyLength = 40
/** Of a value in characters, but for those that the size of the message bounds: properties may hold pictures. */
const maxValueLength = 1 << 20
const bulky: ReadonlySet<string> = new Set(['dat', 'properties'])

/**
 * Keys and values, percent-decoded as UTF-8. A plus stays a plus: pages escape those that stand for themselves, and
 * leave those of Base64 as they are. Of a key that comes twice the
 * last counts. Throws a Refusal for what cannot be decoded.
 */
export function parametersOf(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const pair of pairsOf(query)) {
    const at = pair.indexOf('=')
    const key = at === -1 ? pair : pair.slice(0, at)
    if (key.length > maxKeyLength) throw new Refusal('malformed', 'a parameter has a very long name')
    if (found.size >= maxParameters) throw new Refusal('malformed', `there are more than ${maxParameters} parameters`)
    const value = at === -1 ? '' : pair.slice(at + 1)
    if (value.length > maxValueLength && !bulky.has(key)) throw new Refusal('malformed', 'a parameter is very long')
    found.set(key, decoded(value))
  }
  return found
}

function* pairsOf(query: string): Generator<string> {
  for (let start = 0; start < query.length; ) {
    const end = query.indexOf('&', start)
    const pair = query.slice(start, end === -1 ? query.length : end)
    if (pair !== '') yield pair
    start = end === -1 ? query.length : end + 1
  }
}

function decoded(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch (cause) {
    throw new Refusal('malformed', 'a parameter is not percent-encoded UTF-8', { cause })
  }
}

/**
 * The bytes of Base64 or Base64url (RFC 4648, 4 and 5) with or without padding, white space between; undefined where it
 * is neither.
 */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  const plain = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(plain)) return undefined
  const digits = plain.replace(/=+$/, '').length
  const padding = plain.length - digits
  if (digits % 4 === 1 || (padding > 0 && plain.length % 4 !== 0)) return undefined
  return Buffer.from(plain, 'base64')
}
