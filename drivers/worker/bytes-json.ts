// Values with bytes in them as JSON: every Uint8Array becomes an object with one key that no plain value has.

import { Buffer } from 'node:buffer'

const key = '$bytes'

/** The same value with Base64 where bytes were. */
export function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return { [key]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJson(inner)]))
}

/** The inverse of `toJson`. */
export function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only?.[0] === key && typeof only[1] === 'string') return Buffer.from(only[1], 'base64')
  return Object.fromEntries(entries.map(([name, inner]) => [name, fromJson(inner)]))
}
