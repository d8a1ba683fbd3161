// The SANE driver: one device that libsane knows, scanned by scanimage in a process of its own, because a backend can
// crash or hang. Each page is taken as soon as scanimage has named it, read from a private folder and deleted; whatever
// way a scan ends, neither the process nor the folder stays.

import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../device/errors.ts'
import type { Clock, ScanEnd, ScannedPage, ScannerInfo, ScanSettings } from '../../device/ports.ts'
import type { ProcessExit } from '../exec.ts'
import { asScanFault, type ScanFault, type ScannerDriver, scanFault, systemClock, unusable } from './driver.ts'
import { createSaneFinder, type Found } from './sane-device.ts'
import { capabilitiesOf, type SaneOptions, sensorsOf } from './sane-options.ts'
import { endingOf, isBatchEnd, isWriteFailure } from './sane-output.ts'
import { openPage, type PageFile, storageFault } from './sane-page.ts'
import { planArgs, prepareArgs } from './sane-plan.ts'
import { type BatchRun, processFault, startBatch } from './scanimage.ts'

const defaultPageTimeoutMs = 120_000
/** A lamp is warm within a minute. */
const warmUpPauseMs = 5_000
/** How long another may hold the device before it counts as busy. */
const busyTimeoutMs = 10_000
const busyPauseMs = 500
const maxWarmUpTries = 12

export interface SaneOptionsOfDevice {
  readonly id: string
  /** SANE's name of the device, or its beginning up to a colon; absent: the first that SANE lists. */
  readonly device?: string
  /** Options of the backend that are set for every scan, by name without dashes. */
  readonly options?: Readonly<Record<string, string>>
  /** A folder that exists; pages lie in it between scanimage and the consumer. */
  readonly scratchFolder: string
  /** For libsane, for example SANE_CONFIG_DIR. */
  readonly environment?: Readonly<Record<string, string>>
  /** Longest wait for the next page. */
  readonly pageTimeoutMs?: number
  /** Longest wait for the device to be opened and to name its options. */
  readonly lookTimeoutMs?: number
  /** Longest wait for it to stop its motor or to be closed. */
  readonly closeTimeoutMs?: number
  /** Absent: the machine's own. */
  readonly clock?: Clock
}

/** The driver of one SANE device. Throws CONFIG_INVALID for an option whose name cannot be one. */
export function createSaneScanner(configured: SaneOptionsOfDevice): ScannerDriver {
  const { id, scratchFolder, environment = {}, pageTimeoutMs = defaultPageTimeoutMs, closeTimeoutMs } = configured
  const chosen = chosenOptions(configured.options ?? {})
  const { device, lookTimeoutMs, clock = systemClock } = configured
  const finder = createSaneFinder({
    id,
    environment,
    ...(device === undefined ? {} : { device }),
    ...(lookTimeoutMs === undefined ? {} : { lookTimeoutMs }),
  })
  let active: ScannerInfo | undefined

  async function info(signal?: AbortSignal): Promise<ScannerInfo> {
    // Opening a device that is scanning disturbs some backends and fails in the others.
    if (active !== undefined) return active
    const found = await finder.look(signal)
    return 'end' in found ? unusable(id, 'sane', found.code) : infoOf(id, found)
  }

  async function plan(found: Found, settings: ScanSettings, signal: AbortSignal) {
    const flags = new Set(chosen.map(arg => arg.slice(0, arg.indexOf('='))))
    const preparing = prepareArgs(found.options, settings, flags)
    if ('refused' in preparing) return preparing
    const first = [...preparing.args, ...chosen]
    const options = await finder.prepared(found, first, signal)
    if ('end' in options) return { refused: options }
    const planning = planArgs(options, settings, flags)
    return 'refused' in planning ? planning : { args: [...first, ...planning.args] }
  }

  /** A device that was just let go of, by another program or a daemon, is free a moment later. */
  async function lookWhenFree(signal: AbortSignal): Promise<Found | ScanFault> {
    const deadline = clock.now() + busyTimeoutMs
    for (;;) {
      const found = await finder.look(signal)
      if (!('end' in found) || found.code !== 'SCANNER_BUSY' || clock.now() >= deadline) return found
      await clock.sleep(busyPauseMs, signal)
    }
  }

  async function* feedWhenWarm(
    args: readonly string[],
    folder: string,
    settings: ScanSettings,
    signal: AbortSignal,
  ): AsyncGenerator<ScannedPage, FeedEnd, void> {
    const timeouts = { pageTimeoutMs, ...(closeTimeoutMs === undefined ? {} : { closeTimeoutMs }) }
    for (let tries = 1; ; tries += 1) {
      const batch = startBatch({ args, folder, environment, ...timeouts })
      const fed = yield* feedPages(batch, folder, settings, signal)
      if (fed.unclear !== 'warming' || fed.pages > 0 || tries === maxWarmUpTries) return fed
      await clock.sleep(warmUpPauseMs, signal)
    }
  }

  async function* scan(settings: ScanSettings, signal: AbortSignal): AsyncGenerator<ScannedPage, ScanEnd, void> {
    signal.throwIfAborted()
    if (active !== undefined) return scanFault('SCANNER_BUSY', 'another scan runs on this scanner')
    active = unusable(id, 'sane', 'SCANNER_BUSY')
    let folder: string | undefined
    try {
      const found = await lookWhenFree(signal)
      if ('end' in found) return found
      const planning = await plan(found, settings, signal)
      if ('refused' in planning) return scanFault(planning.refused.code, planning.refused.detail)
      const obstacle = whatSensorsSay(found, settings)
      if (obstacle !== undefined) return obstacle
      active = { ...infoOf(id, found), state: 'busy', code: 'SCANNER_BUSY' }
      folder = await mkdtemp(join(scratchFolder, 'scan-'))
      signal.throwIfAborted()
      const args = [`--device-name=${found.device.device}`, ...countArgs(settings), ...planning.args]
      const { end, unclear } = yield* feedWhenWarm(args, folder, settings, signal)
      const broken = unclear === 'broken'
      return end.end === 'fault' && (broken || mayBeTold(end, found))
        ? whatHappened(end, broken, await finder.again(found, signal))
        : end
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
      active = undefined
    }
  }

  return Object.freeze({ info, scan })
}

/** What stands in the way before the motor starts: some feeders jam when they are started empty. */
function whatSensorsSay(found: Found, settings: ScanSettings): ScanFault | undefined {
  const { coverOpen, paperLoaded } = sensorsOf(found.options)
  if (coverOpen === true) return scanFault('SCANNER_COVER_OPEN', 'the cover sensor says so')
  if (settings.source === 'adf' && paperLoaded === false) return scanFault('FEEDER_EMPTY', 'the feeder sensor says so')
  return undefined
}

/** Whether sensors may know more of a fault than its name. */
function mayBeTold(end: ScanFault, found: Found): boolean {
  const { doubleFeed, coverOpen } = sensorsOf(found.options)
  return end.code === 'SCANNER_JAM' && (doubleFeed ?? coverOpen) !== undefined
}

/**
 * SANE has one word for a jam and for sheets fed together, and one for a device that is broken and one that is gone:
 * another look tells.
 */
function whatHappened(end: ScanFault, broken: boolean, now: SaneOptions | ScanFault): ScanFault {
  if ('end' in now) return broken && now.code === 'SCANNER_ABSENT' ? scanFault('SCANNER_UNPLUGGED', now.detail) : end
  const { doubleFeed, coverOpen } = sensorsOf(now)
  if (doubleFeed === true) return scanFault('SCANNER_DOUBLE_FEED', end.detail)
  return coverOpen === true ? scanFault('SCANNER_COVER_OPEN', end.detail) : end
}

function chosenOptions(options: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(options).map(([name, value]) => {
    if (!/^[a-z][a-z0-9-]+$/i.test(name)) throw new Fault('CONFIG_INVALID', `"${name}" is no name of a SANE option`)
    return `--${name}=${value}`
  })
}

function infoOf(id: string, { device, options }: Found): ScannerInfo {
  const { coverOpen, button } = sensorsOf(options)
  return Object.freeze({
    id,
    name: device.model,
    driver: 'sane',
    ...(coverOpen === true ? { state: 'fault', code: 'SCANNER_COVER_OPEN' } : { state: 'ready' }),
    ...capabilitiesOf(options),
    ...(button === undefined ? {} : { buttonPressed: button }),
  })
}

function countArgs(settings: ScanSettings): readonly string[] {
  const count = settings.source === 'flatbed' ? 1 : settings.maxImages
  return count === undefined ? [] : [`--batch-count=${count}`]
}

interface FeedEnd {
  readonly end: ScanEnd
  readonly pages: number
  /** `broken`: another look at the device may explain it; `warming`: another try later may succeed. */
  readonly unclear?: 'broken' | 'warming' | undefined
}

async function* feedPages(
  batch: BatchRun,
  folder: string,
  settings: ScanSettings,
  signal: AbortSignal,
): AsyncGenerator<ScannedPage, FeedEnd, void> {
  // At once, not when the consumer comes back for the next page: the feeder is running.
  const cancel = () => void batch.finish()
  signal.addEventListener('abort', cancel, { once: true })
  let number = 0
  let image: PageFile | undefined
  try {
    for await (const name of batch.pages()) {
      signal.throwIfAborted()
      image = await openPage(join(folder, name))
      if (image === undefined) throw new Fault('SCANNER_FAILED', 'a page came without its whole picture')
      number += 1
      yield pageOf(number, settings, image.bytes)
      await image.discard()
      image = undefined
    }
    const exit = await batch.exit()
    signal.throwIfAborted()
    if (batch.journal.lines().some(isWriteFailure)) throw (await storageFault(folder)) ?? unwritten()
    return endOf(batch, exit, settings, number)
  } catch (thrown) {
    signal.throwIfAborted()
    const fault = thrown instanceof Fault ? asScanFault(thrown) : undefined
    if (fault === undefined) throw thrown
    return { end: fault, pages: number, unclear: fault.code === 'SCANNER_TIMEOUT' ? 'broken' : undefined }
  } finally {
    signal.removeEventListener('abort', cancel)
    await image?.discard()
    await batch.finish()
  }
}

function unwritten(): Fault {
  return new Fault('STORAGE_FAILED', 'scanimage could not write a page')
}

function pageOf(number: number, settings: ScanSettings, image: ScannedPage['image']): ScannedPage {
  const back = settings.source === 'adf' && settings.duplex && number % 2 === 0
  const { resolution } = settings
  return Object.freeze({ number, side: back ? 'back' : 'front', mediaType: 'image/tiff', resolution, image })
}

function endOf({ journal }: BatchRun, exit: ProcessExit, settings: ScanSettings, pages: number): FeedEnd {
  const said = journal.lines()
  const died = said.some(isBatchEnd) ? undefined : processFault(exit)
  // A backend whose device is pulled out under it crashes or hangs as often as it complains.
  if (died !== undefined) return { end: died, pages, unclear: exit.end === 'signalled' ? 'broken' : undefined }
  const ending = endingOf(exit.end === 'exited' ? exit.code : undefined, said)
  if (ending.end === 'fault') return { end: scanFault(ending.code, ending.detail), pages, unclear: ending.unclear }
  const sound = (end: ScanEnd): FeedEnd => ({ end, pages })
  if (pages === 0) {
    const empty = ending.end === 'no-documents' && settings.source === 'adf'
    return sound(scanFault(empty ? 'FEEDER_EMPTY' : 'SCANNER_FAILED', 'the scanner had no page'))
  }
  const imagesCompleted = journal.completed()
  return sound({ end: pages === settings.maxImages ? 'limit' : 'empty', imagesCompleted })
}
