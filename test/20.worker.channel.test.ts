// Conversations over a real unix socket: flow control, cancelling, faults, lost and lying peers, and where secrets go.

import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { type Channel, type Item, openChannel, resultOf } from '../drivers/worker/channel.ts'
import { windowBytes } from '../drivers/worker/flow.ts'
import { createFrameDecoder, type Frame } from '../drivers/worker/frame.ts'
import { type Handler, serveChannel } from '../drivers/worker/serve.ts'
import { piecesOf, rawPeer, recordingWritable, sizeOf, socketPair, until } from './20.worker.setup.ts'

async function channelTo(handlers: Readonly<Record<string, Handler>>, options?: { cancelGraceMs: number }) {
  const [near, far] = await socketPair()
  const service = serveChannel({ input: far, output: far }, new Map(Object.entries(handlers)))
  return { channel: openChannel({ input: near, output: near }, options), service, near, far }
}

async function channelToRaw(options?: { cancelGraceMs: number }) {
  const [near, far] = await socketPair()
  return { channel: openChannel({ input: near, output: near }, options), peer: rawPeer(far), far }
}

const code = (expected: string) => expect.objectContaining({ code: expected })

async function firstItem(conversation: AsyncGenerator<Item, unknown, void>): Promise<Item> {
  const { done, value } = await conversation.next()
  if (done === true) throw new Error('ended without an item')
  return value
}

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
      bug: async () => {
        throw new TypeError('x is not a function')
      },
    })
    await expect(resultOf(channel.call('jam', null))).rejects.toMatchObject({ code: 'SCANNER_JAM', detail: 'sheet 3' })
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

describe('a peer that is not to be trusted', () => {
  type Lie = readonly [what: string, tell: (call: number) => readonly Frame[]]
  const item = (call: number, bytes: boolean): Frame => ({ kind: 'item', call, value: null, bytes })
  const data = (call: number, size: number): Frame => ({ kind: 'data', call, payload: new Uint8Array(size) })
  const lies: readonly Lie[] = [
    ['an answer to a call that was never made', call => [{ kind: 'result', call: call + 1, value: null }]],
    ['two results', call => [0, 1].map(value => ({ kind: 'result', call, value }))],
    ['bytes that were not announced', call => [data(call, 1)]],
    ['bytes after their end', call => [item(call, true), { kind: 'end', call }, data(call, 1)]],
    ['an item within an item', call => [item(call, true), item(call, true)]],
    ['a result within an item', call => [item(call, true), { kind: 'result', call, value: null }]],
    ['a call of its own', call => [{ kind: 'call', call, method: 'x', params: null, input: false, secret: false }]],
    ['credit for what was not sent', call => [{ kind: 'credit', call, amount: 1 }]],
    [
      'more bytes than there is room for',
      call => [item(call, true), ...Array.from({ length: 7 }, () => data(call, 200_000))],
    ],
    ['more items than there is room for', call => Array.from({ length: 17 }, () => item(call, false))],
  ]

  async function expectCutOff(channel: Channel, call: Promise<unknown>) {
    await expect(call).rejects.toThrow()
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
    await expect(resultOf(channel.call('next', null))).rejects.toThrow(code('WORKER_LOST'))
  }

  it.each(lies)('%s ends the session', async (_what, tell) => {
    const { channel, peer } = await channelToRaw()
    const call = channel
      .call('x', null)
      .next()
      .then(() => channel.closed)
      .then(reason => {
        throw reason
      })
    const { call: id } = await peer.first('call')
    for (const frame of tell(id)) peer.send(frame)
    await expectCutOff(channel, call)
  })

  it('a corrupt stream fails all open calls with WORKER_LOST', async () => {
    const { channel, peer, far } = await channelToRaw()
    const calls = [1, 2, 3].map(n => resultOf(channel.call('x', n)))
    await until(() => peer.heard.length === 3, 'three calls')
    far.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({
        status: 'rejected',
        reason: { code: 'WORKER_LOST', cause: { code: 'FRAME_INVALID' } },
      })
    }
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })

  it('what came whole before the end is still handed over', async () => {
    const { channel, peer, far } = await channelToRaw()
    const conversation = channel.call('scan', null)
    const first = conversation.next()
    const { call } = await peer.first('call')
    for (const frame of [item(call, true), data(call, 9), { kind: 'end', call } as const]) peer.send(frame)
    far.end()
    await channel.closed
    const { value } = (await first) as { value: Item }
    expect(await sizeOf(value.bytes)).toBe(9)
    await expect(conversation.next()).rejects.toThrow(code('WORKER_LOST'))
  })

  it('a caller that breaks the protocol is cut off as well', async () => {
    const [near, far] = await socketPair()
    const service = serveChannel({ input: far, output: far }, new Map())
    rawPeer(near).send({ kind: 'cancel', call: 5 })
    expect(await service.closed).toMatchObject({ code: 'FRAME_INVALID' })
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

  it('that nobody announced is not taken', async () => {
    const [near, far] = await socketPair()
    const service = serveChannel({ input: far, output: far }, new Map([['x', () => new Promise(() => undefined)]]))
    const peer = rawPeer(near)
    peer.send({ kind: 'call', call: 1, method: 'x', params: null, input: false, secret: false })
    peer.send({ kind: 'secret', call: 1, payload: Buffer.from('1') })
    expect(await service.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })

  it('that is too long is refused before anything is sent', async () => {
    const { channel, peer } = await channelToRaw()
    const call = resultOf(channel.call('x', null, { secret: new Uint8Array(1_025) }))
    await expect(call).rejects.toThrow(RangeError)
    await turn()
    expect(peer.heard).toEqual([])
  })
})
