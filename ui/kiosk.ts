// The screen's one object: the last pushed view, the local state, and everything that a touch can ask for. Components read
// its signals and call its functions; they hold nothing themselves.

import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { ClaveView, ProcedureView, View } from '../device/http/view.ts'
import { type Calls, createCalls } from './calls.ts'
import { openFeed } from './feed.ts'
import { createIdleWatch, type IdleWatch } from './idle.ts'
import { rememberedLanguage, rememberLanguage } from './last-language.ts'
import { freshLocal, type Local, settle } from './local.ts'
import { createPinBuffer, type PinBuffer } from './pin-buffer.ts'
import { chosenCertificate, type ScreenName, screenFor } from './screen-for.ts'
import { isUnderWay, type Signing, signingOf } from './signing-of.ts'
import { isLanguage, type Language, languages, say, type TextKey } from './text/texts.ts'
import { playTone } from './tone.ts'

type LocalisedTexts = ProcedureView['title']

export interface Kiosk {
  /** null until the first view has arrived. */
  readonly view: ReadonlySignal<View | null>
  readonly local: ReadonlySignal<Local>
  readonly screen: ReadonlySignal<ScreenName>
  readonly language: ReadonlySignal<Language>
  readonly idle: IdleWatch
  readonly pin: PinBuffer
  /** A text of the interface in the language in use. */
  say(key: TextKey, values?: Readonly<Record<string, string | number>>): string
  /** A text of the configuration in the language in use, or in the first one that it has. */
  textIn(texts: LocalisedTexts | null): string
  change(patch: Partial<Local>): void
  /** POST below /screen/; a refusal is shown as a notice. True where it was done. */
  ask(path: string, body?: Readonly<Record<string, unknown>>): Promise<boolean>
  /** Signs with the certificate in use and the PIN typed; the PIN is gone afterwards. */
  sign(): Promise<void>
  /**
   * Ends the visit: gives the copy up, refuses what is asked for or stops it where some of it is signed already. With
   * nothing in hand it only goes back to the choice of language.
   */
  leave(): Promise<void>
}

/** Opens the event stream at once and lives as long as the page. */
export function createKiosk(): Kiosk {
  const view = signal<View | null>(null)
  const connected = signal(false)
  const visible = signal(document.visibilityState === 'visible')
  const otherWindows = new BroadcastChannel('kiosk')
  const local = signal<Local>(freshLocal)
  const calls = createCalls()
  const pin = createPinBuffer()
  const screen = computed(() => screenFor(connected.value ? view.value : null, local.value))
  const language = computed(() => languageOf(view.value, local.value))

  const change = (patch: Partial<Local>): void => {
    if (patch.language != null) rememberLanguage(patch.language)
    local.value = { ...local.value, ...patch }
  }
  const ask: Kiosk['ask'] = async (path, body) => {
    change({ notice: null })
    const answer = await calls.post(path, body)
    if (answer.answer === 'refused') change({ notice: answer.code })
    return answer.answer === 'done'
  }
  const leave = async (): Promise<void> => {
    if (view.value?.maintenance !== undefined) await calls.post('maintenance/close')
    const ending = endingOf(view.value)
    if (ending === null) local.value = freshLocal
    else await ask(ending)
  }
  const idle = createIdleWatch({
    warned: playTone,
    present() {
      otherWindows.postMessage('present')
      // Until the person has said whose copy an interrupted one is, no touch but that answer may uncover its pages.
      if (view.value?.copy?.interrupted === false) void calls.post('copy/stay')
      if (view.value?.request !== undefined) void calls.post('request/stay')
      if (view.value?.cards !== undefined) void calls.post('cards/stay')
    },
    gone() {
      // Silence is no answer of the person's: what is asked for is refused, or put off, by the appliance itself.
      const request = view.value?.request
      if (request === undefined || request.stage === 'finished') void leave()
    },
  })

  otherWindows.addEventListener('message', () => idle.elsewhere())
  document.addEventListener('visibilitychange', () => {
    visible.value = document.visibilityState === 'visible'
  })
  effect(() => {
    // Whoever reads a page of others in front of this one is there all the same; a copy is never left without a watch.
    const watched = connected.value && (visible.value || view.value?.copy != null)
    idle.watch(watched ? idleSecondsOf(view.value, local.value) : null)
  })
  effect(() => {
    if (screen.value !== 'pin') pin.erase()
  })
  openFeed('/screen/events', {
    view(next) {
      // Whatever the person did meanwhile, on a page of others say, the time to read what is asked for begins now.
      if (next.request?.id !== view.value?.request?.id) idle.watch(null)
      local.value = settle(local.value, view.value, next)
      view.value = next
      connected.value = true
    },
    lost() {
      connected.value = false
    },
  })

  return Object.freeze({
    view,
    local,
    screen,
    language,
    idle,
    pin,
    say: (key: TextKey, values?: Readonly<Record<string, string | number>>) => say(language.value, key, values),
    textIn: (texts: LocalisedTexts | null) => texts?.[language.value] ?? Object.values(texts ?? {})[0] ?? '',
    change,
    ask,
    sign: () => signWith({ calls, pin, local, change, signing: signingOf(view.value) }),
    leave,
  })
}

interface SignParts {
  readonly calls: Calls
  readonly pin: PinBuffer
  readonly local: ReadonlySignal<Local>
  readonly signing: Signing | null
  change(patch: Partial<Local>): void
}

async function signWith({ calls, pin, local, signing, change }: SignParts): Promise<void> {
  const certificate = chosenCertificate(signing?.card ?? null, local.value)
  if (signing === null || certificate === null || local.value.pinSent) return
  const octets = pin.take()
  change({ pinSent: true, refusal: null, notice: null })
  const answer = await calls.sign(signing.of, certificate, octets)
  change({ pinSent: false, lastTryAccepted: false, refusal: answer.outcome === 'refused' ? answer : null })
}

/** The call below /screen/ that ends what is in hand, or null where nothing is. */
function endingOf(view: View | null): string | null {
  if (view?.copy != null) return 'copy/leave'
  if (view?.request === undefined) return view?.cards === undefined ? null : 'cards/leave'
  if (view.request.stage === 'finished') return 'request/close'
  return isUnderWay(view.request) ? 'request/stop' : 'request/refuse'
}

/** A request comes by itself, so that nobody may have chosen: then it is read in the language that was chosen last. */
function languageOf(view: View | null, local: Local): Language {
  const offered = view?.kiosk.languages.filter(isLanguage) ?? []
  const last = view?.request === undefined ? undefined : offered.find(one => one === rememberedLanguage())
  const wanted = local.language ?? view?.copy?.language ?? view?.cards?.language ?? last ?? offered[0]
  return wanted !== undefined && isLanguage(wanted) ? wanted : languages[0]
}

/** How long a person may go without a touch now; null while the machine works or nobody has begun. */
function idleSecondsOf(view: View | null, local: Local): number | null {
  if (view === null) return null
  const { copy, request, kiosk } = view
  if (copy === null && request !== undefined) {
    const signs = request.stage === 'signing' || request.card?.state === 'signing' || local.pinSent
    return signs || isElsewhere(request.clave) ? null : kiosk.idleSeconds
  }
  if (copy === null && view.cards !== undefined) return kiosk.idleSeconds
  if (copy === null && view.maintenance !== undefined)
    return view.maintenance.work === 'none' ? kiosk.idleSeconds : null
  if (copy === null) return local.language === null ? null : kiosk.idleSeconds
  const composing = copy.stage === 'composing' && copy.fault === null
  const signing = copy.stage === 'signing' && (copy.card?.state === 'signing' || local.pinSent)
  return copy.scanning || composing || signing || isElsewhere(copy.clave) ? null : kiosk.idleSeconds
}

/** Whoever signs on a phone does not touch this screen; the service's own time ends that. */
function isElsewhere(clave: ClaveView | undefined): boolean {
  return clave !== undefined && clave.state !== 'number'
}
