// What `doctor` finds out about the extension service: whether it answers and knows the kiosk. No document is sent.

import type { Config } from '../config/config.ts'
import { asFault, errorTable } from '../errors.ts'
import type { Rooms } from '../rooms.ts'
import type { TimestampingCheck } from './doctor-timestamping.ts'

/** Undefined where no service is configured: signatures are raised here. */
export async function checkExtension(
  { extension }: Config,
  rooms: Pick<Rooms, 'extender'>,
  signal?: AbortSignal,
): Promise<TimestampingCheck | undefined> {
  if (extension === undefined) return undefined
  const { url } = extension.service
  try {
    await rooms.extender().enter(signal)
    return { ok: true, detail: `${url}: it knows the kiosk`, mend: '' }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend }
  }
}
