// The person who signs with Cl@ve Firma, for a verb of the command line: whose number it is, where they are sent, and how it is
// known that they are done. The service cannot be asked that: asked too early, it ends the transaction.

import { paperWords } from '../clave/texts.ts'
import type { Config } from '../config/config.ts'
import { asFault, Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import { openWayBack, type WayBack } from '../http/way-back.ts'
import { identityNumber } from '../identity-number.ts'
import type { ClaveFirma, ClaveTransaction } from '../ports.ts'
import { isTerminal, qrLines, typedLine } from './terminal.ts'
import { secretIn } from './trust.ts'
import type { Call, Verb } from './verb.ts'

export const claveOptions = {
  clave: { type: 'boolean', help: 'a person signs with Cl@ve Firma, by `clave` of the configuration' },
  'number-file': {
    type: 'string',
    help: 'with --clave: file whose first line is the person’s DNI or NIE (default: it is asked for at the terminal)',
  },
  here: {
    type: 'boolean',
    help: 'with --clave: the page is opened in a browser on this machine, and its end leads back here by itself',
  },
} as const satisfies Verb['options']

/** Whether a person signs with Cl@ve. Throws USAGE for what does not go with that, CLAVE_ABSENT. */
export function signsWithClave(call: Call, { clave }: Config): boolean {
  const wanted = call.flag('clave')
  for (const option of ['number-file', 'here']) {
    if (!wanted && (call.text(option) !== undefined || call.flag(option))) {
      throw new Fault('USAGE', `--${option} goes with --clave`)
    }
  }
  if (!wanted) return false
  const foreign = ['module', 'token', 'key-id', 'pin-file', 'p12', 'pass-file', 'seal', 'policy']
  const others = foreign.filter(one => call.text(one) !== undefined)
  if (others.length > 0) throw new Fault('USAGE', `--clave goes without --${others.join(' and --')}`)
  const algorithm = call.text('algorithm')
  if (algorithm !== undefined && algorithm !== 'SHA256withRSA') {
    throw new Fault('USAGE', 'Cl@ve Firma signs by SHA256withRSA')
  }
  if (clave === undefined) throw new Fault('CLAVE_ABSENT', 'the configuration has no clave')
  return true
}

/** The number, in capitals. Throws USAGE, FILE_UNREADABLE, IDENTITY_NUMBER_INVALID. */
export async function numberOf(call: Call): Promise<string> {
  const path = call.text('number-file')
  if (path === undefined && !isTerminal()) {
    throw new Fault('USAGE', '--clave needs --number-file where nobody can type')
  }
  if (path === undefined) call.ask('DNI or NIE of the person who signs:')
  const typed = path === undefined ? await typedLine(call.signal) : (await secretIn(path)).toString('utf8')
  const number = identityNumber(typed)
  if (number === undefined) throw new Fault('IDENTITY_NUMBER_INVALID', 'the letter does not fit the digits')
  return number
}

/** Sends people away and waits for them, one after the other. */
export interface PersonAway {
  /** Where the service sends the next of them in the end. */
  returnUrl(): string
  /** Whether somebody whom an earlier run has sent away can still be waited for. */
  leadsHere(returnUrl: string): boolean
  /** Resolves when the person says, or their browser shows, that they are done. Throws CLAVE_EXPIRED, the signal's reason. */
  away(page: string, endsAt: number): Promise<void>
  close(): Promise<void>
}

/** Throws USAGE where nobody could tell that they are done. */
export async function openPersonAway(call: Call, { clave, kiosk }: Config): Promise<PersonAway> {
  const phone = call.flag('here') || !isTerminal() ? undefined : clave?.returnUrl
  const way = phone === undefined ? await openWayBack(backPage(kiosk.languages[0] ?? 'es')) : undefined
  return Object.freeze({
    returnUrl: () => way?.next() ?? phone ?? '',
    leadsHere: (returnUrl: string) => returnUrl === phone,
    async away(page: string, endsAt: number): Promise<void> {
      call.ask('The person signs at this page, with their password and the code that comes by SMS:')
      for (const line of [...(way === undefined ? qrLines(page) : []), page]) call.ask(line)
      if (isTerminal()) call.ask('Press Enter when they have signed. Not before: that ends it.')
      await done(way, endsAt, call.signal)
    },
    close: async () => way?.close(),
  })
}

async function done(way: WayBack | undefined, endsAt: number, signal: AbortSignal): Promise<void> {
  const late = new AbortController()
  const settled = new AbortController()
  const either = AbortSignal.any([signal, late.signal, settled.signal])
  const timer = setTimeout(
    () => late.abort(new Fault('CLAVE_EXPIRED', 'nobody signed in time')),
    endsAt - systemClock.now(),
  )
  const ways = [...(way === undefined ? [] : [way.visited(either)]), ...(isTerminal() ? [typedLine(either)] : [])]
  try {
    await Promise.race(ways)
  } finally {
    clearTimeout(timer)
    settled.abort()
    await Promise.allSettled(ways)
  }
}

function backPage(language: 'ca' | 'es' | 'en'): string {
  const words = paperWords(language)
  return `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>Cl@ve Firma</title><p>${words.head('back')}</p></html>`
}

/** Whatever ended it here ends it at the service, too: its page is dead then. */
export async function forget(transaction: ClaveTransaction, clave: ClaveFirma, call: Call): Promise<void> {
  try {
    await clave.failure(transaction, AbortSignal.timeout(forgetMs))
  } catch (thrown) {
    call.progress(`the service was not told that nobody will sign: ${asFault(thrown).code}`)
  }
}

const forgetMs = 5_000
/** Longer than the service is left alone for after it did not answer. */
const againMs = 6_000

/** What the service gives; one that does not answer is asked again, as long as it keeps what it has. */
export async function patiently<T>(work: () => Promise<T>, endsAt: number, call: Call): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (thrown) {
      const { code } = asFault(thrown)
      if (code !== 'CLAVE_UNREACHABLE' || systemClock.now() + againMs > endsAt) throw thrown
      call.progress('the service does not answer; it is asked again')
      await systemClock.sleep(againMs, call.signal)
    }
  }
}
