// What an eSCL scanner means that answers without a page, without I/O: its status says why, and whether paper is left.

import type { ScanFaultCode, ScanSource } from '../../device/ports.ts'
import { type ScanFault, scanFault } from './driver.ts'
import type { EsclQuirks } from './escl-quirks.ts'
import { type EsclJob, type EsclStatus, feederFault, isOccupied, isOutOfOrder } from './escl-status.ts'

export const nextDocumentTimeoutMs = 120_000
/** How long a feeder that is `processing` is waited for when it may mean anything. */
const feederDecisionTimeoutMs = 15_000
/** How long a scanner may say 404 that says so before every page. */
const notReadyTimeoutMs = 30_000

/** A job that runs, as far as its end is to be judged. */
export interface JobFacts {
  readonly path: string
  readonly source: ScanSource
  readonly quirks: EsclQuirks
  /** Whether the feeder has a sensor for paper; absent where nothing is said. */
  readonly detectsPaper: boolean | undefined
  /** Whether this scanner has ever shown a job that was over: one that does and no longer knows a job was switched off. */
  readonly memory: { remembersJobs: boolean }
}

/** The answer without a page, and what was known when it came. */
export interface Answered {
  readonly http: number
  /** Of this job, so far. */
  readonly images: number
  readonly waitedMs: number
  readonly status: EsclStatus
}

/**
 * `wait`: the page may still come. `finished`: a good end. `paper-left`: a good end of the job, but not of the paper.
 * `nothing`: the job ended as it began. Anything else is a fault.
 */
export type Verdict = 'wait' | 'finished' | 'paper-left' | 'nothing' | ScanFault

/** What an answer without a page means. */
export function judge(job: JobFacts, answered: Answered): Verdict {
  const { http, images, status } = answered
  const fed = job.source === 'adf'
  const atLimit = fed && images >= job.quirks.imagesPerJob && status.adf === 'loaded'
  const own = ownJob(job, status)
  if (atLimit && own?.state !== 'canceled' && http !== 503) return 'paper-left'
  // What an empty feeder comes to, too.
  if (images === 0 && own?.state === 'aborted' && feederFault(status.adf) === undefined) return 'nothing'
  const reason = reasonOf(job, status)
  if (reason !== undefined) return reason
  if (http !== 404 && http !== 409 && http !== 410) return notTheEnd(answered)
  if (own === undefined && job.memory.remembersJobs) {
    return scanFault('SCANNER_UNPLUGGED', 'the scanner has forgotten the job, as if it had been switched off')
  }
  if (isRunning(own) && mayStillCome(job, answered)) return 'wait'
  if (fed && status.adf === 'processing' && job.quirks.feederProcessing === 'undecided' && images > 0) {
    if (answered.waitedMs < feederDecisionTimeoutMs) return 'wait'
  }
  if (http === 404 && fed && status.adf === 'loaded' && isRunning(own)) return stoppedWithPaper()
  if (images === 0) return 'nothing'
  // A good end is 404; one family of servers says 409 when the feeder has run empty.
  const orderly = http === 404 || saysEmpty(job, status) || job.quirks.gone === 'not-ready'
  if (!orderly) return scanFault('SCANNER_FAILED', `the job ended with ${http}`)
  if (!fed || status.adf !== 'loaded') return 'finished'
  // A scanner that has lost the job was switched off in between, perhaps with a sheet on its way.
  if (own !== undefined) return 'paper-left'
  return job.detectsPaper === false ? 'finished' : stoppedWithPaper()
}

/** Why a job must not be begun: some scanners report an empty feeder as a jam, and stay jammed. */
export function startFault(
  { source, quirks }: Pick<JobFacts, 'source' | 'quirks'>,
  status: EsclStatus,
): ScanFault | undefined {
  if (source === 'adf') {
    const fault = feederFault(status.adf)
    if (fault !== undefined) return scanFault(fault, 'the scanner reports it before the scan')
    // An idle scanner whose feeder is `processing` is one that has no other word for an empty feeder.
    const idleProcessing = status.adf === 'processing' && !isOccupied(status)
    if (status.adf === 'empty' || idleProcessing) return scanFault('FEEDER_EMPTY', 'no paper lies in the feeder')
    if (!quirks.startsUnproven && status.adf !== 'loaded') {
      return scanFault('FEEDER_EMPTY', 'the scanner does not say that paper lies in its feeder, and would jam without')
    }
  }
  return isOutOfOrder(status) ? scanFault('SCANNER_FAILED', `the scanner is ${status.state}`) : undefined
}

/** The fault that the scanner itself gives for a job that does not go on. */
export function reasonOf(job: Pick<JobFacts, 'path' | 'source'>, status: EsclStatus): ScanFault | undefined {
  const fault: ScanFaultCode | undefined = job.source === 'adf' ? feederFault(status.adf) : undefined
  if (fault !== undefined) return scanFault(fault, 'the scanner reports it during the scan')
  const own = ownJob(job, status)
  const because = own === undefined || own.reasons.length === 0 ? '' : ` (${own.reasons.slice(0, 4).join(', ')})`
  if (own?.state === 'aborted') return scanFault('SCANNER_FAILED', `the scanner aborted the job${because}`)
  if (own?.state === 'canceled') return scanFault('SCANNER_FAILED', `the job was cancelled at the scanner${because}`)
  return undefined
}

export function ownJob({ path }: Pick<JobFacts, 'path'>, status: EsclStatus): EsclJob | undefined {
  return status.jobs.find(job => job.path === path)
}

/** Whether a status shows this job as one that is over. */
export function showsEnded(job: Pick<JobFacts, 'path'>, status: EsclStatus): boolean {
  const own = ownJob(job, status)
  return own !== undefined && ['completed', 'canceled', 'aborted'].includes(own.state)
}

export function saysEmpty({ quirks }: Pick<JobFacts, 'quirks'>, { adf }: EsclStatus): boolean {
  return adf === 'empty' || (adf === 'processing' && quirks.feederProcessing === 'empty')
}

export function stoppedWithPaper(): ScanFault {
  return scanFault('SCANNER_FAILED', 'the scanner stopped with paper in its feeder')
}

function notTheEnd({ http, waitedMs }: Answered): Verdict {
  if (http !== 503) return scanFault('SCANNER_FAILED', `the scanner answered ${http} instead of a page`)
  if (waitedMs < nextDocumentTimeoutMs) return 'wait'
  return scanFault('SCANNER_TIMEOUT', `no page within ${nextDocumentTimeoutMs} ms`)
}

/** A scanner that says too early that nothing comes: some always do, others while paper lies in the feeder. */
function mayStillCome({ source, quirks }: JobFacts, { http, waitedMs, status }: Answered): boolean {
  if (http === 409) return false
  if (quirks.gone === 'not-ready') return waitedMs < notReadyTimeoutMs
  return http === 404 && source === 'adf' && status.adf === 'loaded' && waitedMs < quirks.emptyDecisionMs
}

function isRunning(own: EsclJob | undefined): boolean {
  return own?.state === 'pending' || own?.state === 'processing'
}
