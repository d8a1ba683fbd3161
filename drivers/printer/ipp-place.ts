// Where the printer is, and what tells it from others.

import { Fault } from '../../device/errors.ts'
import { createDevicePlace, type DevicePlace } from '../device-place.ts'
import { isLocalAddress, plainText, plainUuid } from '../local-devices.ts'
import { capabilitiesIn, type IppCapabilities, printerAttributes } from './ipp-capabilities.ts'
import { createIppClient, type IppClient, type IppLimits } from './ipp-client.ts'
import { groupTags, type IppAttributes, type IppValue, operations, statuses } from './ipp-message.ts'

/** What tells one printer from all others; every field that is given must agree. */
export interface PrinterIdentity {
  readonly uuid?: string
  /** Make and model, for where there is only one of its kind. */
  readonly name?: string
}

/** A printer that answered. */
export interface Contact {
  readonly client: IppClient
  readonly attributes: IppAttributes
  readonly capabilities: IppCapabilities
}

export interface PlaceOptions {
  readonly url?: string
  readonly identity?: PrinterIdentity
  readonly lookUp: (identity: PrinterIdentity, signal?: AbortSignal) => AsyncIterable<string>
  readonly limits: IppLimits
  readonly trust: { readonly ca?: string; readonly pins?: readonly string[] }
}

export type Place = DevicePlace<Contact>

export function createPlace({ url, identity, lookUp, limits, trust }: PlaceOptions): Place {
  const elsewhere = (meant: PrinterIdentity) =>
    async function* (signal?: AbortSignal) {
      for await (const found of lookUp(meant, signal)) {
        yield createIppClient({ url: found, limits, ...trust, mayConnect: isLocalAddress })
      }
    }
  return createDevicePlace<IppClient, Contact>({
    what: 'printer',
    absent: 'PRINTER_ABSENT',
    fixed: url === undefined ? undefined : createIppClient({ url, limits, ...trust }),
    elsewhere: identity && elsewhere(identity),
    async ask(client, signal) {
      const attributes = await printerAt(client, signal)
      return { client, attributes, capabilities: capabilitiesIn(attributes) }
    },
    other: ({ capabilities }) => (identity === undefined || isSame(identity, capabilities) ? null : capabilities.name),
  })
}

/** What a printer says of itself. Throws as the client does, PRINTER_ABSENT for a queue that there is not. */
export async function printerAt(client: IppClient, signal?: AbortSignal): Promise<IppAttributes> {
  const wanted = printerAttributes.map((value): IppValue => ({ kind: 'keyword', value }))
  const asked = { 'requested-attributes': wanted }
  const { status, groups, words } = await client.ask(operations.getPrinterAttributes, asked, { signal })
  if (status === statuses.notFound) throw new Fault('PRINTER_ABSENT', `no such queue: ${words}`)
  const printer = groups.find(({ tag }) => tag === groupTags.printer)
  if (status >= statuses.firstError || printer === undefined) {
    throw new Fault('PRINTER_FAILED', `it does not tell of itself (status ${status.toString(16)}): ${words}`)
  }
  return printer.attributes
}

/** Whether these capabilities are of the printer that is meant. */
export function isSame({ uuid, name }: PrinterIdentity, capabilities: IppCapabilities): boolean {
  if (uuid !== undefined && (capabilities.uuid === undefined || plainUuid(uuid) !== plainUuid(capabilities.uuid))) {
    return false
  }
  return name === undefined || plainText(name) === plainText(capabilities.name)
}
