// Where a device is that serves itself: at a fixed address, or wherever the one that is meant answers just now. Devices change
// address when they are replugged or ipp-usb restarts, and another may then answer at the old one, so whoever answers shows
// who it is before anything is believed of it.

import { type ErrorCode, Fault } from '../device/errors.ts'

export interface DevicePlace<Contact> {
  /** Throws as whatever is asked there does; the code of the absent one where none is found that is meant. */
  contact(signal?: AbortSignal): Promise<Contact>
}

export interface DevicePlaceParts<Client, Contact> {
  /** `scanner`, `printer`. */
  readonly what: string
  readonly absent: ErrorCode
  /** At the address of the configuration. */
  readonly fixed: Client | undefined
  /** At the addresses where it may be now, likeliest first; absent: nowhere else than at the fixed one. */
  readonly elsewhere: ((signal?: AbortSignal) => AsyncIterable<Client>) | undefined
  readonly ask: (client: Client, signal?: AbortSignal) => Promise<Contact>
  /** Who answers instead of the one that is meant; null where it is the one. */
  readonly other: (contact: Contact) => string | null
}

export function createDevicePlace<Client, Contact>(parts: DevicePlaceParts<Client, Contact>): DevicePlace<Contact> {
  const { what, absent, elsewhere, ask, other } = parts
  let current = parts.fixed

  async function contact(signal?: AbortSignal): Promise<Contact> {
    const faults: Fault[] = []
    const reached = current === undefined ? undefined : await reach(current, faults, signal)
    if (reached !== undefined) return reached
    for await (const client of elsewhere?.(signal) ?? []) {
      const found = await reach(client, faults, signal)
      if (found === undefined) continue
      current = client
      return found
    }
    // Who answers and cannot be used says more than who does not answer.
    const telling = faults.find(({ code }) => code !== absent) ?? faults[0]
    throw telling ?? new Fault(absent, `no ${what} with that identity is found`)
  }

  /** Undefined where the one that is meant does not answer there; `faults` then has one more. */
  async function reach(client: Client, faults: Fault[], signal?: AbortSignal): Promise<Contact | undefined> {
    try {
      const found = await ask(client, signal)
      const another = other(found)
      if (another === null) return found
      faults.push(new Fault(absent, `another ${what} answers there: ${another}`))
    } catch (thrown) {
      signal?.throwIfAborted()
      if (!(thrown instanceof Fault)) throw thrown
      faults.push(thrown)
    }
    return undefined
  }

  return Object.freeze({ contact })
}
