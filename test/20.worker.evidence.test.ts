// Time-stamps and revocation through the net worker: what a driver says arrives as it was said, what no driver could have
// said is refused, and the worker that the appliance starts does both against the simulated trust services.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { Fault } from '../device/errors.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import type { Revocation, Timestamper } from '../device/ports.ts'
import { openRooms } from '../device/rooms.ts'
import { obtainTimestamp } from '../device/trust/timestamp-request.ts'
import { type Channel, openChannel } from '../drivers/worker/channel.ts'
import { revocationHandlers, timestamperHandlers } from '../drivers/worker/evidence-handlers.ts'
import { remoteRevocation, remoteTimestamper } from '../drivers/worker/remote-evidence.ts'
import { type Handler, type Handlers, serveChannel } from '../drivers/worker/serve.ts'
import { memoryLog, piecesOf, socketPair } from './20.worker.setup.ts'
import { createTrustServices, type TrustServices } from './sim/trust-services.ts'

async function channelTo(handlers: Handlers): Promise<Channel> {
  const [near, far] = await socketPair()
  serveChannel({ input: far, output: far }, handlers)
  return openChannel({ input: near, output: near })
}

const query = Buffer.from([0x30, 0x03, 0x02, 0x01, 0x01])
const reply = Buffer.alloc(600_000, 0x5a)

describe('through a channel', () => {
  it('query and reply pass unchanged, a fault keeps its code', async () => {
    const asked: unknown[] = []
    const timestamper: Timestamper = {
      stamp: async body => {
        asked.push(body)
        return reply
      },
    }
    const revocation: Revocation = {
      ocsp: async (url, body) => {
        asked.push(url, body)
        return reply
      },
      fetch: async (url, what) => {
        asked.push(url, what)
        throw new Fault('REVOCATION_UNAVAILABLE', `${url}: answered 404`)
      },
    }
    const handlers = new Map([...timestamperHandlers(timestamper), ...revocationHandlers(revocation)])
    const channel = await channelTo(handlers)
    expect(reply.equals(await remoteTimestamper(channel).stamp(query))).toBe(true)
    expect(reply.equals(await remoteRevocation(channel).ocsp('http://ocsp.example/', query))).toBe(true)
    await expect(remoteRevocation(channel).fetch('http://ca.example/a.crl', 'crl')).rejects.toMatchObject({
      code: 'REVOCATION_UNAVAILABLE',
      detail: 'http://ca.example/a.crl: answered 404',
    })
    expect(asked).toEqual([query, 'http://ocsp.example/', query, 'http://ca.example/a.crl', 'crl'])
  })

  it('an abort reaches the driver', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    const timestamper: Timestamper = {
      stamp: (_query, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            resolve()
            reject(signal.reason)
          })
        }),
    }
    const controller = new AbortController()
    const channel = await channelTo(timestamperHandlers(timestamper))
    const asked = remoteTimestamper(channel).stamp(query, controller.signal)
    setTimeout(() => controller.abort(new Error('left')), 20)
    await expect(asked).rejects.toThrow('left')
    await aborted
  })

  it('without a configured authority the worker says so', async () => {
    const channel = await channelTo(timestamperHandlers(undefined))
    await expect(remoteTimestamper(channel).stamp(query)).rejects.toMatchObject({ code: 'TSA_ABSENT' })
  })

  it.each<[string, Handler]>([
    ['no bytes', async () => null],
    [
      'two answers',
      async (_params, { emit }) => {
        await emit(null, piecesOf(1, 10))
        await emit(null, piecesOf(1, 10))
        return null
      },
    ],
    [
      'more bytes than any authority sends',
      async (_params, { emit }) => {
        await emit(null, piecesOf(50, 65_536))
        return null
      },
    ],
  ])('%s is FRAME_INVALID and ends the worker', async (_what, handler) => {
    const channel = await channelTo(new Map([['stamp', handler]]))
    await expect(remoteTimestamper(channel).stamp(query)).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })
})

describe('the net worker of the appliance', () => {
  let services: TrustServices
  beforeAll(async () => {
    services = await createTrustServices({ now: Date.now, tsaKey: 'P-256' })
  })
  afterAll(() => services.stop())

  function rooms(more: object) {
    const procedures = [{ id: 'copy', title: { ca: 'Còpia' } }]
    const body = { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' }
    const config = parseConfig({ body, procedures, ...more })
    const opened = openRooms(config, '/nonexistent', { clock: systemClock, random: systemRandom, log: memoryLog() })
    onTestFinished(() => opened.stop())
    return opened
  }

  it('obtains a time-stamp and a list from where the configuration allows', async () => {
    const timestamping = { url: services.tsaUrl }
    const opened = rooms({ timestamping, revocation: { allowPrivate: ['127.0.0.1'] } })
    const token = await obtainTimestamp(
      { digestAlgorithm: 'SHA-256', digest: createHash('sha256').update('x').digest() },
      { timestamper: opened.timestamper(), random: systemRandom.bytes, clock: systemClock },
    )
    expect(Math.abs(token.genTime - Date.now())).toBeLessThan(60_000)
    const crl = await opened.revocation().fetch(`${services.base}root.crl`, 'crl')
    expect(crl.byteLength).toBeGreaterThan(100)
  })

  it('asks no private host that is not named, and has no authority unless it is told one', async () => {
    const opened = rooms({})
    expect(() => opened.timestamper()).toThrow('TSA_ABSENT')
    await expect(opened.revocation().fetch(`${services.base}root.crl`, 'crl')).rejects.toMatchObject({
      code: 'REVOCATION_UNAVAILABLE',
      detail: expect.stringContaining('not a public address'),
    })
  })
})
