// Printing from the command line: one document, followed until the printer has done with it, withdrawn by Ctrl-C. And a printer
// in a line.

import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import { newReferenceFrom, systemClock, systemRandom } from '../host.ts'
import type { PrinterInfo } from '../ports.ts'
import { type PrintProgress, printDocument } from '../printing.ts'
import { withWorkbench } from './appliance.ts'
import type { Call, Verb } from './verb.ts'

export const printOption = {
  print: { type: 'boolean', help: 'prints it on the configured printer, and waits until it is printed' },
} as const satisfies Verb['options']

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Throws what the printer lacks in the end, PRINT_UNSURE where nobody knows whether it was printed, INTERRUPTED. */
export async function printPdf(pdf: Uint8Array, config: Config, call: Call): Promise<void> {
  if (config.devices.printer === undefined) throw new Fault('PRINTER_ABSENT', 'devices.printer is not configured')
  let last = ''
  const tell = ({ step, code, pages }: PrintProgress) => {
    const line = `${step}${code === null ? '' : `: ${code}`}${pages === null || pages === 0 ? '' : `, ${pages} pages out`}`
    if (line !== last) call.progress(line)
    last = line
  }
  const jobName = `Compulsa ${newReferenceFrom(systemRandom)}`
  const end = await withWorkbench(config, ({ rooms }) => {
    const parts = { printer: rooms.printer(), pdfPages: rooms.pdfPages(), clock: systemClock, log, jobName, tell }
    return printDocument(pdf, parts, call.signal)
  })
  if (end.end === 'unsure') throw new Fault('PRINT_UNSURE', `${jobName}: ${end.detail}`)
  if (end.end === 'failed') throw new Fault(end.code, `${jobName}: ${end.detail}`)
}

/** `printer: HP LaserJet, ready, prints application/pdf; paper is low`. */
export function printerLine({ name, state, code, low, form }: PrinterInfo): string {
  const why = code === null ? '' : ` (${code})`
  const how =
    state === 'absent' ? '' : `, ${form === null ? 'takes nothing that is made here' : `prints ${form.mediaType}`}`
  return `printer: ${name}, ${state}${why}${how}${low.length === 0 ? '' : `; low: ${low.join(', ')}`}`
}
