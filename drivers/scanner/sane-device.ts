// Where a SANE device is and what it says of itself. Most backends name a device by its place on the USB bus, which
// changes whenever it is replugged: a device that is not under its name is looked for under the others.

import { type ScanFault, scanFault } from './driver.ts'
import { feederToAsk, parseOptions, type SaneOptions, twoSidedFlags } from './sane-options.ts'
import { deviceListFormat, parseDevices, type SaneDevice } from './sane-output.ts'
import { askScanimage } from './scanimage.ts'

/** Looking for devices asks every backend, and those of the network wait for answers. */
const listTimeoutMs = 30_000
const defaultLookTimeoutMs = 20_000
/** A kiosk asks for a few ways of scanning only. */
const maxPrepared = 16
/** Where a device is plugged in, at the end of its name. */
const place = /(?:libusb:\d{3}:\d{3}|bus\d+;dev\d+)$/

export interface Found {
  readonly device: SaneDevice
  readonly options: SaneOptions
}

export interface SaneFinder {
  /** Opens the device and reads its options and sensors as they are now, or tells why that is not possible. */
  look(signal?: AbortSignal): Promise<Found | ScanFault>
  /**
   * The options that stand once `args` are set; asked once per device and arguments. What sensors say in them is old.
   */
  prepared(found: Found, args: readonly string[], signal?: AbortSignal): Promise<SaneOptions | ScanFault>
  /** What that device says now, under that name only: it answers at once whether it is still there. */
  again(found: Found, signal?: AbortSignal): Promise<SaneOptions | ScanFault>
}

export interface FinderOptions {
  readonly id: string
  /** SANE's name of the device or its beginning up to a colon (`genesys`, `fujitsu:fi-7160`); absent: the first listed. */
  readonly device?: string
  readonly environment: Readonly<Record<string, string>>
  /** Longest wait for a device to be opened and to answer. */
  readonly lookTimeoutMs?: number
}

export function createSaneFinder({ id, device, environment, lookTimeoutMs }: FinderOptions): SaneFinder {
  // A backend's name alone opens its first device, but does not tell which that is.
  let known = device?.includes(':') === true ? { device, model: id } : undefined
  const preparations = new Map<string, SaneOptions>()
  let turn = Promise.resolve()
  let nameIsWhole = false

  async function ask(args: readonly string[], timeoutMs: number, signal?: AbortSignal) {
    return askScanimage(args, { environment, timeoutMs, ...(signal === undefined ? {} : { signal }) })
  }

  async function describe(
    found: SaneDevice,
    args: readonly string[],
    signal?: AbortSignal,
  ): Promise<SaneOptions | ScanFault> {
    const question = [`--device-name=${found.device}`, ...args, '--all-options']
    const told = await ask(question, lookTimeoutMs ?? defaultLookTimeoutMs, signal)
    if ('end' in told) return told
    const options = parseOptions(told.output)
    return options.size === 0 ? scanFault('SCANNER_FAILED', 'the scanner names no options') : options
  }

  /** One at a time: a device that is open for one question is busy for the next. */
  async function look(signal?: AbortSignal): Promise<Found | ScanFault> {
    const { promise: mine, resolve: leave } = Promise.withResolvers<void>()
    const before = turn
    turn = before.then(() => mine)
    try {
      await unlessAborted(before, signal)
      return await lookNow(signal)
    } finally {
      leave()
    }
  }

  async function lookNow(signal?: AbortSignal): Promise<Found | ScanFault> {
    const before = known
    const options = before === undefined ? undefined : await describe(before, [], signal)
    if (before !== undefined && options !== undefined && !isAbsent(options)) {
      if (before.device === device) nameIsWhole = !place.test(device)
      return completed(before, options, signal)
    }
    // Looking elsewhere takes seconds; a name that has its device's serial number in it stays.
    if (nameIsWhole && isFault(options)) return options
    const list = await ask([`--formatted-device-list=${deviceListFormat}`], listTimeoutMs, signal)
    if ('end' in list) return list
    const listed = namedAlike(device, parseDevices(list.output))
    // What is listed and was refused just now is about to go or to come: the next look tells.
    if (listed === undefined || listed.device === before?.device) {
      return isFault(options) ? options : scanFault('SCANNER_ABSENT', 'SANE lists no device')
    }
    known = listed
    return completed(listed, await describe(listed, [], signal), signal)
  }

  /** With what only a chosen feeder tells. */
  async function completed(
    device: SaneDevice,
    options: SaneOptions | ScanFault,
    signal?: AbortSignal,
  ): Promise<Found | ScanFault> {
    if (isFault(options)) return options
    const found = { device, options }
    const fed = await prepared(found, feederToAsk(options), signal)
    if (isFault(fed)) return fed
    const twoSided = twoSidedFlags.flatMap(flag => fed.get(flag) ?? [])
    return { device, options: new Map([...options, ...twoSided.map(option => [option.flag, option] as const)]) }
  }

  async function prepared(
    found: Found,
    args: readonly string[],
    signal?: AbortSignal,
  ): Promise<SaneOptions | ScanFault> {
    if (args.length === 0) return found.options
    const key = JSON.stringify([found.device.device, ...args])
    const before = preparations.get(key)
    if (before !== undefined) return before
    const options = await describe(found.device, args, signal)
    if ('end' in options) return options
    if (preparations.size >= maxPrepared) preparations.clear()
    preparations.set(key, options)
    return options
  }

  const again = (found: Found, signal?: AbortSignal) => describe(found.device, [], signal)

  return Object.freeze({ look, prepared, again })
}

async function unlessAborted(work: Promise<void>, signal?: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    signal?.throwIfAborted()
    await Promise.race([work, aborted])
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

function isAbsent(options: SaneOptions | ScanFault): boolean {
  return isFault(options) && options.code === 'SCANNER_ABSENT'
}

function isFault(options: SaneOptions | ScanFault | undefined): options is ScanFault {
  return options !== undefined && 'end' in options
}

/** The listed device that a configured name means; undefined when none does, or more than one might. */
export function namedAlike(configured: string | undefined, listed: readonly SaneDevice[]): SaneDevice | undefined {
  if (configured === undefined) return listed[0]
  const same = listed.find(({ device }) => device === configured || device.startsWith(`${configured}:`))
  if (same !== undefined) return same
  if (!place.test(configured)) return undefined
  const alike = listed.filter(
    ({ device }) => place.test(device) && device.replace(place, '') === configured.replace(place, ''),
  )
  return alike.length === 1 ? alike[0] : undefined
}
