// Nobody at the kiosk: after a time without a touch it asks whether somebody is still there, counts down, and ends the
// visit (WCAG 2.2.1: at least 20 seconds, one touch to go on). While the machine works, nobody is expected to touch.

import { type ReadonlySignal, signal } from '@preact/signals'

export const countdownSeconds = 30
/** A touch that calls nothing on the appliance is told to it at most this often. */
const tellEveryMs = 15_000

export interface IdleWatch {
  /** Seconds left to answer, or null while nothing is asked. */
  readonly secondsLeft: ReadonlySignal<number | null>
  /** How long to wait without a touch; null to stop watching. Setting it starts the time anew only where it changes. */
  watch(idleSeconds: number | null): void
  /** Somebody touched the screen anywhere; no answer to the question. */
  touched(): void
  /** "I am still here." */
  stay(): void
  /** Somebody touched another window of the kiosk, which answers the question in this one too. */
  elsewhere(): void
}

export interface IdleOutcome {
  warned(): void
  /** Somebody touched the screen; told at most every 15 seconds. */
  present(): void
  /** Nobody answered. */
  gone(): void
}

export function createIdleWatch(outcome: IdleOutcome): IdleWatch {
  const secondsLeft = signal<number | null>(null)
  let idleMs: number | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let toldAt = Number.NEGATIVE_INFINITY

  function restart(): void {
    clearTimeout(timer)
    secondsLeft.value = null
    if (idleMs !== null) timer = setTimeout(warn, idleMs)
  }

  function warn(): void {
    secondsLeft.value = countdownSeconds
    outcome.warned()
    timer = setTimeout(count, 1000)
  }

  function count(): void {
    const left = (secondsLeft.value ?? 1) - 1
    if (left > 0) {
      secondsLeft.value = left
      timer = setTimeout(count, 1000)
      return
    }
    restart()
    outcome.gone()
  }

  return Object.freeze({
    secondsLeft,
    watch(idleSeconds: number | null) {
      const ms = idleSeconds === null ? null : idleSeconds * 1000
      if (ms === idleMs) return
      idleMs = ms
      restart()
    },
    touched() {
      // A touch on the question itself is answered by its button: taking the question away under the finger would let
      // the touch fall on whatever lies below.
      if (idleMs === null || secondsLeft.value !== null) return
      restart()
      const now = performance.now()
      if (now - toldAt < tellEveryMs) return
      toldAt = now
      outcome.present()
    },
    stay() {
      restart()
      toldAt = performance.now()
      outcome.present()
    },
    elsewhere: restart,
  })
}
