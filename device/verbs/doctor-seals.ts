// What `doctor` finds out about the seals of the table: whether each service answers and lets the kiosk in, whose
// certificate the seal has, and how long it lasts. Nothing is signed.

import type { Config } from '../config/config.ts'
import { asFault, errorTable } from '../errors.ts'
import { systemClock } from '../host.ts'
import { fitToSign } from '../path/signed-copy.ts'
import type { Rooms } from '../rooms.ts'

export interface SealCheck {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  readonly mend: string
  readonly warn?: true
}

/** Bodies may be many; the first say what there is to know of their services. */
const mostChecked = 20
/** Before the end of a certificate: a new seal takes weeks to come. */
const warnDays = 60
const dayMs = 86_400_000

/** Empty where no seal is configured. */
export async function checkSeals(
  { seal }: Pick<Config, 'seal'>,
  rooms: Pick<Rooms, 'seals'>,
  signal: AbortSignal,
): Promise<readonly SealCheck[]> {
  if (seal === undefined) return []
  const checks: SealCheck[] = []
  for (const { ens, service, identity } of seal.table.slice(0, mostChecked)) {
    const check = `seal of ${ens}`
    try {
      const certificate = await rooms.seals().certificate({ service, identity }, signal)
      const now = systemClock.now()
      const { holder, notAfter } = fitToSign(certificate, now).facts
      const days = Math.floor((notAfter - now) / dayMs)
      const detail = `${service}: ${holder}, ${days} days left`
      const mend = 'order the next seal, and have it put on the service'
      checks.push({ check, ok: true, detail, mend, ...(days < warnDays && { warn: true }) })
    } catch (thrown) {
      const { code, detail } = asFault(thrown)
      checks.push({ check, ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend })
    }
  }
  return checks
}
