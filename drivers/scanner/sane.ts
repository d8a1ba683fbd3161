// The SANE driver: one device that libsane knows, scanned by scanimage in a process of its own, because a backend can
// crash or hang. Each page is taken as soon as scanimage has named it, read from a private folder and deleted; whatever
// way a scan ends, neither the process nor the folder stays.

import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../device/errors.ts'
import type { ScanEnd, ScannedPage, ScannerInfo, ScanSettings } from '../../device/ports.ts'
import type { ProcessExit } from '../exec.ts'
import { asScanFault, type ScanFault, type ScannerDriver, scanFault, unusable } from './driver.ts'
import { capabilitiesOf, parseOptions, planArgs, type SaneOptions } from './sane-options.ts'
import { deviceListFormat, endingOf, isBatchEnd, parseDevices, type SaneDevice } from './sane-output.ts'
import { askScanimage, type BatchRun, processFault, startBatch } from './scanimage.ts'
import { tiffIsWhole } from './tiff-header.ts'

/** Looking for devices asks every backend, and those of the network wait for answers. */
const listTimeoutMs = 30_000
const describeTimeoutMs = 20_000
const defaultPageTimeoutMs = 120_000
const headerBytes = 4096
const readChunkBytes = 256 * 1024

export interface SaneOptionsOfDevice {
  readonly id: string
  /** SANE's name of the device; absent: the first that SANE lists. */
  readonly device?: string
  /** Options of the backend that are set for every scan, by name without dashes. */
  readonly options?: Readonly<Record<string, string>>
  /** A folder that exists; pages lie in it between scanimage and the consumer. */
  readonly scratchFolder: string
  /** For libsane, for example SANE_CONFIG_DIR. */
  readonly environment?: Readonly<Record<string, string>>
  /** Longest wait for the next page. */
  readonly pageTimeoutMs?: number
}

interface Found {
  readonly device: SaneDevice
  readonly options: SaneOptions
}

/** The driver of one SANE device. Throws CONFIG_INVALID for an option whose name cannot be one. */
export function createSaneScanner(configured: SaneOptionsOfDevice): ScannerDriver {
  const { id, scratchFolder, environment = {}, pageTimeoutMs = defaultPageTimeoutMs } = configured
  const fixedArgs = fixedOptions(configured.options ?? {})
  let active: ScannerInfo | undefined

  async function discover(signal?: AbortSignal): Promise<Found | ScanFault> {
    const asked = { environment, ...(signal === undefined ? {} : { signal }) }
    let device: SaneDevice | undefined
    if (configured.device !== undefined) device = { device: configured.device, model: id }
    else {
      const list = await askScanimage([`--formatted-device-list=${deviceListFormat}`], {
        ...asked,
        timeoutMs: listTimeoutMs,
      })
      if ('end' in list) return list
      device = parseDevices(list.output)[0]
    }
    if (device === undefined) return scanFault('SCANNER_ABSENT', 'SANE lists no device')
    const args = [`--device-name=${device.device}`, '--all-options']
    const options = await askScanimage(args, { ...asked, timeoutMs: describeTimeoutMs })
    return 'end' in options ? options : { device, options: parseOptions(options.output) }
  }

  async function info(signal?: AbortSignal): Promise<ScannerInfo> {
    // Opening a device that is scanning disturbs some backends and fails in the others.
    if (active !== undefined) return active
    const found = await discover(signal)
    return 'end' in found ? unusable(id, 'sane', found.code) : infoOf(id, found)
  }

  async function* scan(settings: ScanSettings, signal: AbortSignal): AsyncGenerator<ScannedPage, ScanEnd, void> {
    signal.throwIfAborted()
    if (active !== undefined) return scanFault('SCANNER_BUSY', 'another scan runs on this scanner')
    active = unusable(id, 'sane', 'SCANNER_BUSY')
    let folder: string | undefined
    try {
      const found = await discover(signal)
      if ('end' in found) return found
      const planning = planArgs(found.options, settings)
      if ('refused' in planning) return scanFault(planning.refused.code, planning.refused.detail)
      active = { ...infoOf(id, found), state: 'busy', code: 'SCANNER_BUSY' }
      folder = await mkdtemp(join(scratchFolder, 'scan-'))
      signal.throwIfAborted()
      const args = [`--device-name=${found.device.device}`, ...countArgs(settings), ...fixedArgs, ...planning.args]
      const end = yield* feedPages(startBatch({ args, folder, environment, pageTimeoutMs }), folder, settings, signal)
      return end === 'broken' ? whatBroke(await discover(signal)) : end
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
      active = undefined
    }
  }

  return Object.freeze({ info, scan })
}

/** Reading and writing fails alike at a device that is broken and at one that is no longer there. */
function whatBroke(foundAgain: Found | ScanFault): ScanFault {
  return 'end' in foundAgain
    ? scanFault('SCANNER_UNPLUGGED', foundAgain.detail)
    : scanFault('SCANNER_FAILED', 'error during device I/O')
}

function fixedOptions(options: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(options).map(([name, value]) => {
    if (!/^[a-z][a-z0-9-]+$/.test(name)) throw new Fault('CONFIG_INVALID', `"${name}" is no name of a SANE option`)
    return `--${name}=${value}`
  })
}

function infoOf(id: string, { device, options }: Found): ScannerInfo {
  return Object.freeze({ id, name: device.model, driver: 'sane', state: 'ready', ...capabilitiesOf(options) })
}

function countArgs(settings: ScanSettings): readonly string[] {
  const count = settings.source === 'flatbed' ? 1 : settings.maxImages
  return count === undefined ? [] : [`--batch-count=${count}`]
}

async function* feedPages(
  batch: BatchRun,
  folder: string,
  settings: ScanSettings,
  signal: AbortSignal,
): AsyncGenerator<ScannedPage, ScanEnd | 'broken', void> {
  // At once, not when the consumer comes back for the next page: the feeder is running.
  const cancel = () => void batch.finish()
  signal.addEventListener('abort', cancel, { once: true })
  let number = 0
  let image: PageFile | undefined
  try {
    for await (const name of batch.pages()) {
      signal.throwIfAborted()
      image = await openPage(join(folder, name))
      if (image === undefined) return scanFault('SCANNER_FAILED', 'the scanner delivered a page without a picture')
      number += 1
      yield pageOf(number, settings, image.bytes)
      await image.discard()
      image = undefined
    }
    const exit = await batch.exit()
    signal.throwIfAborted()
    return endOf(batch, exit, settings, number)
  } catch (thrown) {
    signal.throwIfAborted()
    const fault = thrown instanceof Fault ? asScanFault(thrown) : undefined
    if (fault === undefined) throw thrown
    return fault
  } finally {
    signal.removeEventListener('abort', cancel)
    await image?.discard()
    await batch.finish()
  }
}

function pageOf(number: number, settings: ScanSettings, image: ScannedPage['image']): ScannedPage {
  const back = settings.source === 'adf' && settings.duplex && number % 2 === 0
  const { resolution } = settings
  return Object.freeze({ number, side: back ? 'back' : 'front', mediaType: 'image/tiff', resolution, image })
}

function endOf({ journal }: BatchRun, exit: ProcessExit, settings: ScanSettings, pages: number): ScanEnd | 'broken' {
  const said = journal.lines()
  const died = said.some(isBatchEnd) ? undefined : processFault(exit)
  if (died !== undefined) return died
  const ending = endingOf(exit.end === 'exited' ? exit.code : undefined, said)
  if (ending.end === 'fault') return ending.broken === true ? 'broken' : scanFault(ending.code, ending.detail)
  if (pages === 0) {
    const empty = ending.end === 'no-documents' && settings.source === 'adf'
    return scanFault(empty ? 'FEEDER_EMPTY' : 'SCANNER_FAILED', 'the scanner had no page')
  }
  const imagesCompleted = journal.completed()
  return { end: pages === settings.maxImages ? 'limit' : 'empty', imagesCompleted }
}

/** A finished page between scanimage and the consumer; `discard` closes and deletes it. */
interface PageFile {
  readonly bytes: ScannedPage['image']
  discard(): Promise<void>
}

/** Undefined when the file holds no whole image. */
async function openPage(path: string): Promise<PageFile | undefined> {
  const file = await open(path)
  const discard = async () => {
    await file.close()
    await rm(path, { force: true })
  }
  const head = new Uint8Array(headerBytes)
  const { bytesRead } = await file.read(head, 0, headerBytes, 0)
  const { size } = await file.stat()
  if (!tiffIsWhole(head.subarray(0, bytesRead), size)) {
    await discard()
    return undefined
  }
  return { bytes: bytesOf(file), discard }
}

async function* bytesOf(file: FileHandle): AsyncGenerator<Uint8Array, void, void> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(readChunkBytes), 0, readChunkBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
