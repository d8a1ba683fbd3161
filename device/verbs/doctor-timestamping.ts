// What `doctor` finds out about levels above B: whether the time-stamping authority answers, whether its time is ours, and
// whether everything that validates it can be had. It takes one time-stamp, over random octets.

import type { Config } from '../config/config.ts'
import { asFault, errorTable, Fault } from '../errors.ts'
import { systemClock, systemRandom } from '../host.ts'
import { readAnchors } from '../main.ts'
import type { Rooms } from '../rooms.ts'
import { readCertificate } from '../trust/certificate.ts'
import { gatherEvidence } from '../trust/gather.ts'
import { obtainTimestamp } from '../trust/timestamp-request.ts'

export interface TimestampingCheck {
  readonly ok: boolean
  readonly detail: string
  readonly mend: string
}

/** Undefined where no authority is configured: every procedure then stays at level B. */
export async function checkTimestamping(
  config: Config,
  rooms: Pick<Rooms, 'timestamper' | 'revocation'>,
  signal?: AbortSignal,
): Promise<TimestampingCheck | undefined> {
  if (config.timestamping === undefined) return undefined
  const { url } = config.timestamping
  try {
    return { ok: true, detail: `${url}: ${await tryOut(config, rooms, signal)}`, mend: '' }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend }
  }
}

async function tryOut(
  config: Config,
  rooms: Pick<Rooms, 'timestamper' | 'revocation'>,
  signal?: AbortSignal,
): Promise<string> {
  const { policy } = config.timestamping ?? {}
  const query = {
    digestAlgorithm: 'SHA-256',
    digest: systemRandom.bytes(32),
    ...(policy !== undefined && { policy }),
  } as const
  const sources = { timestamper: rooms.timestamper(), clock: systemClock, random: systemRandom.bytes }
  const { genTime, signer, evidence } = await obtainTimestamp(query, sources, signal)
  const apart = Math.round(Math.abs(systemClock.now() - genTime) / 1000)
  const answers = `answers, ${apart} s from our clock`
  if (config.trust.length === 0) return `${answers}; without \`trust\` its certificate is not judged`
  if (signer === undefined)
    throw new Fault('CHAIN_INCOMPLETE', 'the time-stamp does not hold its authority’s certificate')
  const anchors = (await readAnchors(config)).map(readCertificate)
  const tools = { anchors, revocation: rooms.revocation(), clock: systemClock, ...(signal && { signal }) }
  await gatherEvidence({ certificates: [signer], known: evidence, at: genTime }, tools)
  return `${answers}; its certificate is trusted and not revoked`
}
