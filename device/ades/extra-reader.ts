// Reads extra parameters one by one and remembers which of them were used: what is left at the end had no effect.

import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'

/** Parameters read so far; what is left at the end had no effect. */
export interface Reader {
  text(name: string): string | undefined
  flag(name: string): boolean | undefined
  number(name: string): number | undefined
  /** Nothing is done about these after all. */
  ignore(...names: readonly string[]): void
  rest(): readonly string[]
}

/** Without the entries that are undefined. */
export function present<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> }
}

/** Characters of a name that is told. */
const maxToldName = 80

export function readerOf(params: ReadonlyMap<string, string>, foreignNames: RegExp): Reader {
  const used = new Set<string>()
  const text = (name: string) => {
    if (foreignNames.test(name)) return undefined
    used.add(name)
    const value = params.get(name)
    return value === undefined || value === '' ? undefined : value
  }
  return {
    text,
    flag: name => {
      const value = text(name)?.trim().toLowerCase()
      if (value === undefined) return undefined
      // As Boolean.parseBoolean of Java: whatever is not true is false, and whoever wrote it is told.
      if (value !== 'true' && value !== 'false') used.delete(name)
      return value === 'true'
    },
    number: name => {
      const value = text(name)
      if (value === undefined) return undefined
      if (/^-?\d{1,6}(\.\d{1,6})?$/.test(value.trim())) return Number(value)
      throw new Fault('REQUEST_INVALID', `${name} is no number`)
    },
    ignore: (...names) => {
      for (const name of names) used.delete(name)
    },
    rest: () => [...params.keys()].filter(name => !used.has(name)).map(name => name.slice(0, maxToldName)),
  }
}

const digests: Readonly<Record<string, DigestAlgorithm>> = {
  SHA1: 'SHA-1',
  SHA256: 'SHA-256',
  SHA384: 'SHA-384',
  SHA512: 'SHA-512',
  '1.3.14.3.2.26': 'SHA-1',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}

/** A digest algorithm by its name, with a hyphen or without, its URI in XML signatures, or its object identifier. */
export function digestNamed(name: string): DigestAlgorithm | undefined {
  return digests[
    name
      .trim()
      .toUpperCase()
      .replace(/^.*#|^URN:OID:|-/g, '')
  ]
}
