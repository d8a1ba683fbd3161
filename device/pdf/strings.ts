// The strings inside an object that encryption reaches: all of them, but /Contents of a signature dictionary
// (ISO 32000-1, 7.6.1).

import { nameEntry, type PdfDictionary, type PdfDirect, type PdfString } from './objects.ts'

/** The value with the bytes of every string changed; the value itself where it holds none. */
export function mapStrings<Value extends PdfDirect>(value: Value, change: (bytes: Uint8Array) => Uint8Array): Value
export function mapStrings(value: PdfDirect, change: (bytes: Uint8Array) => Uint8Array): PdfDirect {
  if (value.kind === 'string') return { ...value, bytes: change(value.bytes) }
  if (value.kind === 'array') return { kind: 'array', items: value.items.map(item => mapStrings(item, change)) }
  if (value.kind !== 'dictionary') return value
  const bare = isSignature(value)
  const entries = new Map<string, PdfDirect>()
  for (const [key, item] of value.entries) {
    entries.set(key, bare && key === 'Contents' ? item : mapStrings(item, change))
  }
  return { ...value, entries }
}

/** Every string that encryption reaches, in the order of the source. */
export function* stringsIn(value: PdfDirect): Generator<PdfString> {
  if (value.kind === 'string') yield value
  else if (value.kind === 'array') for (const item of value.items) yield* stringsIn(item)
  else if (value.kind === 'dictionary') {
    const bare = isSignature(value)
    for (const [key, item] of value.entries) if (!bare || key !== 'Contents') yield* stringsIn(item)
  }
}

function isSignature(dictionary: PdfDictionary): boolean {
  const type = nameEntry(dictionary, 'Type')
  return type === 'Sig' || type === 'DocTimeStamp' || dictionary.entries.has('ByteRange')
}
