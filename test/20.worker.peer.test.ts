// Peers that break the protocol, or off: the session ends, every open call fails, and nothing half is taken for whole.

import { describe, expect, it } from 'vitest'
import { type Channel, type Item, resultOf } from '../drivers/worker/channel.ts'
import type { Frame } from '../drivers/worker/frame.ts'
import { serveChannel } from '../drivers/worker/serve.ts'
import { channelToRaw, code, rawPeer, sizeOf, socketPair, until } from './20.worker.setup.ts'

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
})

describe('a caller that breaks the protocol', () => {
  const call = (id: number, input = false): Frame => ({
    kind: 'call',
    call: id,
    method: 'x',
    params: null,
    input,
    secret: false,
  })
  const data: Frame = { kind: 'data', call: 1, payload: new Uint8Array(200_000) }
  const lies: readonly (readonly [what: string, told: readonly Frame[]])[] = [
    ['a cancel of a call that was never made', [{ kind: 'cancel', call: 5 }]],
    ['a call number used twice', [call(2), call(2)]],
    ['call numbers that go back', [call(2), call(1)]],
    ['more calls than are served at a time', Array.from({ length: 65 }, (_, n) => call(n + 1))],
    ['bytes that were not announced', [call(1), data]],
    ['bytes after their end', [call(1, true), { kind: 'end', call: 1 }, data]],
    ['more bytes than there is room for', [call(1, true), data, data, data, data, data, data, data]],
    ['a secret that was not announced', [call(1), { kind: 'secret', call: 1, payload: Buffer.from('1') }]],
    ['a result', [call(1), { kind: 'result', call: 1, value: null }]],
  ]

  it.each(lies)('%s ends the session', async (_what, told) => {
    const [near, far] = await socketPair()
    const service = serveChannel({ input: far, output: far }, new Map([['x', () => new Promise(() => undefined)]]))
    const peer = rawPeer(near)
    for (const frame of told) peer.send(frame)
    expect(await service.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })
})
