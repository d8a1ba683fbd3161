// What `doctor` finds out about Cl@ve Firma: whether the FIRe service answers and knows the application. Nothing is begun.

import type { Config } from '../config/config.ts'
import { asFault, errorTable } from '../errors.ts'
import type { Rooms } from '../rooms.ts'
import type { TimestampingCheck } from './doctor-timestamping.ts'

/** Undefined where no service is configured. */
export async function checkClave(
  { clave }: Config,
  rooms: Pick<Rooms, 'clave'>,
  signal?: AbortSignal,
): Promise<TimestampingCheck | undefined> {
  if (clave === undefined) return undefined
  try {
    await rooms.clave().check(signal)
    return { ok: true, detail: `${clave.url}: it knows the application`, mend: '' }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend }
  }
}
