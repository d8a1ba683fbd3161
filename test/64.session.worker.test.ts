// A session in the real sign worker: when its process is killed the session is lost, and the next process knows nothing of
// it: the card is opened with its PIN or not at all. A module that woke too early is woken again.

import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../device/host.ts'
import type { SessionRequest } from '../device/ports.ts'
import { launchWorker, type Worker } from '../drivers/worker/launch.ts'
import { remoteSigner } from '../drivers/worker/remote-signer.ts'
import { memoryLog, until } from './20.worker.setup.ts'
import { type Folder, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki } from './sim/pki.ts'
import { createSoftToken, type SoftToken, softHsmModule } from './sim/token.ts'

let folder: Folder
let token: SoftToken
let worker: Worker

beforeAll(async () => {
  folder = await temporaryFolder()
  const identity = await (await createTestPki({ now })).signer()
  token = await createSoftToken({ folder: folder.path, entries: [{ identity }] })
  const config = { modules: [{ path: softHsmModule }], keyStores: [], environment: token.environment }
  worker = launchWorker({ name: 'sign', entry: 'sign.ts', config, log: memoryLog(), clock: systemClock })
})
afterAll(async () => {
  await worker.stop()
  await folder.remove()
})

function pidOf(): number | undefined {
  const status = worker.status()
  return status.state === 'running' ? status.pid : undefined
}

describe('a session whose worker is killed', () => {
  it('is lost, and leaves nothing logged in', async () => {
    const signer = remoteSigner(worker.channel)
    const request: SessionRequest = { tokenId: token.tokenId, keyId: '01', pin: Buffer.from(token.pin) }
    const toSign = { algorithm: 'SHA256withRSA', digest: createHash('sha256').update('').digest() } as const
    const answer = await signer.open(request)
    if (answer.outcome !== 'open') throw new Error(answer.outcome)
    const { session } = answer
    expect(await session.sign(toSign)).toMatchObject({ outcome: 'signed' })
    const waiting = signer.open(request)
    const pid = pidOf()
    if (pid === undefined) throw new Error('no worker')
    process.kill(pid, 'SIGKILL')
    await expect(waiting).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await expect(session.sign(toSign)).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await until(() => pidOf() !== undefined && pidOf() !== pid, 'the next process')
    await expect(session.sign(toSign)).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await session.close()
    expect(await signer.open({ ...request, pin: Buffer.from('000000') })).toMatchObject({ outcome: 'pin-wrong' })
    const again = await signer.open(request)
    if (again.outcome !== 'open') throw new Error(again.outcome)
    expect(await again.session.sign(toSign)).toMatchObject({ outcome: 'signed' })
    await again.session.close()
  })
})

describe('a module that came up before there was a token', () => {
  it('sees the token that comes later', async () => {
    const later = await temporaryFolder()
    onTestFinished(() => later.remove())
    const tokens = join(later.path, 'tokens')
    await mkdir(tokens)
    const settings = ['objectstore.backend = file', 'log.level = ERROR', `directories.tokendir = ${tokens}`]
    const environment = { SOFTHSM2_CONF: await later.write('softhsm2.conf', settings.join('\n')) }
    const config = { modules: [{ path: softHsmModule }], keyStores: [], environment }
    const early = launchWorker({ name: 'sign', entry: 'sign.ts', config, log: memoryLog(), clock: systemClock })
    onTestFinished(() => early.stop())
    const signer = remoteSigner(early.channel)
    expect(await signer.tokens()).toEqual([])
    const { tokenId } = await createSoftToken({ folder: later.path })
    await vi.waitUntil(async () => (await signer.tokens()).length > 0, { timeout: 20_000, interval: 100 })
    expect((await signer.tokens()).map(({ id }) => id)).toEqual([tokenId])
  })
})
