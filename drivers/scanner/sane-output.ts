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

/**
 * How scanimage ended, of all that it may have meant. `broken`: another look tells whether the device is still there;
 * `warming`: it will be ready by itself.
 */
export type SaneEnding =
  | { readonly end: 'done' | 'no-documents' }
  | {
      readonly end: 'fault'
      readonly code: ScanFaultCode
      readonly detail: string
      readonly unclear?: 'broken' | 'warming'
    }

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

/** As scanimage prints it when that page is finished. */
export function pageName(number: number): string {
  return pageNameFormat.replace('%d', String(number))
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
 * What scanimage's words mean, and its exit status (a SANE_Status) where it has none. A batch that was announced as
 * terminated is over: backends are known to hang or crash while they close the device.
 */
export function endingOf(exitCode: number | undefined, said: readonly string[]): SaneEnding {
  const complaint = said.findLast(isComplaint)?.replace(/^scanimage: /, '') ?? ''
  const detail = complaint === '' ? `scanimage ended with ${exitCode ?? 'a signal'}` : complaint
  const opening = /^open of device .* failed: (.*)$/.exec(complaint)?.[1]
  if (opening !== undefined)
    return meant(opening === 'Invalid argument' ? 'SCANNER_ABSENT' : openMeaning(opening), detail)
  if (/^no SANE devices found/.test(complaint)) return meant('SCANNER_ABSENT', detail)
  if (/^setting of option|^attempted to set|^unrecognized option|^argument|^option/i.test(complaint)) {
    return meant('SCAN_SETTING_REFUSED', detail)
  }
  const status = /^sane_(?:start|read|get_parameters): (.*)$/.exec(complaint)?.[1]
  if (status !== undefined) return meant(meaningOf(status), detail)
  if (exitCode === 0 || (exitCode === undefined && said.some(isBatchEnd))) return { end: 'done' }
  return meant(statusCodes[exitCode ?? 0] ?? 'SCANNER_FAILED', detail)
}

/** Whether scanimage could not keep what the scanner gave it. */
export function isWriteFailure(line: string): boolean {
  return /cannot (?:open|close|rename) |No space left on device/.test(line)
}

/** Whether a line of standard error says that no more pages come. */
export function isBatchEnd(line: string): boolean {
  return /^Batch terminated, \d+ pages? scanned$/.test(line)
}

/** Some backends raise signals of their own while they close, and a rounded value is no failure. */
function isComplaint(line: string): boolean {
  return /^scanimage: (?!received signal|trying to stop scanner|aborting|rounded value)/.test(line)
}

type Meaning = ScanFaultCode | 'no-documents' | 'broken' | 'warming' | 'denied'

/** The texts of sane_strstatus(); a status that is not here is a failure of the scanner. */
const statuses: Readonly<Record<string, Meaning>> = {
  'Device busy': 'SCANNER_BUSY',
  'Invalid argument': 'SCAN_SETTING_REFUSED',
  // Backends without a feeder sensor end a stack with the end of the file.
  'End of file reached': 'no-documents',
  'Document feeder jammed': 'SCANNER_JAM',
  'Document feeder out of documents': 'no-documents',
  'Scanner cover is open': 'SCANNER_COVER_OPEN',
  'Error during device I/O': 'broken',
  'Access to resource has been denied': 'denied',
}

/** SANE_Status by number, as far as scanimage does not end with the same number for reasons of its own (1 and 2). */
const statusCodes: Readonly<Record<number, Meaning>> = {
  3: 'SCANNER_BUSY',
  4: 'SCAN_SETTING_REFUSED',
  5: 'no-documents',
  6: 'SCANNER_JAM',
  7: 'no-documents',
  8: 'SCANNER_COVER_OPEN',
  9: 'broken',
  10: 'SCANNER_FAILED',
  11: 'denied',
  12: 'warming',
  13: 'SCANNER_BUSY',
}

/** Warming up (12) and locked for transport (13) are newer than most libraries' words for them. */
function meaningOf(status: string): Meaning {
  if (/warming up|status code 12$/i.test(status)) return 'warming'
  if (/lock|status code 13$/i.test(status)) return 'SCANNER_BUSY'
  // What the net backend says of a saned that is gone: the number is whatever lay in its memory.
  if (/status code (-\d+|\d{3,})$/.test(status)) return 'broken'
  return statuses[status] ?? 'SCANNER_FAILED'
}

/** A device that was unplugged cannot be opened, whatever word the backend has for it. */
function openMeaning(status: string): Meaning {
  const meaning = meaningOf(status)
  return meaning === 'broken' || meaning === 'no-documents' ? 'SCANNER_ABSENT' : meaning
}

function meant(meaning: Meaning, detail: string): SaneEnding {
  switch (meaning) {
    case 'no-documents':
      return { end: 'no-documents' }
    case 'broken':
      return { end: 'fault', code: 'SCANNER_FAILED', detail, unclear: 'broken' }
    case 'warming':
      return { end: 'fault', code: 'SCANNER_BUSY', detail, unclear: 'warming' }
    case 'denied':
      return { end: 'fault', code: 'SCANNER_FAILED', detail: `${detail} (is its user in the group "scanner"?)` }
    default:
      return { end: 'fault', code: meaning, detail }
  }
}
