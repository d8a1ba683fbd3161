// What every step of the path is given, and nothing more: bytes of one document, and fresh names. A step does its work and
// hands back the event that tells of it; whoever runs the step commits the event before anything else may follow.

import type { DocumentEvent } from '../document/document.ts'
import type { StoredBlob } from '../document/page.ts'
import type { ErrorCode } from '../errors.ts'
import type { ByteStream, RandomAccess } from '../ports.ts'

/** The stored bytes of documents. What is written is durable when `write` resolves, and unreferenced until committed. */
export interface Blobs {
  /** Rejects with what the source throws, or DISK_FULL; nothing is left behind then. */
  write(documentId: string, bytes: ByteStream): Promise<StoredBlob>
  /** Throws BLOB_DAMAGED while streaming. */
  read(documentId: string, name: string): ByteStream
  open(documentId: string, name: string): Promise<RandomAccess & { close(): Promise<void> }>
}

/** A new random name, 128 bits. */
export type NewId = () => string

/** One chunk as a stream. */
export async function* streamOf(...chunks: readonly Uint8Array[]): ByteStream & AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** One stream after the other. */
export async function* concatenated(...streams: readonly ByteStream[]): ByteStream & AsyncGenerator<Uint8Array> {
  for (const stream of streams) yield* stream
}

/** Why an attempt came to nothing, for the log. */
export function whyOf(event: DocumentEvent): { readonly code?: ErrorCode } {
  return 'code' in event ? { code: event.code } : {}
}
