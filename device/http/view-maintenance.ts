// What the screen shows whoever looks after the kiosk: scanners and their checks, hosts that are left alone.

import type { ErrorCode } from '../errors.ts'
import type { PausedHost } from '../host-pauses.ts'

export interface MaintenanceView {
  readonly work: 'none' | 'scanning' | 'measuring'
  readonly scanners: readonly ScannerCheckView[]
  /** Hosts that are left alone for now. */
  readonly pauses: readonly PauseView[]
  /** Orders of cards of which nobody knows whether they were placed. */
  readonly unsureOrders: number
  /** Of the check just made. */
  readonly result: CheckResult | null
  /** Why the last check came to nothing. */
  readonly fault: ErrorCode | null
}

export type PauseView = Pick<PausedHost, 'service' | 'host' | 'since' | 'until' | 'code'>

export type CheckVerdict = 'ok' | 'watch' | 'fail'
export type CheckTopic = 'resolution' | 'geometry' | 'gray' | 'colour' | 'streaks' | 'drift'

export interface ScannerCheckView {
  readonly id: string
  readonly name: string
  /** Why it cannot be checked now. */
  readonly fault: ErrorCode | null
  /** ISO 8601 of the last check, and what came of it; null: never checked. */
  readonly at: string | null
  readonly verdict: CheckVerdict | null
  readonly due: boolean
}

export interface CheckResult {
  readonly deviceId: string
  /** ISO 8601. */
  readonly at: string
  readonly verdict: CheckVerdict
  /** Pixels per inch that were found along rows and columns. */
  readonly ppi: readonly [number, number]
  readonly topics: readonly { readonly topic: CheckTopic; readonly verdict: CheckVerdict }[]
}
