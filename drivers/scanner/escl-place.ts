// Where an eSCL scanner is, and what tells it from others.

import { createDevicePlace, type DevicePlace } from '../device-place.ts'
import { plainText, plainUuid } from '../local-devices.ts'
import type { EsclCapabilities } from './escl-capabilities.ts'
import { createEsclClient, type EsclClient, type EsclLimits } from './escl-client.ts'

/** What tells one scanner from all others; every field that is given must agree. */
export interface ScannerIdentity {
  readonly uuid?: string
  readonly serial?: string
  /** MakeAndModel, for where there is only one of its kind. */
  readonly name?: string
}

/** A scanner that answered. */
export interface Contact {
  readonly client: EsclClient
  readonly capabilities: EsclCapabilities
  readonly server: string
}

export interface PlaceOptions {
  /** The eSCL root, for example `http://127.0.0.1:60000/eSCL`; with an identity only where it is looked for first. */
  readonly url?: string
  readonly identity?: ScannerIdentity
  /** The eSCL roots where the scanner may be now, likeliest first. */
  readonly lookUp?: (identity: ScannerIdentity, signal?: AbortSignal) => AsyncIterable<string>
  readonly limits: EsclLimits
  /** What may be connected to of that which was looked up. */
  readonly mayConnect?: (address: string) => boolean
}

export function createPlace({ url, identity, lookUp, limits, mayConnect }: PlaceOptions): DevicePlace<Contact> {
  const elsewhere = (meant: ScannerIdentity, where: NonNullable<PlaceOptions['lookUp']>) =>
    async function* (signal?: AbortSignal) {
      for await (const root of where(meant, signal)) {
        yield createEsclClient({ url: root, limits, ...(mayConnect !== undefined && { mayConnect }) })
      }
    }
  return createDevicePlace<EsclClient, Contact>({
    what: 'scanner',
    absent: 'SCANNER_ABSENT',
    fixed: url === undefined ? undefined : createEsclClient({ url, limits }),
    elsewhere: identity && lookUp && elsewhere(identity, lookUp),
    ask: async (client, signal) => ({ client, ...(await client.capabilities(signal)) }),
    other: ({ capabilities }) =>
      identity === undefined || isSame(identity, capabilities) ? null : shown(capabilities),
  })
}

/** Whether these capabilities are of the scanner that is meant. */
export function isSame({ uuid, serial, name }: ScannerIdentity, capabilities: EsclCapabilities): boolean {
  const alike = (meant: string | undefined, found: string | undefined, plain: (text: string) => string) =>
    meant === undefined || (found !== undefined && plain(meant) === plain(found))
  return (
    alike(uuid, capabilities.uuid, plainUuid) &&
    alike(serial, capabilities.serialNumber, plainText) &&
    alike(name, capabilities.makeAndModel, plainText)
  )
}

function shown({ makeAndModel, serialNumber }: EsclCapabilities): string {
  return [makeAndModel, serialNumber]
    .map(text => (text ?? '').slice(0, 60))
    .join(' ')
    .trim()
}
