// The frames of the worker protocol: every kind survives any cutting of the stream, and nothing malformed gets through.

import { describe, expect, it } from 'vitest'
import {
  createFrameDecoder,
  encodeFrame,
  type Frame,
  maxDataBytes,
  maxItemBytes,
  maxJsonBytes,
} from '../drivers/worker/frame.ts'

const samples: readonly Frame[] = [
  { kind: 'call', call: 1, method: 'scan', params: { text: 'àé€𝄞' }, input: true, secret: false },
  { kind: 'secret', call: 1, payload: Buffer.from('1234') },
  { kind: 'data', call: 1, payload: Buffer.alloc(maxDataBytes, 7) },
  { kind: 'data', call: 4_294_967_295, payload: Buffer.alloc(0) },
  { kind: 'end', call: 1 },
  { kind: 'item', call: 1, value: [1, null], bytes: true },
  { kind: 'credit', call: 1, amount: 262_144 },
  { kind: 'cancel', call: 2 },
  { kind: 'fault', call: 2, code: 'SCANNER_JAM', detail: 'jam' },
  { kind: 'fault', call: 3, code: 'SEAL_UNREACHABLE', detail: 'busy', retryAfterMs: 120_000 },
  { kind: 'result', call: 1, value: null },
]

/** A frame as it stands on the wire, to be broken. */
function wire(kind: number, payload: string | Buffer, length = 5 + Buffer.from(payload).byteLength): Buffer {
  const header = Buffer.alloc(9)
  header.writeUInt32BE(length, 0)
  header.writeUInt8(kind, 4)
  header.writeUInt32BE(1, 5)
  return Buffer.concat([header, Buffer.from(payload)])
}

const malformed: readonly (readonly [string, Buffer])[] = [
  ['an unknown kind', wire(9, '')],
  ['a length below its own header', wire(0, '', 4)],
  ['four gigabytes announced', wire(5, '', 0xffff_ffff)],
  ['a data frame one byte too large', wire(5, '', 5 + maxDataBytes + 1)],
  ['an item one byte too large', wire(1, '', 5 + maxItemBytes + 1)],
  ['a call one byte too large', wire(0, '', 5 + maxJsonBytes + 1)],
  ['a call that is not JSON', wire(0, '{"method"')],
  ['a call that is no object', wire(0, '[]')],
  ['a call without a method', wire(0, '{"input":true,"secret":false}')],
  ['an item that does not say whether bytes follow', wire(1, '{"value":1}')],
  ['a fault without a code', wire(3, '{"detail":"x"}')],
  ['credit of three bytes', wire(6, Buffer.alloc(3))],
  ['a cancel that carries something', wire(8, 'x')],
]

describe('frames', () => {
  it.each([1, 2, 7, 9, 4096, 1_000_000])('all kinds arrive from chunks of %i bytes', size => {
    const stream = Buffer.concat(samples.map(encodeFrame))
    const decoder = createFrameDecoder()
    const decoded: Frame[] = []
    for (let at = 0; at < stream.byteLength; at += size) {
      decoded.push(...decoder.push(Buffer.from(stream.subarray(at, at + size))))
    }
    expect(decoded).toEqual(samples)
  })

  it.each(malformed)('%s is FRAME_INVALID', (_what, bytes) => {
    expect(() => createFrameDecoder().push(bytes)).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
  })

  it('nothing larger than its kind may be is ever sent', () => {
    const tooLarge: readonly Frame[] = [
      { kind: 'data', call: 1, payload: new Uint8Array(maxDataBytes + 1) },
      { kind: 'result', call: 1, value: 'x'.repeat(maxJsonBytes) },
      { kind: 'item', call: 1, value: 'x'.repeat(maxItemBytes), bytes: false },
    ]
    for (const frame of tooLarge) {
      expect(() => encodeFrame(frame)).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
    }
  })

  it('a secret is copied out and overwritten in the chunks it came in', () => {
    const chunks = [...encodeFrame({ kind: 'secret', call: 1, payload: Buffer.from('98765432') })]
    const halves = [Buffer.from(chunks.slice(0, 12)), Buffer.from(chunks.slice(12))]
    const decoder = createFrameDecoder()
    const [frame] = halves.flatMap(half => decoder.push(half))
    expect(frame).toMatchObject({ kind: 'secret', payload: Buffer.from('98765432') })
    expect(Buffer.concat(halves).subarray(9)).toEqual(Buffer.alloc(8))
  })

  it('a few unread bytes do not keep the chunk they came in', () => {
    const chunk = encodeFrame({ kind: 'data', call: 1, payload: new Uint8Array(100) })
    const [frame] = createFrameDecoder().push(chunk)
    expect(frame?.kind === 'data' && frame.payload.buffer !== chunk.buffer).toBe(true)
  })
})
