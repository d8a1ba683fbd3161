// Pinned servers: whoever has another key than the pinned ones gets nothing, be its certificate of the right authority, and
// every driver tells it by the same code; what a pin is, openssl says.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asFault } from '../device/errors.ts'
import { createHostPauses } from '../device/host-pauses.ts'
import { createOpenapiCardShop } from '../drivers/cardshop/openapi.ts'
import { createDelivery, type DestinationOptions } from '../drivers/delivery/destinations.ts'
import { createFortressExtender } from '../drivers/extender/fortress.ts'
import { request } from '../drivers/http.ts'
import { keysOf } from '../drivers/peers/tls.ts'
import { createHttpReferences } from '../drivers/reference/http.ts'
import { createHttpRevocation } from '../drivers/revocation/http.ts'
import { createSealServices, type SealServiceConfig } from '../drivers/seal/services.ts'
import { createRfc3161Timestamper } from '../drivers/timestamper/rfc3161.ts'
import { createHttpTriphase } from '../drivers/triphase/http.ts'
import { copy, never } from './60.deliver.setup.ts'
import { listen, namesake, openChanged, pinByOpenssl } from './62.pins.kit.ts'
import { createTestCa } from './sim/tls.ts'

type Scene = Awaited<ReturnType<typeof openChanged>>
let ca: Scene['ca']
let other: Scene['other']
let files: Scene['files']
let pin: Scene['pin']
let stop: Scene['stop']

beforeAll(async () => {
  ;({ ca, other, files, pin, stop } = await openChanged())
})
afterAll(() => stop())

interface Pinned {
  readonly url: string
  readonly caFile: string
  readonly pins: readonly string[]
}

/** Each driver asks something of a pinned server; resolves to the code by which it tells what came of it. */
const drivers: Readonly<Record<string, (server: Pinned) => Promise<string>>> = {
  https: server => delivered({ id: 'archive', driver: 'https', ...server }),
  webdav: server => delivered({ id: 'archive', driver: 'webdav', ...server }),
  s3: server =>
    delivered({
      ...{ id: 'archive', driver: 's3', region: 'eu-south-2', bucket: 'copies', accessKeyId: 'AKIA' },
      ...{ secretKeyFile: files.secret, ...server },
    }),
  copia: server =>
    delivered({
      ...{ id: 'archive', driver: 'copia', ens: '9821920002', user: 'kiosk', domain: 'https://kiosk.example' },
      ...{ keyFile: files.secret, ...server },
    }),
  'time-stamping': server => told(createRfc3161Timestamper({ kind: 'URL', ...server }).stamp(new Uint8Array(8))),
  fortress: server =>
    told(
      createFortressExtender({
        ...{ clientId: 'kiosk', clientSecretFile: files.secret, redirectUri: 'https://kiosk.example/' },
        ...{ tsa: { type: 'URL', url: 'https://tsa.example/' }, ...server },
      }).enter(),
    ),
  'card shop': async server => {
    const outcome = await createOpenapiCardShop({ tokenFile: files.secret, ...server }).products()
    return 'code' in outcome ? outcome.code : outcome.outcome
  },
  trustedx: server =>
    sealed({
      ...{ id: 'seals', driver: 'trustedx', tokenUrl: `${server.url}/token`, clientId: 'kiosk' },
      ...{ clientSecretFile: files.secret, scope: 'sign', ...server },
    }),
  csc: server => sealed({ id: 'seals', driver: 'csc', version: '2', ...server }),
  'csc, its tokens': server =>
    sealed({
      ...{ id: 'seals', driver: 'csc', version: '2', tokenUrl: `${server.url}/token`, clientId: 'kiosk' },
      ...{ clientSecretFile: files.secret, ...server },
    }),
}

async function delivered(destination: DestinationOptions): Promise<string> {
  const outcome = await createDelivery({ destinations: [destination] }).deliver(copy(), never)
  return 'code' in outcome ? outcome.code : outcome.outcome
}

const sealed = (service: SealServiceConfig) =>
  told(createSealServices({ services: [service], table: [] }).identities('seals'))

function told(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (thrown: unknown) => asFault(thrown).code,
  )
}

const pinnedTo = (...pins: readonly string[]): Pinned => ({ url: other.url, caFile: files.ca, pins })

describe.each(Object.entries(drivers))('%s', (_, ask) => {
  it('sends nothing to a server with another key of the same authority, and says so', async () => {
    const before = [await other.bytes(), other.connections()] as const
    expect(await ask(pinnedTo(pin.expected))).toBe('TLS_PIN_MISMATCH')
    expect(await other.bytes()).toBe(before[0])
    expect(other.connections()).toBeGreaterThan(before[1])
  })

  it('asks a server whose key is one of the pinned, or whose authority’s is', async () => {
    for (const fitting of [pin.other, pin.authority]) {
      const before = await other.bytes()
      expect(await ask(pinnedTo(pin.expected, fitting))).not.toBe('TLS_PIN_MISMATCH')
      expect(await other.bytes()).toBeGreaterThan(before)
    }
  })
})

describe('documents of others', () => {
  it('are not fetched from a pinned host with another key, nor without TLS', async () => {
    const { host } = new URL(other.url)
    const pins = { [host]: [pin.expected] }
    const shared = { hosts: [host], allowPrivate: [host], maxBytes: 1000, caFiles: { [host]: files.ca } }
    const before = await other.bytes()
    for (const url of [`${other.url}/a.pdf`, `http://${host}/a.pdf`]) {
      const fetched = createHttpReferences({ ...shared, pins }).fetch(url)
      await expect(fetched).rejects.toMatchObject({
        code: 'REFERENCE_UNAVAILABLE',
        detail: expect.stringContaining('pinned'),
      })
    }
    expect(await other.bytes()).toBe(before)
    await expect(createHttpReferences({ ...shared, pins: {} }).fetch(`${other.url}/a.pdf`)).rejects.toThrow(
      'answered 500',
    )
  })
})

describe('what certificates point to', () => {
  it('is not asked by TLS where its host is pinned and has another key', async () => {
    const { host } = new URL(other.url)
    const shared = { allowPrivate: [host], caFiles: { [host]: files.ca } }
    const before = await other.bytes()
    for (const what of ['crl', 'issuer'] as const) {
      const asked = createHttpRevocation({ ...shared, pins: { [host]: [pin.expected] } }).fetch(other.url, what)
      await expect(asked).rejects.toMatchObject({ detail: expect.stringContaining('not pinned') })
    }
    expect(await other.bytes()).toBe(before)
    const { fetch } = createHttpRevocation({ ...shared, pins: { [host]: [pin.other] } })
    await expect(fetch(other.url, 'crl')).rejects.toThrow('answered 500')
    await expect(createHttpRevocation({ allowPrivate: [host] }).fetch(other.url, 'crl')).rejects.toThrow(
      'UNABLE_TO_VERIFY',
    )
  })
})

describe('a three-phase service', () => {
  it('is sent nothing where its host is pinned and has another key', async () => {
    // 127.0.0.1 is never a page's own server.
    const server = await listen(await ca.issue(['127.0.0.2']), '127.0.0.2')
    try {
      const { host } = new URL(server.url)
      const post = (pins: Readonly<Record<string, readonly string[]>>) =>
        createHttpTriphase({ allowPrivate: [host], caFiles: { [host]: files.ca }, pins }).post({
          ...{ url: `${server.url}/presign`, allowedHosts: [host] },
          ...{ batch: Buffer.from('{}'), certificates: [Buffer.from('der')] },
        })
      await expect(post({ [host]: [pin.expected] })).rejects.toMatchObject({
        detail: expect.stringContaining('not pinned'),
      })
      expect(await server.bytes()).toBe(0)
      await expect(post({})).rejects.toMatchObject({ detail: expect.stringContaining('answered 500') })
    } finally {
      await server.stop()
    }
  })
})

describe('the chain', () => {
  it('comes before the pin: a pinned key under a strange authority is not trusted', async () => {
    const strange = await createTestCa()
    const asked = request({ method: 'GET', url: other.url, ca: strange.caPem, pins: [pin.other] })
    await expect(asked).rejects.toMatchObject({ kind: 'tls' })
    const elsewhere = await listen(await ca.issue(['elsewhere.example']))
    try {
      await expect(keysAt(elsewhere.url)).rejects.toMatchObject({ code: 'DESTINATION_UNTRUSTED' })
    } finally {
      await elsewhere.stop()
    }
  })

  it('counts only issuers that have signed: a certificate that is sent along with a pinned key and a known name does not', async () => {
    const { identity, rootPem, pinnedPem } = await namesake()
    const server = await listen(identity)
    try {
      const pins = [await pinByOpenssl(pinnedPem)]
      const asked = request({ method: 'GET', url: server.url, ca: rootPem, pins })
      await expect(asked).rejects.toMatchObject({ kind: 'pin' })
      expect(await server.bytes()).toBe(0)
    } finally {
      await server.stop()
    }
  })
})

const keysAt = (url: string) => keysOf({ url, caFile: files.ca })

describe('the keys of a server', () => {
  it('are told as openssl tells them, its own first, and nothing is sent for it', async () => {
    const before = await other.bytes()
    expect(await keysAt(other.url)).toEqual([pin.other, pin.authority])
    expect(await other.bytes()).toBe(before)
    await expect(keysAt('https://127.0.0.1:1')).rejects.toMatchObject({ code: 'DESTINATION_UNREACHABLE' })
  })
})

describe('a host with another key', () => {
  it('is left alone at once, not after three copies', () => {
    const pauses = createHostPauses({
      destinations: [{ id: 'a', driver: 'https', url: 'https://a.example' }],
      tasks: { at: () => undefined },
      clock: { now: () => 0 },
      random: { fraction: () => 0 },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      wake: () => undefined,
      makeDue: () => undefined,
    })
    const { outcome: _, ...rest } = { outcome: '', code: 'TLS_PIN_MISMATCH', detail: '', nextAttemptAt: '' } as const
    pauses.tell('a', { type: 'deliveryPostponed', destinationId: 'a', ...rest })
    expect(pauses.paused()).toMatchObject([{ host: 'a.example:443' }])
  })
})
