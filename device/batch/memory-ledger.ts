// The memory of a batch whose asker waits for the answer: when the asker is gone, nothing of it is wanted any more.

import { createHash } from 'node:crypto'
import type { ErrorCode } from '../errors.ts'
import { Fault } from '../errors.ts'
import type { ByteStream } from '../ports.ts'
import type { ItemIntent, ItemOutcome, Ledger, MadeSignature } from './outcome.ts'

export function createMemoryLedger(): Ledger {
  const intents = new Map<number, ItemIntent>()
  const outcomes = new Map<number, ItemOutcome>()
  const signatures = new Map<number, readonly Uint8Array[]>()
  const keep = (number: number, outcome: ItemOutcome) => {
    outcomes.set(number, outcome)
    return outcome
  }
  return Object.freeze({
    outcome: (number: number) => outcomes.get(number),
    async intend(number: number, fresh: ItemIntent) {
      const intent = intents.get(number) ?? fresh
      intents.set(number, intent)
      return intent
    },
    async signed(number: number, { bytes, ...said }: MadeSignature) {
      const hash = createHash('sha256')
      const pieces: Uint8Array[] = []
      for await (const piece of bytes) {
        hash.update(piece)
        pieces.push(piece)
      }
      signatures.set(number, pieces)
      const size = pieces.reduce((total, piece) => total + piece.length, 0)
      return keep(number, { outcome: 'signed', ...said, bytes: size, sha256: hash.digest('hex') })
    },
    failed: async (number: number, code: ErrorCode, detail: string) =>
      keep(number, { outcome: 'failed', code, detail }),
    signature: (number: number) => streamOf(signatures.get(number)),
  })
}

async function* streamOf(pieces: readonly Uint8Array[] | undefined): ByteStream {
  if (pieces === undefined) throw new Fault('NOT_FOUND', 'that item is not signed')
  yield* pieces
}
