// The one thing that a page or a program asks of the person at the screen, from the question to what came of it: shown, agreed
// to, signed with the card, paused while the card is out, stopped, refused or left. It never runs beside a copy.
//
//   asking ─accept─► card ─PIN─► signing ⇄ pin (a card that wants the PIN each time)
//     │ │              │           │  ⇅ card out, card back and PIN
//     │ │              │           │ paused
//     │ └──► clave (a person at the service's page: person-desk.ts)
//     └──── refuse, silence, asker gone, stop ────► finished ─close─► nothing

import type { Config } from '../config/config.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import { type CardWatch, certificateView, createCardWatch } from '../http/card-watch.ts'
import type { AskerView, RequestOperation, RequestStage, SignAnswer } from '../http/view.ts'
import type { Clock, Log, Signer } from '../ports.ts'
import { createTasks } from '../tasks.ts'
import type { Errand, ErrandEnd, SigningDesk } from './errand.ts'
import {
  acting,
  faultOf,
  fittingOf,
  goOn,
  type InHand,
  messageFor,
  newInHand,
  noteState,
  tellEnd,
  viewOf,
} from './in-hand.ts'
import { createKeyHolder, type KeyHolder } from './key-holder.ts'
import { signingPerson } from './signing-person.ts'

export interface SigningDeskParts {
  readonly config: Config
  readonly signer: Signer
  readonly clock: Clock
  readonly log: Log
  readonly newId: () => string
  /** The screen's own address, with a slash at the end. */
  readonly screenUrl: () => string
  /** Whether a copy is in hand that somebody still works on. */
  copyInHand(): boolean
}

/** After the screen's warning, for the touch that says somebody is there. */
const warningMs = 30_000
/** What came of it stays on the screen for so long, unless somebody closes it. */
const shownMs = 60_000

export function createSigningDesk(parts: SigningDeskParts): SigningDesk {
  const { config, signer, clock, log, newId, copyInHand } = parts
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  let current: InHand | null = null

  const tell = () => {
    for (const listener of listeners) listener()
  }
  const card: CardWatch = createCardWatch({
    signer,
    clock,
    tasks,
    wanted: () => current !== null && (current.stage === 'card' || current.stage === 'paused'),
    fitting: certificates => (current === null ? [] : fittingOf(current, certificates)),
    changed: tell,
  })

  const busy = () => current !== null && current.stage !== 'finished'
  const become = (one: InHand, stage: RequestStage, fault: ErrorCode | null = null) => {
    one.stage = stage
    one.fault = fault
    tell()
  }

  const inHand = (...stages: readonly RequestStage[]): InHand => {
    if (current === null || !stages.includes(current.stage))
      throw new Fault('STAGE_CONFLICT', 'that cannot be done with what is asked for now')
    stay()
    return current
  }

  function stay(): void {
    tasks.at('idle', clock.now() + config.kiosk.idleSeconds * 1000 + warningMs, onIdle)
  }

  function onIdle(): void {
    if (current === null) return
    if (current.stage === 'finished') close()
    else if (current.stage === 'signing' || current.person?.isElsewhere() === true) stay()
    else {
      log.info('a request ended by silence', { request: current.id })
      finishBy(current, { end: 'left' })
    }
  }

  /** Ends what is under way, and then the errand. */
  function finishBy(one: InHand, how: ErrandEnd): void {
    one.how ??= how
    const running = (one.key !== null && one.stage !== 'card') || one.person?.isWorking() === true
    one.ending.abort(new Fault('REQUEST_DECLINED', `ended: ${one.how.end}`))
    if (!running) finish(one, one.how)
  }

  function finish(one: InHand, how: ErrandEnd): void {
    if (one.over) return
    one.over = true
    // Fetching signatures goes on where it was interrupted.
    if (one.person?.isWorking() === false) tasks.run(`forget:${one.id}`, one.person.end)
    const unsaid = tellEnd(one, how, log)
    card.release()
    if (unsaid === null && (how.end === 'refused' || how.end === 'left')) {
      current = null
      tell()
      return
    }
    become(one, 'finished', unsaid ?? faultOf(how))
    tasks.at('idle', clock.now() + shownMs, onIdle)
  }

  function close(): void {
    if (current?.stage !== 'finished') throw new Fault('STAGE_CONFLICT', 'it is not finished')
    current = null
    tell()
  }

  function onKey(one: InHand): void {
    const { key } = one
    if (key === null || current !== one || one.stage === 'card' || one.over) return
    const state = key.state()
    switch (state.state) {
      case 'open':
        card.hold({ state: 'signing' })
        become(one, 'signing')
        break
      case 'pin':
        card.hold({ state: 'present', tries: 'unknown', certificates: [certificateView(key.certificate, clock.now())] })
        become(one, 'pin')
        break
      case 'paused':
        log.warn('signing paused', { request: one.id, code: state.fault })
        card.release()
        become(one, 'paused', state.fault)
        card.look()
    }
  }

  const progressOf = (one: InHand) => (number: number, fault: ErrorCode | null) => {
    noteState(one, number, { state: fault === null ? 'signed' : 'failed', fault })
    if (current === one) tell()
  }

  function run(one: InHand, key: KeyHolder): void {
    const { work } = one.errand
    if (work.kind !== 'sign') return
    const progress = progressOf(one)
    tasks.run(`request:${one.id}`, async () => {
      let how: ErrandEnd
      try {
        await work.sign(key, progress, one.ending.signal)
        // Whoever has gone in the last moment gets nothing any more.
        how = one.how?.end === 'gone' ? one.how : { end: 'finished' }
      } catch (thrown) {
        how = one.how ?? { end: 'failed', fault: thrown }
      }
      await key.close()
      finish(one, how)
    })
  }

  async function open(one: InHand, tokenId: string, keyId: string, pin: Uint8Array): Promise<SignAnswer> {
    const certificate = card.certificate(tokenId, keyId)
    if (certificate === undefined) throw new Fault('TOKEN_ABSENT', 'the card shown before is gone')
    const key = createKeyHolder(signer, certificate, () => onKey(one))
    card.hold({ state: 'signing' })
    tell()
    const answer = await key.pin(pin).catch((thrown: unknown) => {
      lookAgain(one)
      throw thrown
    })
    if (answer.answer === 'accepted' && one.stage === 'card' && !one.ending.signal.aborted) {
      one.key = key
      become(one, 'signing')
      run(one, key)
      return { outcome: 'signed' }
    }
    await key.close()
    lookAgain(one)
    if (answer.answer === 'refused') return { outcome: 'refused', code: answer.code, tries: answer.tries }
    throw new Fault('STAGE_CONFLICT', 'it was ended meanwhile')
  }

  function lookAgain(one: InHand): void {
    if (current !== one || one.over) return
    card.release()
    card.look()
    tell()
  }

  /** What needs no key: done at once, and ended by what it throws. */
  async function done(one: InHand, work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
      finish(one, { end: 'finished' })
    } catch (thrown) {
      finish(one, { end: 'failed', fault: thrown })
    }
  }

  function free(): void {
    if (copyInHand() || busy()) throw new Fault('KIOSK_BUSY', 'the person is busy with something else')
  }

  const person = signingPerson({
    ...parts,
    ...{ tasks, inHand, progressOf, finish, stay },
    clave: config.clave,
    inHandNow: () => current,
    changed: tell,
  })

  return Object.freeze({
    ...person,
    free,
    view: () => (current === null ? null : viewOf(current, card)),
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    begin(errand: Errand, signal?: AbortSignal): void {
      free()
      signal?.throwIfAborted()
      const one = newInHand(newId(), errand)
      current = one
      card.release()
      signal?.addEventListener('abort', () => finishBy(one, { end: 'gone' }), { once: true })
      stay()
      tell()
    },
    show(asker: AskerView, operation: RequestOperation, code: ErrorCode): void {
      if (copyInHand() || busy()) return
      current = { ...newInHand(newId(), messageFor(asker, operation)), stage: 'finished', fault: code, over: true }
      tasks.at('idle', clock.now() + shownMs, onIdle)
      tell()
    },
    busy,
    accept(): void {
      const one = inHand('asking')
      const { kind } = one.errand.work
      if (kind !== 'sign' && kind !== 'certificate') throw new Fault('STAGE_CONFLICT', 'nothing is signed here')
      become(one, 'card')
      card.look()
    },
    refuse(): void {
      finishBy(inHand('asking', 'card', 'clave'), { end: 'refused' })
    },
    async sign(tokenId: string, keyId: string, pin: Uint8Array): Promise<SignAnswer> {
      try {
        const one = inHand('card', 'pin', 'paused')
        return await acting(one, () =>
          one.stage === 'card' ? open(one, tokenId, keyId, pin) : goOn(one, { tokenId, keyId }, pin),
        )
      } finally {
        pin.fill(0)
      }
    },
    certificate(tokenId: string, keyId: string): void {
      const one = inHand('card')
      const { work } = one.errand
      const certificate = card.certificate(tokenId, keyId)
      if (work.kind !== 'certificate') throw new Fault('STAGE_CONFLICT', 'no certificate is asked for')
      if (certificate === undefined) throw new Fault('TOKEN_ABSENT', 'the card shown before is gone')
      void acting(one, () => done(one, () => work.choose(certificate)))
    },
    async save(): Promise<void> {
      const one = inHand('asking')
      const { work } = one.errand
      if (work.kind !== 'save') throw new Fault('STAGE_CONFLICT', 'nothing is to be saved')
      await acting(one, () => done(one, work.save))
    },
    async load(names: readonly string[]): Promise<void> {
      const one = inHand('asking')
      const { work } = one.errand
      if (work.kind !== 'load') throw new Fault('STAGE_CONFLICT', 'no file is asked for')
      await acting(one, () => done(one, () => work.load(names)))
    },
    stop(): void {
      finishBy(inHand('signing', 'pin', 'paused', 'clave'), { end: 'stopped' })
    },
    close,
    stay: () => {
      if (busy()) stay()
    },
    async end(): Promise<void> {
      if (current !== null && current.stage !== 'finished') finishBy(current, { end: 'left' })
      await tasks.stop()
    },
  })
}
