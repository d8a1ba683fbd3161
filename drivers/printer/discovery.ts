// Which printers there are, and where one of them is now: what ipp-usb serves on loopback and what is announced on the local
// network (DNS-SD `_ipp._tcp` and `_ipps._tcp`; PWG 5100.14, 4.2). Nobody is believed by an announcement alone, and nothing
// beyond private addresses is asked.

import { Fault } from '../../device/errors.ts'
import type { DiscoveredPrinter } from '../../device/ports.ts'
import { type AnnouncedService, authorityOf, browseAvahi } from '../avahi.ts'
import { ippUsbPorts, isLocalAddress, oneLine, plainText, plainUuid } from '../local-devices.ts'
import { capabilitiesIn, type IppCapabilities } from './ipp-capabilities.ts'
import { createIppClient, type IppLimits, ippLimits } from './ipp-client.ts'
import { isSame, type PrinterIdentity, printerAt } from './ipp-place.ts'

/** Where a printer behind ipp-usb takes jobs (PWG 5100.14, 4.2). */
const printPath = 'ipp/print'
const probeLimits: IppLimits = { ...ippLimits, connectTimeoutMs: 1_000, deadlineMs: 5_000 }

export interface DiscoveryOptions {
  /** For avahi-browse, for example DBUS_SYSTEM_BUS_ADDRESS. */
  readonly environment?: Readonly<Record<string, string>>
  /** Loopback ports on which ipp-usb may be; absent: its own. */
  readonly ports?: readonly number[]
}

interface Candidate extends DiscoveredPrinter {
  readonly capabilities?: IppCapabilities
}

export interface Discovery {
  /** Where the printer with that identity may be, likeliest first. Throws the signal's reason only. */
  lookUp(identity: PrinterIdentity, signal?: AbortSignal): AsyncIterable<string>
  /** Every printer there is, each once. Throws the signal's reason only. */
  all(signal?: AbortSignal): Promise<readonly DiscoveredPrinter[]>
}

export function createDiscovery({ environment = {}, ports = ippUsbPorts }: DiscoveryOptions): Discovery {
  async function announced(signal?: AbortSignal): Promise<readonly Candidate[]> {
    const services = await browseAvahi(['_ipp._tcp', '_ipps._tcp'], environment, signal)
    // Plain before TLS: printers sign their certificates themselves.
    return services
      .filter(({ address }) => isLocalAddress(address))
      .toSorted((one, other) => one.service.length - other.service.length)
      .flatMap(printerOf)
  }

  async function* lookUp(identity: PrinterIdentity, signal?: AbortSignal): AsyncGenerator<string, void, void> {
    for (const { url, capabilities } of await probe(ports, signal)) {
      if (capabilities !== undefined && isSame(identity, capabilities)) yield url
    }
    for (const candidate of await announced(signal)) if (mayBe(identity, candidate)) yield candidate.url
  }

  async function all(signal?: AbortSignal): Promise<readonly DiscoveredPrinter[]> {
    const once = new Map<string, DiscoveredPrinter>()
    for (const { name, url, uuid } of [...(await probe(ports, signal)), ...(await announced(signal))]) {
      const key = uuid === undefined ? url : plainUuid(uuid)
      if (!once.has(key)) once.set(key, Object.freeze({ name, url, ...(uuid !== undefined && { uuid }) }))
    }
    return [...once.values()]
  }

  return Object.freeze({ lookUp, all })
}

/** The printer that is announced; none where the announcement cannot be one's. */
export function printerOf(announced: AnnouncedService): readonly Candidate[] {
  const { service, name, records } = announced
  const path = (records.get('rp') ?? printPath).replace(/^\/+|\/+$/g, '')
  if (!/^[\w.~/-]{1,100}$/.test(path)) return []
  const uuid = records.get('uuid')
  return [
    {
      url: `${service === '_ipps._tcp' ? 'ipps' : 'ipp'}://${authorityOf(announced)}/${path}`,
      name: oneLine(records.get('ty') ?? name),
      ...(uuid !== undefined && uuid !== '' && { uuid: oneLine(uuid) }),
    },
  ]
}

/** Whether it is worth asking: some announcements have no UUID. */
function mayBe(identity: PrinterIdentity, { uuid, name }: Candidate): boolean {
  if (identity.uuid !== undefined && uuid !== undefined) return plainUuid(identity.uuid) === plainUuid(uuid)
  return identity.name === undefined || plainText(identity.name) === plainText(name)
}

/** Asks every port at once; who is no printer, or none that answers soon, is left out. */
async function probe(ports: readonly number[], signal: AbortSignal | undefined): Promise<readonly Candidate[]> {
  const asked = ports.map(async (port): Promise<readonly Candidate[]> => {
    const url = `ipp://127.0.0.1:${port}/${printPath}`
    try {
      const capabilities = capabilitiesIn(await printerAt(createIppClient({ url, limits: probeLimits }), signal))
      const { name, uuid } = capabilities
      return [{ url, capabilities, name, ...(uuid !== undefined && { uuid }) }]
    } catch (thrown) {
      signal?.throwIfAborted()
      if (thrown instanceof Fault) return []
      throw thrown
    }
  })
  return (await Promise.all(asked)).flat()
}
