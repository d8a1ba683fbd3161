// One signature on the command line, from the start of the program to its end: what somebody at a shell waits for.

import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTrustServices } from '../sim/trust-services.ts'
import { type Order, ours } from './contenders.ts'
import { judgeSigned } from './judge-signed.ts'
import { type MeasuredRun, runMeasured } from './measured.ts'
import { median, type Section, span } from './report.ts'
import { writeScan } from './scan-file.ts'
import { orders } from './signatures.ts'

export interface CommandLineBench {
  readonly folder: string
  readonly runs: number
  /** Ends the measuring before the next run. */
  readonly signal: AbortSignal
}

interface Program {
  readonly name: string
  readonly level: Order['level']
  readonly installed: boolean
  run(order: Order): Promise<MeasuredRun>
}

const root = new URL('../..', import.meta.url).pathname
const python = join(root, 'var/oracles/python/bin/python')
const pyHankoCli = join(root, 'var/bench-peers/python')
const shipped = join(root, 'system/rootfs/etc/compulsa/compulsa.json')

/** All programs in turns. */
export async function benchCommandLine({ folder, runs, signal }: CommandLineBench): Promise<Section[]> {
  await mkdir(join(folder, 'trust'), { recursive: true })
  await writeScan(join(folder, 'scan.pdf'), 1)
  await using started = new AsyncDisposableStack()
  const services = started.adopt(await createTrustServices({ now: Date.now, tsaKey: 'RSA-2048' }), one => one.stop())
  const orderFor = await orders(folder, services)
  const config = { ...JSON.parse(await readFile(shipped, 'utf8')), revocation: { allowPrivate: ['127.0.0.1'] } }
  await writeFile(join(folder, 'compulsa.json'), JSON.stringify(config))
  await writeFile(join(folder, 'password'), 'compulsa\n', { mode: 0o600 })
  await writeFile(join(folder, 'trust/root.pem'), await readFile(join(folder, 'root.pem')))
  const programs = programsIn(folder).filter(one => one.installed)
  const results = new Map<Program, MeasuredRun[]>(programs.map(one => [one, []]))
  for (let run = 0; run <= runs; run += 1) {
    for (const program of programs) {
      signal.throwIfAborted()
      const { level } = program
      const task = { verb: 'sign', format: 'PAdES', level, algorithm: 'SHA256withRSA' } as const
      const order = orderFor({ task, input: 'scan.pdf' })('signed.pdf')
      const measured = await program.run(order)
      await judgeSigned(order)
      await rm(order.out)
      // The first one fills caches, its own and the disk's.
      if (run > 0) results.get(program)?.push(measured)
    }
  }
  return [section(results, runs)]
}

function programsIn(folder: string): readonly Program[] {
  const compulsa = (level: Order['level']): Program => ({
    name: `${ours.name} sign, B-${level}`,
    level,
    installed: true,
    run: ({ file, out, p12, tsa }) => {
      const who = ['--p12', p12, '--pass-file', 'password', '--trust', 'trust', '--config', 'compulsa.json']
      const what = ['sign', file, '--out', out, '--level', level.toLowerCase(), '--tsa', tsa]
      return runMeasured(process.execPath, [join(root, 'device/cli.ts'), ...what, ...who], { folder })
    },
  })
  return [
    compulsa('B'),
    compulsa('LTA'),
    {
      name: 'pyhanko sign addsig, B-B',
      level: 'B',
      installed: existsSync(pyHankoCli),
      run: ({ file, out, p12 }) => {
        const how = ['sign', 'addsig', '--field', 'Signature1', '--use-pades', 'pkcs12', '--passfile', 'password']
        const environment = { PYTHONPATH: pyHankoCli }
        return runMeasured(python, ['-m', 'pyhanko', ...how, file, out, p12], { folder, environment })
      },
    },
  ]
}

function section(results: ReadonlyMap<Program, readonly MeasuredRun[]>, runs: number): Section {
  const mega = (bytes: readonly number[]) => (Math.max(...bytes) / 1e6).toFixed(0)
  const rows = [...results].map(([{ name }, all]) => [
    name,
    median(all.map(one => one.seconds)).toFixed(2),
    span(all.map(one => one.seconds)),
    median(all.map(one => one.cpuSeconds)).toFixed(2),
    mega(all.map(one => one.peakRssBytes)),
    mega(all.map(one => one.peakPssBytes)),
  ])
  return {
    title: `One PDF of 1 MB on the command line; median of ${runs} runs in turns`,
    header: ['', 's', 'lowest–highest', 'CPU s', 'peak RSS MB', 'peak PSS MB'],
    rows,
    notes: [
      'Ours is three processes, four at B-LTA: the file, the key and the network are each in a room of their own. Memory is the sum of all.',
      ...(existsSync(pyHankoCli) ? [] : ['Not installed, so not measured: pyhanko-cli.']),
    ],
  }
}
