// The objects of a PDF as a discriminated union (ISO 32000-1, 7.3), and the few questions that every reader asks them.
// Values are immutable; a stream is its dictionary and the place where its bytes start, never the bytes.

/** Half-open range of the source that a token was read from: of the file, or of the object stream that held it. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface PdfNull {
  readonly kind: 'null'
}
export interface PdfBoolean {
  readonly kind: 'boolean'
  readonly value: boolean
}
export interface PdfInteger {
  readonly kind: 'integer'
  readonly value: number
}
/** `text` is the number as it was written, so that rewriting keeps it. */
export interface PdfReal {
  readonly kind: 'real'
  readonly value: number
  readonly text: string
}
/** Without the slash, #xx resolved, one character a byte. */
export interface PdfName {
  readonly kind: 'name'
  readonly value: string
}
/** `loose-hex` has white space between its digits or an odd number of them. */
export interface PdfString {
  readonly kind: 'string'
  readonly bytes: Uint8Array
  readonly form: 'literal' | 'hex' | 'loose-hex'
  readonly span: Span
}
export interface PdfArray {
  readonly kind: 'array'
  readonly items: readonly PdfDirect[]
}
/** The last of several entries with one key counts; `repeatedKeys` names such keys. */
export interface PdfDictionary {
  readonly kind: 'dictionary'
  readonly entries: ReadonlyMap<string, PdfDirect>
  readonly repeatedKeys: readonly string[]
}
export interface PdfReference {
  readonly kind: 'reference'
  readonly number: number
  readonly generation: number
}
export interface PdfStream {
  readonly kind: 'stream'
  /** Of its own, always indirect, object: the key that encrypts it depends on them. */
  readonly number: number
  readonly generation: number
  readonly dictionary: PdfDictionary
  /** Offset in the file of the first byte of data. */
  readonly dataStart: number
}

/** What may stand inside an array or a dictionary. */
export type PdfDirect =
  | PdfNull
  | PdfBoolean
  | PdfInteger
  | PdfReal
  | PdfName
  | PdfString
  | PdfArray
  | PdfDictionary
  | PdfReference

export type PdfObject = PdfDirect | PdfStream

export const pdfNull: PdfNull = Object.freeze({ kind: 'null' })

/** The entry as it stands, references unresolved; null where there is none. */
export function entry(dictionary: PdfDictionary, key: string): PdfDirect {
  return dictionary.entries.get(key) ?? pdfNull
}

/** The entry's integer; undefined where it is anything else, a reference included. */
export function integerEntry(dictionary: PdfDictionary, key: string): number | undefined {
  const value = dictionary.entries.get(key)
  return value?.kind === 'integer' ? value.value : undefined
}

/** The entry's name without the slash; undefined where it is anything else, a reference included. */
export function nameEntry(dictionary: PdfDictionary, key: string): string | undefined {
  const value = dictionary.entries.get(key)
  return value?.kind === 'name' ? value.value : undefined
}

/** The dictionary with some entries replaced or added. */
export function withEntries(dictionary: PdfDictionary, changes: Readonly<Record<string, PdfDirect>>): PdfDictionary {
  const entries = new Map(dictionary.entries)
  for (const [key, value] of Object.entries(changes)) entries.set(key, value)
  return { kind: 'dictionary', entries, repeatedKeys: [] }
}

export function pdfArray(items: readonly PdfDirect[]): PdfArray {
  return { kind: 'array', items }
}

export function pdfDictionary(entries: Readonly<Record<string, PdfDirect>>): PdfDictionary {
  return { kind: 'dictionary', entries: new Map(Object.entries(entries)), repeatedKeys: [] }
}

/** A name, without the slash. */
export function pdfName(value: string): PdfName {
  return { kind: 'name', value }
}

export function pdfInteger(value: number): PdfInteger {
  return { kind: 'integer', value }
}

export function pdfReference(number: number, generation = 0): PdfReference {
  return { kind: 'reference', number, generation }
}
