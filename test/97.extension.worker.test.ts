// An extension service through the net worker: what a driver says arrives as it was said, and what no driver could have said
// ends the worker.

import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { Extender, ExtensionOrder } from '../device/ports.ts'
import { type Channel, openChannel } from '../drivers/worker/channel.ts'
import { extenderHandlers } from '../drivers/worker/extender-handlers.ts'
import { remoteExtender } from '../drivers/worker/remote-extender.ts'
import { type Handler, type Handlers, serveChannel } from '../drivers/worker/serve.ts'
import { piecesOf, socketPair } from './20.worker.setup.ts'

async function channelTo(handlers: Handlers): Promise<Channel> {
  const [near, far] = await socketPair()
  serveChannel({ input: far, output: far }, handlers)
  return openChannel({ input: near, output: near })
}

const bytes = Buffer.alloc(700_000, 0x5a)
const order: ExtensionOrder = {
  format: 'CAdES',
  level: 'LT',
  packaging: 'detached',
  document: { name: 'a.csig', bytes },
  original: { name: 'a.txt', bytes: Buffer.from('the original') },
}

describe('through a channel', () => {
  it('documents, references and faults pass unchanged', async () => {
    const asked: ExtensionOrder[] = []
    const extender: Extender = {
      extend: async one => {
        asked.push(one)
        if ('url' in one.document) throw new Fault('EXTENSION_REFUSED', 'it will not')
        return { reference: 'r-1', document: one.document.bytes }
      },
      enter: async () => {
        throw new Fault('EXTENDER_CREDENTIALS_REFUSED', 'unknown')
      },
    }
    const remote = remoteExtender(await channelTo(extenderHandlers(extender)))
    const answer = await remote.extend(order)
    expect([answer.reference, bytes.equals(answer.document)]).toEqual(['r-1', true])
    const { original: _, ...rest } = order
    const byUrl = {
      ...rest,
      packaging: 'enveloping',
      document: { name: 'a', url: 'https://files.example.org/a' },
    } as const
    await expect(remote.extend(byUrl)).rejects.toMatchObject({ code: 'EXTENSION_REFUSED', detail: 'it will not' })
    await expect(remote.enter()).rejects.toMatchObject({ code: 'EXTENDER_CREDENTIALS_REFUSED' })
    expect(asked).toEqual([order, byUrl])
  })

  it('without a configured service the worker says so', async () => {
    const remote = remoteExtender(await channelTo(extenderHandlers(undefined)))
    await expect(remote.extend(order)).rejects.toMatchObject({ code: 'EXTENDER_ABSENT' })
  })

  it.each<[string, Handler]>([
    ['no bytes', async () => null],
    [
      'two answers',
      async (_params, { emit }) => {
        await emit({ reference: '' }, piecesOf(1, 10))
        await emit({ reference: '' }, piecesOf(1, 10))
        return null
      },
    ],
    [
      'a reference with a line break',
      async (_params, { emit }) => {
        await emit({ reference: 'a\nb' }, piecesOf(1, 10))
        return null
      },
    ],
    [
      'something beside the reference',
      async (_params, { emit }) => {
        await emit({ reference: 'a', token: 'b' }, piecesOf(1, 10))
        return null
      },
    ],
    [
      'more than any document',
      async (_params, { emit }) => {
        await emit({ reference: 'a' }, piecesOf(2_100, 65_536))
        return null
      },
    ],
  ])('%s is FRAME_INVALID and ends the worker', async (_what, handler) => {
    const channel = await channelTo(new Map([['extend', handler]]))
    await expect(remoteExtender(channel).extend(order)).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })
})
