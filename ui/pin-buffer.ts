// The PIN while it is typed: octets in a closure, never a string, an attribute or a stored value. The screen sees only
// how many characters there are; whoever takes the octets overwrites them after use.

import { type ReadonlySignal, signal } from '@preact/signals'

export const shortestPin = 4
export const longestPin = 16

export interface PinBuffer {
  /** How many characters have been typed. */
  readonly length: ReadonlySignal<number>
  /** Adds one ASCII character; anything else, and anything past the longest PIN, is left out. */
  type(character: string): void
  eraseLast(): void
  erase(): void
  /** A copy of the octets, which the caller overwrites; the buffer is empty afterwards. */
  take(): Uint8Array<ArrayBuffer>
}

export function createPinBuffer(): PinBuffer {
  const octets = new Uint8Array(longestPin)
  const length = signal(0)

  function erase(): void {
    octets.fill(0)
    length.value = 0
  }

  return Object.freeze({
    length,
    type(character: string) {
      const code = character.charCodeAt(0)
      if (character.length !== 1 || code < 0x21 || code > 0x7e || length.value === longestPin) return
      octets[length.value] = code
      length.value += 1
    },
    eraseLast() {
      if (length.value === 0) return
      length.value -= 1
      octets[length.value] = 0
    },
    erase,
    take() {
      const taken = octets.slice(0, length.value)
      erase()
      return taken
    },
  })
}
