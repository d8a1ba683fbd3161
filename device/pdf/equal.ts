// Whether two objects say the same. References are the same when they name the same object, whatever that holds; strings
// when their bytes are, however they were written.

import type { PdfArray, PdfDictionary, PdfObject } from './objects.ts'

/** Streams are compared by their dictionaries only; their data are the caller's matter. */
export function sameObject(a: PdfObject, b: PdfObject): boolean {
  if (a === b) return true
  switch (a.kind) {
    case 'null':
      return b.kind === 'null'
    case 'boolean':
    case 'name':
      return b.kind === a.kind && a.value === b.value
    case 'integer':
    case 'real':
      return (b.kind === 'integer' || b.kind === 'real') && a.value === b.value
    case 'string':
      return b.kind === 'string' && Buffer.compare(a.bytes, b.bytes) === 0
    case 'reference':
      return b.kind === 'reference' && a.number === b.number && a.generation === b.generation
    case 'array':
      return b.kind === 'array' && sameArray(a, b)
    case 'dictionary':
      return b.kind === 'dictionary' && sameDictionary(a, b)
    case 'stream':
      return b.kind === 'stream' && sameDictionary(a.dictionary, b.dictionary)
  }
}

function sameArray(a: PdfArray, b: PdfArray): boolean {
  return (
    a.items.length === b.items.length &&
    a.items.every((item, index) => {
      const other = b.items[index]
      return other !== undefined && sameObject(item, other)
    })
  )
}

/** An entry that is null is an entry that is not there (ISO 32000-1, 7.3.7). */
function sameDictionary(a: PdfDictionary, b: PdfDictionary): boolean {
  if (a.repeatedKeys.length > 0 || b.repeatedKeys.length > 0) return false
  for (const key of new Set([...a.entries.keys(), ...b.entries.keys()])) {
    const one = a.entries.get(key) ?? { kind: 'null' as const }
    const other = b.entries.get(key) ?? { kind: 'null' as const }
    if (!sameObject(one, other)) return false
  }
  return true
}
