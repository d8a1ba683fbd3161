// The signatures of a document as its bytes hold them, for the verifier: every signed signature field, with strict
// structural checks that come before any cryptography. A signature has `contents` to verify only when it is `sound`;
// what is wrong otherwise is a value, never an exception. Follows ISO 32000-1, 12.8.1 and EN 319 142-1, 5.

import { prefixOf } from '../bytes.ts'
import { readable } from './attempt.ts'
import type { PdfDocument } from './document.ts'
import { entry, nameEntry, type PdfDictionary, type PdfString, pdfDictionary } from './objects.ts'
import { parseAt, parseIndirectObject } from './parse.ts'
import type { ByteRange } from './signature-dictionary.ts'
import { decodeText, parsePdfDate } from './text.ts'
import { fieldsOf, type PdfField } from './tree.ts'
import { readTail } from './xref.ts'

export type SignatureProblemCode =
  /** /ByteRange is missing, is not four integers, does not start at 0 or leaves the file. */
  | 'byte-range-invalid'
  /** /Contents is missing, a literal string, an indirect object, in an object stream, or not pure even hex. */
  | 'contents-invalid'
  /** The gap of /ByteRange is not exactly the `<hex>` of /Contents. */
  | 'gap-not-contents'
  /** The signed bytes do not end where a revision (startxref, %%EOF) of this document ends. */
  | 'not-a-revision'
  /** The signed bytes end before the signature dictionary does. */
  | 'dictionary-unsigned'
  /** A key stands twice in the signature dictionary or its field: readers differ in which counts. */
  | 'repeated-key'
  /** /Type says that it is something else than a signature or a document time-stamp. */
  | 'type-invalid'
  /** Its signed bytes and those of another signature overlap other than one revision inside the next. */
  | 'overlap'
  /** Bytes follow the last %%EOF other than one end-of-line (ISO 19005-2, 6.1.3). */
  | 'trailing-bytes'

export interface SignatureProblem {
  readonly code: SignatureProblemCode
  readonly detail: string
}

interface SignatureCommon {
  /** Fully qualified field name. */
  readonly fieldName: string
  readonly type: 'Sig' | 'DocTimeStamp'
  /** Without the slash; empty where missing. */
  readonly filter: string
  readonly subFilter: string
  /** /M, milliseconds since 1970; absent where it is missing or not a date. */
  readonly signingTime?: number
  readonly name?: string
  readonly reason?: string
  readonly location?: string
  readonly contactInfo?: string
  /** Whether the dictionary has a /Cert entry, which PAdES forbids. */
  readonly hasCert: boolean
}

/** `contents` keeps its zero padding. Where `coversWholeFile` is false, a later revision follows `revisionEnd`. */
export interface SoundSignature extends SignatureCommon {
  readonly structure: 'sound'
  readonly byteRange: ByteRange
  readonly contents: Uint8Array
  readonly revisionEnd: number
  readonly coversWholeFile: boolean
}

export interface BrokenSignature extends SignatureCommon {
  readonly structure: 'broken'
  readonly problems: readonly [SignatureProblem, ...SignatureProblem[]]
}

export type PdfSignature = SoundSignature | BrokenSignature

/** Every signature field that holds a value, in the order of their revisions, broken ones last. Throws PDF_UNREADABLE. */
export async function listSignatures(document: PdfDocument): Promise<readonly PdfSignature[]> {
  const examined: Examined[] = []
  for await (const field of fieldsOf(document)) {
    const one = field.type === 'Sig' ? await examine(document, field) : undefined
    if (one) examined.push(one)
  }
  const ordered = examined.sort((a, b) => signedEnd(a) - signedEnd(b))
  return ordered.map((one, index) => verdict(document, one, [...ordered.slice(0, index), ...ordered.slice(index + 1)]))
}

/** An end-of-line that a signer left out of the signed bytes. */
const maxEndOfLineBytes = 2

/** A signature on its own, before it is compared with the others. */
interface Examined {
  readonly common: SignatureCommon
  readonly problems: readonly SignatureProblem[]
  readonly byteRange: ByteRange | undefined
  readonly contents: PdfString | undefined
}

const signedEnd = ({ byteRange }: Examined) => (byteRange ? byteRange[2] + byteRange[3] : Number.POSITIVE_INFINITY)

function verdict(document: PdfDocument, one: Examined, others: readonly Examined[]): PdfSignature {
  const [first, ...more] = [...one.problems, ...overlapProblems(one, others), ...trailingProblems(document)]
  if (first) return { ...one.common, structure: 'broken', problems: [first, ...more] }
  if (!one.byteRange || !one.contents) throw new TypeError('a signature without problems has /ByteRange and /Contents')
  const revisionEnd = signedEnd(one)
  return {
    ...one.common,
    structure: 'sound',
    byteRange: one.byteRange,
    contents: one.contents.bytes,
    revisionEnd,
    coversWholeFile: document.tail.end - revisionEnd <= maxEndOfLineBytes && document.sections[0].offset < revisionEnd,
  }
}

const signatureTypes: ReadonlySet<string> = new Set(['Sig', 'DocTimeStamp'])

async function examine(document: PdfDocument, field: PdfField): Promise<Examined | undefined> {
  const value =
    field.value.kind === 'reference' ? await document.object(field.value.number, field.value.generation) : field.value
  if (value.kind === 'null') return undefined
  const dictionary = value.kind === 'dictionary' ? value : pdfDictionary({})
  const byteRange = byteRangeOf(document, dictionary)
  const repeated = [...dictionary.repeatedKeys, ...field.dictionary.repeatedKeys]
  const problems: SignatureProblem[] = repeated.map(key => problem('repeated-key', `/${key} stands twice`))
  const type = entry(dictionary, 'Type')
  if (type.kind !== 'null' && !(type.kind === 'name' && signatureTypes.has(type.value))) {
    problems.push(problem('type-invalid', '/Type is neither /Sig nor /DocTimeStamp'))
  }
  if (!byteRange) problems.push(problem('byte-range-invalid', '/ByteRange is not [0 a b c] inside the file'))
  const contents = contentsOf(dictionary)
  const place = field.value.kind === 'reference' ? document.locate(field.value.number) : undefined
  const offset = place?.kind === 'plain' ? place.offset : undefined
  if (!contents || offset === undefined)
    problems.push(problem('contents-invalid', '/Contents is no plain hexadecimal string of its own object'))
  if (byteRange && contents && offset !== undefined) {
    problems.push(...gapProblems(byteRange, contents), ...(await unsignedProblems(document, byteRange, offset)))
  }
  if (byteRange) problems.push(...(await revisionProblems(document, byteRange[2] + byteRange[3])))
  return { common: commonOf(field, dictionary), problems, byteRange, contents }
}

/** The dictionary, whole, has to be among the bytes that its own /ByteRange names. */
async function unsignedProblems(
  document: PdfDocument,
  [, gapStart, startAfter, lengthAfter]: ByteRange,
  offset: number,
): Promise<readonly SignatureProblem[]> {
  const end = startAfter + lengthAfter
  const isWhole = () => parseAt(prefixOf(document.file, end), offset, lexer => parseIndirectObject(lexer).number)
  if (offset < gapStart && (await readable(isWhole)) !== undefined) return []
  return [problem('dictionary-unsigned', `the dictionary at ${offset} is not whole before ${end}`)]
}

function byteRangeOf(document: PdfDocument, dictionary: PdfDictionary): ByteRange | undefined {
  const value = entry(dictionary, 'ByteRange')
  if (value.kind !== 'array' || value.items.length !== 4) return undefined
  const [start, before, after, length] = value.items.map(item => (item.kind === 'integer' ? item.value : -1))
  if (start !== 0 || before === undefined || after === undefined || length === undefined) return undefined
  const ordered = before > 0 && after > before && length > 0 && after + length <= document.file.size
  return ordered ? [start, before, after, length] : undefined
}

function contentsOf(dictionary: PdfDictionary): PdfString | undefined {
  const value = entry(dictionary, 'Contents')
  return value.kind === 'string' && value.form === 'hex' ? value : undefined
}

function gapProblems(byteRange: ByteRange, contents: PdfString): readonly SignatureProblem[] {
  const [, gapStart, gapEnd] = byteRange
  if (contents.span.start === gapStart && contents.span.end === gapEnd) return []
  const { start, end } = contents.span
  return [problem('gap-not-contents', `the gap is ${gapStart} to ${gapEnd}, /Contents ${start} to ${end}`)]
}

/** The signed bytes end with a revision of this document, all its sections are signed and no later one is. */
async function revisionProblems(document: PdfDocument, end: number): Promise<readonly SignatureProblem[]> {
  const tail = await readTail(document.file, end, document.headerOffset)
  const newest = document.sections.findIndex(section => section.offset === tail?.startXref)
  if (tail?.end !== end || newest < 0) return [problem('not-a-revision', `no revision ends at ${end}`)]
  const split = document.sections.some((section, index) => (index < newest ? section.offset < end : section.end > end))
  return split ? [problem('not-a-revision', `a cross-reference section lies on the wrong side of ${end}`)] : []
}

/** Of any two signatures one must have been there, whole, before the other was made. */
function overlapProblems(one: Examined, others: readonly Examined[]): readonly SignatureProblem[] {
  const clash = others.find(other => one.byteRange && other.byteRange && !apart(one.byteRange, other.byteRange))
  return clash ? [problem('overlap', `its bytes and those of ${clash.common.fieldName} overlap`)] : []
}

function apart(a: ByteRange, b: ByteRange): boolean {
  return a[2] + a[3] <= b[1] || b[2] + b[3] <= a[1]
}

function trailingProblems(document: PdfDocument): readonly SignatureProblem[] {
  const extra = document.file.size - document.tail.end
  return extra === 0 ? [] : [problem('trailing-bytes', `${extra} bytes follow the last %%EOF`)]
}

function commonOf(field: PdfField, dictionary: PdfDictionary): SignatureCommon {
  const text = (key: string) => {
    const value = entry(dictionary, key)
    return value.kind === 'string' ? decodeText(value.bytes) : undefined
  }
  const signingTime = parsePdfDate(text('M') ?? '')
  const texts = Object.entries({
    name: text('Name'),
    reason: text('Reason'),
    location: text('Location'),
    contactInfo: text('ContactInfo'),
  })
  return {
    fieldName: field.name,
    type: nameEntry(dictionary, 'Type') === 'DocTimeStamp' ? 'DocTimeStamp' : 'Sig',
    filter: nameEntry(dictionary, 'Filter') ?? '',
    subFilter: nameEntry(dictionary, 'SubFilter') ?? '',
    hasCert: dictionary.entries.has('Cert'),
    ...(signingTime !== undefined && { signingTime }),
    ...Object.fromEntries(texts.filter(([, value]) => value !== undefined)),
  }
}

function problem(code: SignatureProblemCode, detail: string): SignatureProblem {
  return { code, detail }
}
