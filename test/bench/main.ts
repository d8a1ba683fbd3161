// `make bench`: measures the appliance beside other people's programs in one run and prints Markdown. Never a test:
// nothing fails for being slow. `--only pages|feeder|scan|text|durability|start|drain|signatures|cli|batch|large`, `--pages`,
// `--sheets`, `--copies` (that drain), `--pdfs`, `--batch` (documents in it), `--rounds` and `--folder` (the disk that counts) are for trying things.

import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { benchBatch } from './batch.ts'
import { benchCommandLine } from './command-line.ts'
import { benchDrain } from './drain.ts'
import { benchDurability } from './durability.ts'
import { benchFeeder } from './feeder.ts'
import { benchLargeFiles } from './large-files.ts'
import { missingPackages } from './packages.ts'
import { benchPages } from './pages.ts'
import { machine, markdown, type Section } from './report.ts'
import { benchScan } from './scan.ts'
import { benchSearchable } from './searchable.ts'
import { benchSignatures } from './signatures.ts'
import { benchStartUp } from './start-up.ts'

const defaultFolder = new URL('../../var', import.meta.url).pathname

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    pages: { type: 'string', default: '40' },
    sheets: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    documents: { type: 'string', default: '100' },
    starts: { type: 'string', default: '10' },
    copies: { type: 'string', default: '10000' },
    pdfs: { type: 'string', default: '200' },
    batch: { type: 'string', default: '500' },
    megabytes: { type: 'string', default: '500,1900' },
    folder: { type: 'string', default: defaultFolder },
  },
})

/** Ctrl-C ends the measuring between two runs, so that what was started is stopped and the folder goes. */
const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort(new Error(name)))
const { signal } = stopping
const rounds = Number(values.rounds)

const parts: Readonly<Record<string, (folder: string) => Promise<Section[]> | AsyncIterable<Section>>> = {
  pages: folder => benchPages({ folder: join(folder, 'pages'), pages: Number(values.pages), rounds, signal }),
  feeder: folder => benchFeeder({ folder: join(folder, 'feeder'), sheets: Number(values.pages), signal }),
  scan: folder => benchScan({ folder, sheets: Number(values.sheets), rounds, signal }),
  text: folder =>
    benchSearchable({ folder: join(folder, 'text'), sheets: Math.min(Number(values.sheets), 10), rounds: 1, signal }),
  durability: folder =>
    benchDurability({ folder: join(folder, 'durability'), documents: Number(values.documents), rounds, signal }),
  start: folder => benchStartUp({ folder: join(folder, 'start'), runs: Number(values.starts), signal }),
  drain: folder => benchDrain({ folder: join(folder, 'drain'), copies: Number(values.copies), signal }),
  signatures: folder =>
    benchSignatures({ folder: join(folder, 'signatures'), pdfs: Number(values.pdfs), rounds, signal }),
  cli: folder => benchCommandLine({ folder: join(folder, 'cli'), runs: Number(values.starts), signal }),
  batch: folder => benchBatch({ folder: join(folder, 'batch'), documents: Number(values.batch), rounds, signal }),
  large: folder =>
    benchLargeFiles({
      folder: join(folder, 'large'),
      megabytes: values.megabytes.split(',').map(Number),
      rounds,
      signal,
    }),
}

async function measure(): Promise<void> {
  mkdirSync(values.folder, { recursive: true })
  await using held = new AsyncDisposableStack()
  const folder = held.adopt(mkdtempSync(join(resolve(values.folder), 'bench-')), one => rm(one, { recursive: true }))
  console.log(`# Bench\n\n${machine(folder)}`)
  for (const [name, part] of Object.entries(parts)) {
    if (values.only !== undefined && values.only !== name) continue
    for await (const section of await part(folder)) console.log(markdown(section))
  }
}

/** Only the first part is about programs of Debian. */
const missing = values.only === undefined || values.only === 'scan' ? missingPackages() : []
if (missing.length > 0) {
  console.error(`the bench compares with programs that are not installed: apt-get install ${missing.join(' ')}`)
  process.exitCode = 1
} else await measure()
