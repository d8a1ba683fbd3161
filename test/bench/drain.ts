// Ten thousand sealed copies and a link that comes and goes: whether each arrives once, what the kiosk holds in memory meanwhile,
// and how fast the queue empties once the link stays, beside what curl gets into the same receiver in the same run.

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { mostDeliveries } from '../../device/config/destinations.ts'
import { loadConfig } from '../../device/config/file.ts'
import { systemClock, systemRandom } from '../../device/host.ts'
import { openStore } from '../../device/store/store.ts'
import { configurationFor, type Far, startFar, unlikeQueued } from '../drain.kit.ts'
import { type QueuedCopy, queueCopies } from '../queued.kit.ts'
import type { LeapBy } from './drain.child.ts'
import { curlAll, rawDelivery } from './raw-http.ts'
import { median, ratio, type Section } from './report.ts'
import { cpuSecondsUnder, pssUnder } from './tree.ts'

export interface DrainBench {
  readonly folder: string
  /** For the HTTPS receiver; a tenth of them again for bucket and WebDAV, a fiftieth for SFTP. */
  readonly copies: number
  readonly signal: AbortSignal
}

const program = new URL('./drain.child.ts', import.meta.url).pathname
const copyBytes = 64 * 1024
/** The kiosk's clock against the real one. */
const hurry = 10
const stepMs = 500
/** By the kiosk's clock. */
const flapMs = 30_000
const flaps = 8
const rawTransfers = 500

export async function benchDrain({ folder, copies, signal }: DrainBench): Promise<Section[]> {
  await using held = new AsyncDisposableStack()
  // In memory: what is measured is not the disk under the receiver.
  const place = held.adopt(await mkdtemp('/dev/shm/compulsa-drain-'), one => rm(one, { recursive: true }))
  const counts = {
    https: copies,
    s3: Math.ceil(copies / 10),
    webdav: Math.ceil(copies / 10),
    sftp: Math.ceil(copies / 50),
  }
  const far: Far[] = []
  for (const kind of ['https', 's3', 'webdav', 'sftp'] as const) {
    far.push(held.adopt(await startFar(kind, place), one => one.stop()))
  }
  const configFile = join(place, 'compulsa.json')
  writeFileSync(configFile, JSON.stringify(configurationFor(far)))
  const loaded = loadConfig({ configFile, dataFolder: folder })
  const queued = await queueCopies({ ...loaded, clock: systemClock, copies: counts, bytes: copyBytes })
  const [https] = far
  if (https === undefined) throw new Error('no receiver')
  const raws = [await raw(https, place, 'before')]
  const told = await watched({ configFile, folder, far, queued, signal })
  raws.push(await raw(https, place, 'after'))
  return [section(told, raws, queued.length)]
}

interface Raw {
  readonly perSecond: number
  /** Processor time a copy: of curl, and of the process that has the receiver. */
  readonly cpuMs: { readonly curl: number; readonly receiver: number }
}

/** What curl gets into the receiver. */
async function raw({ url, destination }: Far, folder: string, round: string): Promise<Raw> {
  const body = Buffer.from('%PDF-1.7\n'.padEnd(copyBytes, 'page '))
  const requests = Array.from({ length: rawTransfers }, (_, i) => rawDelivery(url, `raw-${round}-${i}`, body))
  const { caFile } = destination as { caFile: string }
  const before = process.cpuUsage()
  const { seconds, cpuSeconds } = await curlAll({ folder, caFile, requests, body, parallel: mostDeliveries })
  const { user, system } = process.cpuUsage(before)
  const cpuMs = { curl: (cpuSeconds * 1000) / rawTransfers, receiver: (user + system) / 1000 / rawTransfers }
  return { perSecond: rawTransfers / seconds, cpuMs }
}

interface Told {
  /** Still waiting for the HTTPS receiver when the link came back for good. */
  readonly left: number
  /** Until the first of them arrived, by the kiosk's clock. */
  readonly noticedSeconds: number
  /** From then on until 99 of 100 had arrived. */
  readonly perSecond: number
  /** Processor time a copy meanwhile: of the kiosk with its workers, and of the process that has the receiver. */
  readonly cpuMs: { readonly kiosk: number; readonly receiver: number }
  /** `flapping` at the end of each half minute. */
  readonly pss: {
    readonly idle: number
    readonly flapping: readonly number[]
    readonly draining: number
    readonly after: number
  }
  readonly faults: readonly string[]
}

interface Watched {
  readonly configFile: string
  readonly folder: string
  readonly far: readonly Far[]
  readonly queued: readonly QueuedCopy[]
  readonly signal: AbortSignal
}

/** The kiosk from its start to its empty queue. Long because it is the whole story in its order. */
async function watched({ configFile, folder, far, queued, signal }: Watched): Promise<Told> {
  await Promise.all(far.map(one => one.link(false)))
  await using kiosk = await startKiosk(configFile, folder)
  const arrived = async () => (await https.count()) - rawTransfers
  const [https] = far as [Far]
  const wanted = queued.filter(({ procedureId }) => procedureId === 'https').length
  await delay(10_000)
  const idle = kiosk.pss()
  const step = async () => {
    signal.throwIfAborted()
    await delay(stepMs)
    kiosk.leap()
  }
  const flapping: number[] = []
  for (let flap = 0; flap < flaps; flap += 1) {
    await Promise.all(far.map(one => one.link(flap % 2 === 0)))
    for (let ms = 0; ms < flapMs; ms += stepMs * hurry) await step()
    flapping.push(kiosk.pss())
  }
  const before = await arrived()
  await Promise.all(far.map(one => one.link(one === https)))
  const back = performance.now()
  while ((await arrived()) === before) await step()
  const noticed = performance.now()
  const used = { kiosk: kiosk.cpuSeconds(), receiver: process.cpuUsage() }
  const most = before + Math.floor((wanted - before) * 0.99)
  let draining = 0
  // By the real time: leaping costs the kiosk what no clock costs it.
  for (let turn = 0; (await arrived()) < most; turn += 1) {
    signal.throwIfAborted()
    await delay(stepMs)
    if (turn % 10 === 0) draining = Math.max(draining, kiosk.pss())
  }
  const almost = performance.now()
  const { user, system } = process.cpuUsage(used.receiver)
  const cpuMs = {
    kiosk: ((kiosk.cpuSeconds() - used.kiosk) * 1000) / (most - before),
    receiver: (user + system) / 1000 / (most - before),
  }
  await Promise.all(far.map(one => one.link(true)))
  while (kiosk.waiting() > 0) await step()
  const pss = { idle, flapping, draining, after: kiosk.pss() }
  const faults: string[] = []
  for (const one of far) {
    const effects = await one.effects()
    faults.push(...unlikeQueued(one.kind, one === https ? effects.slice(rawTransfers) : effects, queued))
  }
  return {
    left: wanted - before,
    noticedSeconds: ((noticed - back) / 1000) * hurry,
    perSecond: (most - before) / ((almost - noticed) / 1000),
    cpuMs,
    pss,
    faults,
  }
}

/** The appliance as a child, with a screen that is told of each change; its clock goes `hurry` times as fast while it is leapt. */
async function startKiosk(configFile: string, folder: string) {
  const { deviceKeyFile, dataFolder } = loadConfig({ configFile, dataFolder: folder })
  // As the first line of cli.ts has it.
  const env = { ...process.env, MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536' }
  const child: ChildProcess = fork(program, [configFile, folder], { env, execArgv: ['--max-semi-space-size=1'] })
  const gone = once(child, 'exit')
  const [url] = await Promise.race([
    once(child, 'message'),
    gone.then(([code]) => {
      throw new Error(`the kiosk ended with ${code}`)
    }),
  ])
  const screen = spawn('curl', ['--silent', '--no-buffer', '--output', '/dev/null', `${url}/screen/events`])
  const reader = openStore({
    ...{ folder: dataFolder, deviceKeyFile, clock: systemClock, random: systemRandom },
    readOnly: true,
  })
  const leap: LeapBy = { leapMs: stepMs * (hurry - 1) }
  return {
    leap: () => void child.send(leap),
    pss: () => pssUnder(child.pid ?? 0),
    cpuSeconds: () => cpuSecondsUnder(child.pid ?? 0),
    waiting: () => reader.list({ stages: ['delivering'], limit: 1 }).length,
    async [Symbol.asyncDispose](): Promise<void> {
      reader.close()
      screen.kill()
      child.disconnect()
      await gone
    },
  }
}

function section(told: Told, raws: readonly Raw[], copies: number): Section {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  const milliseconds = (each: readonly number[]) => each.map(one => one.toFixed(1)).join('; ')
  const { pss, faults } = told
  if (faults.length > 0) throw new Error(`${faults.length} copies are not there once: ${faults.slice(0, 5).join('; ')}`)
  return {
    title: `${copies} sealed copies of ${copyBytes >> 10} KiB, a link that flaps every ${flapMs / 1000} s for ${(flaps * flapMs) / 60_000} min`,
    header: ['', ''],
    rows: [
      ['copies that every receiver has exactly once', String(copies)],
      ['left for the HTTPS receiver when the link stayed', String(told.left)],
      ['its return was noticed after, kiosk’s clock', `${told.noticedSeconds.toFixed(0)} s`],
      ['copies a second then, until 99 % were there', told.perSecond.toFixed(0)],
      ['CPU ms a copy: kiosk; receiver', milliseconds([told.cpuMs.kiosk, told.cpuMs.receiver])],
      ['curl into the same receiver, before and after', raws.map(({ perSecond }) => perSecond.toFixed(0)).join(', ')],
      [
        'CPU ms a copy then: curl; receiver',
        raws.map(({ cpuMs }) => milliseconds([cpuMs.curl, cpuMs.receiver])).join(', '),
      ],
      ['of curl’s', ratio(told.perSecond, median(raws.map(({ perSecond }) => perSecond)))],
      ['memory (PSS, all processes): all waiting', megabytes(pss.idle)],
      ['while the link flapped, each half minute', pss.flapping.map(megabytes).join(', ')],
      ['highest while it drained; after', [pss.draining, pss.after].map(megabytes).join('; ')],
    ],
    notes: [
      `The kiosk’s clock goes ${hurry} times as fast. A bucket, Apache and OpenSSH get a tenth as many each, the last a fiftieth.`,
      `Both keep ${mostDeliveries} connections; the kiosk also decrypts, makes each receipt durable and tells a screen of it.`,
    ],
  }
}
