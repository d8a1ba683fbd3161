// What the kiosk is known by at each service lies in files of its own. One that others than its owner can read is not used:
// nobody is even connected to, the file is named, and nothing of what it holds is told.

import { chmod } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asFault } from '../device/errors.ts'
import { createWebhooks } from '../drivers/callback/webhook.ts'
import { createOpenapiCardShop } from '../drivers/cardshop/openapi.ts'
import { createFire } from '../drivers/clave/fire.ts'
import { createDelivery, type DestinationOptions } from '../drivers/delivery/destinations.ts'
import { createFortressExtender } from '../drivers/extender/fortress.ts'
import { createSealServices, type SealServiceConfig } from '../drivers/seal/services.ts'
import { createRfc3161Timestamper } from '../drivers/timestamper/rfc3161.ts'
import { copy, never } from './60.deliver.setup.ts'
import { newFiles } from './60.targets.kit.ts'
import { listen } from './94.hosts.kit.ts'

const secret = 'hunter2-of-the-kiosk'
const known = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`

let files: Awaited<ReturnType<typeof newFiles<'secret' | 'key' | 'hostKeys'>>>
beforeAll(async () => {
  files = await newFiles({ secret, key: known, hostKeys: `ssh-ed25519 ${'A'.repeat(60)}` })
  await Promise.all([files.secret, files.key].map(path => chmod(path, 0o640)))
})
afterAll(() => files.remove())

type Told = { readonly code: string; readonly detail: string }
type Ask = (place: { readonly url: string; readonly port: number }) => Promise<Told | object>

async function thrownBy(work: Promise<unknown>): Promise<Told> {
  const { code, detail } = asFault(
    await work.then(
      () => new Error('it was asked'),
      (thrown: unknown) => thrown,
    ),
  )
  return { code, detail }
}

const delivered = (destination: DestinationOptions) =>
  createDelivery({ destinations: [destination] }).deliver(copy(), never)
const sealed = (service: SealServiceConfig) =>
  thrownBy(createSealServices({ services: [service], table: [] }).identities('s'))

const services: Readonly<Record<string, readonly [code: string, ask: Ask]>> = {
  https: [
    'CREDENTIALS_REFUSED',
    ({ url }) => delivered({ id: 'archive', driver: 'https', url, tokenFile: files.secret }),
  ],
  s3: [
    'CREDENTIALS_REFUSED',
    ({ url }) =>
      delivered({
        ...{ id: 'archive', driver: 's3', region: 'eu-south-2', bucket: 'copies', accessKeyId: 'AKIA' },
        ...{ url, secretKeyFile: files.secret },
      }),
  ],
  webdav: [
    'CREDENTIALS_REFUSED',
    ({ url }) => delivered({ id: 'archive', driver: 'webdav', url, user: 'kiosk', passwordFile: files.secret }),
  ],
  copia: [
    'CREDENTIALS_REFUSED',
    ({ url }) =>
      delivered({
        ...{ id: 'archive', driver: 'copia', ens: '9821920002', user: 'kiosk', domain: 'https://kiosk.example' },
        ...{ url, keyFile: files.secret },
      }),
  ],
  'sftp, by a key': ['CREDENTIALS_REFUSED', ({ port }) => delivered({ ...sftp(port), keyFile: files.key })],
  'sftp, by a password': [
    'CREDENTIALS_REFUSED',
    ({ port }) => delivered({ ...sftp(port), passwordFile: files.secret }),
  ],
  'time-stamping': [
    'TSA_CREDENTIALS_REFUSED',
    ({ url }) =>
      thrownBy(
        createRfc3161Timestamper({ kind: 'USER', url, user: 'kiosk', passwordFile: files.secret }).stamp(Buffer.of(0)),
      ),
  ],
  'time-stamping, by a certificate': [
    'TSA_CREDENTIALS_REFUSED',
    ({ url }) =>
      thrownBy(createRfc3161Timestamper({ kind: 'CERTIFICATE', url, certificateFile: files.key }).stamp(Buffer.of(0))),
  ],
  fortress: [
    'EXTENDER_CREDENTIALS_REFUSED',
    ({ url }) =>
      thrownBy(
        createFortressExtender({
          ...{ url, clientId: 'kiosk', clientSecretFile: files.secret, redirectUri: 'https://kiosk.example/' },
          tsa: { type: 'URL', url: 'https://tsa.example/' },
        }).enter(),
      ),
  ],
  'card shop': ['CREDENTIALS_REFUSED', ({ url }) => createOpenapiCardShop({ url, tokenFile: files.secret }).products()],
  trustedx: [
    'SEAL_CREDENTIALS_REFUSED',
    ({ url }) => sealed({ id: 's', driver: 'trustedx', url, tokenUrl: url, ...client(), scope: 'sign' }),
  ],
  csc: [
    'SEAL_CREDENTIALS_REFUSED',
    ({ url }) => sealed({ id: 's', driver: 'csc', version: '2', url, tokenUrl: url, ...client() }),
  ],
  fire: [
    'CLAVE_CREDENTIALS_REFUSED',
    ({ url }) =>
      thrownBy(
        createFire({
          ...{ url, applicationId: 'app', applicationName: 'Ajuntament', provider: 'claveFirma' },
          certificateFile: files.key,
        }).check(),
      ),
  ],
  callbacks: [
    'CREDENTIALS_REFUSED',
    ({ url, port }) => {
      const hosts = [`127.0.0.1:${port}`]
      const client = { id: 'ledger', hosts, allowPrivate: hosts, callbackSecretFile: files.secret }
      return createWebhooks({ clients: [client] }).call({ client: 'ledger', url, id: 'N', at: 0, body: '{}' })
    },
  ],
}

const client = () => ({ clientId: 'kiosk', clientSecretFile: files.secret })
const sftp = (port: number) =>
  ({
    id: 'archive',
    driver: 'sftp',
    host: '127.0.0.1',
    port,
    user: 'kiosk',
    folder: 'in',
    hostKeyFile: files.hostKeys,
  }) as const

it.each(Object.entries(services))('%s', async (_name, [code, ask]) => {
  const host = await listen((_asked, answer) => answer.end())
  const told = await ask({ url: `https://127.0.0.1:${host.port}`, port: host.port })
  expect(told).toMatchObject({ code, detail: expect.stringContaining('mode 0600') })
  expect(JSON.stringify(told)).not.toContain(secret)
  expect(host.connections()).toBe(0)
})
