// What scanimage says, understood without I/O: its device list, the names of the pages it has finished, and how it
// ended. Its words are believed before its exit status, which is 0 when the feeder never had a sheet, and 1 for a device
// that is gone, a device that is busy and an option that is wrong alike.

import type { ScanFaultCode } from '../../device/ports.ts'

/** What is passed to `--formatted-device-list`; `%n` is scanimage's own new line. */
export const deviceListFormat = '%d\t%v %m%n'
export const pageNameFormat = 'page-%d.tiff'

const maxKeptLines = 50

export interface SaneDevice {
  /** SANE's name of the device, for `--device-name`. */
  readonly device: string
  readonly model: string
}

/** How scanimage ended, of all that it may have meant. `broken`: another look tells whether the device is still there. */
export type SaneEnding =
  | { readonly end: 'done' | 'no-documents' }
  | { readonly end: 'fault'; readonly code: ScanFaultCode; readonly detail: string; readonly broken?: true }

/** What scanimage wrote to its standard error, kept in bounds while it runs. */
export interface SaneJournal {
  add(line: string): void
  /** Images that the backend delivered to their end. */
  completed(): number
  lines(): readonly string[]
}

/** The devices of `--formatted-device-list`, in scanimage's order. */
export function parseDevices(output: string): readonly SaneDevice[] {
  return output
    .split('\n')
    .map(line => line.split('\t'))
    .flatMap(([device, model]) =>
      device === undefined || device === '' || model === undefined ? [] : [{ device, model: model.trim() }],
    )
}

/** Whether a line of standard output names a finished page of ours. */
export function isPageName(line: string): boolean {
  return /^page-\d{1,6}\.tiff$/.test(line)
}

export function createJournal(): SaneJournal {
  const kept: string[] = []
  let completed = 0
  return Object.freeze({
    add: (line: string) => {
      if (/^Scanned page \d+\. \(scanner status = 5\)$/.test(line)) completed += 1
      kept.push(line)
      if (kept.length > maxKeptLines) kept.shift()
    },
    completed: () => completed,
    lines: () => kept,
  })
}

/**
 * What scanimage's words mean, and its exit status (a SANE_Status) where it ended by itself. A batch that was announced
 * as terminated is over: backends are known to hang or crash while they close the device.
 */
export function endingOf(exitCode: number | undefined, said: readonly string[]): SaneEnding {
  const complaint = said.findLast(isComplaint)?.replace(/^scanimage: /, '') ?? ''
  const detail = complaint === '' ? `scanimage ended with ${exitCode ?? 'a signal'}` : complaint
  const fault = (code: ScanFaultCode): SaneEnding => ({ end: 'fault', code, detail })
  if (/^open of device .* failed/.test(complaint)) return fault(openFault(complaint))
  if (/^no SANE devices found/.test(complaint)) return fault('SCANNER_ABSENT')
  if (/^setting of option|^unrecognized option|^argument|^option/i.test(complaint)) return fault('SCAN_SETTING_REFUSED')
  const status = /^sane_(?:start|read): (.*)$/.exec(complaint)?.[1] ?? ''
  const meaning = statuses[status]
  if (meaning === 'no-documents') return { end: 'no-documents' }
  if (meaning === 'broken') return { end: 'fault', code: 'SCANNER_FAILED', detail, broken: true }
  if (meaning !== undefined) return fault(meaning)
  if (status === '' && (exitCode === 0 || (exitCode === undefined && said.some(isBatchEnd)))) return { end: 'done' }
  return fault('SCANNER_FAILED')
}

/** Whether a line of standard error says that no more pages come. */
export function isBatchEnd(line: string): boolean {
  return /^Batch terminated, \d+ pages? scanned$/.test(line)
}

/** Some backends raise signals of their own while they close, and a rounded value is no failure. */
function isComplaint(line: string): boolean {
  return /^scanimage: (?!received signal|trying to stop scanner|aborting|rounded value)/.test(line)
}

/** The texts of sane_strstatus(); a status that is not here is a failure of the scanner. */
const statuses: Readonly<Record<string, ScanFaultCode | 'no-documents' | 'broken'>> = {
  'Device busy': 'SCANNER_BUSY',
  'Invalid argument': 'SCAN_SETTING_REFUSED',
  // Backends without a feeder sensor end a stack with the end of the file.
  'End of file reached': 'no-documents',
  'Document feeder jammed': 'SCANNER_JAM',
  'Document feeder out of documents': 'no-documents',
  'Scanner cover is open': 'SCANNER_COVER_OPEN',
  'Error during device I/O': 'broken',
}

function openFault(complaint: string): ScanFaultCode {
  if (complaint.endsWith('Device busy')) return 'SCANNER_BUSY'
  return complaint.endsWith('Access to resource has been denied') ? 'SCANNER_FAILED' : 'SCANNER_ABSENT'
}
