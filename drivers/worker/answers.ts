// Answers to what a call asks while it runs, as the call's own input stream: u32 ask, u8 0 for bytes or 1 for a fault,
// u32 length, payload; big-endian. A fault is JSON with code and detail.

import { Buffer } from 'node:buffer'
import { asFault, Fault, isErrorCode } from '../../device/errors.ts'
import type { ByteStream } from '../../device/ports.ts'

const headerBytes = 9
/** Larger than any CRL that is taken. */
const maxAnswerBytes = 128 << 20

/** The caller's side. */
export interface Answers {
  readonly stream: ByteStream
  give(ask: number, bytes: Uint8Array): void
  refuse(ask: number, thrown: unknown): void
  end(): void
}

/** What is given goes out in order; the stream ends with `end`. */
export function createAnswers(): Answers {
  const waiting: Uint8Array[] = []
  let wake: (() => void) | undefined
  let ended = false
  const push = (ask: number, kind: 0 | 1, payload: Uint8Array) => {
    const header = Buffer.alloc(headerBytes)
    header.writeUInt32BE(ask, 0)
    header.writeUInt8(kind, 4)
    header.writeUInt32BE(payload.length, 5)
    waiting.push(header, payload)
    wake?.()
  }
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) {
        if (next.length > 0) yield next
      } else if (ended) return
      else {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  }
  return Object.freeze({
    stream: stream(),
    give: (ask: number, bytes: Uint8Array) => push(ask, 0, bytes),
    refuse: (ask: number, thrown: unknown) => {
      const { code, detail } = asFault(thrown)
      push(ask, 1, Buffer.from(JSON.stringify({ code, detail })))
    },
    end: () => {
      ended = true
      wake?.()
    },
  })
}

export type Answer =
  | { readonly ask: number; readonly bytes: Uint8Array }
  | { readonly ask: number; readonly fault: Fault }

/** The callee's side: whole answers out of the stream. Throws FRAME_INVALID for one that is too large. */
export async function* readAnswers(stream: ByteStream): AsyncGenerator<Answer> {
  let held: Uint8Array[] = []
  let size = 0
  let needed = headerBytes
  for await (const chunk of stream) {
    held.push(chunk)
    size += chunk.length
    while (size >= needed) {
      const all = Buffer.concat(held)
      const length = all.readUInt32BE(5)
      if (length > maxAnswerBytes) throw new Fault('FRAME_INVALID', `an answer of ${length} bytes`)
      held = [all]
      needed = headerBytes + length
      if (size < needed) break
      yield answerOf(all.readUInt32BE(0), all.readUInt8(4), all.subarray(headerBytes, needed))
      held = [all.subarray(needed)]
      size -= needed
      needed = headerBytes
    }
  }
}

function answerOf(ask: number, kind: number, payload: Buffer): Answer {
  if (kind === 0) return { ask, bytes: payload }
  const told: { code?: unknown; detail?: unknown } = JSON.parse(payload.toString())
  const code = isErrorCode(told.code) ? told.code : 'INTERNAL'
  return { ask, fault: new Fault(code, String(told.detail)) }
}
