// The memory of a batch on the command line: one file beside the result, of lines of JSON and, behind each that tells of a
// signature, its bytes. Every record is synced before it is acknowledged; what a power cut left half written at the end is
// cut off when the file is opened again.

import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { SignatureFormat } from '../ades/request.ts'
import type { BatchVisit, ItemIntent, ItemOutcome, Ledger, MadeSignature, VisitMemory } from '../batch/outcome.ts'
import { type ErrorCode, Fault, isErrorCode } from '../errors.ts'
import type { ByteStream } from '../ports.ts'
import { syncFolder } from '../store/durable.ts'
import { createSyncedFile, lengthOf, type SyncedFile } from '../synced-file.ts'

/** A record as it stands in the file; `length` bytes of a signature follow that of `signed`. */
type Entry =
  | { readonly batch: string }
  | { readonly visit: BatchVisit | null }
  | { readonly n: number; readonly intent: ItemIntent }
  | { readonly n: number; readonly signed: Made }
  | { readonly n: number; readonly failed: { code: ErrorCode; detail: string } }

interface Made {
  readonly format: SignatureFormat
  readonly length: number
  readonly sha256: string
  readonly ignored: readonly string[]
  readonly notes?: readonly string[]
}

export interface BatchJournal extends Ledger, VisitMemory {
  /** How many items were finished when it was opened. */
  readonly finishedBefore: number
  /** Whether nothing of the batch was even begun. */
  isEmpty(): boolean
  close(): Promise<void>
  /** For when the result is written. */
  remove(): Promise<void>
}

/** A multiple of three, so that Base64 needs no copy of what is left over. */
const pieceBytes = 3 << 16
/** Longer than any line: an intent, two hundred names of parameters, a visit about a thousand documents. */
const maxLineBytes = 1 << 20

interface Memory {
  readonly outcomes: Map<number, ItemOutcome>
  readonly intents: Map<number, ItemIntent>
  /** Where the bytes of a signature begin. */
  readonly places: Map<number, number>
  visit: BatchVisit | null
}

/**
 * Opens or begins the journal of a batch, told by the digest of its text. Throws OUTPUT_UNWRITABLE, also where the file is
 * the journal of another batch.
 */
export async function openBatchJournal(path: string, batchSha256: string): Promise<BatchJournal> {
  const file = await open(path, 'a+', 0o600)
  const memory: Memory = { outcomes: new Map(), intents: new Map(), places: new Map(), visit: null }
  let append: Append
  try {
    const end = await readBack(file, path, batchSha256, memory)
    await file.truncate(end)
    append = appending(createSyncedFile(file, end))
    if (end === 0) {
      await append({ batch: batchSha256 })
      await syncFolder(dirname(path))
    }
  } catch (thrown) {
    await file.close()
    throw thrown
  }
  return Object.freeze({
    finishedBefore: memory.outcomes.size,
    isEmpty: () => memory.outcomes.size === 0 && memory.intents.size === 0,
    ...writing(memory, append),
    outcome: (number: number) => memory.outcomes.get(number),
    visit: () => memory.visit,
    signature: (number: number) => read(file, memory, number),
    close: () => file.close(),
    remove: () => rm(path, { force: true }),
  })
}

/** Appends a record, and gives where the bytes behind its line begin, once they are durable. */
type Append = (entry: Entry, bytes?: readonly Uint8Array[]) => Promise<number>

function appending(log: SyncedFile): Append {
  return async (entry, bytes) => {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`)
    return line.length + (await log.append(bytes === undefined ? [line] : [line, ...bytes, newline]))
  }
}

const newline = Buffer.from('\n')

function writing(memory: Memory, append: Append) {
  return {
    async keepVisit(visit: BatchVisit | null): Promise<void> {
      await append({ visit })
      memory.visit = visit
    },
    async intend(number: number, fresh: ItemIntent): Promise<ItemIntent> {
      const before = memory.intents.get(number)
      if (before !== undefined) return before
      await append({ n: number, intent: fresh })
      memory.intents.set(number, fresh)
      return fresh
    },
    async signed(number: number, { bytes, ...said }: MadeSignature): Promise<ItemOutcome> {
      const hash = createHash('sha256')
      const pieces: Uint8Array[] = []
      for await (const piece of bytes) {
        hash.update(piece)
        pieces.push(piece)
      }
      const length = lengthOf(pieces)
      const sha256 = hash.digest('hex')
      const place = await append({ n: number, signed: { ...said, length, sha256 } }, pieces)
      memory.places.set(number, place)
      return keep(memory, number, { outcome: 'signed', ...said, bytes: length, sha256 })
    },
    async failed(number: number, code: ErrorCode, detail: string): Promise<ItemOutcome> {
      await append({ n: number, failed: { code, detail } })
      return keep(memory, number, { outcome: 'failed', code, detail })
    },
  }
}

function keep({ outcomes }: Memory, number: number, outcome: ItemOutcome): ItemOutcome {
  outcomes.set(number, outcome)
  return outcome
}

/** Fills the memory; gives where the last whole record ends. */
async function readBack(file: FileHandle, path: string, batch: string, memory: Memory): Promise<number> {
  const { size } = await file.stat()
  let end = 0
  while (end < size) {
    const found = await lineAt(file, end, size)
    if (found === undefined) return end
    const { entry, next } = found
    if ('batch' in entry) {
      if (entry.batch !== batch)
        throw new Fault(
          'OUTPUT_UNWRITABLE',
          `${path} holds the beginnings of another batch; remove it, or finish that one`,
        )
      end = next
      continue
    }
    if ('visit' in entry) memory.visit = entry.visit
    else if ('intent' in entry) memory.intents.set(entry.n, entry.intent)
    else if ('failed' in entry) keep(memory, entry.n, { outcome: 'failed', ...entry.failed })
    else {
      const { length, ...facts } = entry.signed
      if (next + length + 1 > size) return end
      memory.places.set(entry.n, next)
      keep(memory, entry.n, { outcome: 'signed', bytes: length, ...facts })
      end = next + length + 1
      continue
    }
    end = next
  }
  return end
}

/** A record's line and where it ends; undefined for one that was not finished. */
async function lineAt(file: FileHandle, at: number, size: number): Promise<{ entry: Entry; next: number } | undefined> {
  for (let length = 512; ; length = Math.min(length * 4, maxLineBytes)) {
    const buffer = Buffer.alloc(Math.min(length, size - at))
    await file.read(buffer, 0, buffer.length, at)
    const line = buffer.indexOf(0x0a)
    if (line >= 0) {
      const entry = entryIn(buffer.toString('utf8', 0, line))
      return entry === undefined ? undefined : { entry, next: at + line + 1 }
    }
    if (at + length >= size || length === maxLineBytes) return undefined
  }
}

/** Undefined for what is no record: the rest of one, or of a file that is something else. */
function entryIn(line: string): Entry | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { batch, visit, n, intent, signed, failed } = value as Readonly<Record<string, unknown>>
  if (typeof batch === 'string') return { batch }
  if (visit === null || (isObject(visit) && typeof visit['page'] === 'string')) return value as Entry
  if (typeof n !== 'number') return undefined
  if (isObject(intent) && typeof intent['signingTime'] === 'number') return value as Entry
  if (isObject(signed) && typeof signed['length'] === 'number') return value as Entry
  if (isObject(failed) && isErrorCode(failed['code'])) return value as Entry
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

async function* read(file: FileHandle, { outcomes, places }: Memory, number: number): ByteStream {
  const outcome = outcomes.get(number)
  const place = places.get(number)
  if (outcome?.outcome !== 'signed' || place === undefined) throw new Fault('NOT_FOUND', `item ${number} is not signed`)
  for (let done = 0; done < outcome.bytes; ) {
    const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, outcome.bytes - done))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, place + done)
    if (bytesRead === 0) throw new Fault('FILE_UNREADABLE', 'the journal of the batch became shorter')
    done += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
