// What scanimage says, understood without I/O: its device list, the names of the pages it has finished, and how it
// ended. Its exit status alone is not believed: it is 0 when the feeder never had a sheet, and 1 for a device that is
// gone, a device that is busy and an option that is wrong alike.

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

/** Understands an exit status (SANE 1.06, 4.2.7: SANE_Status) together with what was said before it. */
export function endingOf(exitCode: number, said: readonly string[]): SaneEnding {
  const complaint = said.findLast(line => /^scanimage: /.test(line))?.replace(/^scanimage: /, '') ?? ''
  const detail = complaint === '' ? `scanimage ended with ${exitCode}` : complaint
  if (/^open of device .* failed/.test(complaint)) return { end: 'fault', code: openFault(complaint), detail }
  if (/^no SANE devices found/.test(complaint)) return { end: 'fault', code: 'SCANNER_ABSENT', detail }
  if (/^setting of option|^unrecognized option|^argument|^option/i.test(complaint)) {
    return { end: 'fault', code: 'SCAN_SETTING_REFUSED', detail }
  }
  if (exitCode === 0) return { end: complaint.endsWith('out of documents') ? 'no-documents' : 'done' }
  const statuses: Readonly<Record<number, ScanFaultCode | 'no-documents'>> = {
    3: 'SCANNER_BUSY',
    4: 'SCAN_SETTING_REFUSED',
    // Backends without a feeder sensor end a stack with the end of the file.
    5: 'no-documents',
    6: 'SCANNER_JAM',
    7: 'no-documents',
    8: 'SCANNER_COVER_OPEN',
  }
  const meaning = statuses[exitCode] ?? 'SCANNER_FAILED'
  if (meaning === 'no-documents') return { end: 'no-documents' }
  return { end: 'fault', code: meaning, detail, ...(exitCode === ioError ? { broken: true as const } : {}) }
}

const ioError = 9

function openFault(complaint: string): ScanFaultCode {
  if (complaint.endsWith('Device busy')) return 'SCANNER_BUSY'
  return complaint.endsWith('Access to resource has been denied') ? 'SCANNER_FAILED' : 'SCANNER_ABSENT'
}
