// Conversations over a real unix socket: flow control, cancelling, faults, lost and lying peers, and where secrets go.

import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { openChannel, resultOf } from '../drivers/worker/channel.ts'
import { windowBytes } from '../drivers/worker/flow.ts'
import { createFrameDecoder } from '../drivers/worker/frame.ts'
import { type Handler, serveChannel } from '../drivers/worker/serve.ts'
import {
  channelTo,
  channelToRaw,
  code,
  firstItem,
  piecesOf,
  recordingWritable,
  sizeOf,
  socketPair,
  until,
} from './20.worker.setup.ts'

describe('a conversation', () => {
  it('carries parameters, bytes in, items with bytes out, and the result', async () => {
    const { channel } = await channelTo({
      both: async (params, { input, emit }) => {
        await emit({ n: 1 }, input)
        await emit({ n: 2 })
        return { params }
      },
    })
    const conversation = channel.call('both', [1, 'dos'], { input: piecesOf(5, 700_000) })
    const heard: unknown[] = []
    for (;;) {
      const { done, value } = await conversation.next()
      if (done === true) {
        expect(value).toEqual({ params: [1, 'dos'] })
        break
      }
      heard.push(value.value, await sizeOf(value.bytes))
    }
    expect(heard).toEqual([{ n: 1 }, 3_500_000, { n: 2 }, 0])
  })

  it('skips what is left unread of an item', async () => {
    const { channel } = await channelTo({
      two: async (_params, { emit }) => {
        await emit(1, piecesOf(40, 100_000))
        await emit(2, piecesOf(1, 10))
        return null
      },
    })
    const conversation = channel.call('two', null)
    expect((await firstItem(conversation)).value).toBe(1)
    const second = await firstItem(conversation)
    expect([second.value, await sizeOf(second.bytes)]).toEqual([2, 10])
    expect(await conversation.next()).toEqual({ done: true, value: null })
  })

  it('a slow consumer holds up its own call only, within one window', async () => {
    let produced = 0
    const { channel } = await channelTo({
      pour: (_params, { emit }) =>
        emit(
          null,
          piecesOf(1_000, 65_536, () => (produced += 65_536)),
        ),
      quick: async () => 'done',
    })
    const slow = channel.call('pour', null)
    const { bytes } = await firstItem(slow)
    for (let call = 0; call < 20; call += 1) expect(await resultOf(channel.call('quick', null))).toBe('done')
    expect(produced).toBeLessThanOrEqual(windowBytes + 2 * 65_536)
    expect(await sizeOf(bytes)).toBe(65_536_000)
    await slow.return(undefined)
  })

  it('a callee that does not read holds up its own input only, within one window', async () => {
    let produced = 0
    const { channel } = await channelTo({
      idle: (_params, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      quick: async () => 'done',
    })
    const cancel = new AbortController()
    const input = piecesOf(1_000, 65_536, () => (produced += 65_536))
    const idle = resultOf(channel.call('idle', null, { input, signal: cancel.signal }))
    await until(() => produced >= windowBytes, 'a window of input')
    expect(await resultOf(channel.call('quick', null))).toBe('done')
    expect(produced).toBeLessThanOrEqual(windowBytes + 2 * 65_536)
    cancel.abort(new Error('enough'))
    await expect(idle).rejects.toThrow('enough')
  })

  it('faults cross with code and detail; an unknown code becomes INTERNAL', async () => {
    const { channel } = await channelTo({
      jam: async () => {
        throw new Fault('SCANNER_JAM', 'sheet 3')
      },
      busy: async () => {
        throw new Fault('SEAL_UNREACHABLE', 'busy', { retryAfterMs: 120_000 })
      },
      bug: async () => {
        throw new TypeError('x is not a function')
      },
    })
    await expect(resultOf(channel.call('jam', null))).rejects.toMatchObject({ code: 'SCANNER_JAM', detail: 'sheet 3' })
    const busy = resultOf(channel.call('busy', null))
    await expect(busy).rejects.toMatchObject({ code: 'SEAL_UNREACHABLE', retryAfterMs: 120_000 })
    await expect(resultOf(channel.call('bug', null))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(resultOf(channel.call('nonesuch', null))).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    const raw = await channelToRaw()
    const call = resultOf(raw.channel.call('x', null))
    raw.peer.send({ kind: 'fault', call: (await raw.peer.first('call')).call, code: 'toString', detail: 'd' })
    await expect(call).rejects.toMatchObject({ code: 'INTERNAL', detail: 'd' })
  })

  it('an item whose source fails is never taken for whole', async () => {
    const { channel } = await channelTo({
      torn: async (_params, { emit }) => {
        const torn = async function* () {
          yield new Uint8Array(10)
          throw new Fault('SCANNER_UNPLUGGED', 'gone')
        }
        // Even a handler that does not notice must not finish the item.
        await emit(1, torn()).catch(() => undefined)
        return 'all well'
      },
    })
    const conversation = channel.call('torn', null)
    await expect(sizeOf((await firstItem(conversation)).bytes)).rejects.toThrow(code('INTERNAL'))
  })

  it('a handler that does not wait for its own item fails, and only that call', async () => {
    const { promise: answered, resolve: goOn } = Promise.withResolvers<void>()
    const late: unknown[] = []
    const { channel } = await channelTo({
      hasty: async (_params, { emit }) => {
        const laggard = async function* () {
          await answered
          yield* piecesOf(0, 0)
        }
        void emit(1, laggard()).catch(thrown => late.push(thrown))
        return 'done'
      },
      quick: async () => 1,
    })
    await expect(sizeOf((await firstItem(channel.call('hasty', null))).bytes)).rejects.toThrow(code('INTERNAL'))
    goOn()
    await until(() => late.length > 0, 'the item to be given up')
    expect(late).toEqual([code('INTERNAL')])
    expect(await resultOf(channel.call('quick', null))).toBe(1)
  })

  it('an input whose source fails fails the call with the same error', async () => {
    const { channel } = await channelTo({ sink: async (_params, { input }) => sizeOf(input) })
    const torn = async function* () {
      yield new Uint8Array(10)
      throw new Error('the file is gone')
    }
    await expect(resultOf(channel.call('sink', null, { input: torn() }))).rejects.toThrow('the file is gone')
    expect(await resultOf(channel.call('sink', null, { input: piecesOf(1, 5) }))).toBe(5)
  })

  it('a result larger than a frame is a fault of that call alone', async () => {
    const { channel } = await channelTo({
      huge: async () => 'x'.repeat(2_000_000),
      quick: async () => 1,
    })
    await expect(resultOf(channel.call('huge', null))).rejects.toThrow(code('FRAME_INVALID'))
    await expect(resultOf(channel.call('quick', 'x'.repeat(2_000_000)))).rejects.toThrow(code('FRAME_INVALID'))
    expect(await resultOf(channel.call('quick', null))).toBe(1)
  })
})

describe('cancelling', () => {
  async function cancellable() {
    const reasons: unknown[] = []
    const made = await channelTo({
      wait: async (_params, { signal, emit }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason))
        await emit('begun')
        await emit('much', piecesOf(1_000, 65_536))
        return null
      },
    })
    return { ...made, reasons }
  }

  it('by signal ends the wait with its reason, at the callee as an abort, even while nobody asks', async () => {
    const { channel, reasons } = await cancellable()
    const cancel = new AbortController()
    const conversation = channel.call('wait', null, { signal: cancel.signal })
    await firstItem(conversation)
    cancel.abort(new Error('the person left'))
    await until(() => reasons.length === 1, 'the abort at the callee')
    expect(reasons[0]).toMatchObject({ name: 'AbortError' })
    await expect(conversation.next()).rejects.toThrow('the person left')
  })

  it('in the middle of bytes ends their reading too', async () => {
    const { channel, reasons } = await cancellable()
    const cancel = new AbortController()
    const conversation = channel.call('wait', null, { signal: cancel.signal })
    await firstItem(conversation)
    const { bytes } = await firstItem(conversation)
    const reading = (async () => {
      for await (const _piece of bytes) cancel.abort(new Error('the person left'))
    })()
    await expect(reading).rejects.toThrow('the person left')
    await until(() => reasons.length === 1, 'the abort at the callee')
  })

  it('by returning early', async () => {
    const { channel, reasons } = await cancellable()
    for await (const _item of channel.call('wait', null)) break
    await until(() => reasons.length === 1, 'the abort at the callee')
  })

  it('an aborted signal starts nothing', async () => {
    const { channel, peer } = await channelToRaw()
    await expect(resultOf(channel.call('x', null, { signal: AbortSignal.abort(new Error('no')) }))).rejects.toThrow(
      'no',
    )
    await turn()
    expect(peer.heard).toEqual([])
  })

  it('a callee that does not answer a cancel is given up', async () => {
    const { channel, peer } = await channelToRaw({ cancelGraceMs: 30 })
    const cancel = new AbortController()
    const call = resultOf(channel.call('x', null, { signal: cancel.signal }))
    await peer.first('call')
    cancel.abort(new Error('no'))
    await expect(call).rejects.toThrow('no')
    expect(await channel.closed).toMatchObject({ code: 'WORKER_LOST' })
  })

  it('a lost caller aborts every handler', async () => {
    const { channel, service, reasons } = await cancellable()
    const conversation = channel.call('wait', null)
    await firstItem(conversation)
    channel.close(new Fault('WORKER_LOST', 'test'))
    await service.closed
    await service.settled()
    expect(reasons).toEqual([code('WORKER_LOST')])
  })
})

describe('a secret', () => {
  it('crosses in a frame of its own, never in JSON, and every buffer is overwritten', async () => {
    const [near, far] = await socketPair()
    const seen: { text?: string; copy?: Uint8Array } = {}
    const handler: Handler = async (_params, { secret }) => {
      if (secret !== undefined) Object.assign(seen, { text: Buffer.from(secret).toString(), copy: secret })
      return null
    }
    serveChannel({ input: far, output: far }, new Map([['sign', handler]]))
    const { output, bytes, buffers } = recordingWritable(near)
    const channel = openChannel({ input: near, output })
    const pin = Buffer.from('73914682')
    await resultOf(channel.call('sign', { tokenId: 't' }, { secret: pin }))
    expect(seen.text).toBe('73914682')
    expect(seen.copy).toEqual(Buffer.alloc(8))
    expect(pin.toString()).toBe('73914682')
    const withPin = bytes.filter(written => written.includes('73914682') || written.includes(pin.toString('base64')))
    expect(withPin.flatMap(written => createFrameDecoder().push(written)).map(frame => frame.kind)).toEqual(['secret'])
    expect(buffers.some(buffer => buffer.includes('73914682'))).toBe(false)
  })

  it('that is too long is refused before anything is sent', async () => {
    const { channel, peer } = await channelToRaw()
    const call = resultOf(channel.call('x', null, { secret: new Uint8Array(1_025) }))
    await expect(call).rejects.toThrow(RangeError)
    await turn()
    expect(peer.heard).toEqual([])
  })
})
