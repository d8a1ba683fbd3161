// What one page costs: the parse worker, as the appliance launches it, with nothing else to do.

import { readFile } from 'node:fs/promises'
import { systemClock } from '../../device/host.ts'
import type { PreparePageRequest } from '../../device/ports.ts'
import { launchWorker } from '../../drivers/worker/launch.ts'
import { remoteImaging } from '../../drivers/worker/remote.ts'
import { memoryLog } from '../20.worker.setup.ts'
import type { PageFiles } from './page-files.ts'
import { median, type Section, span } from './report.ts'
import { useOf } from './tree.ts'

/** The worker's code is compiled by the machine while it runs. */
const warmUpPages = 20

interface Kind {
  readonly name: string
  readonly files: readonly string[]
  readonly change: Partial<PreparePageRequest>
}

/** Milliseconds from the first byte sent to the last one answered, and processor time of the worker, by kind of page. */
export async function benchPreparing(request: {
  readonly files: PageFiles
  readonly signal: AbortSignal
}): Promise<Section> {
  const { files, signal } = request
  const kinds: readonly Kind[] = [
    { name: 'straight, stays as scanned', files: files.straight, change: {} },
    { name: 'skewed, straightened by the page', files: files.skewed, change: {} },
    { name: 'skewed, in black and white (turned, CCITT G4)', files: files.skewed, change: { colour: 'bw' } },
    { name: 'skewed, cleaned (turned, JPEG)', files: files.skewed, change: { background: 'cleaned' } },
  ]
  await using started = new AsyncDisposableStack()
  const worker = started.adopt(
    launchWorker({ name: 'parse', entry: 'parse.ts', config: {}, log: memoryLog(), clock: systemClock }),
    one => one.stop(),
  )
  const imaging = remoteImaging(worker.channel)
  const prepare = async (file: string, change: Partial<PreparePageRequest>) => {
    const bytes = await readFile(file)
    const startedAt = performance.now()
    await imaging.prepare(once(bytes), { ...usual, ...change }, signal)
    return performance.now() - startedAt
  }
  for (let i = 0; i < warmUpPages; i += 1) await prepare(files.all[i % files.all.length] as string, {})
  const cpu = () => {
    const status = worker.status()
    return status.state === 'running' ? useOf(status.pid).cpuSeconds * 1000 : 0
  }
  const rows: string[][] = []
  for (const { name, files: pages, change } of kinds) {
    const before = cpu()
    const times: number[] = []
    for (const file of pages) times.push(await prepare(file, change))
    rows.push([name, median(times).toFixed(0), span(times, 0), ((cpu() - before) / pages.length).toFixed(0)])
  }
  return {
    title: 'One page in the parse worker, milliseconds',
    header: ['', 'median', 'lowest–highest', 'CPU'],
    rows,
    notes: ['From the first byte sent to the last one answered, preview and verdict included; one page at a time.'],
  }
}

const usual: PreparePageRequest = {
  mediaType: 'image/jpeg',
  resolution: 300,
  colour: 'auto',
  deskew: true,
  crop: true,
  background: 'kept',
  reduction: 'none',
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
