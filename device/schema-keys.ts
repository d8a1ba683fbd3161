// The keys that a schema knows at a place, for telling somebody which one was probably meant.

import type { TSchema } from 'typebox'

/** `path`: the keys from the top; an index for an item of a list. */
export function knownKeys(schema: TSchema, path: readonly string[]): string[] {
  let here: unknown[] = [schema]
  for (const part of path) {
    here = here.flatMap(node => stepInto(node, part))
  }
  return here.flatMap(node => alternatives(node)).flatMap(node => Object.keys(property(node, 'properties') ?? {}))
}

function stepInto(node: unknown, part: string): unknown[] {
  return alternatives(node)
    .map(one => (/^\d+$/.test(part) ? property(one, 'items') : property(property(one, 'properties'), part)))
    .filter(one => one !== undefined)
}

function alternatives(node: unknown): unknown[] {
  const anyOf = property(node, 'anyOf')
  return Array.isArray(anyOf) ? anyOf : [node]
}

function property(node: unknown, name: string): object | undefined {
  if (typeof node !== 'object' || node === null) return undefined
  const value: unknown = Reflect.get(node, name)
  return typeof value === 'object' && value !== null ? value : undefined
}
