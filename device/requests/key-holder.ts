// The key of a request that is being signed, and the person who holds the card: one signature after another by one login
// where the card allows it, the PIN before each where it does not, and a pause whenever the card is gone, until the person
// has put it back and entered the PIN, or stops.

import { Fault } from '../errors.ts'
import type {
  PinTries,
  SessionOutcome,
  SignatureAlgorithm,
  Signer,
  SigningCertificate,
  SigningSession,
  SignOutcome,
} from '../ports.ts'
import { createTurns } from '../turns.ts'

/** `paused`: no session is open; `fault` says why the last one ended. `pin`: a signature waits for the PIN. */
export type KeyState =
  | { readonly state: 'open' }
  | { readonly state: 'pin' }
  | { readonly state: 'paused'; readonly fault: PauseCode }

export type PauseCode =
  | 'TOKEN_REMOVED'
  | 'TOKEN_ABSENT'
  | 'PIN_WRONG'
  | 'PIN_LOCKED'
  | 'SIGNATURE_FAILED'
  | 'WORKER_LOST'

export type PinAnswer =
  | { readonly answer: 'accepted' }
  | { readonly answer: 'refused'; readonly code: PauseCode; readonly tries: PinTries }

export interface KeyHolder {
  readonly certificate: SigningCertificate
  state(): KeyState
  /** How many signatures may be asked for at once. */
  concurrency(): number
  /** Whether each signature wants the PIN. */
  pinEachTime(): boolean
  /**
   * The first login, the PIN for the signature that waits for one, or the login after a pause. The PIN is the caller's to
   * overwrite. Throws STAGE_CONFLICT where none is wanted.
   */
  pin(pin: Uint8Array): Promise<PinAnswer>
  /** A signature value; waits for its turn, for the card and for the person. Throws the signal's reason. */
  sign(algorithm: SignatureAlgorithm, digest: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  close(): Promise<void>
}

type Refused =
  | Exclude<SignOutcome, { readonly outcome: 'signed' }>
  | Exclude<SessionOutcome, { readonly outcome: 'open' }>

const codes: Readonly<Record<Refused['outcome'], PauseCode>> = {
  'pin-wrong': 'PIN_WRONG',
  'pin-locked': 'PIN_LOCKED',
  'token-absent': 'TOKEN_ABSENT',
  'token-removed': 'TOKEN_REMOVED',
  failed: 'SIGNATURE_FAILED',
}

interface Waiting {
  /** Gives the PIN to the signature that waits, and hears what came of it. */
  give(pin: Uint8Array): Promise<SignOutcome>
}

/** `changed` is called after every change of the state. */
export function createKeyHolder(signer: Signer, certificate: SigningCertificate, changed: () => void): KeyHolder {
  const { tokenId, keyId } = certificate
  let session: SigningSession | undefined
  let state: KeyState = { state: 'paused', fault: 'TOKEN_ABSENT' }
  /** The PIN of the login, for the first signature of a key that wants it each time. */
  let firstPin: Uint8Array | undefined
  let waiting: Waiting | undefined
  let opened = Promise.withResolvers<void>()
  const turns = createTurns(() => session?.concurrency ?? 1)

  const become = (next: KeyState) => {
    state = next
    changed()
  }
  const forget = () => {
    firstPin?.fill(0)
    firstPin = undefined
  }
  const pause = async (fault: PauseCode) => {
    const ended = session
    session = undefined
    opened = Promise.withResolvers<void>()
    forget()
    become({ state: 'paused', fault })
    await ended?.close()
  }

  async function open(pin: Uint8Array): Promise<PinAnswer> {
    const outcome = await signer.open({ tokenId, keyId, pin }).catch(lost)
    if (outcome.outcome !== 'open') return refusedBy(outcome)
    session = outcome.session
    if (outcome.session.pinEachTime) firstPin = Uint8Array.from(pin)
    become({ state: 'open' })
    opened.resolve()
    return { answer: 'accepted' }
  }

  /** Asks the person for the PIN of this one signature. */
  function withPin(ask: (pin: Uint8Array) => Promise<SignOutcome>, signal: AbortSignal): Promise<SignOutcome> {
    if (firstPin !== undefined) return ask(firstPin).finally(forget)
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        waiting = undefined
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      waiting = {
        give: async pin => {
          try {
            const outcome = await ask(pin)
            if (outcome.outcome === 'pin-wrong') return outcome
            waiting = undefined
            if (outcome.outcome === 'signed' && !signal.aborted) become({ state: 'open' })
            resolve(outcome)
            signal.removeEventListener('abort', onAbort)
            return outcome
          } catch (thrown) {
            waiting = undefined
            reject(thrown)
            throw thrown
          }
        },
      }
      become({ state: 'pin' })
    })
  }

  async function attempt(
    open: SigningSession,
    algorithm: SignatureAlgorithm,
    digest: Uint8Array,
    signal: AbortSignal,
  ): Promise<SignOutcome> {
    const ask = (pin?: Uint8Array) =>
      open.sign({ algorithm, digest, ...(pin !== undefined && { pin }) }, signal).catch((thrown: unknown) => {
        signal.throwIfAborted()
        return lost(thrown)
      })
    return open.pinEachTime ? withPin(ask, signal) : ask()
  }

  async function signed(algorithm: SignatureAlgorithm, digest: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    for (;;) {
      signal.throwIfAborted()
      const now = session
      if (now === undefined) {
        await abortable(opened.promise, signal)
        continue
      }
      const outcome = await attempt(now, algorithm, digest, signal)
      if (outcome.outcome === 'signed') return outcome.signature
      // Of several that were under way, the first to hear of it has paused already.
      if (session === now) await pause(codes[outcome.outcome])
    }
  }

  return Object.freeze({
    certificate,
    state: () => state,
    concurrency: () => session?.concurrency ?? 1,
    pinEachTime: () => session?.pinEachTime === true,
    async pin(pin: Uint8Array): Promise<PinAnswer> {
      if (waiting !== undefined) {
        const outcome = await waiting.give(pin)
        return outcome.outcome === 'signed' ? { answer: 'accepted' } : refusedBy(outcome)
      }
      if (session !== undefined) throw new Fault('STAGE_CONFLICT', 'no PIN is wanted now')
      return open(pin)
    },
    sign: (algorithm: SignatureAlgorithm, digest: Uint8Array, signal: AbortSignal) =>
      turns(() => signed(algorithm, digest, signal)),
    async close(): Promise<void> {
      forget()
      const ended = session
      session = undefined
      await ended?.close()
    },
  })
}

function refusedBy(outcome: Refused): PinAnswer {
  const tries = outcome.outcome === 'pin-wrong' ? outcome.tries : outcome.outcome === 'pin-locked' ? 'none' : 'unknown'
  return { answer: 'refused', code: codes[outcome.outcome], tries }
}

/** A worker that died is a card that stopped answering: the person enters the PIN again when it is back. */
function lost(thrown: unknown): { readonly outcome: 'token-removed' } {
  if (thrown instanceof Fault && ['WORKER_LOST', 'FRAME_INVALID'].includes(thrown.code))
    return { outcome: 'token-removed' }
  throw thrown
}

function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
  })
}
