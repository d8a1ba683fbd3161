// Reads a batch twice: once to check everything in it before anything is signed, and again for its documents, one by one.
// What AutoFirma takes is taken (Base64 or Base64URL, `"true"` for true, fields of the header left out); what it would stumble
// over later is refused at once, with the JSON path of the fault.

import { createHash } from 'node:crypto'
import { parseExtraParams } from '../ades/extra-text.ts'
import type { Packaging, SignatureFormat, SignatureOperation } from '../ades/request.ts'
import { Fault } from '../errors.ts'
import type { ByteStream } from '../ports.ts'
import type { Batch, BatchAlgorithm, BatchItem, BatchLimits, DocumentSource } from './batch.ts'
import { type HeaderField, listField, readParts } from './json-stream.ts'
import { documentIn, sourceIn } from './reference.ts'

/** A field and where it stands. */
interface Field {
  readonly path: string
  readonly value: unknown
}

type Header = ReadonlyMap<HeaderField, Field>

/** What an item says, before the header is known: a JSON text may have its fields in any order. */
interface RawItem {
  readonly path: string
  readonly number: number
  readonly id: string
  readonly source: DocumentSource
  readonly format: string | undefined
  readonly suboperation: string | undefined
  readonly extraparams: string | undefined
}

export const maxIdLength = 200

/** Throws BATCH_INVALID, BATCH_TOO_LARGE, ALGORITHM_REFUSED, and what the stream throws. */
export async function readBatch(text: ByteStream, limits: BatchLimits): Promise<Batch> {
  const hash = createHash('sha256')
  const header = new Map<HeaderField, Field>()
  const items: RawItem[] = []
  const places = new Map<string, number>()
  const texts = new Map<string, string>()
  for await (const part of readParts(hashed(text, hash), limits)) {
    if (part.part === 'field') header.set(part.name, { path: `$.${part.name}`, value: part.value })
    else {
      const item = oneCopy(rawItem(part.number, part.value, limits), texts)
      const earlier = places.get(item.id)
      if (earlier !== undefined)
        throw invalid(`${item.path}.id`, `is the one of ${listField}[${earlier}] too: ${JSON.stringify(item.id)}`)
      places.set(item.id, item.number)
      items.push(item)
    }
  }
  if (items.length === 0) throw invalid(`$.${listField}`, 'holds nothing to sign')
  const algorithm = algorithmOf(header, limits)
  const inherited = inheritedOf(header)
  const parameters = new Map<string, ReadonlyMap<string, string>>()
  return {
    algorithm,
    stopOnError: flagOf(header.get('stoponerror')),
    concurrentTimeoutMs: timeoutOf(header.get('concurrenttimeout')),
    extraParams: inherited.extraParams,
    items: items.map(item => resolved(item, inherited, parameters)),
    sha256: hash.digest('hex'),
  }
}

/**
 * The documents that lie in the batch itself, in its order, from item `from` on. The text is the one that `batch` was read
 * from. Throws BATCH_INVALID where it has become another.
 */
export async function* documentsIn(
  text: ByteStream,
  batch: Batch,
  limits: BatchLimits,
  from = 0,
): AsyncGenerator<{ readonly item: BatchItem; readonly data: Uint8Array | null }, void, void> {
  for await (const part of readParts(text, limits)) {
    if (part.part !== 'item' || part.number < from) continue
    const item = batch.items[part.number]
    const path = `$.${listField}[${part.number}]`
    const raw = objectAt(path, part.value)
    if (item === undefined || raw['id'] !== item.id) throw invalid(path, 'has changed')
    const { source } = item
    const data = source.kind === 'data' ? documentIn(String(raw['datareference'])) : null
    if (source.kind === 'data' && data?.length !== source.bytes) throw invalid(path, 'has changed')
    yield { item, data }
  }
}

async function* hashed(text: ByteStream, hash: { update(piece: Uint8Array): unknown }): ByteStream {
  for await (const piece of text) {
    hash.update(piece)
    yield piece
  }
}

function invalid(path: string, why: string): Fault {
  return new Fault('BATCH_INVALID', `${path}: ${why}`)
}

function objectAt(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw invalid(path, 'is no object')
}

function rawItem(number: number, value: unknown, limits: BatchLimits): RawItem {
  const path = `$.${listField}[${number}]`
  const fields = objectAt(path, value)
  const text = (name: string) => textOf({ path: `${path}.${name}`, value: fields[name] })
  const id = text('id')
  if (id === undefined || id === '') throw invalid(`${path}.id`, 'is missing')
  if (id.length > maxIdLength) throw invalid(`${path}.id`, `has more than ${maxIdLength} characters`)
  return {
    path,
    number,
    id,
    source: sourceOf(`${path}.datareference`, text('datareference'), limits),
    format: text('format'),
    suboperation: text('suboperation'),
    extraparams: text('extraparams'),
  }
}

/** Pages give each of a thousand items the same parameters, a picture among them: the memory holds them once. */
function oneCopy(item: RawItem, texts: Map<string, string>): RawItem {
  const { extraparams } = item
  if (extraparams === undefined) return item
  const known = texts.get(extraparams)
  if (known === undefined) texts.set(extraparams, extraparams)
  return { ...item, extraparams: known ?? extraparams }
}

function textOf(field: Field | undefined): string | undefined {
  if (field === undefined || field.value === undefined || field.value === null) return undefined
  if (typeof field.value === 'string') return field.value
  throw invalid(field.path, 'is no text')
}

function sourceOf(path: string, text: string | undefined, { maxDocumentBytes, places }: BatchLimits): DocumentSource {
  if (text === undefined || text === '') throw invalid(path, 'is missing')
  const source = at(path, () => sourceIn(text, places))
  if (source.kind === 'data' && source.bytes > maxDocumentBytes) {
    const limit = `${maxDocumentBytes} bytes (batches.maxDocumentMegabytes)`
    throw new Fault('BATCH_TOO_LARGE', `${path}: a document of more than ${limit}`)
  }
  return source
}

/** What `read` throws as REQUEST_INVALID, told as a fault of the batch at this path. */
function at<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'REQUEST_INVALID') throw invalid(path, thrown.detail)
    throw thrown
  }
}

export const batchDigests = ['SHA256', 'SHA384', 'SHA512'] as const
/** What may stand behind a digest; the kind of key says it anyway. */
export const batchKeys = ['', 'withRSA', 'withECDSA'] as const
const algorithmPattern = /^SHA-?(1|256|384|512)(?:with(?:RSA|ECDSA))?$/i

function algorithmOf(header: Header, { allowSha1 }: BatchLimits): BatchAlgorithm {
  const field = header.get('algorithm')
  const text = textOf(field)
  if (text === undefined || text === '') throw invalid('$.algorithm', 'is missing')
  const digest = algorithmPattern.exec(text)?.[1]
  if (digest === undefined)
    throw invalid('$.algorithm', 'is none of SHA1, SHA256, SHA384, SHA512, alone or withRSA or withECDSA')
  if (digest === '1' && !allowSha1)
    throw new Fault('ALGORITHM_REFUSED', '$.algorithm: SHA-1 proves nothing any more (batches.allowSha1)')
  return `SHA${digest}` as BatchAlgorithm
}

function flagOf(field: Field | undefined): boolean {
  const value = field?.value ?? false
  if (typeof value === 'boolean') return value
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  throw invalid(field?.path ?? '$', 'is neither true nor false')
}

export const maxTimeoutSeconds = 86_400

function timeoutOf(field: Field | undefined): number | null {
  const value = field?.value ?? null
  if (value === null) return null
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxTimeoutSeconds)
    return value * 1000
  throw invalid(field?.path ?? '$', `is no whole number of seconds from 1 to ${maxTimeoutSeconds}`)
}

/** What the header gives to every item that says nothing else. */
interface Inherited {
  readonly format: NamedFormat | undefined
  readonly operation: SignatureOperation
  readonly extraParams: ReadonlyMap<string, string>
}

function inheritedOf(header: Header): Inherited {
  const format = textOf(header.get('format'))
  const operation = textOf(header.get('suboperation'))
  const extra = textOf(header.get('extraparams'))
  return {
    format: format === undefined || format === '' ? undefined : formatNamed('$.format', format),
    operation: operation === undefined ? 'sign' : operationNamed('$.suboperation', operation),
    extraParams: at('$.extraparams', () => parseExtraParams(extra ?? '', { literalNewlines: true })),
  }
}

function resolved(
  { path, number, id, source, ...own }: RawItem,
  inherited: Inherited,
  parameters: Map<string, ReadonlyMap<string, string>>,
): BatchItem {
  const named = own.format === undefined || own.format === '' ? undefined : formatNamed(`${path}.format`, own.format)
  const { format, packaging } = named ?? inherited.format ?? missing(`${path}.format`)
  const operation =
    own.suboperation === undefined ? inherited.operation : operationNamed(`${path}.suboperation`, own.suboperation)
  if (format === 'PAdES' && operation === 'countersign')
    throw invalid(`${path}.suboperation`, 'a PDF holds no countersignatures')
  const { extraparams } = own
  const extraParams =
    extraparams === undefined
      ? inherited.extraParams
      : (parameters.get(extraparams) ??
        at(`${path}.extraparams`, () => parseExtraParams(extraparams, { literalNewlines: true })))
  if (extraparams !== undefined) parameters.set(extraparams, extraParams)
  return { number, id, source, format, operation, extraParams, ...(packaging !== undefined && { packaging }) }
}

function missing(path: string): never {
  throw invalid(path, 'is missing, and the header has none')
}

interface NamedFormat {
  readonly format: SignatureFormat | 'auto'
  readonly packaging?: Packaging
}

/** By the name as AutoFirma writes it; how letters are cased says nothing. */
export const batchFormats = {
  auto: { format: 'auto' },
  PAdES: { format: 'PAdES' },
  CAdES: { format: 'CAdES' },
  XAdES: { format: 'XAdES' },
  'XAdES Enveloped': { format: 'XAdES', packaging: 'enveloped' },
  'XAdES Enveloping': { format: 'XAdES', packaging: 'enveloping' },
  'XAdES Detached': { format: 'XAdES', packaging: 'internally-detached' },
  'XAdES Externally Detached': { format: 'XAdES', packaging: 'detached' },
} as const satisfies Readonly<Record<string, NamedFormat>>
const formats: ReadonlyMap<string, NamedFormat> = new Map(
  Object.entries(batchFormats).map(([name, format]) => [name.toLowerCase(), format]),
)

function formatNamed(path: string, text: string): NamedFormat {
  return formats.get(text.trim().toLowerCase()) ?? refuseName(path, text, 'XAdES, CAdES and PAdES')
}

export const batchOperations = ['sign', 'cosign', 'countersign'] as const satisfies readonly SignatureOperation[]

function operationNamed(path: string, text: string): SignatureOperation {
  const name = text.trim().toLowerCase()
  return batchOperations.find(one => one === name) ?? refuseName(path, text, 'sign, cosign and countersign')
}

function refuseName(path: string, text: string, known: string): never {
  throw invalid(path, `${JSON.stringify(text.slice(0, 40))} is none of ${known}`)
}

/** The format of that name for a single signature that a page asks for. Throws BATCH_INVALID. */
export function namedFormat(text: string): NamedFormat {
  return formatNamed('format', text)
}
