// The eSCL driver: one network (or ipp-usb) scanner. It keeps the scanner's own JPEG bytes, never starts an empty
// feeder, asks the scanner why a feed ended before it believes that the end was a good one, and begins another job where
// the scanner's own limit has ended one with paper left.
//
//   contact ─► status ─► job ─► (document ─► page)* ─► status ─► end          any of them ─► fault; the job is given up
//                 ▲                                       │
//                 └───────────── paper left ──────────────┘

import type { Clock, ScanEnd, ScannedPage, ScannerInfo, ScanSettings } from '../../device/ports.ts'
import { type ScanFault, type ScannerDriver, scanFault, unusable } from './driver.ts'
import type { EsclCapabilities } from './escl-capabilities.ts'
import { type EsclLimits, esclLimits } from './escl-client.ts'
import { type Feed, faultOf, feedJob, type JobEnd, pollIntervalMs, statusOf } from './escl-feed.ts'
import { type Contact, createPlace, type PlaceOptions } from './escl-place.ts'
import { type EsclQuirks, quirksOf } from './escl-quirks.ts'
import { encodeScanSettings, planScan } from './escl-settings.ts'
import { type EsclStatus, feederFault, isOccupied, isOutOfOrder } from './escl-status.ts'
import { saysEmpty, startFault, stoppedWithPaper } from './escl-verdict.ts'

/** How long another job may hold the scanner before it counts as busy. */
const busyTimeoutMs = 10_000

export interface EsclOptions extends Omit<PlaceOptions, 'limits'> {
  readonly id: string
  readonly clock: Clock
  /** How backs arrive; absent: as the quirk table says. */
  readonly backs?: EsclQuirks['backs']
  readonly limits?: EsclLimits
}

/** A scan that is wanted of a scanner that has answered; what is missing for a job is its place. */
type Order = Omit<Feed, 'path' | 'before' | 'wanted'>

/** The driver of one eSCL scanner. */
export function createEsclScanner({ id, clock, backs, limits = esclLimits, ...where }: EsclOptions): ScannerDriver {
  const place = createPlace({ ...where, limits })
  const memory = { remembersJobs: false }
  let active: ScannerInfo | 'starting' | undefined

  async function info(signal?: AbortSignal): Promise<ScannerInfo> {
    // A scanner that is feeding is left alone: the small ones answer one request at a time.
    if (active !== undefined) return busyInfo(active === 'starting' ? undefined : active)
    try {
      const contact = await place.contact(signal)
      return describe(id, contact.capabilities, await contact.client.status(signal), quirksAt(contact))
    } catch (thrown) {
      return unusable(id, 'escl', firstContact(faultOf(thrown, signal)).code)
    }
  }

  function busyInfo(known: ScannerInfo | undefined): ScannerInfo {
    return { ...(known ?? unusable(id, 'escl', 'SCANNER_BUSY')), state: 'busy', code: 'SCANNER_BUSY' }
  }

  function quirksAt({ capabilities: { makeAndModel, manufacturer }, server }: Contact): EsclQuirks {
    const quirks = quirksOf({ makeAndModel, manufacturer, server })
    return backs === undefined ? quirks : { ...quirks, backs }
  }

  async function* scan(settings: ScanSettings, signal: AbortSignal): AsyncGenerator<ScannedPage, ScanEnd, void> {
    signal.throwIfAborted()
    if (active !== undefined) return scanFault('SCANNER_BUSY', 'another scan runs on this scanner')
    active = 'starting'
    try {
      const contact = await place.contact(signal)
      const { client, capabilities } = contact
      const quirks = quirksAt(contact)
      const planning = planScan(capabilities, settings, quirks)
      if ('refused' in planning) return scanFault(planning.refused.code, planning.refused.detail)
      const { plan } = planning
      const { detectsPaper } = capabilities
      const order: Order = { client, clock, plan, source: plan.source, quirks, detectsPaper, memory, signal }
      const begun = await reserve(order)
      if ('end' in begun) return begun
      active = describe(id, capabilities, begun.status, quirks)
      return yield* feedJobs(order, begun.path, settings.maxImages, limits.maxImages)
    } catch (thrown) {
      return firstContact(faultOf(thrown, signal))
    } finally {
      active = undefined
    }
  }

  return Object.freeze({ info, scan })
}

/** Before a job is made, a scanner that does not answer is one that is not there. */
function firstContact(fault: ScanFault): ScanFault {
  const silent = fault.code === 'SCANNER_UNPLUGGED' || fault.code === 'SCANNER_TIMEOUT'
  return silent ? { ...fault, code: 'SCANNER_ABSENT' } : fault
}

function describe(id: string, capabilities: EsclCapabilities, status: EsclStatus, quirks: EsclQuirks): ScannerInfo {
  const { platen, simplex, duplex, makeAndModel } = capabilities
  const broken = feederFault(status.adf) ?? (isOutOfOrder(status) ? 'SCANNER_FAILED' : undefined)
  const code = broken ?? (isOccupied(status) ? 'SCANNER_BUSY' : undefined)
  const loaded = status.adf === 'loaded'
  return Object.freeze({
    id,
    name: makeAndModel === '' ? id : makeAndModel,
    driver: 'escl' as const,
    state: code === undefined ? ('ready' as const) : broken === undefined ? ('busy' as const) : ('fault' as const),
    ...(code === undefined ? {} : { code }),
    sources: [...(simplex ? (['adf'] as const) : []), ...(platen ? (['flatbed'] as const) : [])],
    duplex: duplex !== undefined,
    ...(loaded || saysEmpty({ quirks }, status) ? { paperLoaded: loaded } : {}),
  })
}

/** Gets a job, waiting a while for a scanner that is busy with another. */
async function reserve(order: Order): Promise<{ readonly path: string; readonly status: EsclStatus } | ScanFault> {
  const { client, clock, plan, quirks, signal } = order
  const deadline = clock.now() + busyTimeoutMs
  for (;;) {
    const status = await statusOf(order)
    const fault = startFault(order, status)
    if (fault !== undefined) return fault
    let pauseMs = pollIntervalMs
    if (!isOccupied(status)) {
      const answer = await client.createJob(encodeScanSettings(plan), quirks.hostHeader)
      if ('job' in answer) return { path: answer.job, status }
      if (answer.refused.status !== 503) {
        const code = answer.refused.status === 409 ? 'SCAN_SETTING_REFUSED' : 'SCANNER_FAILED'
        return scanFault(code, `the scanner refused the job (HTTP ${answer.refused.status})`)
      }
      pauseMs = answer.refused.retryAfterMs ?? pollIntervalMs
    }
    if (clock.now() + pauseMs > deadline) return scanFault('SCANNER_BUSY', 'the scanner is busy with another job')
    await clock.sleep(pauseMs, signal)
  }
}

/** Feeds one job after another until the paper has ended, `maxImages` are there or `bound` is passed. */
async function* feedJobs(
  order: Order,
  firstPath: string,
  maxImages: number | undefined,
  bound: number,
): AsyncGenerator<ScannedPage, ScanEnd, void> {
  const last = order.source === 'flatbed' ? 1 : Math.min(maxImages ?? bound, bound)
  let arrived = 0
  let counted: number | undefined = 0
  let path = firstPath
  for (;;) {
    const job: JobEnd = yield* feedJob({ ...order, path, before: arrived, wanted: last - arrived })
    const first = arrived === 0
    arrived += job.images
    counted = counted === undefined || job.imagesCompleted === undefined ? undefined : counted + job.imagesCompleted
    if (typeof job.end === 'object') return proven(job.end, counted, arrived)
    if (job.end === 'wanted') return limitOf(order, arrived, maxImages)
    if (job.end === 'nothing') return first ? withoutPage(order, job) : afterAll(order, job, counted, arrived)
    if (job.end === 'finished') return emptied(counted)
    const next = await another(order, arrived)
    if ('end' in next) return next.code === 'FEEDER_EMPTY' ? emptied(counted) : proven(next, counted, arrived)
    path = next.path
  }
}

/** Another job for the paper that is left; from here on a scanner that does not answer was there a moment ago. */
async function another(order: Order, arrived: number): Promise<{ readonly path: string } | ScanFault> {
  const struck = (fault: ScanFault) => ({ ...fault, detail: `page ${arrived + 1}: ${fault.detail}` })
  try {
    // A sensor that still says `loaded` behind the last sheet would have an empty feeder started.
    await order.clock.sleep(pollIntervalMs, order.signal)
    const begun = await reserve(order)
    return 'end' in begun ? struck(begun) : begun
  } catch (thrown) {
    const fault = struck(faultOf(thrown, order.signal))
    return fault.code === 'SCANNER_ABSENT' ? { ...fault, code: 'SCANNER_UNPLUGGED' } : fault
  }
}

function limitOf({ source }: Order, arrived: number, maxImages: number | undefined): ScanEnd {
  if (maxImages !== undefined && arrived >= maxImages) return { end: 'limit' }
  if (source === 'flatbed') return { end: 'empty' }
  return scanFault('SCANNER_FAILED', `the scanner does not end: ${arrived} images came in one scan`)
}

function withoutPage({ source }: Order, { adf }: JobEnd): ScanFault {
  const code = source === 'adf' && adf !== 'loaded' ? 'FEEDER_EMPTY' : 'SCANNER_FAILED'
  return scanFault(code, 'the scanner had no page')
}

/** A further job gave nothing: with a sensor for paper the scanner knows what lies there, without one it only thinks so. */
function afterAll(order: Order, { adf }: JobEnd, counted: number | undefined, arrived: number): ScanEnd {
  return adf === 'loaded' && order.detectsPaper === true
    ? proven(stoppedWithPaper(), counted, arrived)
    : emptied(counted)
}

function emptied(counted: number | undefined): ScanEnd {
  return { end: 'empty', ...(counted === undefined ? {} : { imagesCompleted: counted }) }
}

/** A fault that also says so where the scanner counts images that never arrived. */
function proven(fault: ScanFault, counted: number | undefined, arrived: number): ScanFault {
  if (counted === undefined || counted <= arrived) return fault
  return { ...fault, detail: `${fault.detail}; the scanner counts ${counted} images, ${arrived} arrived` }
}
