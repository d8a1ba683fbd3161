// Frames on a byte stream, without I/O: u32 length of what follows, u8 kind, u32 call, payload; big-endian. Conversation
// is JSON, bytes and secrets are bare, so that a secret is never part of a JSON text. Every kind has a largest payload;
// whatever does not fit this file is FRAME_INVALID, and the stream it came from cannot be trusted any further.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'

/** Largest JSON payload, bytes. */
export const maxJsonBytes = 1024 * 1024
/** Largest JSON payload of an item: what it is about; its bulk travels as bytes. */
export const maxItemBytes = 64 * 1024
/** Largest piece of a byte stream in one frame. */
export const maxDataBytes = 256 * 1024
/** Largest secret, bytes. */
export const maxSecretBytes = 1024

/** A smaller payload is copied, so that a few bytes that wait to be read do not keep a whole chunk in memory. */
const minViewBytes = 16 * 1024
const headerBytes = 9
/** The part of the header that the length field counts. */
const countedHeaderBytes = 5

/**
 * `call`, `secret` and `cancel` go to the callee, `item`, `result` and `fault` to the caller, the others both ways.
 * `end` ends the bytes that `call.input` or `item.bytes` announced; `credit` lets the peer send that many bytes more.
 */
export type Frame =
  | {
      readonly kind: 'call'
      readonly call: number
      readonly method: string
      readonly params: unknown
      readonly input: boolean
      readonly secret: boolean
    }
  | { readonly kind: 'item'; readonly call: number; readonly value: unknown; readonly bytes: boolean }
  | { readonly kind: 'result'; readonly call: number; readonly value: unknown }
  | {
      readonly kind: 'fault'
      readonly call: number
      readonly code: string
      readonly detail: string
      readonly retryAfterMs?: number
    }
  | { readonly kind: 'secret'; readonly call: number; readonly payload: Uint8Array }
  | { readonly kind: 'data'; readonly call: number; readonly payload: Uint8Array }
  | { readonly kind: 'credit'; readonly call: number; readonly amount: number }
  | { readonly kind: 'end'; readonly call: number }
  | { readonly kind: 'cancel'; readonly call: number }

const kinds = ['call', 'item', 'result', 'fault', 'secret', 'data', 'credit', 'end', 'cancel'] as const
const maxPayloadBytes: Readonly<Record<Frame['kind'], number>> = {
  call: maxJsonBytes,
  item: maxItemBytes,
  result: maxJsonBytes,
  fault: maxJsonBytes,
  secret: maxSecretBytes,
  data: maxDataBytes,
  credit: 4,
  end: 0,
  cancel: 0,
}

/** One frame as a buffer of its own; throws FRAME_INVALID where it would be larger than its kind may be. */
export function encodeFrame(frame: Frame): Buffer {
  const payload = encodePayload(frame)
  const max = maxPayloadBytes[frame.kind]
  if (payload.byteLength > max) throw invalid(`${frame.kind} of ${payload.byteLength} bytes; at most ${max}`)
  const whole = Buffer.allocUnsafeSlow(headerBytes + payload.byteLength)
  whole.writeUInt32BE(countedHeaderBytes + payload.byteLength, 0)
  whole.writeUInt8(kinds.indexOf(frame.kind), 4)
  whole.writeUInt32BE(frame.call, 5)
  whole.set(payload, headerBytes)
  return whole
}

/** Cuts a stream into frames. */
export interface FrameDecoder {
  /**
   * The frames that `chunk` completes. Payloads of `data` may be views of the chunks; those of `secret` are copies, and
   * the chunk is overwritten where they stood. Throws FRAME_INVALID, for good.
   */
  push(chunk: Uint8Array): readonly Frame[]
}

/** A decoder holds at most one incomplete frame, however finely the stream is cut. */
export function createFrameDecoder(): FrameDecoder {
  let header = createGathering(headerBytes, false)
  let current: Header | undefined
  let payload = createGathering(0, false)
  const push = (chunk: Uint8Array) => {
    const source: Source = { bytes: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), at: 0 }
    const frames: Frame[] = []
    for (;;) {
      if (current === undefined) {
        const head = header.from(source)
        if (head === undefined) return frames
        current = decodeHeader(head)
        payload = createGathering(current.length, current.kind === 'secret')
      }
      const body = payload.from(source)
      if (body === undefined) return frames
      frames.push(decodePayload(current, body))
      header = createGathering(headerBytes, false)
      current = undefined
    }
  }
  return Object.freeze({ push })
}

interface Source {
  readonly bytes: Buffer
  at: number
}

/** Collects `length` bytes over any number of chunks: a view where one chunk holds them all, else (and if `wipe`) a copy. */
function createGathering(length: number, wipe: boolean) {
  let copy: Buffer | undefined
  let filled = 0
  const from = (source: Source): Buffer | undefined => {
    const part = source.bytes.subarray(source.at, source.at + length - filled)
    source.at += part.byteLength
    if (copy === undefined && part.byteLength === length && !wipe) return part
    copy ??= Buffer.allocUnsafeSlow(length)
    copy.set(part, filled)
    filled += part.byteLength
    if (wipe) part.fill(0)
    return filled === length ? copy : undefined
  }
  return { from }
}

interface Header {
  readonly kind: Frame['kind']
  readonly call: number
  readonly length: number
}

function decodeHeader(bytes: Buffer): Header {
  const kind = kinds[bytes.readUInt8(4)]
  if (kind === undefined) throw invalid(`unknown kind ${bytes.readUInt8(4)}`)
  const length = bytes.readUInt32BE(0) - countedHeaderBytes
  if (length < 0 || length > maxPayloadBytes[kind]) throw invalid(`${kind} announces ${length} bytes`)
  return { kind, call: bytes.readUInt32BE(5), length }
}

function encodePayload(frame: Frame): Uint8Array {
  const json = (value: Readonly<Record<string, unknown>>) => Buffer.from(JSON.stringify(value))
  switch (frame.kind) {
    case 'call':
      return json({ method: frame.method, params: frame.params, input: frame.input, secret: frame.secret })
    case 'item':
      return json({ value: frame.value, bytes: frame.bytes })
    case 'result':
      return json({ value: frame.value })
    case 'fault':
      return json({ code: frame.code, detail: frame.detail, retryAfterMs: frame.retryAfterMs })
    case 'secret':
    case 'data':
      return frame.payload
    case 'credit': {
      const amount = Buffer.alloc(4)
      amount.writeUInt32BE(frame.amount)
      return amount
    }
    case 'end':
    case 'cancel':
      return new Uint8Array(0)
  }
}

function decodePayload({ kind, call }: Header, payload: Buffer): Frame {
  switch (kind) {
    case 'secret':
      return { kind, call, payload }
    case 'data':
      return { kind, call, payload: payload.byteLength < minViewBytes ? Buffer.from(payload) : payload }
    case 'credit':
      if (payload.byteLength !== 4) throw invalid('credit of no amount')
      return { kind, call, amount: payload.readUInt32BE(0) }
    case 'end':
    case 'cancel':
      return { kind, call }
    default:
      return decodeJson(kind, call, parseObject(kind, payload))
  }
}

function decodeJson(kind: 'call' | 'item' | 'result' | 'fault', call: number, body: Record<string, unknown>): Frame {
  const { method, params, input, secret, value, bytes, code, detail, retryAfterMs } = body
  if (kind === 'call' && typeof method === 'string' && typeof input === 'boolean' && typeof secret === 'boolean') {
    return { kind, call, method, params, input, secret }
  }
  if (kind === 'item' && typeof bytes === 'boolean') return { kind, call, value, bytes }
  if (kind === 'result') return { kind, call, value }
  if (kind === 'fault' && typeof code === 'string' && typeof detail === 'string') {
    if (retryAfterMs === undefined) return { kind, call, code, detail }
    if (typeof retryAfterMs === 'number' && retryAfterMs >= 0) return { kind, call, code, detail, retryAfterMs }
  }
  throw invalid(`${kind} without its fields`)
}

function parseObject(kind: string, payload: Buffer): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(payload.toString('utf8'))
  } catch (thrown) {
    throw new Fault('FRAME_INVALID', `${kind} is not JSON`, { cause: thrown })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw invalid(`${kind} is not an object`)
  return { ...parsed }
}

function invalid(detail: string): Fault {
  return new Fault('FRAME_INVALID', detail)
}
