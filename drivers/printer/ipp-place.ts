// Where the printer is: at a fixed address, or wherever the one with that identity answers just now. A printer behind ipp-usb
// changes its port when it is plugged in anew, and another may then answer at the old one, so whoever answers shows who it is.

import { Fault } from '../../device/errors.ts'
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

export interface Place {
  /** Throws as the client does; PRINTER_ABSENT where no printer with that identity is found. */
  contact(signal?: AbortSignal): Promise<Contact>
}

export function createPlace({ url, identity, lookUp, limits, trust }: PlaceOptions): Place {
  let current = url === undefined ? undefined : createIppClient({ url, limits, ...trust })

  async function contact(signal?: AbortSignal): Promise<Contact> {
    const faults: Fault[] = []
    const reached = current === undefined ? undefined : await reach(current, faults, signal)
    if (reached !== undefined) return reached
    if (identity !== undefined) {
      for await (const found of lookUp(identity, signal)) {
        const client = createIppClient({ url: found, limits, ...trust, mayConnect: isLocalAddress })
        const there = await reach(client, faults, signal)
        if (there === undefined) continue
        current = client
        return there
      }
    }
    // Who answers and cannot be used says more than who does not answer.
    const telling = faults.find(({ code }) => code !== 'PRINTER_ABSENT') ?? faults[0]
    throw telling ?? new Fault('PRINTER_ABSENT', 'no printer with that identity is found')
  }

  /** Undefined where the printer that is meant does not answer there; `faults` then has one more. */
  async function reach(client: IppClient, faults: Fault[], signal?: AbortSignal): Promise<Contact | undefined> {
    try {
      const attributes = await printerAt(client, signal)
      const capabilities = capabilitiesIn(attributes)
      if (identity === undefined || isSame(identity, capabilities)) return { client, attributes, capabilities }
      faults.push(new Fault('PRINTER_ABSENT', `another printer answers there: ${capabilities.name}`))
    } catch (thrown) {
      signal?.throwIfAborted()
      if (!(thrown instanceof Fault)) throw thrown
      faults.push(thrown)
    }
    return undefined
  }

  return Object.freeze({ contact })
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
