// What a printer says of itself and of a job in keywords (RFC 8011, 5.3.7, 5.3.8, 5.4.11, 5.4.12; PWG 5100.9), as one of the
// few things that a person can do something about. Only whole keywords that are known count; what a keyword that is not known
// means is told by the state alone.

import type { PrinterInfo, PrintFaultCode, PrintJob } from '../../device/ports.ts'
import { booleanIn, type IppAttributes, numbersIn, stringsIn } from './ipp-message.ts'

/** printer-state (RFC 8011, 5.4.11). */
const printerStates = { idle: 3, processing: 4, stopped: 5 } as const

/** Reasons, those first that a person can do something about and that others follow from. */
const reasons: readonly (readonly [PrintFaultCode, readonly string[]])[] = [
  ['PRINTER_JAM', ['media-jam']],
  ['PRINTER_COVER_OPEN', ['cover-open', 'door-open', 'interlock-open', 'input-tray-missing', 'output-tray-missing']],
  ['PRINTER_OUT_OF_PAPER', ['media-empty', 'media-needed']],
  ['PRINTER_OUTPUT_FULL', ['output-area-full']],
  [
    'PRINTER_TONER',
    ['toner-empty', 'marker-supply-empty', 'marker-supply-missing', 'marker-waste-full', 'developer-empty'],
  ],
  ['PRINTER_ABSENT', ['offline', 'shutdown', 'timed-out']],
  ['PRINTER_STOPPED', ['paused', 'moving-to-paused', 'stopping', 'stopped-partly', 'spool-area-full']],
]

const soonUsedUp: readonly (readonly ['paper' | 'toner', readonly string[]])[] = [
  ['paper', ['media-low']],
  ['toner', ['toner-low', 'marker-supply-low', 'developer-low']],
]

/**
 * The reasons that may keep a printer from printing, without what they say of their own weight (RFC 8011, 5.4.12): a report
 * stands in nobody's way, and a warning does not while there is nothing to print, for one tray of several may be empty; some
 * printers only warn of what has stopped them. CUPS reports a printer that it does not reach.
 */
function blocking(keywords: readonly string[], idle: boolean): readonly string[] {
  return keywords.flatMap(keyword => {
    const [, reason = '', weight] = /^(.*?)(?:-(error|warning|report))?$/.exec(keyword) ?? []
    const counts = weight === undefined || weight === 'error' || (weight === 'warning' && !idle)
    return counts || reason === 'offline' ? [reason] : []
  })
}

type Stated = Pick<PrinterInfo, 'state' | 'code' | 'low'>

/** The state in the attributes of a printer; undefined where they tell none. */
export function printerStateIn(attributes: IppAttributes): Stated | undefined {
  const [state] = numbersIn(attributes, 'printer-state')
  if (!Object.values<number | undefined>(printerStates).includes(state)) return undefined
  const stopped = state === printerStates.stopped
  const all = stringsIn(attributes, 'printer-state-reasons')
  const said = blocking(all, state === printerStates.idle)
  const low = soonUsedUp.flatMap(([what, keywords]) =>
    keywords.some(one => all.some(keyword => keyword.startsWith(one))) ? [what] : [],
  )
  const accepts = booleanIn(attributes, 'printer-is-accepting-jobs') !== false
  const why = reasons.find(([, keywords]) => keywords.some(one => said.includes(one)))?.[0]
  const code = why ?? (stopped ? 'PRINTER_STOPPED' : accepts ? null : 'PRINTER_NOT_ACCEPTING')
  const name = state === printerStates.processing ? 'printing' : 'ready'
  return { state: stopped ? 'stopped' : name, code, low }
}

/** job-state (RFC 8011, 5.3.7). */
const jobStates: Readonly<Record<number, PrintJob['state']>> = {
  3: 'pending',
  4: 'held',
  5: 'printing',
  6: 'stopped',
  7: 'cancelled',
  8: 'aborted',
  9: 'completed',
}

const jobReasons: readonly (readonly [PrintFaultCode, readonly string[]])[] = [
  ['PRINTER_FORMAT', ['unsupported-document-format', 'document-format-error', 'document-unprintable-error']],
  [
    'PRINTER_REFUSED',
    ['account-authorization-failed', 'account-closed', 'account-info-needed', 'document-access-error'],
  ],
]
const incoming = ['job-incoming', 'job-data-insufficient']
const flaws = ['job-completed-with-errors']

/** The job in its attributes; undefined where they are none of a job. */
export function jobIn(attributes: IppAttributes): PrintJob | undefined {
  const [job] = numbersIn(attributes, 'job-id')
  const known = jobStates[numbersIn(attributes, 'job-state')[0] ?? 0]
  if (job === undefined || job < 1 || known === undefined) return undefined
  const said = stringsIn(attributes, 'job-state-reasons')
  const waits = (known === 'pending' || known === 'held') && said.some(one => incoming.includes(one))
  const state = waits ? 'incoming' : known
  const [pages] = numbersIn(attributes, 'job-impressions-completed')
  const flawed = known === 'completed' && said.some(one => flaws.includes(one))
  return {
    job,
    state,
    code: codeOf(state, said),
    pages: pages !== undefined && pages >= 0 ? pages : null,
    flawed,
  }
}

function codeOf(state: PrintJob['state'], said: readonly string[]): PrintFaultCode | null {
  if (state === 'held') return 'PRINT_HELD'
  if (state === 'cancelled') return 'PRINT_CANCELLED'
  if (state === 'aborted') {
    return jobReasons.find(([, keywords]) => keywords.some(one => said.includes(one)))?.[0] ?? 'PRINT_ABORTED'
  }
  return state === 'stopped' ? 'PRINTER_STOPPED' : null
}
