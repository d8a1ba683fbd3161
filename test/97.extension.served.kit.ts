// The interface of the extension service as a kiosk serves it: real workers, real trust services, TLS, and a client's files.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { servedExtension } from '../device/extending.ts'
import { newIdFrom, systemRandom } from '../device/host.ts'
import { startApi } from '../device/http/api.ts'
import { createBatches } from '../device/requests/batches.ts'
import { openRooms } from '../device/rooms.ts'
import type { Store } from '../device/store/store.ts'
import type { FortressOptions } from '../drivers/extender/fortress.ts'
import { newPlace, openAt } from './25.store.setup.ts'
import { logInto } from './95.afirma.desk.ts'
import { signedBy } from './97.extension.kit.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'
import { pem } from './sim/pki.ts'
import { createTestCa } from './sim/tls.ts'
import { createTrustServices, type TrustServices } from './sim/trust-services.ts'

export interface ServedStand {
  readonly url: string
  readonly trust: TrustServices
  readonly folder: string
  readonly store: Store
  readonly clock: LeapingClock
  readonly logged: readonly string[]
  readonly secret: string
  /** What our own driver needs to be its client. */
  readonly client: FortressOptions
  signed(): Promise<Buffer>
}

export interface ServedOptions {
  readonly extension?: object
  readonly batches?: object
  /** Plain HTTP, for requests by hand. */
  readonly plain?: boolean
}

const secret = 'the-secret-of-the-ledger'

/** Gone after the test. */
export async function servedStand({
  extension = {},
  batches = {},
  plain = false,
}: ServedOptions = {}): Promise<ServedStand> {
  const place = newPlace()
  const at = (name: string) => join(place.root, name)
  const store = openAt(place)
  const trust = await createTrustServices({ now: Date.now, tsaKey: 'P-256' })
  onTestFinished(() => trust.stop())
  const ca = await createTestCa()
  const { key, cert } = await ca.issue(['127.0.0.1'])
  await Promise.all([
    writeFile(at('tls.key'), key, { mode: 0o600 }),
    writeFile(at('tls.pem'), cert),
    writeFile(at('ca.pem'), ca.caPem),
    writeFile(at('root.pem'), pem('CERTIFICATE', trust.pki.root)),
    writeFile(at('secret'), `${secret}\n`, { mode: 0o600 }),
    writeFile(at('other'), 'the-secret-of-the-other\n', { mode: 0o600 }),
  ])
  const config = parseConfig({
    body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
    procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
    timestamping: { url: trust.tsaUrl },
    trust: [at('root.pem')],
    revocation: { allowPrivate: [new URL(trust.base).host] },
    batches,
    api: {
      port: 0,
      ...(!plain && { tls: { certificateFile: at('tls.pem'), keyFile: at('tls.key') } }),
      clients: [
        { id: 'ledger', tokenFile: at('secret') },
        { id: 'other', tokenFile: at('other') },
      ],
      extension,
    },
  })
  const logged: string[] = []
  const around = { clock: createLeapingClock(), random: systemRandom, log: logInto(logged) }
  const rooms = openRooms(config, place.root, around)
  onTestFinished(() => rooms.stop())
  const newId = () => newIdFrom(systemRandom)
  const waiting = createBatches({ config, store, clock: around.clock, log: around.log, newId })
  onTestFinished(() => waiting.stop())
  const anchors = [trust.pki.root]
  const served = servedExtension(config, rooms, { ...around, anchors, newId, folder: place.root, store })
  if (config.api === undefined) throw new Error('no api')
  const parts = { ...around, audit: store.audit, maxBodyBytes: 2 ** 20, batches: waiting, extension: served }
  const api = await startApi({ ...parts, config: config.api })
  onTestFinished(() => api.close())
  return {
    url: api.url,
    trust,
    folder: place.root,
    store,
    clock: around.clock,
    logged,
    secret,
    client: {
      url: api.url,
      clientId: 'ledger',
      clientSecretFile: at('secret'),
      redirectUri: 'https://ledger.example.org/',
      caFile: at('ca.pem'),
      tsa: { type: 'URL', url: trust.tsaUrl },
    },
    signed: () => signedBy(trust),
  }
}

/** Requests by hand. */
export type Served = Pick<ServedStand, 'url' | 'trust' | 'secret' | 'logged'>

export function byHand(stand: Served) {
  const form = (over: Readonly<Record<string, string>> = {}) =>
    new URLSearchParams({
      scope: 'client',
      redirect_uri: 'https://ledger.example.org/',
      client_id: 'ledger',
      client_secret: stand.secret,
      grant_type: 'client_credentials',
      ...over,
    })
  const called = async (path: string, init: RequestInit) => {
    const response = await fetch(new URL(path, stand.url), { method: 'POST', ...init })
    return { status: response.status, body: JSON.parse(await response.text()) as Record<string, string> }
  }
  const token = async () => (await called('/oauth2/v1/token', { body: form() })).body['access_token'] ?? ''
  const extend = async (body: unknown, authorization?: string) =>
    called('/api/v1/signature/extend', {
      headers: { 'content-type': 'application/json', authorization: authorization ?? `Bearer ${await token()}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return { form, called, token, extend }
}

export function asked(stand: Served, bytes: Uint8Array, over: object = {}) {
  const configuration = {
    document: { bytesB64: Buffer.from(bytes).toString('base64'), name: 'contrato.pdf' },
    signatureType: 'PADES_LT',
    signatureAlgorithm: 'RSA_SHA256',
    packaging: 'ENVELOPED',
    tsa: { type: 'URL', url: stand.trust.tsaUrl },
    ...over,
  }
  return { extendSignatureConfigurations: [configuration] }
}
