// One signature of a batch, from its document to the bytes that were made and verified: gets the document from where it is,
// turns the item and its extra parameters into a job, and lets the document worker do it.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExtraParams, readExtraParams } from '../ades/extra-params.ts'
import { formatOf } from '../ades/format.ts'
import type { Ask, DocumentJobs, Job, JobFiles, JobOutcome } from '../ades/job.ts'
import type { Packaging, SignatureFormat, SignatureOperation, SignerIdentity } from '../ades/request.ts'
import { type BatchItem, documentName } from '../batch/batch.ts'
import type { ItemIntent, MadeSignature } from '../batch/outcome.ts'
import { randomAccessOf, type Splice } from '../bytes.ts'
import { filesOf, openedBy, packagingBy, signJobOf, statedBy } from '../document/sign-order.ts'
import { Fault } from '../errors.ts'
import type { ByteStream, References, SignatureAlgorithm } from '../ports.ts'
import type { Scratch } from '../verbs/scratch.ts'

export interface BatchSigningParts {
  readonly documents: DocumentJobs
  readonly references: References
  /** A local file that a reference names, whole. Throws REFERENCE_REFUSED, REFERENCE_UNAVAILABLE, BATCH_TOO_LARGE. */
  readonly readFile: (path: string) => Promise<Uint8Array>
  readonly identity: SignerIdentity
  /** A signature value over a digest, ECDSA as DER. Throws what ends the run. */
  readonly sign: (algorithm: SignatureAlgorithm, digest: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>
  /** DER of the certificates that are trusted. */
  readonly anchors: readonly Uint8Array[]
  readonly scratch: Scratch
}

/** What AutoFirma makes where nothing else is asked for. */
const usualPackaging: Readonly<Record<SignatureFormat, Packaging>> = {
  PAdES: 'enveloped',
  CAdES: 'detached',
  XAdES: 'enveloping',
}

/**
 * Makes one signature. `data` is null where the document is elsewhere. Throws the faults of the reference, of the parameters
 * and of the signature, or the signal's reason.
 */
export async function signItem(
  item: BatchItem,
  data: Uint8Array | null,
  intent: ItemIntent,
  parts: BatchSigningParts,
  signal: AbortSignal,
): Promise<MadeSignature> {
  return withItem({ item, data }, parts, signal, async at => {
    const { format, operation, extra, packaging } = at
    const { job, ignored } = signJobOf({
      format,
      level: 'B',
      operation,
      packaging,
      extra,
      identity: parts.identity,
      properties: statedBy(extra, intent.signingTime),
      contentName: documentName(item),
      anchors: parts.anchors,
      signatureId: `sig-${intent.signatureId}`,
    })
    using unmade = whileUnmade(signal)
    const asked = async (ask: Ask) => {
      const value = await answer(ask, parts, signal)
      unmade.made()
      return value
    }
    return madeOf(at, ignored, await performItem(job, at, parts, unmade.signal, asked))
  })
}

/** A document of the batch as a file, and what is asked of its signature. */
export interface ItemAtHand {
  readonly document: Uint8Array
  readonly files: JobFiles
  readonly format: SignatureFormat
  readonly operation: SignatureOperation
  readonly packaging: Packaging
  readonly extra: ExtraParams
}

/** As `signItem`, for whatever is done with the document; its files are gone when `work` ends. */
export async function withItem<T>(
  { item, data }: { readonly item: BatchItem; readonly data: Uint8Array | null },
  parts: Pick<BatchSigningParts, 'references' | 'readFile' | 'scratch'>,
  signal: AbortSignal,
  work: (at: ItemAtHand) => Promise<T>,
): Promise<T> {
  const document = data ?? (await documentOf(item, parts, signal))
  const format = item.format === 'auto' ? await detectedFormat(document) : item.format
  const operation = operationOf(item, format)
  const extra = readExtraParams(item.extraParams, format, operation)
  const packaging = packagingBy(extra, item.packaging, usualPackaging[format])
  const input = join(parts.scratch.folder, `${item.number}.in`)
  const held = [input]
  await writeFile(input, document, { mode: 0o600 })
  try {
    const brought = await filesOf(extra, parts.scratch)
    held.push(...[brought.image, brought.pageImage, brought.attachment].filter(path => path !== undefined))
    return await work({ document, files: { ...brought, input }, format, operation, packaging, extra })
  } finally {
    await Promise.all(held.map(path => rm(path, { force: true })))
  }
}

/** The job on the document at hand, which may ask for nothing unless `answer` gives it. */
export function performItem(
  job: Job,
  { files, extra }: ItemAtHand,
  { documents }: Pick<BatchSigningParts, 'documents'>,
  signal: AbortSignal,
  answer: (ask: Ask) => Promise<Uint8Array> = refuse,
): Promise<JobOutcome> {
  const { password } = openedBy(extra)
  return documents.perform(job, files, answer, {
    signal,
    ...(password !== undefined && { password: Buffer.from(password) }),
  })
}

/** What a job has made of the document at hand. `ignored`: parameters that had no effect beside those that it names itself. */
export function madeOf(
  { document, format }: ItemAtHand,
  ignored: readonly string[],
  outcome: JobOutcome,
): MadeSignature {
  if (outcome.outcome !== 'written') throw new Fault('INTERNAL', `signing ended with ${outcome.outcome}`)
  const { base, splices, notes, ignored: own = [] } = outcome
  const bytes = inPieces(base === 'input' ? document : new Uint8Array(), splices)
  return { format, bytes, ignored: [...new Set([...ignored, ...own])], ...(notes !== undefined && { notes }) }
}

async function documentOf(
  { source }: BatchItem,
  { references, readFile }: Pick<BatchSigningParts, 'references' | 'readFile'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  switch (source.kind) {
    case 'url':
      return references.fetch(source.url, signal)
    case 'file':
      return readFile(source.path)
    case 'data':
      throw new Fault('INTERNAL', 'a document of the batch is not at hand')
  }
}

/** As AutoFirma's `auto`: a PDF, XML, and anything else by CMS. */
export async function detectedFormat(document: Uint8Array): Promise<SignatureFormat> {
  try {
    return await formatOf(randomAccessOf(document))
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'SIGNATURE_ABSENT') return 'CAdES'
    throw thrown
  }
}

/** A PDF is signed once more: its signatures stand one behind the other. */
function operationOf({ operation }: BatchItem, format: SignatureFormat): SignatureOperation {
  return format === 'PAdES' && operation === 'cosign' ? 'sign' : operation
}

/** Small enough for whoever encrypts them one by one. */
const pieceBytes = 256 << 10

/** The document with the splices made, out of the bytes that are there: none is copied. */
async function* inPieces(document: Uint8Array, splices: readonly Splice[]): ByteStream {
  let at = 0
  for (const { offset, remove, insert } of splices.toSorted((a, b) => a.offset - b.offset)) {
    yield* cut(document.subarray(at, offset))
    yield* cut(insert)
    at = offset + remove
  }
  yield* cut(document.subarray(at))
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** Whoever stops a batch does not throw away what the key has signed already; only lateness does. */
function whileUnmade(signal: AbortSignal): Disposable & { readonly signal: AbortSignal; made(): void } {
  const own = new AbortController()
  let isMade = false
  const follow = () => {
    const { reason } = signal
    if (!isMade || (reason instanceof Fault && reason.code === 'BATCH_ITEM_LATE')) own.abort(reason)
  }
  if (signal.aborted) follow()
  else signal.addEventListener('abort', follow, { once: true })
  return {
    signal: own.signal,
    made: () => {
      isMade = true
    },
    [Symbol.dispose]: () => signal.removeEventListener('abort', follow),
  }
}

async function answer(ask: Ask, { sign }: BatchSigningParts, signal: AbortSignal): Promise<Uint8Array> {
  return ask.ask === 'sign' ? sign(ask.algorithm, ask.digest, signal) : refuse(ask)
}

async function refuse({ ask }: Ask): Promise<never> {
  throw new Fault('INTERNAL', `a signature at level B asks for ${ask}`)
}
