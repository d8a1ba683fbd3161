// The kinds of destination as the delivery contract wants them: a server of its own each, and a kiosk that has its files.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDelivery, type DestinationOptions } from '../drivers/delivery/destinations.ts'
import { sha256, token } from './60.deliver.setup.ts'
import type { Access, DeliveryUnderTest } from './contract/delivery.ts'
import { startApacheDav } from './sim/apache-dav.ts'
import { startCopia } from './sim/copia.ts'
import { startReceiver } from './sim/receiver.ts'
import { startS3 } from './sim/s3.ts'
import { startSshd } from './sim/sshd.ts'
import { createTestCa } from './sim/tls.ts'

export const folder = 'in/copies'

/** Puts files of these contents into a folder of its own, secrets among them; resolves to their paths. */
export async function newFiles<K extends string>(contents: Readonly<Record<K, string>>) {
  const place = await mkdtemp(join(tmpdir(), 'compulsa-target-'))
  const paths = Object.fromEntries(Object.keys(contents).map(name => [name, join(place, name)])) as Record<K, string>
  for (const name of Object.keys(contents) as K[]) await writeFile(paths[name], `${contents[name]}\n`, { mode: 0o600 })
  return Object.freeze({ ...paths, remove: () => rm(place, { recursive: true, force: true }) })
}

const kiosk = (destination: DestinationOptions) => createDelivery({ destinations: [destination] })
const limitsOf = ({ idleTimeoutMs, deadlineMs }: Access) => ({
  ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
  ...(deadlineMs !== undefined && { deadlineMs }),
})

/** SHA-256 of what a folder holds under its final name. */
export async function copiesIn(place: string): Promise<readonly string[]> {
  const names = await readdir(place).catch(() => [])
  const copies = names.filter(name => name.endsWith('.pdf')).toSorted()
  return Promise.all(copies.map(async name => sha256(await readFile(join(place, name)))))
}

async function strangeCa(): Promise<string> {
  return (await createTestCa()).caPem
}

export async function openHttps(): Promise<DeliveryUnderTest> {
  const server = await startReceiver({ token })
  const files = await newFiles({ ca: server.caPem, strangeCa: await strangeCa(), token, strangeToken: 'another-one' })
  const { port, pathname } = new URL(server.url)
  return {
    port: Number(port),
    secrets: [token],
    delivery: access =>
      kiosk({
        id: 'archive',
        driver: 'https',
        url: `https://127.0.0.1:${access.port}${pathname}`,
        caFile: access.strange === 'server' ? files.strangeCa : files.ca,
        tokenFile: access.strange === 'kiosk' ? files.strangeToken : files.token,
        ...limitsOf(access),
      }),
    effects: async () => server.received().map(effect => effect.sha256),
    stop: async () => {
      await server.stop()
      await files.remove()
    },
  }
}

export async function openS3(): Promise<DeliveryUnderTest> {
  const server = await startS3()
  const { accessKeyId, secretKey, region } = server.credentials
  const files = await newFiles({
    ca: server.caPem,
    strangeCa: await strangeCa(),
    secret: secretKey,
    strange: 'another',
  })
  return {
    port: server.port,
    secrets: [secretKey],
    delivery: access =>
      kiosk({
        id: 'archive',
        driver: 's3',
        url: `https://127.0.0.1:${access.port}`,
        region,
        bucket: server.bucket,
        folder,
        accessKeyId,
        secretKeyFile: access.strange === 'kiosk' ? files.strange : files.secret,
        caFile: access.strange === 'server' ? files.strangeCa : files.ca,
        ...limitsOf(access),
      }),
    effects: async () => {
      const copies = [...server.objects()].filter(([key]) => key.endsWith('.pdf'))
      return copies.map(([, object]) => Buffer.from(object.sha256, 'base64').toString('hex'))
    },
    stop: async () => {
      await server.stop()
      await files.remove()
    },
  }
}

export async function openSftp(by: 'key' | 'password'): Promise<DeliveryUnderTest> {
  const server = await startSshd()
  const files = await newFiles({ password: server.password, strange: 'another' })
  return {
    port: server.port,
    secrets: [server.password],
    delivery: access => {
      const own =
        by === 'key'
          ? { keyFile: access.strange === 'kiosk' ? server.strangeKeyFile : server.keyFile }
          : { passwordFile: access.strange === 'kiosk' ? files.strange : files.password }
      return kiosk({
        id: 'archive',
        driver: 'sftp',
        host: '127.0.0.1',
        port: access.port,
        user: server.user,
        folder,
        hostKeyFile: access.strange === 'server' ? server.strangeHostKeyFile : server.hostKeyFile,
        ...own,
        ...limitsOf(access),
      })
    },
    effects: () => copiesIn(join(server.home, folder)),
    stop: async () => {
      await server.stop()
      await files.remove()
    },
  }
}

export async function openWebdav(): Promise<DeliveryUnderTest> {
  const server = await startApacheDav()
  const { user, password } = server
  const files = await newFiles({ ca: server.caPem, strangeCa: await strangeCa(), password, strange: 'another' })
  return {
    port: server.port,
    secrets: [password, Buffer.from(`${user}:${password}`).toString('base64')],
    delivery: access =>
      kiosk({
        id: 'archive',
        driver: 'webdav',
        url: `https://127.0.0.1:${access.port}/${folder}`,
        user,
        passwordFile: access.strange === 'kiosk' ? files.strange : files.password,
        caFile: access.strange === 'server' ? files.strangeCa : files.ca,
        ...limitsOf(access),
      }),
    effects: () => copiesIn(join(server.root, folder)),
    stop: async () => {
      await server.stop()
      await files.remove()
    },
  }
}

export async function openCopia(): Promise<DeliveryUnderTest> {
  const server = await startCopia()
  const { domain, key, ens } = server.registered
  const files = await newFiles({ ca: server.caPem, strangeCa: await strangeCa(), key, strange: 'another' })
  return {
    port: server.port,
    secrets: [key],
    delivery: access =>
      kiosk({
        id: 'archive',
        driver: 'copia',
        url: `https://127.0.0.1:${access.port}`,
        ens: ens[0] ?? '',
        user: 'núria.vidal',
        domain,
        keyFile: access.strange === 'kiosk' ? files.strange : files.key,
        caFile: access.strange === 'server' ? files.strangeCa : files.ca,
        ...limitsOf(access),
      }),
    effects: async () => server.received().map(({ sha256: digest }) => digest),
    stop: async () => {
      await server.stop()
      await files.remove()
    },
  }
}
