// References and three-phase services through the net worker: what a driver says arrives as it was said, what no driver
// could have said is refused, and the worker that the appliance starts asks whom its configuration names.

import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { Fault } from '../device/errors.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import type { References, TriphaseServer } from '../device/ports.ts'
import { openRooms } from '../device/rooms.ts'
import { type Channel, openChannel } from '../drivers/worker/channel.ts'
import { remoteReferences, remoteTriphase } from '../drivers/worker/remote-requests.ts'
import { referenceHandlers, triphaseHandlers } from '../drivers/worker/request-handlers.ts'
import { type Handler, type Handlers, serveChannel } from '../drivers/worker/serve.ts'
import { memoryLog, piecesOf, socketPair } from './20.worker.setup.ts'
import { faultOf, listen } from './94.hosts.kit.ts'

async function channelTo(handlers: Handlers): Promise<Channel> {
  const [near, far] = await socketPair()
  serveChannel({ input: far, output: far }, handlers)
  return openChannel({ input: near, output: near })
}

const document = randomBytes(700_000)
const post = {
  url: 'https://sede.example.org/presign',
  allowedHosts: ['sede.example.org', 'tri.example.org:8443'],
  batch: randomBytes(400_001),
  certificates: [randomBytes(900), randomBytes(901)],
}

describe('through a channel', () => {
  it('documents, requests and answers pass unchanged, a fault keeps its code', async () => {
    const asked: unknown[] = []
    const references: References = {
      fetch: async url => {
        asked.push(url)
        if (url.endsWith('no')) throw new Fault('REFERENCE_REFUSED', 'not there')
        return document
      },
    }
    const server: TriphaseServer = {
      post: async request => {
        asked.push(request)
        return '{"què":"\u{1f58b}"}'
      },
    }
    const channel = await channelTo(new Map([...referenceHandlers(references), ...triphaseHandlers(server)]))
    expect(document.equals(await remoteReferences(channel).fetch('https://example.org/yes'))).toBe(true)
    expect(await faultOf(remoteReferences(channel).fetch('https://example.org/no'))).toBe('REFERENCE_REFUSED not there')
    expect(await remoteTriphase(channel).post(post)).toBe('{"què":"\u{1f58b}"}')
    const tridata = randomBytes(300_002)
    await remoteTriphase(channel).post({ ...post, tridata })
    await remoteTriphase(channel).post({ ...post, tridata: new Uint8Array(0) })
    expect(asked).toEqual([
      'https://example.org/yes',
      'https://example.org/no',
      post,
      { ...post, tridata },
      { ...post, tridata: Buffer.alloc(0) },
    ])
  })

  it('an abort reaches the driver', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    const waiting = (signal: AbortSignal | undefined) =>
      new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          resolve()
          reject(signal.reason)
        })
      })
    const channel = await channelTo(triphaseHandlers({ post: (_request, signal) => waiting(signal) }))
    const controller = new AbortController()
    const asked = remoteTriphase(channel).post(post, controller.signal)
    setTimeout(() => controller.abort(new Error('left')), 20)
    await expect(asked).rejects.toThrow('left')
    await aborted
  })

  it.each<[string, number]>([
    ['less', 3],
    ['more', -3],
  ])('a request with %s input than it announces is not made', async (_what, more) => {
    const made: unknown[] = []
    const server: TriphaseServer = {
      post: async request => {
        made.push(request)
        return '{}'
      },
    }
    const channel = await channelTo(triphaseHandlers(server))
    const params = { url: post.url, allowedHosts: [], certificates: [], batchBytes: 100 + more }
    const conversation = channel.call('triphase', params, { input: piecesOf(1, 100) })
    expect(await faultOf(conversation.next())).toMatch(/^FRAME_INVALID /)
    expect(made).toEqual([])
  })
})

describe('an answer that no driver gives', () => {
  it.each<[string, Handler]>([
    ['no bytes', async () => '{}'],
    [
      'two answers',
      async (_params, { emit }) => {
        await emit(null, piecesOf(1, 10))
        await emit(null, piecesOf(1, 10))
        return null
      },
    ],
    [
      'more bytes than any document may have',
      async (_params, { emit }) => {
        await emit(null, piecesOf(4_097, 65_536))
        return null
      },
    ],
  ])('%s is FRAME_INVALID and ends the worker', async (_what, handler) => {
    const channel = await channelTo(new Map([['reference', handler]]))
    expect(await faultOf(remoteReferences(channel).fetch('https://example.org/'))).toMatch(/^FRAME_INVALID /)
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })
})

describe('the net worker of the appliance', () => {
  function rooms(batches: object) {
    const procedures = [{ id: 'copy', title: { ca: 'Còpia' } }]
    const body = { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' }
    const config = parseConfig({ body, procedures, batches })
    const opened = openRooms(config, '/nonexistent', { clock: systemClock, random: systemRandom, log: memoryLog() })
    onTestFinished(() => opened.stop())
    return opened
  }

  it('fetches and posts where the configuration allows, within its limit', async () => {
    const host = await listen(
      ({ method }, answer) => answer.end(method === 'GET' ? document : '{"td":{}}'),
      '127.0.0.2',
    )
    const hosts = ['127.0.0.2']
    const opened = rooms({ hosts, allowPrivate: hosts, maxDocumentMegabytes: 1 })
    const url = `http://127.0.0.2:${host.port}/`
    expect(document.equals(await opened.references().fetch(url))).toBe(true)
    expect(await opened.triphase().post({ ...post, url, allowedHosts: hosts })).toBe('{"td":{}}')
    expect(await faultOf(opened.triphase().post({ ...post, url }))).toMatch(/^REFERENCE_REFUSED /)
    const large = await listen((_asked, answer) => answer.end(Buffer.alloc(1024 * 1024 + 1)), '127.0.0.2')
    expect(await faultOf(opened.references().fetch(`http://127.0.0.2:${large.port}/`))).toMatch(/^BATCH_TOO_LARGE /)
  })

  it('asks nobody by itself, and no private host that is not named as one', async () => {
    const host = await listen((_asked, answer) => answer.end('reached'))
    const url = `http://127.0.0.1:${host.port}/`
    expect(await faultOf(rooms({}).references().fetch(url))).toMatch(/^REFERENCE_REFUSED .*not among the hosts/)
    expect(
      await faultOf(
        rooms({ hosts: ['127.0.0.1'] })
          .references()
          .fetch(url),
      ),
    ).toMatch(/^REFERENCE_REFUSED .*not a public address/)
    expect(host.asked).toEqual([])
  })
})
