// Who signs side by side: our engine and other people's, each in a warm process of its own that answers jobs, with the same
// keys, authorities and files. One that is not installed is absent and said to be.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startJava } from '../oracles/installed.ts'
import { type Answerer, type Job, startAnswerer } from '../oracles/jobs.ts'
import type { BenchJob } from './peers/answer-jobs.ts'

export interface Task extends Pick<BenchJob, 'verb' | 'format' | 'level' | 'algorithm'> {
  /** The key is on a PKCS#11 token. */
  readonly onToken?: true
}
/** Without what the channel adds; `p12` holds the same key as `signer`, its password is `compulsa`. */
export type Order = Omit<BenchJob, 'id'> & { readonly p12: string }

export interface Contender {
  readonly name: string
  readonly installed: boolean
  /** Whether it can do that at all. */
  can(task: Task): boolean
  start(): Answerer
  jobFor(order: Order): Job
  /** Larger files it cannot take, or only with more memory than a machine has; bytes. */
  readonly maxBytes: number
}

const root = new URL('../..', import.meta.url).pathname
const oracle = (name: string) => join(root, 'var/oracles', name)
const python = oracle('python/bin/python')
const pythonPackages = join(root, 'var/bench-peers/python')
const libPdf = join(root, 'var/bench-peers/node_modules/@libpdf/core/dist/index.mjs')
const child = (name: string) => join(root, 'test/bench/peers', name)
/** As its makers run it: both compilers, the collector of the machine's choice, a heap for the larger files. */
const javaOptions = ['-Xmx6g', '-Djava.awt.headless=true']
/** As the appliance gives it to its workers: what runs in Node is compiled already. */
export const compiled = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compulsa') }
const gigabyte = 1_000_000_000
/** Whether AutoFirma's libraries are there, and compiled with what signs a batch by them. */
export const batchOracleInstalled = existsSync(oracle('autofirma/classes/LocalBatch.class'))

export const ours: Contender = {
  name: 'compulsa',
  installed: true,
  can: () => true,
  start: () => startAnswerer(process.execPath, [child('compulsa.child.ts')], compiled),
  jobFor: order => ({ ...order }),
  maxBytes: Number.POSITIVE_INFINITY,
}

export const contenders: readonly Contender[] = [
  ours,
  {
    name: '@libpdf/core',
    installed: existsSync(libPdf),
    can: ({ verb, format, onToken }) => verb === 'sign' && format === 'PAdES' && !onToken,
    start: () => startAnswerer(process.execPath, [child('libpdf.child.ts'), libPdf], compiled),
    jobFor: order => ({ ...order }),
    maxBytes: 0.6 * gigabyte,
  },
  {
    name: 'pyHanko, in place',
    installed: existsSync(python),
    can: ({ verb, format, level, onToken }) =>
      verb === 'sign' &&
      (format === 'PAdES' || (format === 'CAdES' && level === 'B')) &&
      (!onToken || existsSync(join(pythonPackages, 'pkcs11'))),
    start: () => startAnswerer(python, [child('sign_with_pyhanko.py')], { PYTHONPATH: pythonPackages }),
    jobFor: order => ({ ...order, verb: order.format === 'PAdES' ? 'signPdf' : 'signCms', inPlace: true }),
    maxBytes: Number.POSITIVE_INFINITY,
  },
  {
    name: 'EU DSS',
    installed: existsSync(oracle('dss/classes/Dss.class')),
    can: ({ verb }) => verb === 'sign',
    start: () => startJava('dss', 'Dss', javaOptions),
    jobFor: order => ({
      ...order,
      level: `${order.format}-BASELINE-${order.level}`,
      packaging: order.format === 'CAdES' ? 'DETACHED' : 'ENVELOPED',
      trust: [order.trust],
      online: true,
    }),
    maxBytes: 0.2 * gigabyte,
  },
  {
    name: 'AutoFirma',
    installed: existsSync(oracle('autofirma/classes/Autofirma.class')),
    can: ({ verb, level, onToken }) => verb === 'sign' && level === 'B' && !onToken,
    start: () => startJava('autofirma', 'Autofirma', javaOptions),
    jobFor: ({ format, algorithm, file, out, p12 }) => ({
      verb: 'sign',
      format,
      algorithm,
      file,
      out,
      p12,
      // Its enveloped references do not verify before xmlsec1: an XML is signed in its own default form, enveloping.
      parameters: format === 'CAdES' ? { mode: 'explicit' } : {},
    }),
    maxBytes: 0.1 * gigabyte,
  },
]
