// The scanners of an appliance: each configured device has its driver, and a scan goes to the one that is named. This
// is the Scanner port; what a device cannot do is an outcome here, never an exception.

import type { Clock, ScanEnd, ScannedPage, Scanner, ScanSettings } from '../../device/ports.ts'
import { type ScannerDriver, scanFault, systemClock } from './driver.ts'
import { createEsclScanner } from './escl.ts'
import { createSaneScanner } from './sane.ts'

/** One configured scanner; `id` is what `--device` takes. */
export type ScannerDevice =
  | {
      readonly id: string
      readonly driver: 'escl'
      /** The eSCL root, for example `http://127.0.0.1:60000/eSCL`. */
      readonly url: string
    }
  | {
      readonly id: string
      readonly driver: 'sane'
      /** SANE's name of the device; absent: the first that SANE lists. */
      readonly device?: string
      /** Options of the backend that are set for every scan, by name without dashes. */
      readonly options?: Readonly<Record<string, string>>
    }

export interface ScannersOptions {
  readonly devices: readonly ScannerDevice[]
  /** A folder that exists and that only this process uses. */
  readonly scratchFolder: string
  /** For libsane, for example SANE_CONFIG_DIR. */
  readonly saneEnvironment?: Readonly<Record<string, string>>
  /** Absent: the machine's own. */
  readonly clock?: Clock
}

/** The Scanner port over all configured devices. Throws CONFIG_INVALID for a SANE option whose name cannot be one. */
export function createScanners(options: ScannersOptions): Scanner {
  const drivers = new Map(options.devices.map(device => [device.id, createDriver(device, options)]))

  async function* scan(
    deviceId: string,
    settings: ScanSettings,
    signal: AbortSignal,
  ): AsyncGenerator<ScannedPage, ScanEnd, void> {
    signal.throwIfAborted()
    const driver = drivers.get(deviceId)
    if (driver === undefined) return scanFault('SCANNER_ABSENT', `no scanner is called "${deviceId}"`)
    const { maxImages = 1, resolution } = settings
    if (![maxImages, resolution].every(number => Number.isSafeInteger(number) && number > 0)) {
      return scanFault('SCAN_SETTING_REFUSED', 'resolution and number of images are whole numbers from 1 on')
    }
    return yield* driver.scan(settings, signal)
  }

  return Object.freeze({
    list: (signal?: AbortSignal) => Promise.all([...drivers.values()].map(driver => driver.info(signal))),
    scan,
  })
}

function createDriver(device: ScannerDevice, options: ScannersOptions): ScannerDriver {
  const { id } = device
  if (device.driver === 'escl') return createEsclScanner({ id, url: device.url, clock: options.clock ?? systemClock })
  return createSaneScanner({
    id,
    scratchFolder: options.scratchFolder,
    ...(device.device === undefined ? {} : { device: device.device }),
    ...(device.options === undefined ? {} : { options: device.options }),
    ...(options.saneEnvironment === undefined ? {} : { environment: options.saneEnvironment }),
  })
}
