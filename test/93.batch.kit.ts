// Batches for the tests, and a ledger that remembers in memory.

import { createHash } from 'node:crypto'
import type { BatchLimits } from '../device/batch/batch.ts'
import type { ItemIntent, ItemOutcome, Ledger, MadeSignature } from '../device/batch/outcome.ts'
import type { ByteStream } from '../device/ports.ts'

export const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')

export const limits: BatchLimits = {
  maxDocuments: 100,
  maxBytes: 10_000_000,
  maxDocumentBytes: 1_000_000,
  allowSha1: false,
  places: true,
}

/** A batch as its author writes it. */
export interface WrittenBatch {
  readonly [field: string]: unknown
  readonly singlesigns: readonly Readonly<Record<string, unknown>>[]
}

export function written(over: Readonly<Record<string, unknown>> = {}, count = 2): WrittenBatch {
  const singlesigns = Array.from({ length: count }, (_, number) => ({
    id: `doc-${number}`,
    datareference: base64(`document number ${number}`),
  }))
  return { algorithm: 'SHA256withRSA', format: 'CAdES', singlesigns, ...over }
}

/** The text in pieces of so many bytes, cutting through everything. */
export async function* streamOf(text: string | Uint8Array, pieceBytes = 7): ByteStream {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

export interface MemoryLedger extends Ledger {
  readonly intents: Map<number, ItemIntent>
  readonly outcomes: Map<number, ItemOutcome>
}

export function memoryLedger(): MemoryLedger {
  const intents = new Map<number, ItemIntent>()
  const outcomes = new Map<number, ItemOutcome>()
  const made = new Map<number, Buffer>()
  const keep = (number: number, outcome: ItemOutcome) => {
    outcomes.set(number, outcome)
    return outcome
  }
  return {
    intents,
    outcomes,
    outcome: number => outcomes.get(number),
    intend: async (number, fresh) => {
      const intent = intents.get(number) ?? fresh
      intents.set(number, intent)
      return intent
    },
    signed: async (number, { format, bytes, ignored }: MadeSignature) => {
      const pieces: Uint8Array[] = []
      for await (const piece of bytes) pieces.push(Uint8Array.from(piece))
      const whole = Buffer.concat(pieces)
      made.set(number, whole)
      const sha256 = createHash('sha256').update(whole).digest('hex')
      return keep(number, { outcome: 'signed', format, bytes: whole.length, sha256, ignored })
    },
    failed: async (number, code, detail) => keep(number, { outcome: 'failed', code, detail }),
    signature: number => streamOf(made.get(number) ?? '', 5),
  }
}

export async function textOf(stream: ByteStream): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces).toString('utf8')
}
