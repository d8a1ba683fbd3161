// Signing side by side: our engine and other people's on the same files with the same keys and authorities, in warm
// processes, in turns. Wall clock tells what a person waits, processor time what the work costs: on a machine that does
// other things meanwhile only the second can be compared.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answerer } from '../oracles/jobs.ts'
import type { KeyKind } from '../sim/pki.ts'
import { createSoftToken } from '../sim/token.ts'
import { createTrustServices, type TrustServices } from '../sim/trust-services.ts'
import { type Contender, contenders, type Order, type Task } from './contenders.ts'
import { judgeSigned } from './judge-signed.ts'
import { writeKeys } from './key-files.ts'
import type { BenchToken } from './peers/answer-jobs.ts'
import { median, ratio, type Section, span } from './report.ts'
import { writeScan } from './scan-file.ts'
import { useOf } from './tree.ts'

export interface SignatureBench {
  readonly folder: string
  /** Signed PDFs of each kind; more than twice as many CAdES and XAdES. */
  readonly pdfs: number
  readonly rounds: number
  /** Ends the measuring before the next batch. */
  readonly signal: AbortSignal
}

interface Work {
  readonly title: string
  readonly task: Task
  readonly input: 'scan.pdf' | 'acta.xml'
  /** Of `pdfs`. */
  readonly share: number
}

const sign = { verb: 'sign', algorithm: 'SHA256withRSA' } as const
const works: readonly Work[] = [
  { title: 'PAdES B-B', task: { ...sign, format: 'PAdES', level: 'B' }, input: 'scan.pdf', share: 1 },
  { title: 'PAdES B-LTA', task: { ...sign, format: 'PAdES', level: 'LTA' }, input: 'scan.pdf', share: 1 },
  {
    title: 'PAdES B-B, P-256',
    task: { ...sign, algorithm: 'SHA256withECDSA', format: 'PAdES', level: 'B' },
    input: 'scan.pdf',
    share: 1,
  },
  {
    title: 'PAdES B-B, key in SoftHSM2',
    task: { ...sign, format: 'PAdES', level: 'B', onToken: true },
    input: 'scan.pdf',
    share: 1,
  },
  { title: 'CAdES B-B detached', task: { ...sign, format: 'CAdES', level: 'B' }, input: 'scan.pdf', share: 2.5 },
  {
    title: 'XAdES B-B enveloped (AutoFirma: enveloping)',
    task: { ...sign, format: 'XAdES', level: 'B' },
    input: 'acta.xml',
    share: 2.5,
  },
]
/** How long each signs before the first signature that counts: virtual machines compile what runs often. */
const warmUpSeconds = 5
const elements = 200

interface Batch {
  readonly perSecond: number
  readonly cpuMs: number
  readonly peakRssBytes: number
}

/** Every kind of signature by everybody who can make it, in turns; throws when one cannot after all. */
export async function* benchSignatures({ folder, pdfs, rounds, signal }: SignatureBench): AsyncGenerator<Section> {
  await mkdir(folder, { recursive: true })
  await writeScan(join(folder, 'scan.pdf'), 1)
  await writeFile(join(folder, 'acta.xml'), record())
  await using started = new AsyncDisposableStack()
  const services = started.adopt(await createTrustServices({ now: Date.now, tsaKey: 'RSA-2048' }), one => one.stop())
  const orderFor = await orders(folder, services)
  for (const work of works) {
    const many = Math.max(1, Math.round((pdfs * work.share) / rounds))
    const results = await compete(work, { many, rounds, signal, order: orderFor(work) })
    yield section(work, results, many * rounds, rounds)
  }
}

/** An XML of some kilobytes. */
function record(): string {
  const points = Array.from({ length: elements }, (_, index) => `  <punt n="${index}">Aprovat per unanimitat</punt>\n`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<acta xmlns="urn:acta">\n${points.join('')}</acta>\n`
}

type OrderFor = (work: Pick<Work, 'task' | 'input'>) => (out: string) => Order

/** Key files and a token in `folder`, and the order for one signature. */
export async function orders(folder: string, services: TrustServices): Promise<OrderFor> {
  const keys: Readonly<Record<Task['algorithm'], KeyKind>> = { SHA256withRSA: 'RSA-2048', SHA256withECDSA: 'P-256' }
  for (const [name, key] of Object.entries(keys))
    await writeKeys(folder, name, { identity: await services.pki.signer({ key }), root: services.pki.root })
  const token = await tokenIn(folder, services)
  return ({ task: { onToken, ...task }, input }) =>
    out => ({
      ...task,
      file: join(folder, input),
      out: join(folder, out),
      signer: join(folder, onToken ? 'token.pem' : `${task.algorithm}.pem`),
      p12: join(folder, `${task.algorithm}.p12`),
      trust: join(folder, 'root.pem'),
      tsa: services.tsaUrl,
      ...(onToken && { token }),
    })
}

/** A token whose module finds it in this process and in every contender's. */
async function tokenIn(folder: string, { pki }: TrustServices): Promise<BenchToken> {
  const identity = await pki.signer({ key: 'RSA-2048' })
  await writeKeys(folder, 'token', { identity, root: pki.root })
  const made = await createSoftToken({ folder: join(folder, 'token'), entries: [{ identity }] })
  Object.assign(process.env, made.environment)
  return { module: made.modulePath, label: made.label, pin: made.pin, tokenId: made.tokenId }
}

interface Competition {
  readonly many: number
  readonly rounds: number
  readonly signal: AbortSignal
  order(out: string): Order
}

type Results = ReadonlyMap<Contender, readonly Batch[]>

async function compete(work: Work, { many, rounds, signal, order }: Competition): Promise<Results> {
  await using started = new AsyncDisposableStack()
  const able = contenders.filter(one => one.installed && one.can(work.task))
  const running = able.map(one => ({ one, program: started.adopt(one.start(), program => program.stop()) }))
  const results = new Map<Contender, Batch[]>(able.map(one => [one, []]))
  for (const { one, program } of running) await warmUp(one, program, order)
  for (let round = 0; round < rounds; round += 1) {
    for (const { one, program } of running) {
      signal.throwIfAborted()
      results.get(one)?.push(await batch(one, program, order, many))
    }
  }
  return results
}

async function warmUp(one: Contender, program: Answerer, order: (out: string) => Order): Promise<void> {
  const startedAt = performance.now()
  const job = order('warm-up.signed')
  do await program.ask(one.jobFor(job))
  while (performance.now() - startedAt < warmUpSeconds * 1000)
  await rm(job.out)
}

async function batch(one: Contender, program: Answerer, order: (out: string) => Order, many: number): Promise<Batch> {
  const jobs = Array.from({ length: many }, (_, index) => order(`${index}.signed`))
  const before = useOf(program.pid)
  const startedAt = performance.now()
  for (const job of jobs) await program.ask(one.jobFor(job))
  const seconds = (performance.now() - startedAt) / 1000
  const after = useOf(program.pid)
  for (const [index, job] of jobs.entries()) {
    if (index === 0) await judgeSigned(job)
    await rm(job.out)
  }
  const cpuMs = ((after.cpuSeconds - before.cpuSeconds) * 1000) / many
  return { perSecond: many / seconds, cpuMs, peakRssBytes: after.peakRssBytes }
}

function section({ title, task }: Work, results: Results, many: number, rounds: number): Section {
  const speed = (one: readonly Batch[]) => median(one.map(({ perSecond }) => perSecond))
  const cost = (one: readonly Batch[]) => median(one.map(({ cpuMs }) => cpuMs))
  const [own = []] = results.values()
  const rows = [...results].map(([{ name }, batches]) => [
    name,
    speed(batches).toFixed(1),
    span(
      batches.map(({ perSecond }) => perSecond),
      0,
    ),
    cost(batches).toFixed(1),
    (Math.max(...batches.map(({ peakRssBytes }) => peakRssBytes)) / 1e6).toFixed(0),
    ratio(speed(own), speed(batches)),
    ratio(cost(batches), cost(own)),
  ])
  const absent = contenders.filter(one => !one.installed && one.can(task)).map(({ name }) => name)
  return {
    title: `${title}: ${many} files each, warm, one after the other; median of ${rounds} batches in turns`,
    header: ['', 'signatures/s', 'lowest–highest', 'CPU ms each', 'peak RSS MB', 'our speed', 'its CPU to ours'],
    rows,
    notes: [
      `Each has signed for ${warmUpSeconds} s before. From file to file; ours verifies what it made before it is written, the others do not.`,
      ...(absent.length === 0 ? [] : [`Not installed, so not measured: ${absent.join(', ')}.`]),
    ],
  }
}
