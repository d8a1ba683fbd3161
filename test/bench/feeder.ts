// A feeder of 80 images a minute that never waits: the appliance asks for the next page before it is ready, while it
// prepares those before, and each page is on the disk soon after its last byte.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openScreen, type Screen } from '../kiosk.kit.ts'
import { serve } from './appliance.ts'
import { type PacedFront, startPacedFront } from './paced-front.ts'
import { median, type Section } from './report.ts'
import { startSurroundings } from './surroundings.ts'

export interface FeederBench {
  readonly folder: string
  readonly sheets: number
  readonly signal: AbortSignal
}

const imagesPerMinute = 80
const periodMs = 60_000 / imagesPerMinute

/** One skewed pile through the whole appliance, at the feeder's pace. */
export async function benchFeeder({ folder, sheets, signal }: FeederBench): Promise<Section[]> {
  signal.throwIfAborted()
  await using started = new AsyncDisposableStack()
  const surroundings = started.adopt(await startSurroundings(join(folder, 'site')), one => one.stop())
  const front = started.adopt(await startPacedFront(surroundings.scannerUrl, periodMs), one => one.stop())
  const config = await readFile(surroundings.configFile, 'utf8')
  const configFile = join(folder, 'compulsa.json')
  await writeFile(configFile, config.replaceAll(surroundings.scannerUrl, front.url))
  const dataFolder = join(folder, 'kiosk')
  await mkdir(dataFolder)
  const appliance = started.adopt(await serve(configFile, dataFolder), one => one.stop())
  const screen = started.adopt(await openScreen(appliance.url), one => one.close())
  await surroundings.load('skewed', sheets)
  await screen.until(view => view.scanner.state === 'ready' && view.scanner.paperLoaded === true, 'paper in the feeder')
  await post(screen, '/screen/copy', { procedureId: 'copy-local', language: 'ca' })
  await screen.until(view => view.copy !== null, 'the copy')
  await post(screen, '/screen/copy/scan')
  const [stored, prepared] = await Promise.all([pagesAt(screen, sheets, false), pagesAt(screen, sheets, true)])
  return [section(front, stored, prepared)]
}

/** When each page was first seen on the screen, which shows only what is stored; or when it was first seen prepared. */
async function pagesAt(screen: Screen, sheets: number, ready: boolean): Promise<readonly number[]> {
  const times: number[] = []
  for (let count = 1; count <= sheets; count += 1) {
    await screen.until(
      view => (view.copy?.pages.filter(page => page.ready || !ready).length ?? 0) >= count,
      `page ${count}`,
    )
    times.push(performance.now())
  }
  return times
}

async function post(screen: Screen, path: string, body?: object): Promise<void> {
  const { status, body: answer } = await screen.post(path, body)
  if (status !== 204) throw new Error(`${path} answered ${status} ${JSON.stringify(answer)}`)
}

function section({ pages }: PacedFront, stored: readonly number[], prepared: readonly number[]): Section {
  const gaps = pages.slice(1).map(({ askedAtMs }, i) => askedAtMs - (pages[i]?.sentAtMs ?? 0))
  const late = pages.filter(({ askedAtMs, readyAtMs }) => askedAtMs > readyAtMs)
  const onDisk = stored.map((at, i) => at - (pages[i]?.sentAtMs ?? Number.NaN))
  const last = prepared.at(-1) ?? Number.NaN
  const ms = (value: number) => value.toFixed(0)
  return {
    title: `A feeder of ${imagesPerMinute} images a minute, ${pages.length} skewed A4 sheets, 300 ppi, colour`,
    header: ['', ''],
    rows: [
      ['pages that were ready before they were asked for', String(late.length)],
      ['most pages ready at once', String(Math.max(...pages.map(({ backlog }) => backlog)))],
      ['longest time from a page’s last byte to the question for the next, ms', ms(Math.max(...gaps))],
      ['from a page’s last byte until the screen shows it stored, ms, median', ms(median(onDisk))],
      ['the same, worst, ms', ms(Math.max(...onDisk))],
      ['from the last page’s last byte until all are prepared, ms', ms(last - (pages.at(-1)?.sentAtMs ?? 0))],
    ],
    notes: [
      'A page is stored when it is encrypted, synced, renamed, and its row committed. The scanner, its front and the screen run on the same cores.',
    ],
  }
}
