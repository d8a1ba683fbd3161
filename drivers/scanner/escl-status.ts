// ScannerStatus (Mopria eSCL 2.x) without I/O: what the scanner, its feeder and its jobs are doing. Devices disagree in
// words, so an unknown one is kept as `other`; only a document that is no ScannerStatus throws.

import type { ScanFaultCode } from '../../device/ports.ts'
import { readDocument } from './escl-capabilities.ts'
import { childOf, descendantsOf, numberOf, textOf } from './xml.ts'

export type EsclState = 'idle' | 'processing' | 'testing' | 'stopped' | 'down' | 'other'
export type AdfState = 'loaded' | 'empty' | 'processing' | 'jam' | 'cover-open' | 'double-feed' | 'failed' | 'other'
export type JobState = 'pending' | 'processing' | 'completed' | 'canceled' | 'aborted' | 'other'

/** One JobInfo; `path` is the JobUri without its host. */
export interface EsclJob {
  readonly path: string
  readonly state: JobState
  readonly imagesCompleted?: number
  /** JobStateReasons, as the device words them. */
  readonly reasons: readonly string[]
}

/** ScannerStatus; `adf` is absent where the device does not tell. */
export interface EsclStatus {
  readonly state: EsclState
  readonly adf?: AdfState
  readonly jobs: readonly EsclJob[]
}

/** Decodes ScannerStatus. Throws SCANNER_FAILED when it is something else. */
export function decodeStatus(document: string | Uint8Array): EsclStatus {
  const root = readDocument(document, 'ScannerStatus')
  const adf = textOf(root, 'AdfState')
  const jobs = descendantsOf(childOf(root, 'Jobs'), 'JobInfo').map(job => {
    const imagesCompleted = numberOf(job, 'ImagesCompleted')
    return {
      path: pathOf(textOf(job, 'JobUri') ?? ''),
      state: jobStateOf(textOf(job, 'JobState') ?? ''),
      ...(imagesCompleted === undefined ? {} : { imagesCompleted }),
      reasons: descendantsOf(job, 'JobStateReason').map(({ text }) => text.slice(0, 60)),
    }
  })
  const state = stateOf(textOf(root, 'State') ?? '')
  return Object.freeze({ state, jobs, ...(adf === undefined ? {} : { adf: adfStateOf(adf) }) })
}

/**
 * The job's path on the scanner's own host, for a Location that may be absolute, relative or name the wrong host
 * (a scanner behind ipp-usb does not know where it is reached). Undefined when it names no path at all.
 */
export function jobPathOf(location: string, rootPath: string): string | undefined {
  const path = pathOf(location)
  if (path === '') return undefined
  const absolute = path.startsWith('/') ? path : `${rootPath}/${path}`
  return /^\/[\w~!$&'()*+,;=:@%./-]+$/.test(absolute) ? absolute : undefined
}

/** What in a status keeps the feeder from going on, as the fault that a person is told; undefined when nothing does. */
export function feederFault(adf: AdfState | undefined): ScanFaultCode | undefined {
  switch (adf) {
    case 'jam':
      return 'SCANNER_JAM'
    case 'cover-open':
      return 'SCANNER_COVER_OPEN'
    case 'double-feed':
      return 'SCANNER_DOUBLE_FEED'
    case 'failed':
      return 'SCANNER_FAILED'
    default:
      return undefined
  }
}

/** Another job runs, or the device warms up. */
export function isOccupied({ state }: EsclStatus): boolean {
  return state === 'processing' || state === 'testing'
}

export function isOutOfOrder({ state }: EsclStatus): boolean {
  return state === 'stopped' || state === 'down'
}

function stateOf(text: string): EsclState {
  if (/^busy/i.test(text)) return 'processing'
  return memberOf(['idle', 'processing', 'testing', 'stopped', 'down'] as const, text)
}

function jobStateOf(text: string): JobState {
  if (/^cancelled$/i.test(text)) return 'canceled'
  return memberOf(['pending', 'processing', 'completed', 'canceled', 'aborted'] as const, text)
}

function memberOf<T extends string>(members: readonly T[], text: string): T | 'other' {
  return members.find(member => member === text.toLowerCase()) ?? 'other'
}

/** Also knows the spelling `ScannedAdf…` and the names of open covers that single makers use. */
function adfStateOf(text: string): AdfState {
  switch (text.replace(/^Scann(er|ed)Adf/i, '').toLowerCase()) {
    case 'loaded':
      return 'loaded'
    case 'empty':
      return 'empty'
    case 'processing':
      return 'processing'
    case 'jam':
    case 'mispick':
    case 'duplexpagetooshort':
    case 'duplexpagetoolong':
      return 'jam'
    case 'hatchopen':
    case 'dooropen':
    case 'coveropen':
      return 'cover-open'
    case 'multipickdetected':
      return 'double-feed'
    case 'inputtrayfailed':
    case 'inputtrayoverloaded':
      return 'failed'
    default:
      return 'other'
  }
}

/** Without scheme and host, even where the host is an IPv6 address that lacks its brackets. */
function pathOf(uri: string): string {
  return uri
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
    .replace(/^\/+/, '/')
    .replace(/\/+$/, '')
}
