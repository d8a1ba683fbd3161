// What `doctor` finds out about the printer: whether it answers, takes what can be made here, and could print now.

import type { Config } from '../config/config.ts'
import { errorTable } from '../errors.ts'
import type { Rooms } from '../rooms.ts'
import type { SealCheck } from './doctor-seals.ts'
import { printerLine } from './print.ts'

/** Empty where no printer is configured. */
export async function checkPrinter(
  { devices }: Pick<Config, 'devices'>,
  rooms: Pick<Rooms, 'printer'>,
  signal: AbortSignal,
): Promise<readonly SealCheck[]> {
  if (devices.printer === undefined) return []
  const info = await rooms.printer().info(signal)
  const found = { check: 'printer', detail: printerLine(info).replace('printer: ', '') }
  if (info.state === 'absent') return [{ ...found, ok: false, mend: errorTable[info.code ?? 'PRINTER_ABSENT'].mend }]
  if (info.form === null) return [{ ...found, ok: false, mend: errorTable.PRINTER_FORMAT.mend }]
  if (info.code !== null) return [{ ...found, ok: true, warn: true, mend: errorTable[info.code].mend }]
  if (info.low.length > 0) return [{ ...found, ok: true, warn: true, mend: `have ${info.low.join(' and ')} at hand` }]
  return [{ ...found, ok: true, mend: '' }]
}
