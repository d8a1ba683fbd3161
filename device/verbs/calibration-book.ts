// The history of the scanners' checks as a verb sees it: read beside the running appliance, and written by it; where none
// runs, by the verb itself.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Calibration, type CalibrationRecord, calibrationOf, keepCalibration } from '../calibration.ts'
import type { LoadedConfig } from '../config/file.ts'
import { asFault } from '../errors.ts'
import { systemClock, systemRandom } from '../host.ts'
import { askAppliance } from '../http/operator-client.ts'
import { operatorSocket } from '../main.ts'
import type { CalibrationReader, CalibrationSummary } from '../store/calibrations.ts'
import { openStore } from '../store/store.ts'
import { readerOf } from './appliance.ts'

/** Newest first; none where there are no data yet. */
export function calibrationHistory(loaded: LoadedConfig): readonly Calibration[] {
  return inBook(loaded, calibrations => calibrations.list().map(calibrationOf))
}

/** The last check of each scanner. */
export function lastChecks(loaded: LoadedConfig): readonly CalibrationSummary[] {
  return inBook(loaded, calibrations => calibrations.last())
}

function inBook<T>(loaded: LoadedConfig, read: (calibrations: CalibrationReader) => readonly T[]): readonly T[] {
  if (!existsSync(join(loaded.dataFolder, 'compulsa.sqlite'))) return []
  const reader = readerOf(loaded)
  try {
    return read(reader.calibrations)
  } finally {
    reader.close()
  }
}

/** Durable when it resolves. Throws the faults of the store. */
export async function keepInBook(loaded: LoadedConfig, record: CalibrationRecord): Promise<void> {
  try {
    await askAppliance(operatorSocket(loaded.dataFolder), 'POST', '/calibrations', record)
  } catch (thrown) {
    if (asFault(thrown).code !== 'APPLIANCE_ABSENT') throw thrown
    keepAlone(loaded, record)
  }
}

function keepAlone({ dataFolder: folder, deviceKeyFile }: LoadedConfig, record: CalibrationRecord): void {
  const around = { clock: systemClock, random: systemRandom }
  const store = openStore({ folder, deviceKeyFile, ...around, createKeyIfMissing: true })
  try {
    keepCalibration(store, record)
  } finally {
    store.close()
  }
}
