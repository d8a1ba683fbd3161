// The scanners of an appliance: each configured device has its driver, and a scan goes to the one that is named. This
// is the Scanner port; what a device cannot do is an outcome here, never an exception.

import type { Clock, DiscoveredScanner, ScanEnd, ScannedPage, Scanner, ScanSettings } from '../../device/ports.ts'
import { isLocalAddress, plainText, plainUuid } from '../local-devices.ts'
import { createDiscovery, type Discovery, type DiscoveryOptions } from './discovery.ts'
import { type ScannerDriver, scanFault, systemClock } from './driver.ts'
import { createEsclScanner } from './escl.ts'
import type { EsclLimits } from './escl-client.ts'
import type { ScannerIdentity } from './escl-place.ts'
import { createSaneScanner } from './sane.ts'

/** An eSCL scanner: where it is, who it is, or both; by who it is it is found wherever it moves. */
export interface EsclDevice extends ScannerIdentity {
  readonly id: string
  readonly driver: 'escl'
  /** The eSCL root, for example `http://127.0.0.1:60000/eSCL`. */
  readonly url?: string
  /** How the backs of sheets arrive; absent: as is known of the model. */
  readonly backs?: 'upright' | 'turned'
}

/** One configured scanner; `id` is what `--device` takes. */
export type ScannerDevice =
  | EsclDevice
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
  /** How scanners are found that are known by who they are. */
  readonly discovery?: Omit<DiscoveryOptions, 'clock'>
  /** Absent: the drivers' own. */
  readonly esclLimits?: EsclLimits
}

/** The Scanner port over all configured devices. Throws CONFIG_INVALID for a SANE option whose name cannot be one. */
export function createScanners(options: ScannersOptions): Scanner {
  const discovery = createDiscovery({ ...options.discovery, clock: options.clock ?? systemClock })
  const drivers = new Map(options.devices.map(device => [device.id, createDriver(device, options, discovery)]))

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
    discover: async (signal?: AbortSignal) => {
      const configured = options.devices.filter(device => device.driver === 'escl')
      return (await discovery.all(signal)).filter(found => !configured.some(device => isConfigured(device, found)))
    },
    scan,
  })
}

function createDriver(device: ScannerDevice, options: ScannersOptions, { lookUp }: Discovery): ScannerDriver {
  const { id } = device
  if (device.driver === 'escl') {
    const { url, backs } = device
    const identity = identityOf(device)
    return createEsclScanner({
      id,
      clock: options.clock ?? systemClock,
      ...(url === undefined ? {} : { url }),
      ...(backs === undefined ? {} : { backs }),
      ...(identity === undefined ? {} : { identity, lookUp, mayConnect: isLocalAddress }),
      ...(options.esclLimits === undefined ? {} : { limits: options.esclLimits }),
    })
  }
  return createSaneScanner({
    id,
    scratchFolder: options.scratchFolder,
    ...(device.device === undefined ? {} : { device: device.device }),
    ...(device.options === undefined ? {} : { options: device.options }),
    ...(options.saneEnvironment === undefined ? {} : { environment: options.saneEnvironment }),
  })
}

function identityOf({ uuid, serial, name }: EsclDevice): ScannerIdentity | undefined {
  if (uuid === undefined && serial === undefined && name === undefined) return undefined
  return {
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
    ...(name === undefined ? {} : { name }),
  }
}

function isConfigured(device: EsclDevice, found: DiscoveredScanner): boolean {
  const { uuid, serial, name, url } = device
  if (uuid !== undefined && found.uuid !== undefined) return plainUuid(uuid) === plainUuid(found.uuid)
  if (serial !== undefined && found.serial !== undefined) return plainText(serial) === plainText(found.serial)
  if (name !== undefined) return plainText(name) === plainText(found.name)
  return url !== undefined && url.replace(/\/+$/, '') === found.url
}
