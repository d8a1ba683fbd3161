// Which eSCL scanners there are, and where one of them is now: what ipp-usb serves on loopback and what is announced on
// the local network. Nobody is believed by an announcement alone, and nothing beyond private addresses is ever asked.

import { Fault } from '../../device/errors.ts'
import type { Clock, DiscoveredScanner } from '../../device/ports.ts'
import { ippUsbPorts, isLocalAddress, plainText, plainUuid } from '../local-devices.ts'
import { type Announcement, browseScanners } from './discovery-avahi.ts'
import type { EsclCapabilities } from './escl-capabilities.ts'
import { createEsclClient, esclLimits } from './escl-client.ts'
import { isSame, type ScannerIdentity } from './escl-place.ts'

const probeLimits = { ...esclLimits, connectTimeoutMs: 1_000, metadataDeadlineMs: 5_000 }
/** Announcements older than that are looked at anew; a scanner on loopback is found at once. */
const browseEveryMs = 10_000

export interface DiscoveryOptions {
  readonly clock: Clock
  /** For avahi-browse, for example DBUS_SYSTEM_BUS_ADDRESS. */
  readonly environment?: Readonly<Record<string, string>>
  /** Loopback ports on which ipp-usb may be; absent: its own. */
  readonly ports?: readonly number[]
}

/** A scanner that was asked who it is, or one that is only announced. */
interface Candidate extends DiscoveredScanner {
  readonly capabilities?: EsclCapabilities
}

export interface Discovery {
  /** Where the scanner with that identity may be, likeliest first. Throws the signal's reason only. */
  lookUp(identity: ScannerIdentity, signal?: AbortSignal): AsyncIterable<string>
  /** Every scanner there is, each once. Throws the signal's reason only. */
  all(signal?: AbortSignal): Promise<readonly DiscoveredScanner[]>
}

export function createDiscovery({ clock, environment = {}, ports = ippUsbPorts }: DiscoveryOptions): Discovery {
  let browsed: { readonly at: number; readonly found: readonly Announcement[] } | undefined

  async function announced(signal: AbortSignal | undefined): Promise<readonly Announcement[]> {
    if (browsed === undefined || clock.now() - browsed.at >= browseEveryMs) {
      const found = (await browseScanners(environment, signal)).filter(({ address }) => isLocalAddress(address))
      browsed = { at: clock.now(), found: found.toSorted((a, b) => rankOf(a) - rankOf(b)) }
    }
    return browsed.found
  }

  async function* lookUp(identity: ScannerIdentity, signal?: AbortSignal): AsyncGenerator<string, void, void> {
    for (const { url, capabilities } of await probe(ports, signal)) {
      if (capabilities !== undefined && isSame(identity, capabilities)) yield url
    }
    for (const announcement of await announced(signal)) if (mayBe(identity, announcement)) yield announcement.url
  }

  async function all(signal?: AbortSignal): Promise<readonly DiscoveredScanner[]> {
    const candidates: readonly Candidate[] = [...(await probe(ports, signal)), ...(await announced(signal))]
    const once = new Map<string, DiscoveredScanner>()
    for (const { name, url, uuid, serial, sources, duplex } of candidates) {
      const key = uuid === undefined ? url : plainUuid(uuid)
      const shown = { name, url, ...(uuid === undefined ? {} : { uuid }), ...(serial === undefined ? {} : { serial }) }
      if (!once.has(key)) once.set(key, Object.freeze({ ...shown, sources, duplex }))
    }
    return [...once.values()]
  }

  return Object.freeze({ lookUp, all })
}

/** Asks every port at once; who is no scanner, or none that answers soon, is left out. */
async function probe(ports: readonly number[], signal: AbortSignal | undefined): Promise<readonly Candidate[]> {
  const asked = ports.map(async (port): Promise<readonly Candidate[]> => {
    const url = `http://127.0.0.1:${port}/eSCL`
    try {
      const { capabilities } = await createEsclClient({ url, limits: probeLimits }).capabilities(signal)
      return [candidateOf(url, capabilities)]
    } catch (thrown) {
      signal?.throwIfAborted()
      if (thrown instanceof Fault) return []
      throw thrown
    }
  })
  return (await Promise.all(asked)).flat()
}

function candidateOf(url: string, capabilities: EsclCapabilities): Candidate {
  const { makeAndModel, uuid, serialNumber, simplex, platen, duplex } = capabilities
  return {
    url,
    capabilities,
    name: makeAndModel,
    ...(uuid === undefined ? {} : { uuid }),
    ...(serialNumber === undefined ? {} : { serial: serialNumber }),
    sources: [...(simplex ? (['adf'] as const) : []), ...(platen ? (['flatbed'] as const) : [])],
    duplex: duplex !== undefined,
  }
}

/** Whether it is worth asking: an announcement has no serial number, and some have no UUID. */
function mayBe(identity: ScannerIdentity, { uuid, name }: Announcement): boolean {
  if (identity.uuid !== undefined && uuid !== undefined) return plainUuid(identity.uuid) === plainUuid(uuid)
  return identity.name === undefined || identity.serial !== undefined || plainText(identity.name) === plainText(name)
}

/** Loopback before the network, plain before TLS: scanners sign their certificates themselves. */
function rankOf({ url, address }: Announcement): number {
  const loopback = address === '::1' || address.startsWith('127.')
  return (loopback ? 0 : 2) + (url.startsWith('https:') ? 1 : 0)
}
