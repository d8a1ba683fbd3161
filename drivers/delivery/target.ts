// Delivery into a store of files: a bucket, a folder by SFTP, a WebDAV collection. Promises, whatever the store: two files
// named after the idempotency key, `KEY.json` and then `KEY.pdf`, each appearing whole or not at all and never written
// over; the same key with the same bytes is success, with other bytes it is refused; nothing is a receipt that was not
// read back from the store. What a consumer needs beside the PDF is in KEY.json, which is there before it.

import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, Delivery, DeliveryRequest, Receipt } from '../../device/ports.ts'
import { createAttempts, type Opening, type TargetOptions } from './attempts.ts'
import type { CheckedBody } from './body.ts'
import { TargetFailure } from './target-failure.ts'

/** Of a store's own words for a copy; what the net worker may say of one is bounded too. */
const maxReferenceCharacters = 1000

/** What a file is, before it lies in the store or as it was read back from there. */
export interface Content {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

export interface Upload extends Content {
  readonly mediaType: 'application/pdf' | 'application/json'
  /** Once for a copy; the note beside it, `application/json`, may be opened again. */
  readonly open: () => ByteStream
}

/** A file as the store has it, read back rather than remembered. */
export interface Held extends Content {
  /** The store's own proof: where it lies, and its version or entity tag. */
  readonly reference: string
  /** ISO 8601, by the store's clock. */
  readonly receivedAt: string
}

/** One attempt's access to a store. Throws TargetFailure for what the store says or the network does. */
export interface Store {
  /** What lies under the name; more than `expected` is need not be read to its end. Undefined where nothing lies there. */
  look(name: string, expected: Content): Promise<Held | undefined>
  /** Puts it under the name and reads it back; `exists` where something lies there, which then stays as it is. */
  put(name: string, upload: Upload): Promise<Held | 'exists'>
  close(): Promise<void>
}

/** Everything that must not be told again, beside what was opened. */
export interface Opened {
  readonly store: Store
  readonly secrets: readonly string[]
}

/** A Delivery over stores that `open` opens. Throws as attempts do, and REQUEST_INVALID for a key that no file can be named after. */
export function createTargetDelivery<D extends { readonly id: string; readonly deadlineMs?: number }>(
  options: TargetOptions<D>,
  open: (opening: Opening<D>) => Promise<Opened>,
): Delivery {
  return createAttempts(options, async opening => {
    const { store, secrets } = await open(opening)
    return { hand: (request, body) => storeOnce(store, request, body), close: store.close, secrets }
  })
}

async function storeOnce(store: Store, request: DeliveryRequest, body: CheckedBody): Promise<Receipt> {
  const name = stem(request.idempotencyKey)
  const note = describe(request)
  await place(store, `${name}.json`, { ...contentOf(note), mediaType: 'application/json', open: () => once(note) })
  const { bytes, sha256, mediaType } = request
  const held = await place(store, `${name}.pdf`, { bytes, sha256, mediaType, open: () => body.stream })
  const reference = held.reference.slice(0, maxReferenceCharacters)
  return { reference, sha256: held.sha256, receivedAt: held.receivedAt }
}

/** The file as the store has it, which is what was to be put there. */
async function place(store: Store, name: string, upload: Upload): Promise<Held> {
  const found = await store.look(name, upload)
  if (found !== undefined) return same(name, found, upload)
  const put = await store.put(name, upload)
  if (put !== 'exists') {
    if (isSame(put, upload)) return put
    throw new TargetFailure('RECEIPT_INVALID', `${name} cannot be read back as it was sent`)
  }
  const other = await store.look(name, upload)
  if (other === undefined) throw new TargetFailure('RECEIPT_INVALID', `${name} is there and is not`)
  return same(name, other, upload)
}

/** Whether two contents are one. */
export function isSame(one: Content | undefined, other: Content): boolean {
  return one?.bytes === other.bytes && one.sha256 === other.sha256
}

function same(name: string, held: Held, content: Content): Held {
  if (isSame(held, content)) return held
  throw new TargetFailure('DESTINATION_REFUSED', `${name} is there already, with other content`)
}

/** A name that every file system and URL takes as it is. */
function stem(key: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(key)) return key
  throw new Fault('REQUEST_INVALID', 'the idempotency key is not 1 to 128 letters, digits, hyphens or underscores')
}

/** KEY.json: the same bytes for the same request, whatever the order of its metadata. */
function describe({ idempotencyKey, fileName, mediaType, bytes, sha256, metadata }: DeliveryRequest): Uint8Array {
  const sorted = Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const note = { idempotencyKey, fileName: fileName.toWellFormed(), mediaType, bytes, sha256, metadata: sorted }
  return Buffer.from(`${JSON.stringify(note, null, 2)}\n`)
}

/** Length and SHA-256 of bytes in memory. */
export function contentOf(bytes: Uint8Array): Content {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Length and SHA-256 of a stream, which is given up once it is longer than `expected`. */
export async function measured(stream: ByteStream, expected: Content): Promise<Content> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    hash.update(chunk)
    if (bytes > expected.bytes) break
  }
  return { bytes, sha256: hash.digest('hex') }
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
