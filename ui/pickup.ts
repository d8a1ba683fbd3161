// A copy that somebody else asks for: by the code that the person types, or by the address that this page was opened with.

import type { Kiosk } from './kiosk.ts'

export const pickupDigits = 9
const groupDigits = 3

/** What is typed after one more character: digits alone, and no more than a code has. */
export function typedPickup(typed: string, character: string): string {
  return /^\d$/.test(character) && typed.length < pickupDigits ? typed + character : typed
}

/** As it was given to the person: `123 456 7··`. */
export function shownPickup(typed: string): string {
  const places = typed.padEnd(pickupDigits, '·')
  return places.match(new RegExp(`.{${groupDigits}}`, 'g'))?.join(' ') ?? places
}

/** Opens the copy; what was typed is gone where the code is refused. */
export async function takePickup(kiosk: Kiosk, typed: string): Promise<void> {
  if (typed.length < pickupDigits) return
  if (!(await kiosk.ask('session', { pickupCode: typed }))) kiosk.change({ pickup: '' })
}

/** Opens the copy of an address that ends in `#session=…`, now and whenever the window is led to another one. */
export function takeFromAddress(kiosk: Kiosk, window: Window): void {
  const look = (): void => {
    const sessionID = /^#session=([A-Za-z0-9-]{1,64})$/.exec(window.location.hash)?.[1]
    if (sessionID === undefined) return
    // Whoever reloads the page, or comes after this person, is not led there again.
    window.history.replaceState(null, '', window.location.pathname)
    void kiosk.ask('session', { sessionID })
  }
  window.addEventListener('hashchange', look)
  look()
}
