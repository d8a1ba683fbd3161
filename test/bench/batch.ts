// An AutoFirma batch of PDFs side by side: `compulsa batch` from the start of the command to its end, and AutoFirma's
// libraries in a warm virtual machine, from the same file, with the same key on the same token, in turns.

import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startJava } from '../oracles/installed.ts'
import type { Answerer } from '../oracles/jobs.ts'
import { createTestPki, pem } from '../sim/pki.ts'
import { createSoftToken, type SoftToken } from '../sim/token.ts'
import { batchOracleInstalled, compiled } from './contenders.ts'
import { judge } from './judge.ts'
import { runMeasured } from './measured.ts'
import { median, ratio, type Section, span } from './report.ts'
import { smallScan } from './scan-file.ts'
import { useOf, watchTree } from './tree.ts'

export interface BatchBench {
  readonly folder: string
  readonly documents: number
  readonly rounds: number
  /** Ends the measuring before the next run. */
  readonly signal: AbortSignal
}

interface Run {
  readonly seconds: number
  /** From the first signature to the last, where that is known. */
  readonly signingSeconds: number | undefined
  readonly cpuSeconds: number
  readonly peakPssBytes: number
}

interface Side {
  readonly name: string
  run(out: string): Promise<Run>
  /** What only this one has to tell. */
  notes(): Promise<readonly string[]>
}

/** The files of one bench, and who signs them. */
interface Place {
  readonly folder: string
  readonly documents: number
  readonly token: SoftToken
}

const root = new URL('../..', import.meta.url).pathname
/** About the least in which AutoFirma's libraries do it, for those who have less memory than a machine takes by itself. */
const smallHeap = '-Xmx512m'
/** So many signatures of a result are judged, spread over it. */
const judged = 10

/** Everybody in turns; the first turn warms up and is not counted. */
export async function benchBatch({ folder, documents, rounds, signal }: BatchBench): Promise<Section[]> {
  await mkdir(join(folder, 'trust'), { recursive: true })
  await writeBatch(join(folder, 'batch.json'), documents)
  const pki = await createTestPki({ now: Date.now() })
  const identity = await pki.signer({ key: 'RSA-2048' })
  const token = await createSoftToken({ folder: join(folder, 'token'), entries: [{ identity }] })
  Object.assign(process.env, token.environment)
  await writeFile(join(folder, 'pin'), `${token.pin}\n`, { mode: 0o600 })
  await writeFile(join(folder, 'trust/root.pem'), pem('CERTIFICATE', pki.root))
  await using started = new AsyncDisposableStack()
  const place = { folder, documents, token }
  const sides = [
    ours(place),
    ...(batchOracleInstalled ? [theirs(place, started), theirs(place, started, smallHeap)] : []),
  ]
  const results = new Map<Side, Run[]>(sides.map(side => [side, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of sides) {
      signal.throwIfAborted()
      const out = join(folder, 'result.json')
      const run = await side.run(out)
      await judgeResult(out, documents)
      await rm(out)
      if (round > 0) results.get(side)?.push(run)
    }
  }
  const notes = (await Promise.all(sides.map(side => side.notes()))).flat()
  return [section(results, place, rounds, notes)]
}

/** PDFs of 200 kB, each another one, in the JSON that AutoFirma takes. */
async function writeBatch(path: string, documents: number): Promise<void> {
  await using file = await open(path, 'wx')
  await file.appendFile('{"algorithm":"SHA256withRSA","format":"PAdES","suboperation":"sign","singlesigns":[')
  for (let number = 1; number <= documents; number += 1) {
    const item = { id: `scan-${number}`, datareference: (await smallScan(number)).toString('base64') }
    await file.appendFile(`${number === 1 ? '' : ','}${JSON.stringify(item)}`)
  }
  await file.appendFile(']}')
}

function ours({ folder, token: { label, modulePath } }: Place): Side {
  return {
    name: 'compulsa batch, the whole command',
    async run(out) {
      const token = ['--module', modulePath, '--token', label, '--pin-file', 'pin', '--trust', 'trust']
      const words = ['batch', 'batch.json', '--out', out, ...token]
      const told: number[] = []
      const run = await runMeasured(process.execPath, [join(root, 'device/cli.ts'), ...words], {
        folder,
        environment: compiled,
        onOutput: text => told.push(...Array.from(text.matchAll(/^\d+ of \d+: /gm), () => performance.now())),
      })
      const [first = 0] = told
      return { ...run, signingSeconds: ((told.at(-1) ?? 0) - first) / 1000 }
    },
    notes: async () => [
      'compulsa: three processes, each signature verified and, like its intent before it, synced to the disk before the next.',
    ],
  }
}

/** As the machine comes, with both compilers and the collector and heap that it chooses for itself, or with a heap as told. */
function theirs({ folder, token }: Place, started: AsyncDisposableStack, heap?: string): Side {
  const options = ['-Djava.awt.headless=true', ...(heap === undefined ? [] : [heap])]
  const program = started.adopt(startJava('autofirma', 'Autofirma', options), one => one.stop())
  const slot = slotOf(token)
  const job = { verb: 'batch', file: join(folder, 'batch.json'), module: token.modulePath, slot, pin: token.pin }
  return {
    name: ['AutoFirma’s libraries, warm', ...(heap === undefined ? [] : [heap])].join(', '),
    run: async out => {
      const before = useOf(program.pid)
      const watch = watchTree(program.pid)
      const startedAt = performance.now()
      await program.ask({ ...job, out })
      const seconds = (performance.now() - startedAt) / 1000
      const { peakPssBytes } = watch.stop()
      const cpuSeconds = useOf(program.pid).cpuSeconds - before.cpuSeconds
      return { seconds, signingSeconds: undefined, cpuSeconds, peakPssBytes }
    },
    notes: async () => (heap === undefined ? [await heapOf(program)] : []),
  }
}

async function heapOf(program: Answerer): Promise<string> {
  const { maxHeapBytes, collector } = await program.ask<{ maxHeapBytes: number; collector: string }>({
    verb: 'machine',
  })
  const limit = (maxHeapBytes / 1e9).toFixed(1)
  return `AutoFirma: its batch in memory as a tree, one after the other, nothing verified or synced; one batch to warm up. Where no heap is told, it is the one that the machine chooses: at most ${limit} GB, ${collector}.`
}

/** SoftHSM2 numbers a token's slot by the last eight digits of its serial number, without the sign. */
function slotOf({ tokenId }: SoftToken): number {
  return Number.parseInt(tokenId.slice(-8), 16) & 0x7fff_ffff
}

/** Throws unless every document of the batch is signed, and validly so as far as pdfsig is asked. */
export async function judgeResult(path: string, documents: number): Promise<void> {
  const { signs } = JSON.parse(await readFile(path, 'utf8')) as {
    signs: readonly { readonly id: string; readonly result: string; readonly signature?: string }[]
  }
  const done = new Set(signs.filter(({ result }) => result === 'DONE_AND_SAVED').map(({ id }) => id))
  if (done.size !== documents) throw new Error(`${done.size} of ${documents} are signed`)
  for (let number = 0; number < signs.length; number += Math.ceil(signs.length / judged)) {
    const file = `${path}.${number}.pdf`
    await writeFile(file, Buffer.from(signs[number]?.signature ?? '', 'base64'))
    await judge(file, 1)
    await rm(file)
  }
}

function section(
  results: ReadonlyMap<Side, readonly Run[]>,
  { documents }: Place,
  rounds: number,
  notes: readonly string[],
): Section {
  const perSecond = (runs: readonly Run[]) => runs.map(({ seconds }) => documents / seconds)
  const [own = []] = results.values()
  const rows = [...results].map(([{ name }, runs]) => {
    const signing = runs.flatMap(({ signingSeconds }) => signingSeconds ?? [])
    const cpuMs = median(runs.map(one => (one.cpuSeconds * 1000) / documents))
    return [
      name,
      median(perSecond(runs)).toFixed(1),
      span(perSecond(runs), 1),
      signing.length === 0 ? '–' : ((documents - 1) / median(signing)).toFixed(1),
      cpuMs.toFixed(1),
      (Math.max(...runs.map(one => one.peakPssBytes)) / 1e6).toFixed(0),
      ratio(median(perSecond(own)), median(perSecond(runs))),
    ]
  })
  return {
    title: `A batch of ${documents} PDFs of 200 kB, key in SoftHSM2; median of ${rounds} runs in turns`,
    header: ['', 'signatures/s', 'lowest–highest', 'from first to last', 'CPU ms each', 'peak PSS MB', 'our speed'],
    rows,
    notes: [
      ...notes,
      `Every result has all signatures, ${judged} of each before pdfsig.`,
      ...(batchOracleInstalled ? [] : ['Not installed, so not measured: AutoFirma.']),
    ],
  }
}
