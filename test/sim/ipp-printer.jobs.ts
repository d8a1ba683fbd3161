// The jobs of the simulated printer: each prints when its document is there and nothing stands in its way, a page after the
// other. What is in the way comes and goes by the printer's condition.

import type { IppValue } from '../../drivers/printer/ipp-message.ts'
import { enumerated, integer, keyword, name, uri } from './ipp-printer.attributes.ts'

/** What a person sees of the printer; the keywords are those of printer-state-reasons. */
export const printerConditions = [
  ...(['ready', 'media-empty', 'media-jam', 'cover-open', 'toner-empty'] as const),
  ...(['output-area-full', 'paused'] as const),
]
export type PrinterCondition = (typeof printerConditions)[number]

/** job-state (RFC 8011, 5.3.7). */
export const jobStates = {
  pending: 3,
  held: 4,
  printing: 5,
  stopped: 6,
  cancelled: 7,
  aborted: 8,
  completed: 9,
} as const

export interface SimulatedJob {
  readonly id: number
  readonly name: string
  readonly format: string
  readonly document: Uint8Array
  readonly pages: number
  readonly state: number
}

interface Held extends SimulatedJob {
  name: string
  format: string
  document: Uint8Array
  pages: number
  state: number
  reason: string
  done: number
}

export interface PrinterJobs {
  create(name: string): number
  /** False where there is no such job, or it has its document. */
  document(id: number, format: string, bytes: Uint8Array): boolean
  /** What came of a document that broke off. */
  abort(id: number, reason: string): void
  /** False where it is over already. */
  cancel(id: number): boolean
  known(id: number): boolean
  attributes(id: number, printerUri: string): ReadonlyMap<string, readonly IppValue[]>
  list(which: 'completed' | 'not-completed'): readonly number[]
  all(): readonly SimulatedJob[]
  /** One more page of whatever prints. */
  step(condition: PrinterCondition, holding: boolean): void
}

export function createPrinterJobs(printed: (job: SimulatedJob) => void): PrinterJobs {
  const jobs = new Map<number, Held>()
  let last = 0
  const isOver = ({ state }: Held) => state >= jobStates.cancelled

  function end(job: Held, state: number, reason: string): void {
    job.state = state
    job.reason = reason
    if (state === jobStates.completed) printed(job)
  }

  function step(condition: PrinterCondition, holding: boolean): void {
    const job = [...jobs.values()].find(one => !isOver(one) && one.document.length > 0)
    if (job === undefined) return
    if (holding) {
      job.state = jobStates.held
      job.reason = 'job-held-for-review'
    } else if (condition !== 'ready') {
      job.state = jobStates.stopped
      job.reason = 'printer-stopped'
    } else if (job.done < job.pages) {
      job.state = jobStates.printing
      job.reason = 'job-printing'
      job.done += 1
    } else end(job, jobStates.completed, 'job-completed-successfully')
  }

  return {
    create(given) {
      last += 1
      const empty = { format: '', document: new Uint8Array(), pages: 0, done: 0 }
      jobs.set(last, { id: last, name: given, ...empty, state: jobStates.held, reason: 'job-incoming' })
      return last
    },
    document(id, format, bytes) {
      const job = jobs.get(id)
      if (job === undefined || job.document.length > 0 || isOver(job)) return false
      Object.assign(job, { format, document: bytes, pages: pagesIn(bytes), state: jobStates.pending, reason: 'none' })
      return true
    },
    abort(id, reason) {
      const job = jobs.get(id)
      if (job !== undefined) end(job, jobStates.aborted, reason)
    },
    cancel(id) {
      const job = jobs.get(id)
      if (job === undefined || isOver(job)) return false
      end(job, jobStates.cancelled, 'job-canceled-by-user')
      return true
    },
    known: id => jobs.has(id),
    attributes(id, printerUri) {
      const job = jobs.get(id)
      if (job === undefined) throw new RangeError(`no job ${id}`)
      return new Map([
        ['job-uri', [uri(`${printerUri}/${id}`)]],
        ['job-id', [integer(id)]],
        ['job-printer-uri', [uri(printerUri)]],
        ['job-name', [name(job.name)]],
        ['job-originating-user-name', [name('compulsa')]],
        ['job-state', [enumerated(job.state)]],
        ['job-state-reasons', [keyword(job.reason)]],
        ['job-impressions-completed', [integer(job.done)]],
        ['job-printer-up-time', [integer(1)]],
        ['time-at-creation', [integer(1)]],
        ['time-at-processing', [integer(1)]],
        ['time-at-completed', isOver(job) ? [integer(1)] : [{ kind: 'none', tag: 0x13 } as const]],
      ])
    },
    list: which => [...jobs.values()].filter(one => isOver(one) === (which === 'completed')).map(one => one.id),
    all: () => [...jobs.values()],
    step,
  }
}

/** A PDF tells its pages; a page of PWG raster begins by a word. */
function pagesIn(document: Uint8Array): number {
  const all = Buffer.from(document).toString('latin1')
  return Math.max(1, all.match(/\/Type\s*\/Page\b|PwgRaster\0/g)?.length ?? 0)
}
