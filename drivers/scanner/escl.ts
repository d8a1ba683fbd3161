// The eSCL driver: one network (or ipp-usb) scanner. It keeps the scanner's own JPEG bytes, never starts an empty
// feeder, and asks the scanner why a feed ended before it believes that the end was a good one.
//
//   status ─► job ─► (document ─► page)* ─► status ─► end          any of them ─► fault; the job is always given up

import { Fault } from '../../device/errors.ts'
import type { Clock, ScanEnd, ScannedPage, ScannerInfo, ScanSettings } from '../../device/ports.ts'
import { asScanFault, type ScanFault, type ScannerDriver, scanFault, unusable } from './driver.ts'
import { createEsclClient, type EsclClient } from './escl-client.ts'
import {
  type EsclCapabilities,
  type EsclPlan,
  type EsclStatus,
  encodeScanSettings,
  feederFault,
  planScan,
} from './escl-protocol.ts'
import { type ImageOutcome, imageStream, type OpenImage, openImage } from './image-stream.ts'

const pollIntervalMs = 1_000
/** How long another job may hold the scanner before it counts as busy. */
const busyTimeoutMs = 10_000
const nextDocumentTimeoutMs = 120_000
/** How long a scanner may say that nothing comes while paper lies in its feeder and its job goes on. */
const prematureEndTimeoutMs = 5_000

export interface EsclOptions {
  readonly id: string
  /** The eSCL root, for example `http://127.0.0.1:60000/eSCL`. */
  readonly url: string
  readonly clock: Clock
}

/** A feed that has begun: where its job is and what is known of it so far. */
interface Feed {
  readonly client: EsclClient
  readonly clock: Clock
  readonly plan: EsclPlan
  readonly job: string
  readonly signal: AbortSignal
}

/** The driver of one eSCL scanner. */
export function createEsclScanner({ id, url, clock }: EsclOptions): ScannerDriver {
  const client = createEsclClient(url)
  let active: ScannerInfo | 'starting' | undefined

  async function info(signal?: AbortSignal): Promise<ScannerInfo> {
    // A scanner that is feeding is left alone: the small ones answer one request at a time.
    if (active !== undefined) return busyInfo(active === 'starting' ? undefined : active)
    try {
      const capabilities = await client.capabilities(signal)
      return describe(id, capabilities, await client.status(signal))
    } catch (thrown) {
      return unusable(id, 'escl', firstContact(faultOf(thrown, signal)).code)
    }
  }

  function busyInfo(known: ScannerInfo | undefined): ScannerInfo {
    return { ...(known ?? unusable(id, 'escl', 'SCANNER_BUSY')), state: 'busy', code: 'SCANNER_BUSY' }
  }

  async function* scan(settings: ScanSettings, signal: AbortSignal): AsyncGenerator<ScannedPage, ScanEnd, void> {
    signal.throwIfAborted()
    if (active !== undefined) return scanFault('SCANNER_BUSY', 'another scan runs on this scanner')
    active = 'starting'
    let feed: Feed | undefined
    try {
      const capabilities = await client.capabilities(signal)
      const planning = planScan(capabilities, settings)
      if ('refused' in planning) return scanFault(planning.refused.code, planning.refused.detail)
      const reserved = await reserve(client, clock, planning.plan, signal)
      if ('end' in reserved) return reserved
      active = describe(id, capabilities, reserved.status)
      feed = { client, clock, plan: planning.plan, job: reserved.job, signal }
      return yield* feedSheets(feed, settings.maxImages)
    } catch (thrown) {
      const fault = faultOf(thrown, signal)
      if (feed === undefined) return firstContact(fault)
      // Refusing connections is what a scanner does that is gone; that it was there is known from its job.
      return fault.code === 'SCANNER_ABSENT' ? { ...fault, code: 'SCANNER_UNPLUGGED' } : fault
    } finally {
      active = undefined
    }
  }

  return Object.freeze({ info, scan })
}

/** What was thrown as the end of a scan; rethrows an abort's reason and what is no fault of a scanner. */
function faultOf(thrown: unknown, signal: AbortSignal | undefined): ScanFault {
  signal?.throwIfAborted()
  const fault = thrown instanceof Fault ? asScanFault(thrown) : undefined
  if (fault === undefined) throw thrown
  return fault
}

/** Before a job is made, a scanner that does not answer is one that is not there. */
function firstContact(fault: ScanFault): ScanFault {
  const silent = fault.code === 'SCANNER_UNPLUGGED' || fault.code === 'SCANNER_TIMEOUT'
  return silent ? { ...fault, code: 'SCANNER_ABSENT' } : fault
}

function describe(id: string, capabilities: EsclCapabilities, status: EsclStatus): ScannerInfo {
  const { platen, simplex, duplex, makeAndModel } = capabilities
  const broken = feederFault(status.adf) ?? (isOutOfOrder(status) ? 'SCANNER_FAILED' : undefined)
  const code = broken ?? (isOccupied(status) ? 'SCANNER_BUSY' : undefined)
  return Object.freeze({
    id,
    name: makeAndModel === '' ? id : makeAndModel,
    driver: 'escl' as const,
    state: code === undefined ? ('ready' as const) : broken === undefined ? ('busy' as const) : ('fault' as const),
    ...(code === undefined ? {} : { code }),
    sources: [...(simplex ? (['adf'] as const) : []), ...(platen ? (['flatbed'] as const) : [])],
    duplex: duplex !== undefined,
    ...(status.adf === 'loaded' || status.adf === 'empty' ? { paperLoaded: status.adf === 'loaded' } : {}),
  })
}

function isOccupied({ state }: EsclStatus): boolean {
  return state === 'processing' || state === 'testing'
}

function isOutOfOrder({ state }: EsclStatus): boolean {
  return state === 'stopped' || state === 'down'
}

/** Gets a job, waiting a while for a scanner that is busy with another. */
async function reserve(
  client: EsclClient,
  clock: Clock,
  plan: EsclPlan,
  signal: AbortSignal,
): Promise<{ readonly job: string; readonly status: EsclStatus } | ScanFault> {
  const deadline = clock.now() + busyTimeoutMs
  for (;;) {
    const status = await client.status(signal)
    const fault = startFault(status, plan)
    if (fault !== undefined) return fault
    let pauseMs = pollIntervalMs
    if (!isOccupied(status)) {
      const answer = await client.createJob(encodeScanSettings(plan))
      if ('job' in answer) return { job: answer.job, status }
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

/** Why a feeder must not be started: some scanners report an empty one as a jam, and stay jammed. */
function startFault(status: EsclStatus, plan: EsclPlan): ScanFault | undefined {
  if (plan.source === 'adf') {
    const fault = feederFault(status.adf)
    if (fault !== undefined) return scanFault(fault, 'the scanner reports it before the scan')
    // An idle scanner whose feeder is `processing` is one that has no other word for an empty feeder.
    const idleProcessing = status.adf === 'processing' && !isOccupied(status)
    if (status.adf === 'empty' || idleProcessing) return scanFault('FEEDER_EMPTY', 'no paper lies in the feeder')
  }
  return isOutOfOrder(status) ? scanFault('SCANNER_FAILED', `the scanner is ${status.state}`) : undefined
}

async function* feedSheets(feed: Feed, maxImages: number | undefined): AsyncGenerator<ScannedPage, ScanEnd, void> {
  const { client, plan, job, signal } = feed
  const flatbed = plan.source === 'flatbed'
  const lastNumber = Math.min(maxImages ?? Number.POSITIVE_INFINITY, flatbed ? 1 : Number.POSITIVE_INFINITY)
  let cancelled: Promise<unknown> | undefined
  const cancel = () => {
    cancelled ??= client.deleteJob(job)
    return cancelled
  }
  // At once, not when the consumer comes back for the next page: the feeder is running.
  signal.addEventListener('abort', cancel, { once: true })
  let image: OpenImage | undefined
  try {
    for (let number = 1; number <= lastNumber; number += 1) {
      signal.throwIfAborted()
      const next = await nextImage(feed, number - 1)
      if ('end' in next) return next
      image = next
      const { stream, outcome } = imageStream(image)
      yield pageOf(plan, number, image, stream)
      // Also ends the connection of an image that was left unread.
      await image.rest.return?.()
      const end = await afterImage(feed, outcome())
      if (end !== undefined) return end
    }
    return maxImages === lastNumber ? { end: 'limit' } : { end: 'empty' }
  } finally {
    signal.removeEventListener('abort', cancel)
    await image?.rest.return?.()
    await cancel()
  }
}

function pageOf(plan: EsclPlan, number: number, image: OpenImage, stream: ScannedPage['image']): ScannedPage {
  const side = plan.duplex && number % 2 === 0 ? 'back' : 'front'
  const mediaType = image.mediaType ?? 'image/jpeg'
  return Object.freeze({ number, side, mediaType, resolution: plan.resolution, image: stream })
}

/** An image that broke ends the scan: with the scanner's own reason if it still answers and has one, else with what broke it. */
async function afterImage(feed: Feed, outcome: ImageOutcome): Promise<ScanEnd | undefined> {
  if (outcome.state !== 'broken') return undefined
  const broken = faultOf(outcome.thrown, feed.signal)
  if (broken.code !== 'SCANNER_UNPLUGGED') return broken
  return reasonOf(feed, await feed.client.status(feed.signal)) ?? broken
}

async function nextImage(feed: Feed, pages: number): Promise<OpenImage | ScanEnd> {
  const { client, clock, job, signal } = feed
  const started = clock.now()
  for (;;) {
    const answer = await client.nextDocument(job, signal)
    if ('image' in answer) {
      const image = await openImage(answer.image)
      if (image.mediaType !== undefined) return image
      await image.rest.return?.()
      const what = image.head.length === 0 ? 'an empty page' : 'a page that is no image'
      return reasonOf(feed, await client.status(signal)) ?? scanFault('SCANNER_FAILED', `the scanner sent ${what}`)
    }
    const end = judge(feed, answer.refused.status, pages, clock.now() - started, await client.status(signal))
    if (end !== undefined) return end
    await clock.sleep(answer.refused.retryAfterMs ?? pollIntervalMs, signal)
  }
}

/** What an answer without a page means: the end of the scan, or undefined while the page may still come. */
function judge(feed: Feed, http: number, pages: number, waitedMs: number, status: EsclStatus): ScanEnd | undefined {
  const reason = reasonOf(feed, status)
  if (reason !== undefined) return reason
  if (http === 503) {
    if (waitedMs < nextDocumentTimeoutMs) return undefined
    return scanFault('SCANNER_TIMEOUT', `no page within ${nextDocumentTimeoutMs} ms`)
  }
  if (http !== 404 && http !== 409 && http !== 410) {
    return scanFault('SCANNER_FAILED', `the scanner answered ${http} instead of a page`)
  }
  const own = ownJob(feed, status)
  const adf = feed.plan.source === 'adf'
  if (http === 404 && adf && status.adf === 'loaded' && (own?.state === 'pending' || own?.state === 'processing')) {
    if (waitedMs < prematureEndTimeoutMs) return undefined
    return scanFault('SCANNER_FAILED', 'the scanner stopped with paper in its feeder')
  }
  if (pages === 0) {
    const code = adf && status.adf !== 'loaded' ? 'FEEDER_EMPTY' : 'SCANNER_FAILED'
    return scanFault(code, 'the scanner had no page')
  }
  // A good end is 404; one family of servers says 409 when the feeder has run empty.
  if (http !== 404 && status.adf !== 'empty') return scanFault('SCANNER_FAILED', `the job ended with ${http}`)
  const imagesCompleted = own?.imagesCompleted
  return { end: 'empty', ...(imagesCompleted === undefined ? {} : { imagesCompleted }) }
}

/** The fault that the scanner itself gives for a job that does not go on. */
function reasonOf(feed: Feed, status: EsclStatus): ScanFault | undefined {
  const fault = feed.plan.source === 'adf' ? feederFault(status.adf) : undefined
  if (fault !== undefined) return scanFault(fault, 'the scanner reports it during the scan')
  const state = ownJob(feed, status)?.state
  if (state === 'aborted') return scanFault('SCANNER_FAILED', 'the scanner aborted the job')
  if (state === 'canceled') return scanFault('SCANNER_FAILED', 'the job was cancelled at the scanner')
  return undefined
}

function ownJob({ job }: Feed, status: EsclStatus) {
  return status.jobs.find(({ path }) => path === job)
}
