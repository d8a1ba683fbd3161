// What a monitor is told, for each thing that can be wrong: whether the kiosk can still serve, and why not.

import { describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { Fault } from '../device/errors.ts'
import { createHealth, type Health, type HealthParts } from '../device/health.ts'
import { createPauses } from '../device/pauses.ts'
import type { Queue } from '../device/queue.ts'

const now = Date.UTC(2026, 10, 27, 9)
const config = parseConfig({
  body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
  procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
  devices: { tokenModules: ['/usr/lib/opensc-pkcs11.so'] },
  destinations: [{ id: 'archive', driver: 'https', url: 'https://archive.example' }],
})
const served = {
  ...{ host: '127.0.0.1', port: 0, clients: [] },
  tls: { certificateFile: '/nowhere/kiosk.pem', keyFile: '/nowhere/kiosk.key' },
}
const feeder = { id: 'feeder', name: 'A scanner', driver: 'escl', sources: ['adf'], duplex: true } as const
const trust = () => ({ source: 'time-service', service: 'systemd-timesyncd', at: '2026-11-27T08:59:00.000Z' }) as const
const clock = { now: () => now, trust, sleep: async () => undefined }
const token = { id: 't', label: 'Targeta de la Núria' } as never
const lines = ['archive', 'bucket', 'archive'].map((destination, i) => ({
  ...{ sequence: i + 1, at: now - 9000 + i, event: 'delivered', documentId: 'D', previousHash: '', hash: '' },
  details: JSON.stringify({ destination }),
}))

/** A kiosk in good order, but for what is given. */
function kiosk(change: Partial<HealthParts> = {}): HealthParts {
  return {
    config,
    store: {
      audit: {
        list: ({ after = 0 } = {}) => lines.filter(one => one.sequence > after),
      } as never,
      space: () => ({ freeBytes: 2 ** 34, reserveHeld: true }),
    },
    queue: { list: () => [] },
    scanner: { list: async () => [{ ...feeder, state: 'ready' }] },
    signer: { tokens: async () => [token] },
    pauses: { list: async () => [] },
    clock,
    startedAt: new Date(now - 60_000).toISOString(),
    ...change,
  }
}

const copies = (...given: readonly Partial<ReturnType<Queue['list']>[number]>[]) => ({
  list: () =>
    given.map(one => ({
      ...{ id: 'D', version: 1, stage: 'delivering', createdAt: now, changedAt: now, wakeAt: now, erased: false },
      ...one,
    })) as never,
})
const space = (freeBytes: number, reserveHeld: boolean) => ({
  ...kiosk().store,
  space: () => ({ freeBytes, reserveHeld }),
})
const scanners = (...states: readonly ('ready' | 'busy' | 'absent' | 'fault')[]) => ({
  list: async () => states.map((state, i) => ({ ...feeder, id: `s${i}`, state })),
})
const broken = async () => {
  throw new Fault('WORKER_LOST', 'the worker stopped')
}
const told = ({ status, reasons }: Health) => [
  status,
  ...reasons.map(one => `${one.check} ${one.severity} ${one.code}`),
]

describe('a monitor is told', () => {
  it('nothing but facts of a kiosk in good order', async () => {
    expect(await createHealth(kiosk())()).toEqual({
      ...{ status: 'ok', reasons: [], kiosk: 'kiosk', version: expect.any(String), at: '2026-11-27T09:00:00.000Z' },
      ...{ startedAt: '2026-11-27T08:59:00.000Z', uptimeSeconds: 60, clock: trust() },
      scanners: [{ id: 'feeder', state: 'ready' }],
      card: { state: 'present', code: null },
      documents: expect.objectContaining({ gathering: 0, delivering: 0 }),
      ...{ stopped: 0, oldestWaiting: null, pausedHosts: [] },
      destinations: [{ id: 'archive', host: 'archive.example:443', lastDelivered: new Date(now - 8998).toISOString() }],
      disk: { freeBytes: 2 ** 34, reserveHeld: true },
    })
  })

  it.each<[string, Partial<HealthParts>, readonly string[]]>([
    ['the only scanner is away', { scanner: scanners('absent') }, ['failing', 'scanner failing SCANNER_ABSENT']],
    ['one scanner of two fails', { scanner: scanners('fault', 'busy') }, ['warning', 'scanner warning SCANNER_FAILED']],
    ['the scan worker is lost', { scanner: { list: broken } }, ['failing', 'scanner failing WORKER_LOST']],
    ['the kept space is used up', { store: space(2 ** 20, false) }, ['failing', 'disk failing DISK_FULL']],
    ['space runs short', { store: space(2 ** 28, true) }, ['warning', 'disk warning null']],
    [
      'the medium fails',
      {
        queue: {
          list: () => {
            throw new Fault('STORAGE_FAILED', 'input/output error')
          },
        },
      },
      ['failing', 'storage failing STORAGE_FAILED'],
    ],
    ['the card module fails', { signer: { tokens: broken } }, ['warning', 'card warning WORKER_LOST']],
    [
      'no time service is seen',
      { clock: { ...clock, trust: () => ({ source: 'unknown' }) } },
      ['warning', 'clock warning null'],
    ],
    ['copies are stopped', { queue: copies({ wakeAt: null }, {}) }, ['warning', 'queue warning null']],
    [
      'a copy waits since yesterday',
      { queue: copies({ createdAt: now - 90_000_000 }) },
      ['warning', 'queue warning null'],
    ],
    ['the net worker is lost', { pauses: { list: broken } }, ['warning', 'host warning WORKER_LOST']],
    ['programs are turned away', { config: { ...config, api: served } }, ['warning', 'tls warning FILE_UNREADABLE']],
  ])('that %s', async (_, change, expected) => {
    expect(told(await createHealth(kiosk(change))())).toEqual(expected)
  })

  it('in time, although the card signs; and asks no card where none is configured', async () => {
    const never = (signal?: AbortSignal) =>
      new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const busy = await createHealth(kiosk({ signer: { tokens: never } }))()
    expect([busy.status, busy.card.state]).toEqual(['ok', 'busy'])
    const none = { ...config, devices: { ...config.devices, tokenModules: [] } }
    expect((await createHealth(kiosk({ config: none, signer: { tokens: broken } }))()).card.state).toBe('none')
  })

  it('once for whoever asks within a second', async () => {
    let asked = 0
    let time = now
    const seen = () => {
      asked += 1
      return asked
    }
    const scanner = { list: async () => [{ ...feeder, state: 'ready' as const, id: `seen ${seen()}` }] }
    const look = createHealth(kiosk({ scanner, clock: { ...clock, now: () => time } }))
    await Promise.all([look(), look()])
    time += 1_500
    const at = now + 1_000
    lines.push({ ...lines[0], sequence: 4, at } as never)
    const { destinations } = await look()
    expect(asked).toBe(2)
    expect(destinations[0]?.lastDelivered).toBe(new Date(at).toISOString())
  })
})

describe('a seal service that is left alone', () => {
  const order = (ens: string) => ({ order: { signature: { ens } } })
  const documents = { A: { ...order('0000000001'), hold: null }, B: { ...order('0000000002'), hold: null } } as const
  const seal = {
    services: [{ id: 'one', driver: 'csc', url: 'https://seal.example', version: '2' }],
    table: [{ ens: '0000000001', service: 'one', identity: 'i' }],
  }

  it('is listed with its times, and asked by the copies that wait for it', async () => {
    const events: string[] = []
    const queue = {
      list: () => Object.keys(documents).map(id => ({ id })),
      get: (id: 'A' | 'B') => ({ id, ...documents[id] }),
      commit: (id: string, { type }: { readonly type: string }) => void events.push(`${type} ${id}`),
    } as unknown as Queue
    const resting = { service: 'seal', id: 'one', host: 'seal.example:443', sinceMs: 4_000, leftMs: 1_000 } as const
    const pauses = createPauses({
      config: { ...config, seal: seal as never },
      queue,
      hosts: { paused: () => [], askNow: () => false, subscribe: () => () => true },
      peers: {
        resting: async () => [{ ...resting, code: 'SEAL_UNREACHABLE' }],
        wake: async host => void events.push(`wake ${host}`),
      },
      clock,
    })
    expect(await pauses.list()).toEqual([
      {
        ...{ service: 'seal', host: 'seal.example:443', ids: ['one'], code: 'SEAL_UNREACHABLE', copies: null },
        ...{ since: '2026-11-27T08:59:56.000Z', until: '2026-11-27T09:00:01.000Z' },
      },
    ])
    await expect(pauses.askNow('other.example:443')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await pauses.askNow('seal.example:443')
    expect(events).toEqual(['wake seal.example:443', 'resumed A'])
  })

  it('is told once with all that it is asked for, and asked by all that wait for it', async () => {
    const asked: string[] = []
    const queue = {
      list: ({ stages }: { readonly stages: readonly string[] }) => {
        asked.push(...stages)
        return []
      },
    } as unknown as Queue
    const host = 'services.example:443'
    const rest = { host, sinceMs: 4_000, leftMs: 1_000, code: 'REVOCATION_UNAVAILABLE' } as const
    const called = { host, service: 'callback', ids: ['ledger'], since: 'S', until: 'U', copies: null } as const
    const pauses = createPauses({
      ...{ config, queue, clock },
      hosts: { paused: () => [], askNow: () => false, subscribe: () => () => true },
      peers: {
        resting: async () => [
          { ...rest, service: 'revocation', id: 'ocsp' },
          { ...rest, service: 'revocation', id: 'crl', sinceMs: 9_000, leftMs: 0 },
          { ...rest, service: 'references', id: 'batches' },
          { ...rest, service: 'cards', id: 'cards' },
        ],
        wake: async () => undefined,
      },
      cards: { state: () => ({ creditLow: null }) as never, poll: () => void asked.push('cards') },
      callbacks: {
        paused: () => [{ ...called, code: 'DESTINATION_UNREACHABLE' }],
        askNow: one => asked.push(`callbacks ${one}`) > 0,
        subscribe: () => () => undefined,
      },
    })
    expect(await pauses.list()).toMatchObject([
      {
        service: 'revocation',
        ids: ['ocsp', 'crl'],
        since: '2026-11-27T08:59:51.000Z',
        until: '2026-11-27T09:00:01.000Z',
      },
      { service: 'references', ids: ['batches'] },
      { service: 'cards', ids: ['cards'] },
      { service: 'callback', ids: ['ledger'] },
    ])
    await pauses.askNow(host)
    expect(asked).toEqual([`callbacks ${host}`, 'extending', 'extending', 'cards'])
  })
})
