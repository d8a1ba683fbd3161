// Start-up to first answer: the appliance with its workers from the start of the process until GET / is answered and the
// first view arrives, beside a Node process that does nothing but answer.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openScreen } from '../kiosk.kit.ts'
import { startSite } from '../sim/site.ts'
import { serve } from './appliance.ts'
import { median, ratio, type Section, span } from './report.ts'

export interface StartUpBench {
  readonly folder: string
  readonly runs: number
  /** Ends the measuring before the next run. */
  readonly signal: AbortSignal
}

interface Start {
  readonly answerMs: number
  readonly viewMs: number
}

const bareServer = `require('node:http').createServer((_, response) => response.end('here'))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

/** The real program and the bare one in turns. */
export async function benchStartUp({ folder, runs, signal }: StartUpBench): Promise<Section[]> {
  await using started = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  const site = started.adopt(await startSite({ folder, sheets: [] }), one => one.stop())
  const first = await startOnce(site.configFile, join(folder, 'kiosk'))
  const ours: Start[] = []
  const bare: number[] = []
  for (let run = 0; run < runs; run += 1) {
    signal.throwIfAborted()
    ours.push(await startOnce(site.configFile, join(folder, 'kiosk')))
    bare.push(await startBare())
  }
  return [section(ours, bare, first)]
}

function section(ours: readonly Start[], bare: readonly number[], first: Start): Section {
  const row = (name: string, values: readonly number[]) => [
    name,
    median(values).toFixed(0),
    span(values, 0),
    ratio(median(values), median(bare)),
  ]
  return {
    title: `Start-up to first answer, ms; median of ${ours.length} runs in turns`,
    header: ['', 'ms', 'lowest–highest', 'of bare Node'],
    rows: [
      row(
        'compulsa serve: GET /',
        ours.map(start => start.answerMs),
      ),
      row(
        'compulsa serve: first view',
        ours.map(start => start.viewMs),
      ),
      row('bare Node, an HTTP server of one line: GET /', bare),
    ],
    notes: [
      `On data that are there already; the very first start, which makes key and database: ${first.answerMs.toFixed(0)} ms.`,
    ],
  }
}

async function startOnce(configFile: string, dataFolder: string): Promise<Start> {
  await using started = new AsyncDisposableStack()
  const appliance = started.adopt(await serve(configFile, dataFolder), one => one.stop())
  await answered(appliance.url)
  const answerMs = performance.now() - appliance.startedAtMs
  started.adopt(await openScreen(appliance.url), one => one.close())
  return { answerMs, viewMs: performance.now() - appliance.startedAtMs }
}

async function startBare(): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['-e', bareServer], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  try {
    const [line] = await once(child.stdout, 'data')
    await answered(`http://127.0.0.1:${String(line).trim()}/`)
    return performance.now() - startedAt
  } finally {
    child.kill()
    await gone
  }
}

async function answered(url: string): Promise<void> {
  const response = await fetch(url)
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  await response.arrayBuffer()
}
