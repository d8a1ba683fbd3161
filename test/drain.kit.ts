// Receivers of each kind behind links that can be taken away, and the configuration of a kiosk whose sealed copies wait for them.

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copiesIn } from './60.targets.kit.ts'
import type { QueuedCopy } from './queued.kit.ts'
import { startApacheDav } from './sim/apache-dav.ts'
import { type Line, startLine } from './sim/line.ts'
import { startReceiver } from './sim/receiver.ts'
import { startS3 } from './sim/s3.ts'
import { startSshd } from './sim/sshd.ts'

export type Kind = 'https' | 's3' | 'webdav' | 'sftp'

export interface Far {
  readonly kind: Kind
  /** As the configuration names it, `id` being the kind. */
  readonly destination: object
  /** For a client of others. */
  readonly url: string
  link(up: boolean): Promise<void>
  /** SHA-256 of what has had its effect, each time that it had one. */
  effects(): Promise<readonly string[]>
  /** How many, without reading them. */
  count(): Promise<number>
  stop(): Promise<void>
}

const folder = 'in'
const cut = { line: 'cut', direction: 'up', afterBytes: 0 } as const

/** Starts one, with its link up. `place` is where files for the kiosk and what the receiver keeps may lie. */
export async function startFar(kind: Kind, place: string): Promise<Far> {
  await mkdir(place, { recursive: true })
  const file = async (name: string, text: string) => {
    const path = join(place, `${kind}.${name}`)
    await writeFile(path, `${text}\n`, { mode: 0o600 })
    return path
  }
  switch (kind) {
    case 'https':
      return farHttps(place, file)
    case 's3':
      return farS3(file)
    case 'webdav':
      return farDav(file)
    case 'sftp':
      return farSftp()
  }
}

type Keep = (name: string, text: string) => Promise<string>

async function farHttps(place: string, keep: Keep): Promise<Far> {
  const server = await startReceiver({ folder: join(place, 'received') })
  const caFile = await keep('ca', server.caPem)
  return {
    kind: 'https',
    destination: { id: 'https', driver: 'https', url: server.url, caFile },
    url: server.url,
    // Nobody listens, and what was connected is cut off.
    link: up => server.set({ preset: up ? 'honest' : 'offline' }),
    effects: async () => server.received().map(({ sha256 }) => sha256),
    count: async () => server.received().length,
    stop: () => server.stop(),
  }
}

async function farS3(keep: Keep): Promise<Far> {
  const server = await startS3()
  const line = await startLine(server.port)
  const { accessKeyId, secretKey, region } = server.credentials
  const url = `https://127.0.0.1:${line.port}`
  const files = { secretKeyFile: await keep('secret', secretKey), caFile: await keep('ca', server.caPem) }
  const bucket = { region, bucket: server.bucket, folder, accessKeyId }
  const copies = () => [...server.objects()].filter(([key]) => key.endsWith('.pdf'))
  return {
    kind: 's3',
    destination: { id: 's3', driver: 's3', url, ...bucket, ...files },
    url,
    link: linkOf(line),
    effects: async () => copies().map(([, { sha256 }]) => Buffer.from(sha256, 'base64').toString('hex')),
    count: async () => copies().length,
    stop: async () => void (await Promise.all([server.stop(), line.stop()])),
  }
}

async function farDav(keep: Keep): Promise<Far> {
  const server = await startApacheDav()
  const line = await startLine(server.port)
  const url = `https://127.0.0.1:${line.port}/${folder}`
  const files = { passwordFile: await keep('password', server.password), caFile: await keep('ca', server.caPem) }
  return {
    kind: 'webdav',
    destination: { id: 'webdav', driver: 'webdav', url, user: server.user, ...files },
    url,
    link: linkOf(line),
    ...folderOf(join(server.root, folder)),
    stop: async () => void (await Promise.all([server.stop(), line.stop()])),
  }
}

async function farSftp(): Promise<Far> {
  const server = await startSshd()
  const line = await startLine(server.port)
  const { user, keyFile, hostKeyFile } = server
  return {
    kind: 'sftp',
    destination: { id: 'sftp', driver: 'sftp', host: '127.0.0.1', port: line.port, user, folder, hostKeyFile, keyFile },
    url: `sftp://127.0.0.1:${line.port}/~/${folder}`,
    link: linkOf(line),
    ...folderOf(join(server.home, folder)),
    stop: async () => void (await Promise.all([server.stop(), line.stop()])),
  }
}

const linkOf = (line: Line) => async (up: boolean) => line.set(up ? { line: 'whole' } : cut)

function folderOf(path: string): Pick<Far, 'effects' | 'count'> {
  const names = () => readdir(path).catch((): string[] => [])
  return {
    effects: () => copiesIn(path),
    count: async () => (await names()).filter(name => name.endsWith('.pdf')).length,
  }
}

/** One procedure for each of them, named after it, whose copies the body's seal signs. */
export function configurationFor(far: readonly Far[]): object {
  const ens = '9821920002'
  const service = {
    id: 'seals',
    driver: 'trustedx',
    url: 'https://seal.invalid',
    tokenUrl: 'https://seal.invalid/token',
  }
  return {
    body: { name: { ca: 'Ens' }, ine10: ens, dir3: 'L01080193' },
    destinations: far.map(({ destination }) => destination),
    seal: {
      services: [{ ...service, clientId: 'kiosk', clientSecretFile: 'secret' }],
      table: [{ ens, service: 'seals', identity: 'seal' }],
    },
    procedures: far.map(({ kind }) => ({
      id: kind,
      title: { ca: kind },
      signature: { mode: 'seal' },
      attestation: { by: 'automated', resolution: '12/2026' },
      destinations: [kind],
    })),
  }
}

/** What went wrong, if anything: copies that are missing there, that are there more than once, or that nobody sent. */
export function unlikeQueued(kind: Kind, effects: readonly string[], queued: readonly QueuedCopy[]): readonly string[] {
  const left = new Map(queued.filter(one => one.procedureId === kind).map(one => [one.sha256, one.id]))
  const strange = effects.filter(sha256 => !left.delete(sha256))
  return [
    ...strange.map(sha256 => `${kind}: ${sha256} once more, or nobody's`),
    ...[...left.values()].map(id => `${kind}: ${id} is missing`),
  ]
}
