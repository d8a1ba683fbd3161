// Sheets through the whole appliance, by its screen: POST scan, pages, approve, compose, sign with the card. The person
// takes no time: every call is made when the view first allows it.

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { openScreen, type Screen } from '../kiosk.kit.ts'
import { serve } from './appliance.ts'
import { judge } from './judge.ts'
import type { Use } from './measured.ts'
import type { Pile, Surroundings } from './surroundings.ts'
import { type TreeUse, watchTree } from './tree.ts'

export interface ErrandRequest {
  readonly surroundings: Surroundings
  readonly pile: Pile
  readonly sheets: number
  /** New for each run. */
  readonly dataFolder: string
}

/** Seconds since POST scan. */
export interface Moments {
  /** The last page is stored and the feeder known to be empty. */
  readonly scanned: number
  readonly prepared: number
  readonly composed: number
  /** The card in the reader is shown. */
  readonly card: number
  readonly signed: number
}

export interface OurRun extends Use {
  readonly moments: Moments
  readonly cpuByProgram: TreeUse['cpuSeconds']
  readonly peakPssByProgram: TreeUse['peakPssByProgram']
  readonly bytes: number
}

/** One errand on a new appliance; throws when the copy that the back office gets is not as it must be. */
export async function runOurs(request: ErrandRequest): Promise<OurRun> {
  const { surroundings, pile, sheets, dataFolder } = request
  await using started = new AsyncDisposableStack()
  const appliance = started.adopt(await serve(surroundings.configFile, dataFolder), one => one.stop())
  const screen = started.adopt(await openScreen(appliance.url), one => one.close())
  await surroundings.load(pile, sheets)
  await screen.until(view => view.scanner.state === 'ready' && view.scanner.paperLoaded === true, 'paper in the feeder')
  await post(screen, '/screen/copy', { procedureId: 'copy-local', language: 'ca' })
  await screen.until(view => view.copy !== null, 'the copy')
  const watch = watchTree(appliance.pid)
  const moments = await errand(screen, sheets, surroundings.pin)
  const { cpuSeconds: cpuByProgram, peakPssByProgram, peakRssBytes, peakPssBytes } = watch.stop()
  await screen.until(view => view.copy?.stage === 'done', 'the receipt')
  const bytes = await judge(await newestIn(surroundings.receivedFolder), sheets)
  const cpuSeconds = [...cpuByProgram.values()].reduce((sum, seconds) => sum + seconds, 0)
  const use = { seconds: moments.signed, cpuSeconds, peakRssBytes, peakPssBytes }
  return { ...use, moments, cpuByProgram, peakPssByProgram, bytes }
}

async function errand(screen: Screen, sheets: number, pin: string): Promise<Moments> {
  const startedAt = performance.now()
  const since = () => (performance.now() - startedAt) / 1000
  await post(screen, '/screen/copy/scan')
  const [scanned, prepared] = await Promise.all([
    everyPage(screen, sheets, 'stored', () => true).then(async () => {
      await screen.until(view => view.copy?.scanning === false, 'the scan has ended')
      return since()
    }),
    everyPage(screen, sheets, 'prepared', page => page.ready).then(since),
  ])
  await post(screen, '/screen/copy/approve', { sourceNature: 'original' })
  await screen.until(view => view.copy?.stage === 'signing', 'the composed copy')
  const composed = since()
  const { copy } = await screen.until(view => view.copy?.card?.state === 'present', 'the card')
  const card = since()
  const [certificate] = copy?.card?.state === 'present' ? copy.card.certificates : []
  if (certificate === undefined) throw new Error('the card holds no certificate')
  const path = `/screen/copy/sign/${encodeURIComponent(certificate.tokenId)}/${certificate.keyId}`
  const { body } = await screen.post(path, Buffer.from(pin))
  if (JSON.stringify(body) !== '{"outcome":"signed"}') throw new Error(`signing answered ${JSON.stringify(body)}`)
  return { scanned, prepared, composed, card, signed: since() }
}

/** Waits for one page after the other, so that a long pile may take as long as it is. */
async function everyPage(
  screen: Screen,
  sheets: number,
  what: string,
  wanted: (page: { readonly ready: boolean }) => boolean,
): Promise<void> {
  for (let count = 1; count <= sheets; count += 1)
    await screen.until(view => (view.copy?.pages.filter(wanted).length ?? 0) >= count, `page ${count} ${what}`)
}

async function post(screen: Screen, path: string, body?: object): Promise<void> {
  const { status, body: answer } = await screen.post(path, body)
  if (status !== 204) throw new Error(`${path} answered ${status} ${JSON.stringify(answer)}`)
}

async function newestIn(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.pdf'))
  const files = await Promise.all(
    names.map(async name => ({ file: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })),
  )
  const newest = files.toSorted((a, b) => b.at - a.at)[0]
  if (newest === undefined) throw new Error(`nothing was received in ${folder}`)
  return newest.file
}
