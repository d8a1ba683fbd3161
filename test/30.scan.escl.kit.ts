// What the eSCL tests share: a simulated scanner with the driver above it, and a scan that is read to its end.

import type { ScanEnd, Scanner, ScanSettings } from '../device/ports.ts'
import { createScanners, type EsclDevice, type ScannersOptions } from '../drivers/scanner/scanners.ts'
import { createImpatientClock, sheetSettings } from './30.scan.setup.ts'
import { type TakenScan, take } from './contract/scanner.ts'
import { type EsclSimulator, type EsclSimulatorOptions, startEsclSimulator } from './sim/escl.ts'

export interface EsclBench {
  readonly simulator: EsclSimulator
  readonly scanner: Scanner
  readonly clock: ReturnType<typeof createImpatientClock>
  scan(changes?: Partial<ScanSettings>): Promise<TakenScan>
  stop(): Promise<void>
}

export interface EsclBenchOptions extends EsclSimulatorOptions {
  readonly configured?: Partial<EsclDevice>
  readonly more?: Partial<ScannersOptions>
}

/** A scanner `feeder` on a simulator; its clock does not wait unless another is given. */
export async function openEscl({ configured, more, ...options }: EsclBenchOptions): Promise<EsclBench> {
  const simulator = await startEsclSimulator(options)
  const clock = createImpatientClock()
  const devices = [{ id: 'feeder', driver: 'escl' as const, url: simulator.url, ...configured }]
  const scanner = createScanners({ devices, scratchFolder: '/nonexistent', clock, ...more })
  return {
    simulator,
    scanner,
    clock,
    scan: changes => take(scanner.scan('feeder', { ...sheetSettings, ...changes }, new AbortController().signal)),
    stop: () => simulator.stop(),
  }
}

/** How a scan came out, in short. */
export function summary({ pages, broken, end }: TakenScan): { readonly pages: number; readonly end: ScanEnd } {
  return { pages: pages.length + broken.length, end }
}
