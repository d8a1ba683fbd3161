// One document to the printer, until the printer says what has become of it: drawn as the printer wants it, sent once, followed.
// A document is printed when the printer says so and not before; where its answer was lost, the job is asked for by its number
// or looked for by its name, and where nobody knows, that is the end that is told. Nothing is sent a second time.
//
//   preparing ─► sending ─sent─► printing ─► printed | failed
//                   │               ▲
//                   └─unsure─► found┘ ─► unsure

import { asFault, type ErrorCode, Fault } from './errors.ts'
import type {
  ByteStream,
  Clock,
  Log,
  PageForm,
  PdfPages,
  Printer,
  PrinterInfo,
  PrintForm,
  PrintJob,
  PrintOutcome,
} from './ports.ts'

/** Where a document stands; `code`: what keeps it from going on, `pages`: how many are out, where the printer tells. */
export interface PrintProgress {
  readonly step: 'preparing' | 'sending' | 'printing'
  readonly code: ErrorCode | null
  readonly pages: number | null
}

export type PrintEnd =
  | { readonly end: 'printed' }
  | { readonly end: 'failed'; readonly code: ErrorCode; readonly detail: string }
  /** It may be printed, whole or in part: a person has to look. */
  | { readonly end: 'unsure'; readonly detail: string }

export interface PrintingParts {
  readonly printer: Printer
  readonly pdfPages: Pick<PdfPages, 'printed'>
  readonly clock: Clock
  readonly log: Log
  /** No other job's. */
  readonly jobName: string
  readonly tell: (progress: PrintProgress) => void
}

/** Between two looks at a job. */
const lookMs = 1_000
/** A printer that prints says so within this time; then what it says of itself may be why it does not. */
const stuckMs = 3_000
/** A document that has not arrived by then never will. */
const arrivalMs = 10_000
/** So long a job may stand still, for somebody to fetch paper; then it is withdrawn, for it is not to come out to anybody else. */
const patienceMs = 5 * 60_000
/** For a job that is withdrawn to be over. */
const farewellMs = 10_000
/** Of pages that are drawn here. */
const mostPages = 300
const mostBytes = 256 * 1024 * 1024

const over: readonly PrintJob['state'][] = ['cancelled', 'aborted', 'completed']
const rasterStart = Buffer.from('RaS2', 'latin1')

/** Aborting withdraws the job. Never throws for what a printer does. */
export async function printDocument(pdf: Uint8Array, parts: PrintingParts, signal: AbortSignal): Promise<PrintEnd> {
  const { printer, tell, log, jobName } = parts
  const end = await attempt()
  log.info('print.ended', { job: jobName, ...end })
  return end

  async function attempt(): Promise<PrintEnd> {
    try {
      tell({ step: 'preparing', code: null, pages: null })
      const info = await printer.info(signal)
      const form = formOf(info)
      const pieces = await drawn(pdf, form, parts, signal)
      const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
      tell({ step: 'sending', code: null, pages: null })
      signal.throwIfAborted()
      const outcome = await sent({ jobName, form, bytes, body: streamOf(pieces) })
      return await whatBecameOf(outcome, parts, signal)
    } catch (thrown) {
      if (signal.aborted) return cancelled
      const { code, detail } = asFault(thrown)
      return { end: 'failed', code, detail }
    }
  }

  /** Once it is on its way, whatever breaks off leaves doubt. */
  async function sent(request: Parameters<Printer['print']>[0]): Promise<PrintOutcome> {
    try {
      return await printer.print(request, signal)
    } catch (thrown) {
      const { detail } = asFault(thrown)
      return {
        outcome: 'unsure',
        code: 'PRINTER_TIMEOUT',
        detail: signal.aborted ? 'withdrawn while it was sent' : detail,
      }
    }
  }
}

const cancelled: PrintEnd = { end: 'failed', code: 'PRINT_CANCELLED', detail: 'withdrawn' }

function formOf({ state, code, form }: PrinterInfo): PrintForm {
  if (state === 'absent') throw new Fault(code ?? 'PRINTER_ABSENT', 'the printer does not answer')
  if (form === null) throw new Fault('PRINTER_FORMAT', 'it takes nothing that can be made here')
  return form
}

/** The document as the printer wants it. Throws PRINTER_FORMAT, PDF_UNREADABLE, PDF_TOO_LARGE. */
async function drawn(
  pdf: Uint8Array,
  form: PrintForm,
  { pdfPages }: PrintingParts,
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  if (form.mediaType === 'application/pdf') return [pdf]
  const pages = await allPages(pdf, form, pdfPages, signal)
  if (form.mediaType === 'image/pwg-raster') return [rasterStart, ...pages]
  if (pages.length > 1) throw new Fault('PRINTER_FORMAT', 'it prints pictures alone, which are of one page')
  return pages
}

async function allPages(
  pdf: Uint8Array,
  form: PageForm,
  pdfPages: PrintingParts['pdfPages'],
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const pages: Uint8Array[] = []
  for (let bytes = 0; pages.length < mostPages && bytes <= mostBytes; ) {
    const page = await pdfPages.printed(streamOf([pdf]), pages.length + 1, form, signal)
    if (page === null) return pages
    pages.push(page)
    bytes += page.length
  }
  throw new Fault('PDF_TOO_LARGE', `more than ${mostPages} pages or ${mostBytes} bytes of them`)
}

async function whatBecameOf(outcome: PrintOutcome, parts: PrintingParts, signal: AbortSignal): Promise<PrintEnd> {
  switch (outcome.outcome) {
    case 'refused':
      return { end: 'failed', code: outcome.code, detail: outcome.detail }
    case 'sent':
      return followed(outcome.job, parts, signal)
    case 'unsure': {
      if (outcome.job !== undefined) return followed(outcome.job, parts, signal)
      const job = await lookedFor(outcome.detail, parts, signal)
      return typeof job === 'number' ? followed(job, parts, signal) : job
    }
  }
}

/** The number of the job of that name; who asks in vain for long does not know. */
async function lookedFor(detail: string, parts: PrintingParts, signal: AbortSignal): Promise<number | PrintEnd> {
  const { printer, clock, jobName, tell } = parts
  // Whoever withdraws it wants to know all the same, though not for as long.
  const until = clock.now() + patienceMs
  for (let asked = 0; clock.now() < until && !(signal.aborted && asked > 0); asked += 1) {
    try {
      const found = await printer.find(jobName)
      return found?.job ?? { end: 'unsure', detail: `${detail}; the printer knows of no such job` }
    } catch (thrown) {
      tell({ step: 'sending', code: asFault(thrown).code, pages: null })
      await pause(clock, signal)
    }
  }
  return { end: 'unsure', detail: `${detail}; the printer does not answer` }
}

async function followed(job: number, parts: PrintingParts, signal: AbortSignal): Promise<PrintEnd> {
  const { printer, clock, tell } = parts
  const started = clock.now()
  let moved = started
  let last = ''
  while (!signal.aborted) {
    const seen = await look(printer, job)
    if (seen.state === 'gone') return { end: 'unsure', detail: `the printer has forgotten job ${job}` }
    if (seen.state !== 'unreached' && over.includes(seen.state.state)) return endOf(seen.state)
    const now = clock.now()
    const mark = seen.state === 'unreached' ? last : `${seen.state.state} ${seen.state.pages}`
    if (mark !== last) moved = now
    last = mark
    const code = now - moved >= stuckMs || mark.startsWith('stopped') || seen.state === 'unreached' ? seen.code : null
    const pages = seen.state === 'unreached' ? null : seen.state.pages
    tell({ step: 'printing', code, pages })
    const incoming = mark.startsWith('incoming') && now - started > arrivalMs
    if (incoming) return withdrawn(job, 'PRINTER_TIMEOUT', parts)
    if (now - moved > patienceMs) return withdrawn(job, seen.code ?? 'PRINTER_TIMEOUT', parts)
    await pause(clock, signal)
  }
  return withdrawn(job, 'PRINT_CANCELLED', parts)
}

interface Seen {
  readonly state: PrintJob | 'gone' | 'unreached'
  /** What keeps it from going on, or may. */
  readonly code: ErrorCode | null
}

async function look(printer: Printer, job: number): Promise<Seen> {
  try {
    const found = await printer.job(job)
    if (found === undefined) return { state: 'gone', code: null }
    if (over.includes(found.state)) return { state: found, code: found.code }
    const { code } = await printer.info()
    // It has this job already.
    const printerCode = code === 'PRINTER_NOT_ACCEPTING' ? null : code
    return { state: found, code: found.code === 'PRINT_HELD' ? found.code : (printerCode ?? found.code) }
  } catch (thrown) {
    return { state: 'unreached', code: asFault(thrown).code }
  }
}

function endOf({ state, code, flawed, job }: PrintJob): PrintEnd {
  if (state === 'completed') {
    return flawed ? { end: 'unsure', detail: `the printer completed job ${job} with errors` } : { end: 'printed' }
  }
  return { end: 'failed', code: code ?? 'PRINT_ABORTED', detail: `the printer ended job ${job}: ${state}` }
}

/** Takes the job back, and waits for what that comes to: it may be printed by then. */
async function withdrawn(job: number, code: ErrorCode, { printer, clock }: PrintingParts): Promise<PrintEnd> {
  const until = clock.now() + farewellMs
  for (let asked = 0; asked === 0 || clock.now() < until; asked += 1) {
    try {
      await printer.cancel(job)
      const found = await printer.job(job)
      if (found === undefined || found.state === 'cancelled' || found.state === 'aborted') {
        return { end: 'failed', code, detail: `job ${job} was withdrawn` }
      }
      if (found.state === 'completed') return endOf(found)
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
    }
    await clock.sleep(lookMs)
  }
  return { end: 'unsure', detail: `job ${job} was withdrawn, and the printer does not say so` }
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(lookMs, signal)
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}

async function* streamOf(pieces: readonly Uint8Array[]): ByteStream {
  yield* pieces
}
