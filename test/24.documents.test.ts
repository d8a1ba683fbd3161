// The room for foreign files: what a job gives back, what it asks for meanwhile, and how it ends when the work inside
// hangs, grows without end or breaks.

import { appendFile, stat, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ask, DocumentJobs, SignJob } from '../device/ades/job.ts'
import { Fault } from '../device/errors.ts'
import { systemClock } from '../device/host.ts'
import { launchWorker } from '../drivers/worker/launch.ts'
import { remoteDocuments } from '../drivers/worker/remote-documents.ts'
import { memoryLog } from './20.worker.setup.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'

let folder: Folder
let input: string
let content: string

beforeAll(async () => {
  folder = await temporaryFolder()
  input = await folder.write('input', 'first')
  content = await folder.write('content', 'second')
})
afterAll(() => folder.remove())

const job = (contentName: string): SignJob => ({
  job: 'sign',
  format: 'PAdES',
  level: 'B',
  operation: 'sign',
  packaging: 'enveloped',
  identity: { algorithm: 'SHA256withRSA', certificate: Uint8Array.of(1), chain: [] },
  properties: { signingTime: 0 },
  contentName,
  target: 'LEAFS',
  pdf: {},
  anchors: [],
})

const fault = (code: string) => expect.objectContaining({ code })

/** One job in a worker of its own, which is gone afterwards. */
async function perform(
  what: string,
  more: {
    readonly budgetMs?: number
    readonly answer?: (ask: Ask) => Promise<Uint8Array>
    readonly password?: Uint8Array
    readonly signal?: AbortSignal
    /** Instead of the usual one. */
    readonly path?: string
  } = {},
): ReturnType<DocumentJobs['perform']> {
  const entry = new URL('./24.documents.inside.ts', import.meta.url).href
  const worker = launchWorker({
    name: 'document',
    entry,
    config: {},
    log: memoryLog(),
    clock: systemClock,
    maxHeapMegabytes: 128,
    maxDataBytes: 1_000_000_000,
  })
  const sizeOf = async (path: string) => (await stat(path)).size
  const documents = remoteDocuments(worker.channel, {
    sizeOf,
    ...(more.budgetMs !== undefined && { budgetMs: more.budgetMs }),
  })
  const { answer = async () => Uint8Array.of(), path = input, ...options } = more
  try {
    return await documents.perform(job(what), { input: path, content }, answer, options)
  } finally {
    await worker.stop()
  }
}

describe('a job on a foreign file', () => {
  it('gives its verdict', async () => {
    expect(await perform('verify')).toMatchObject({ outcome: 'verified', report: { indication: 'NO-SIGNATURE' } })
  })

  it('reads its files, gets the password, and gives splices with their bytes', async () => {
    const outcome = await perform('read', { password: Buffer.from('third') })
    expect(outcome).toMatchObject({ outcome: 'written', base: 'input', ignored: ['SignatureId'] })
    const [splice] = outcome.outcome === 'written' ? outcome.splices : []
    expect({ ...splice, insert: Buffer.from(splice?.insert ?? []).toString() }).toEqual({
      offset: 3,
      remove: 1,
      insert: 'firstsecondthird',
    })
  })

  it('asks several things at a time and gets each its answer, however large and late', async () => {
    const answer = async (ask: Ask) => {
      const index = ask.ask === 'stamp' ? (ask.query[0] ?? 0) : 0
      await systemClock.sleep(20 * (5 - index))
      return new Uint8Array(700_000).fill(index)
    }
    const outcome = await perform('ask', { answer })
    const splices = outcome.outcome === 'written' ? outcome.splices : []
    expect(splices.map(({ insert }) => [insert.length, insert[0], insert.at(-1)])).toEqual(
      [0, 1, 2, 3, 4].map(index => [700_000, index, index]),
    )
  })

  it('hears why an answer is refused, and fails with it', async () => {
    const answer = async (): Promise<Uint8Array> => {
      throw new Fault('TSA_UNREACHABLE', 'nobody there')
    }
    await expect(perform('ask', { answer })).rejects.toThrow(fault('TSA_UNREACHABLE'))
  })

  it('is not begun on what is no file', async () => {
    await expect(perform('verify', { path: folder.path })).rejects.toThrow(fault('FILE_UNREADABLE'))
  })

  it('is worth nothing when its file changes meanwhile', async () => {
    const answer = async () => {
      await appendFile(input, '!')
      return Uint8Array.of(7)
    }
    await expect(perform('ask', { answer })).rejects.toThrow(fault('FILE_UNREADABLE'))
    await writeFile(input, 'first')
  })

  it('is not hurried while it waits for an answer', async () => {
    const answer = async () => {
      await systemClock.sleep(1_200)
      return Uint8Array.of(7)
    }
    expect(await perform('ask', { answer, budgetMs: 800 })).toMatchObject({ outcome: 'written' })
  })

  it.each(['hang', 'grow', 'fill'])('is given up when it would %s for ever', async what => {
    await expect(perform(what, { budgetMs: what === 'hang' ? 1_000 : 60_000 })).rejects.toThrow(
      fault('DOCUMENT_TOO_COMPLEX'),
    )
  })

  it('tells a surprise as such', async () => {
    await expect(perform('break')).rejects.toThrow(fault('INTERNAL'))
  })
})
