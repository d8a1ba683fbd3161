// What is noted about a copy while it is made, so that its evidence can tell it later: which scanner fed which page and when,
// who answered for it with which program, who signed, and the digest after each step. Noted when it happens, never guessed.

import type { SignatureLevel } from '../ades/request.ts'
import type { ClockTrust, ScannerInfo } from '../ports.ts'
import type { SignerFacts } from '../trust/signer-facts.ts'
import type { DocumentEvent } from './document.ts'

export type ScannerFacts = Pick<ScannerInfo, 'id' | 'name' | 'driver'>

/** One feeding. */
export interface ScanFacts {
  /** Null where it was not told. */
  readonly device: ScannerFacts | null
  readonly startedAt: string
  readonly pages: readonly { readonly id: string; readonly at: string }[]
}

/** Who makes the copy and by what, as it was configured at that moment. */
export interface MadeFacts {
  /** Of the ENI document. */
  readonly identifier: string
  /** DIR3 of the unit, and the body that it belongs to. */
  readonly organ: string
  readonly body: { readonly name: string; readonly ine10: string; readonly dir3: string }
  readonly kiosk: string
  /** Of this program. */
  readonly version: string
}

/** The copy as a step left it. */
export interface CopyState {
  readonly step: 'composed' | 'signed' | 'extended'
  readonly level: SignatureLevel | null
  readonly bytes: number
  readonly sha256: string
  readonly at: string
  readonly clock: ClockTrust
  /** The earliest time that a time-stamp in the copy proves, ISO 8601; null below level T. */
  readonly provenAt: string | null
}

export interface CopyTrail {
  readonly scans: readonly ScanFacts[]
  readonly made: MadeFacts | null
  readonly signer: SignerFacts | null
  /** Oldest first; begun anew when the copy is composed again. */
  readonly states: readonly CopyState[]
}

export const emptyTrail: CopyTrail = Object.freeze({ scans: [], made: null, signer: null, states: [] })

/** Where nothing is known about the clock. */
export const unknownClock: ClockTrust = Object.freeze({ source: 'unknown' })

interface Moment {
  /** ISO 8601. */
  readonly at: string
  readonly clock: ClockTrust
}

/** The trail after an event that the rules of the document have let through. */
export function trailAfter(trail: CopyTrail, event: DocumentEvent, { at, clock }: Moment): CopyTrail {
  switch (event.type) {
    case 'scanStarted':
      return { ...trail, scans: [...trail.scans, { device: event.device ?? null, startedAt: at, pages: [] }] }
    case 'pageStored':
      return { ...trail, scans: withPage(trail.scans, event.page.id, at) }
    case 'composed': {
      const state = { step: 'composed', level: null, ...sizeOf(event.copy), at, clock, provenAt: null } as const
      return { ...trail, made: event.made ?? null, signer: null, states: [state] }
    }
    case 'signed':
    case 'sealed': {
      const state = { step: 'signed', level: 'B', ...sizeOf(event.copy), at, clock, provenAt: null } as const
      return { ...trail, signer: event.certificate ?? null, states: [...trail.states, state] }
    }
    case 'extended': {
      const { level, provenAt = null } = event
      const state = { step: 'extended', level, ...sizeOf(event.copy), at, clock, provenAt } as const
      return { ...trail, states: [...trail.states, state] }
    }
    default:
      return trail
  }
}

function withPage(scans: readonly ScanFacts[], id: string, at: string): readonly ScanFacts[] {
  const last = scans.at(-1)
  if (last === undefined) return scans
  return [...scans.slice(0, -1), { ...last, pages: [...last.pages, { id, at }] }]
}

function sizeOf({ bytes, sha256 }: { readonly bytes: number; readonly sha256: string }) {
  return { bytes, sha256 }
}
