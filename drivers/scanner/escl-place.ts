// Where an eSCL scanner is: at a fixed address, or wherever the one with that identity answers just now. Scanners change
// address when they are replugged or ipp-usb restarts, and another may then answer at the old one, so whoever answers
// shows who it is before anything is believed of it.

import { Fault } from '../../device/errors.ts'
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

export interface Place {
  /** Throws as the client does; SCANNER_ABSENT where no scanner with that identity is found. */
  contact(signal?: AbortSignal): Promise<Contact>
}

export function createPlace({ url, identity, lookUp, limits, mayConnect }: PlaceOptions): Place {
  const at = (root: string, guard?: (address: string) => boolean) =>
    createEsclClient({ url: root, limits, ...(guard === undefined ? {} : { mayConnect: guard }) })
  let current = url === undefined ? undefined : at(url)

  async function contact(signal?: AbortSignal): Promise<Contact> {
    const faults: Fault[] = []
    const reached = current === undefined ? undefined : await reach(current, faults, signal)
    if (reached !== undefined) return reached
    if (identity !== undefined && lookUp !== undefined) {
      for await (const root of lookUp(identity, signal)) {
        const client = at(root, mayConnect)
        const found = await reach(client, faults, signal)
        if (found === undefined) continue
        current = client
        return found
      }
    }
    // Who answers and cannot be used says more than who does not answer.
    const telling = faults.find(({ code }) => code !== 'SCANNER_ABSENT') ?? faults[0]
    throw telling ?? new Fault('SCANNER_ABSENT', 'no scanner with that identity is found')
  }

  /** Undefined where the scanner that is meant does not answer there; `faults` then has one more. */
  async function reach(client: EsclClient, faults: Fault[], signal?: AbortSignal): Promise<Contact | undefined> {
    try {
      const { capabilities, server } = await client.capabilities(signal)
      if (identity === undefined || isSame(identity, capabilities)) return { client, capabilities, server }
      faults.push(new Fault('SCANNER_ABSENT', `another scanner answers there: ${shown(capabilities)}`))
    } catch (thrown) {
      signal?.throwIfAborted()
      if (!(thrown instanceof Fault)) throw thrown
      faults.push(thrown)
    }
    return undefined
  }

  return Object.freeze({ contact })
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
