// The screen's one object: the last pushed view, the local state, and everything that a touch can ask for. Components read
// its signals and call its functions; they hold nothing themselves.

import { computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { CopyView, ProcedureView, View } from '../device/http/view.ts'
import { type Calls, createCalls } from './calls.ts'
import { openFeed } from './feed.ts'
import { createIdleWatch, type IdleWatch } from './idle.ts'
import { freshLocal, type Local, settle } from './local.ts'
import { createPinBuffer, type PinBuffer } from './pin-buffer.ts'
import { chosenCertificate, type ScreenName, screenFor } from './screen-for.ts'
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
  /** Ends the visit; without a copy it only goes back to the choice of language. */
  leave(): Promise<void>
}

/** Opens the event stream at once and lives as long as the page. */
export function createKiosk(): Kiosk {
  const view = signal<View | null>(null)
  const connected = signal(false)
  const local = signal<Local>(freshLocal)
  const calls = createCalls()
  const pin = createPinBuffer()
  const screen = computed(() => screenFor(connected.value ? view.value : null, local.value))
  const language = computed(() => languageOf(view.value, local.value))

  const change = (patch: Partial<Local>): void => {
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
    if (view.value?.copy == null) local.value = freshLocal
    else await ask('copy/leave')
  }
  const idle = createIdleWatch({
    warned: playTone,
    present() {
      // Until the person has said whose copy an interrupted one is, no touch but that answer may uncover its pages.
      if (view.value?.copy?.interrupted === false) void calls.post('copy/stay')
    },
    gone: () => void leave(),
  })

  effect(() => idle.watch(connected.value ? idleSecondsOf(view.value, local.value) : null))
  effect(() => {
    if (screen.value !== 'pin') pin.erase()
  })
  openFeed('/screen/events', {
    view(next) {
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
    sign: () => signWith({ calls, pin, local, change, copy: view.value?.copy ?? null }),
    leave,
  })
}

interface SignParts {
  readonly calls: Calls
  readonly pin: PinBuffer
  readonly local: ReadonlySignal<Local>
  readonly copy: CopyView | null
  change(patch: Partial<Local>): void
}

async function signWith({ calls, pin, local, copy, change }: SignParts): Promise<void> {
  const certificate = chosenCertificate(copy?.card ?? null, local.value)
  if (certificate === null || local.value.pinSent) return
  const octets = pin.take()
  change({ pinSent: true, refusal: null, notice: null })
  const answer = await calls.sign(certificate.tokenId, certificate.keyId, octets)
  change({ pinSent: false, lastTryAccepted: false, refusal: answer.outcome === 'refused' ? answer : null })
}

function languageOf(view: View | null, local: Local): Language {
  const wanted = local.language ?? view?.copy?.language ?? view?.kiosk.languages.find(isLanguage)
  return wanted !== undefined && isLanguage(wanted) ? wanted : languages[0]
}

/** How long a person may go without a touch now; null while the machine works or nobody has begun. */
function idleSecondsOf(view: View | null, local: Local): number | null {
  if (view === null) return null
  const { copy, kiosk } = view
  if (copy === null && view.maintenance !== undefined)
    return view.maintenance.work === 'none' ? kiosk.idleSeconds : null
  if (copy === null) return local.language === null ? null : kiosk.idleSeconds
  const composing = copy.stage === 'composing' && copy.fault === null
  const signing = copy.stage === 'signing' && (copy.card?.state === 'signing' || local.pinSent)
  return copy.scanning || composing || signing ? null : kiosk.idleSeconds
}
