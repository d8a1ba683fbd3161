// What `doctor` finds out about pinned servers: which pin each of them has now, and the pin to be written into the
// configuration where it is another. Nothing but a TLS handshake goes out.

import type { Config } from '../config/config.ts'
import { type PinnablePeer, pinnablePeers } from '../config/pins.ts'
import { asFault, errorTable } from '../errors.ts'
import type { Peers } from '../ports.ts'

export interface PinCheck {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  readonly mend: string
}

/** Of pinned servers, or of `all` that TLS is spoken with, so that an operator can pin them. */
export async function checkPins(
  config: Config,
  rooms: { peers(): Pick<Peers, 'keys'> },
  { all, signal }: { readonly all: boolean; readonly signal: AbortSignal },
): Promise<readonly PinCheck[]> {
  const peers = pinnablePeers(config).filter(({ pins }) => all || pins !== undefined)
  const checks: PinCheck[] = []
  for (const peer of peers) checks.push(await checkOne(peer, rooms.peers(), signal))
  return checks
}

async function checkOne(peer: PinnablePeer, peers: Pick<Peers, 'keys'>, signal: AbortSignal): Promise<PinCheck> {
  const { name, url, caFile, pins } = peer
  const check = `key of ${name}`
  const { host } = new URL(url)
  try {
    const [own = '', ...issuers] = await peers.keys({ url, ...(caFile !== undefined && { caFile }) }, signal)
    const above = issuers.length === 0 ? '' : `, issued under ${issuers.join(', ')}`
    if (pins === undefined) return { check, ok: true, detail: `${host} has ${own}${above}; not pinned`, mend: '' }
    const fitting = pins.findIndex(pin => pin === own || issuers.includes(pin))
    if (fitting >= 0) {
      const detail = `${host} has ${own}${above}; fits pin ${fitting + 1} of ${pins.length}`
      return { check, ok: true, detail, mend: '' }
    }
    const detail = `TLS_PIN_MISMATCH: ${host} has ${own}${above}; pinned are ${pins.join(', ')}`
    return { check, ok: false, detail, mend: errorTable.TLS_PIN_MISMATCH.mend }
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    return { check, ok: false, detail: `${code}: ${detail}`, mend: errorTable[code].mend }
  }
}
