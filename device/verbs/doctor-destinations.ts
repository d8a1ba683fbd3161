// What `doctor` finds out about destinations that can be asked without a copy: whether they let the kiosk in.

import type { Config } from '../config/config.ts'
import { hostOf } from '../config/destinations.ts'
import { asFault, errorTable } from '../errors.ts'
import type { Peers } from '../ports.ts'
import type { PinCheck } from './doctor-pins.ts'

/** Empty where all of them take nothing but copies. */
export async function checkDestinations(
  { destinations }: Pick<Config, 'destinations'>,
  peers: Pick<Peers, 'enter'>,
  signal: AbortSignal,
): Promise<readonly PinCheck[]> {
  const checks: PinCheck[] = []
  for (const destination of destinations) {
    const check = `destination ${destination.id}`
    try {
      if (!(await peers.enter(destination.id, signal))) continue
      checks.push({ check, ok: true, detail: `${hostOf(destination)}: it knows the kiosk`, mend: '' })
    } catch (thrown) {
      const { code, detail } = asFault(thrown)
      checks.push({ check, ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend })
    }
  }
  return checks
}
