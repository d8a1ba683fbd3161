// The printer before the person at the screen: one document at a time, told as it goes on, withdrawn when they want that or have
// left, since what is printed is theirs and nobody else's. Where nobody knows whether it was printed, they are asked.

import { asFault, Fault } from './errors.ts'
import type { PrintView } from './http/view-print.ts'
import { type PrintEnd, type PrintingParts, printDocument } from './printing.ts'
import { createTasks } from './tasks.ts'

export interface PrintErrand {
  readonly what: PrintView['what']
  readonly pdf: () => Promise<Uint8Array>
  /** Whether whoever wanted it is still there; looked at again and again. */
  readonly wanted: () => boolean
  /** It has come out. */
  readonly printed: () => void
}

export interface PrintDesk {
  /** null while nothing is printed, and for a person who has not asked for it. */
  view(): PrintView | null
  subscribe(listener: () => void): () => void
  /** Throws KIOSK_BUSY while another document is printed. */
  print(errand: PrintErrand): void
  /** Withdraws what is printed. */
  cancel(): void
  /** What the person sees at the printer. Throws STAGE_CONFLICT where nobody asked. */
  answer(cameOut: boolean): void
  /** What has come of it was read. Throws STAGE_CONFLICT while it goes on. */
  close(): void
  stop(): Promise<void>
}

export interface PrintDeskParts extends Omit<PrintingParts, 'jobName' | 'tell'> {
  /** Of a name that no other job has. */
  readonly newReference: () => string
}

/** Between two looks whether the person is still there. */
const lookMs = 1_000
const goingOn: readonly PrintView['step'][] = ['preparing', 'sending', 'printing']

export function createPrintDesk({ newReference, ...parts }: PrintDeskParts): PrintDesk {
  const { clock, log } = parts
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  let errand: PrintErrand | null = null
  let view: PrintView | null = null
  let withdrawing = new AbortController()

  function become(next: PrintView | null): void {
    view = next
    for (const listener of listeners) listener()
  }

  async function perform(one: PrintErrand, signal: AbortSignal): Promise<void> {
    const { what } = one
    const end = await endOf(one, signal)
    if (!one.wanted()) return forget()
    if (end.end === 'printed') one.printed()
    const code = end.end === 'failed' ? end.code : end.end === 'unsure' ? 'PRINT_UNSURE' : null
    // Who has cancelled it knows.
    if (code === 'PRINT_CANCELLED' && withdrawing.signal.aborted) return forget()
    become({ what, step: end.end, code, pages: null })
  }

  async function endOf({ what, pdf }: PrintErrand, signal: AbortSignal): Promise<PrintEnd> {
    const tell: PrintingParts['tell'] = ({ step, code, pages }) => become({ what, step, code, pages })
    try {
      return await printDocument(await pdf(), { ...parts, tell, jobName: `Compulsa ${newReference()}` }, signal)
    } catch (thrown) {
      const { code, detail } = asFault(thrown)
      log.warn('what was to be printed could not be made', { what, code, detail })
      return { end: 'failed', code, detail }
    }
  }

  function forget(): void {
    errand = null
    become(null)
  }

  function watch(): void {
    if (errand === null) return
    if (errand.wanted()) tasks.at('watch', clock.now() + lookMs, watch)
    else if (view !== null && goingOn.includes(view.step)) withdrawing.abort()
    else forget()
  }

  return Object.freeze({
    view: () => (errand?.wanted() === true ? view : null),
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    print(one: PrintErrand) {
      if (view !== null && goingOn.includes(view.step)) throw new Fault('KIOSK_BUSY', 'something else is being printed')
      errand = one
      withdrawing = new AbortController()
      become({ what: one.what, step: 'preparing', code: null, pages: null })
      tasks.run('print', signal => perform(one, AbortSignal.any([signal, withdrawing.signal])))
      watch()
    },
    cancel: () => withdrawing.abort(),
    answer(cameOut: boolean) {
      if (errand === null || view?.step !== 'unsure') throw new Fault('STAGE_CONFLICT', 'nobody asked')
      if (cameOut) errand.printed()
      forget()
    },
    close() {
      if (view !== null && goingOn.includes(view.step)) throw new Fault('STAGE_CONFLICT', 'it is being printed')
      forget()
    },
    stop: () => tasks.stop(),
  })
}
