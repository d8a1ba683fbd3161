// What every scanner technology implements for one device, and the words they share: how a fault ends a scan and what
// a device that cannot be reached looks like.

import type { Fault } from '../../device/errors.ts'
import type { Clock, ScanEnd, ScanFaultCode, ScannedPage, ScannerInfo, ScanSettings } from '../../device/ports.ts'

/** One configured device; the promises are those of the Scanner port. */
export interface ScannerDriver {
  info(signal?: AbortSignal): Promise<ScannerInfo>
  scan(settings: ScanSettings, signal: AbortSignal): AsyncGenerator<ScannedPage, ScanEnd, void>
}

/** A scan ended by something that a person or the network did. */
export type ScanFault = Extract<ScanEnd, { end: 'fault' }>

const scanFaultCodes: ReadonlySet<string> = new Set<ScanFaultCode>([
  'SCANNER_ABSENT',
  'SCANNER_UNPLUGGED',
  'SCANNER_BUSY',
  'SCANNER_JAM',
  'SCANNER_DOUBLE_FEED',
  'SCANNER_COVER_OPEN',
  'SCANNER_FAILED',
  'SCANNER_TIMEOUT',
  'SCAN_SETTING_REFUSED',
  'FEEDER_EMPTY',
])

/** A thrown Fault as the end of a scan; undefined when it is none of a scanner's own (a full disk, say). */
export function asScanFault(fault: Fault): ScanFault | undefined {
  return isScanFaultCode(fault.code) ? scanFault(fault.code, fault.detail) : undefined
}

export function scanFault(code: ScanFaultCode, detail: string): ScanFault {
  return { end: 'fault', code, detail }
}

/** A device about which nothing is known but why it cannot be used. */
export function unusable(id: string, driver: ScannerInfo['driver'], code: ScanFaultCode): ScannerInfo {
  const states: Partial<Record<ScanFaultCode, ScannerInfo['state']>> = {
    SCANNER_ABSENT: 'absent',
    SCANNER_BUSY: 'busy',
  }
  return Object.freeze({ id, name: id, driver, state: states[code] ?? 'fault', code, sources: [], duplex: false })
}

/** The machine's own clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
})

function isScanFaultCode(code: string): code is ScanFaultCode {
  return scanFaultCodes.has(code)
}
