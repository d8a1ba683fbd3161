// Large files: what signing, extending and verifying one takes beside a single pass of `openssl dgst -sha256` over the same
// file just before, and how much memory. Who can append does; the file is cut back afterwards.

import { execFile } from 'node:child_process'
import { mkdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Answerer } from '../oracles/jobs.ts'
import { createTrustServices } from '../sim/trust-services.ts'
import { type Contender, contenders, type Order, ours, type Task } from './contenders.ts'
import { median, type Section, span } from './report.ts'
import { writeScan } from './scan-file.ts'
import { orders } from './signatures.ts'
import { useOf } from './tree.ts'

export interface LargeFileBench {
  readonly folder: string
  /** Sizes of the files. */
  readonly megabytes: readonly number[]
  readonly rounds: number
  /** Ends the measuring before the next run. */
  readonly signal: AbortSignal
}

const run = promisify(execFile)
/** What takes longer is run once. */
const patienceSeconds = 8
const pades = { format: 'PAdES', algorithm: 'SHA256withRSA' } as const
const tasks: readonly (Task & { readonly title: string })[] = [
  { ...pades, verb: 'sign', level: 'B', title: 'sign, B-B' },
  { ...pades, verb: 'sign', level: 'LTA', title: 'sign, B-LTA' },
  { ...pades, verb: 'extend', level: 'LTA', title: 'extend from B-B to B-LTA' },
  { ...pades, verb: 'verify', level: 'LTA', title: 'verify, B-LTA' },
]

interface Run {
  readonly seconds: number
  /** One pass of openssl over the file. */
  readonly passSeconds: number
  readonly peakRssBytes: number
}

/** One section for each size. */
export async function* benchLargeFiles({ folder, megabytes, rounds, signal }: LargeFileBench): AsyncGenerator<Section> {
  await mkdir(folder, { recursive: true })
  await using started = new AsyncDisposableStack()
  const services = started.adopt(await createTrustServices({ now: Date.now, tsaKey: 'RSA-2048' }), one => one.stop())
  const orderFor = await orders(folder, services)
  for (const size of megabytes) {
    const file = join(folder, 'scan.pdf')
    await writeScan(file, size)
    const bytes = (await stat(file)).size
    const rows: string[][] = []
    const able = contenders.filter(one => one.installed && bytes <= one.maxBytes)
    for (const one of able) {
      const runs = await runsOf(one, { orderFor, rounds, signal, bytes })
      rows.push(...[...runs].map(([title, all]) => row(`${one.name}: ${title}`, all, bytes)))
    }
    await rm(file)
    const missing = contenders.filter(one => !able.includes(one)).map(({ name }) => name)
    yield section(bytes, rows, rounds, missing)
  }
}

interface Runs {
  readonly orderFor: Awaited<ReturnType<typeof orders>>
  readonly rounds: number
  readonly signal: AbortSignal
  readonly bytes: number
}

async function runsOf(one: Contender, { orderFor, rounds, signal, bytes }: Runs): Promise<Map<string, Run[]>> {
  const results = new Map<string, Run[]>()
  for (const task of tasks.filter(each => one.can(each))) {
    await using program = { started: one.start(), [Symbol.asyncDispose]: () => program.started.stop() }
    const order = { ...orderFor({ task, input: 'scan.pdf' })('scan.pdf') }
    const inPlace = one === ours || one.name.includes('in place')
    const mine = inPlace ? order : { ...order, out: `${order.file}.signed` }
    await prepare(task, order, bytes)
    const from = (await stat(order.file)).size
    const runs: Run[] = []
    for (let round = 0; round < rounds && (runs[0]?.seconds ?? 0) < patienceSeconds; round += 1) {
      signal.throwIfAborted()
      runs.push(await once(one, program.started, mine))
      await truncate(order.file, from)
      await rm(`${order.file}.signed`, { force: true })
    }
    await truncate(order.file, bytes)
    results.set(task.title, runs)
  }
  return results
}

/** What there has to be before the task: ours makes it. */
async function prepare(task: Task, order: Order, bytes: number): Promise<void> {
  if (task.verb === 'sign') return
  await truncate(order.file, bytes)
  const program = ours.start()
  await program.ask(ours.jobFor({ ...order, verb: 'sign', level: task.verb === 'verify' ? 'LTA' : 'B' }))
  await program.stop()
}

async function once(one: Contender, program: Answerer, order: Order): Promise<Run> {
  const passSeconds = await seconds(() => run('openssl', ['dgst', '-sha256', order.file]))
  const taken = await seconds(() => program.ask(one.jobFor(order)))
  return { seconds: taken, passSeconds, peakRssBytes: useOf(program.pid).peakRssBytes }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

function row(name: string, runs: readonly Run[], bytes: number): string[] {
  const passes = runs.map(one => one.seconds / one.passSeconds)
  const taken = median(runs.map(one => one.seconds))
  return [
    name,
    taken.toFixed(2),
    (bytes / 1e6 / taken).toFixed(0),
    `${median(passes).toFixed(2)} ×`,
    span(passes),
    (Math.max(...runs.map(one => one.peakRssBytes)) / 1e6).toFixed(0),
  ]
}

function section(bytes: number, rows: readonly string[][], rounds: number, missing: readonly string[]): Section {
  return {
    title: `A PDF of ${(bytes / 1e6).toFixed(0)} MB; median of ${rounds} runs, each behind a pass of openssl`,
    header: ['', 's', 'MB/s', 'of one SHA-256 pass', 'lowest–highest', 'peak RSS MB'],
    rows,
    notes: [
      'Warm processes that have done nothing before. Ours verifies what it made before it is appended; verifying makes one pass too.',
      ...(missing.length === 0 ? [] : [`Not installed, or not for files of this size: ${missing.join(', ')}.`]),
    ],
  }
}
