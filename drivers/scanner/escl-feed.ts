// One eSCL job from its first page to its end. A page is asked for when the one before it was taken, its stream breaks
// where the scanner breaks, and the scanner is asked why a feed ended before the end is believed.

import { Fault } from '../../device/errors.ts'
import type { Clock, ScannedPage } from '../../device/ports.ts'
import { asScanFault, type ScanFault, scanFault } from './driver.ts'
import type { EsclClient } from './escl-client.ts'
import type { EsclPlan } from './escl-settings.ts'
import type { AdfState, EsclStatus } from './escl-status.ts'
import { type JobFacts, judge, ownJob, reasonOf, showsEnded } from './escl-verdict.ts'
import { type ImageOutcome, imageStream, type OpenImage, openImage } from './image-stream.ts'

export const pollIntervalMs = 1_000
/** How often a scanner is asked for its status that answers 503 to that. */
const statusAttempts = 10

/** A job that was made, and what its pages go by. */
export interface Feed extends JobFacts {
  readonly client: EsclClient
  readonly clock: Clock
  readonly plan: EsclPlan
  /** Images of this scan that came before, in other jobs. */
  readonly before: number
  /** Images that are wanted of this job. */
  readonly wanted: number
  readonly signal: AbortSignal
}

/** How a job ended; `images` of it arrived whole, `imagesCompleted` is the scanner's own count where it tells. */
export interface JobEnd {
  readonly end: 'wanted' | 'finished' | 'paper-left' | 'nothing' | ScanFault
  readonly images: number
  readonly imagesCompleted?: number
  /** What the feeder said at the end, where it was asked. */
  readonly adf?: AdfState
}

/** Yields the pages of a job and deletes it at the end, whatever end that is. */
export async function* feedJob(feed: Feed): AsyncGenerator<ScannedPage, JobEnd, void> {
  const { client, path, signal, quirks, wanted } = feed
  let cancelled: Promise<unknown> | undefined
  const cancel = () => {
    cancelled ??= client.deleteJob(path)
    return cancelled
  }
  // At once, not when the consumer comes back for the next page: the feeder is running.
  signal.addEventListener('abort', cancel, { once: true })
  let image: OpenImage | undefined
  let over = false
  try {
    for (let images = 0; images < wanted; images += 1) {
      signal.throwIfAborted()
      const asked = feed.clock.now()
      const next = await nextImage(feed, images)
      if ('end' in next) {
        over = next.end === 'finished' || next.end === 'paper-left'
        return next
      }
      image = next
      const { stream, outcome } = imageStream(image)
      yield pageOf(feed, images, image, stream)
      // Also ends the connection of an image that was left unread.
      await image.rest.return?.()
      const end = await afterImage(feed, images, outcome())
      if (end !== undefined) return end
      await pauseAfter(feed, asked)
    }
    return { end: 'wanted', images: wanted }
  } finally {
    signal.removeEventListener('abort', cancel)
    await image?.rest.return?.()
    if (!over || quirks.cleansUp) await cancel()
  }
}

/** The scanner's status; one that answers 503 is asked again. */
export async function statusOf({
  client,
  clock,
  signal,
}: Pick<Feed, 'client' | 'clock' | 'signal'>): Promise<EsclStatus> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.status(signal)
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== 'SCANNER_BUSY' || attempt === statusAttempts) throw thrown
      await clock.sleep(pollIntervalMs, signal)
    }
  }
}

/** What was thrown as the end of a scan; rethrows an abort's reason and what is no fault of a scanner. */
export function faultOf(thrown: unknown, signal: AbortSignal | undefined): ScanFault {
  signal?.throwIfAborted()
  const fault = thrown instanceof Fault ? asScanFault(thrown) : undefined
  if (fault === undefined) throw thrown
  return fault
}

function pageOf(
  { plan, before, quirks }: Feed,
  images: number,
  image: OpenImage,
  stream: ScannedPage['image'],
): ScannedPage {
  const back = plan.duplex && images % 2 === 1
  return Object.freeze({
    number: before + images + 1,
    side: back ? ('back' as const) : ('front' as const),
    mediaType: image.mediaType ?? 'image/jpeg',
    resolution: plan.resolution,
    ...(back && quirks.backs === 'turned' ? { turn: 180 as const } : {}),
    image: stream,
  })
}

async function nextImage(feed: Feed, images: number): Promise<OpenImage | JobEnd> {
  try {
    return await awaitImage(feed, images)
  } catch (thrown) {
    return failed(feed, images, gone(faultOf(thrown, feed.signal)))
  }
}

async function awaitImage(feed: Feed, images: number): Promise<OpenImage | JobEnd> {
  const { client, clock, path, signal } = feed
  const started = clock.now()
  for (;;) {
    const answer = await client.nextDocument(path, signal)
    if ('image' in answer) {
      const image = await openImage(answer.image)
      if (image.mediaType !== undefined) return image
      await image.rest.return?.()
      const status = await statusOf(feed)
      const what = image.head.length === 0 ? 'an empty page' : 'something that is no image'
      return failed(
        feed,
        images,
        reasonOf(feed, status) ?? scanFault('SCANNER_FAILED', `the scanner sent ${what}`),
        status,
      )
    }
    const status = await statusOf(feed)
    if (showsEnded(feed, status)) feed.memory.remembersJobs = true
    const verdict = judge(feed, { http: answer.refused.status, images, waitedMs: clock.now() - started, status })
    if (verdict !== 'wait') {
      if (typeof verdict === 'object') return failed(feed, images, verdict, status)
      return { end: verdict, images, ...toldBy(feed, status) }
    }
    await clock.sleep(answer.refused.retryAfterMs ?? pollIntervalMs, signal)
  }
}

/** An image that broke ends the scan: with the scanner's own reason if it still answers and has one, else with what broke it. */
async function afterImage(feed: Feed, images: number, outcome: ImageOutcome): Promise<JobEnd | undefined> {
  if (outcome.state !== 'broken') return undefined
  const broken = faultOf(outcome.thrown, feed.signal)
  try {
    const status = await statusOf(feed)
    return failed(feed, images, reasonOf(feed, status) ?? broken, status)
  } catch (thrown) {
    // It does not answer: what broke the page has broken more.
    faultOf(thrown, feed.signal)
    return failed(feed, images, broken)
  }
}

/** Ends a job with a fault that names the page it struck, behind `images` whole ones. */
function failed(feed: Feed, images: number, fault: ScanFault, status?: EsclStatus): JobEnd {
  const end = { ...fault, detail: `page ${feed.before + images + 1}: ${fault.detail}` }
  return { end, images, ...(status === undefined ? {} : toldBy(feed, status)) }
}

/** Refusing connections is what a scanner does that is gone; that it was there is known from its job. */
function gone(fault: ScanFault): ScanFault {
  return fault.code === 'SCANNER_ABSENT' ? { ...fault, code: 'SCANNER_UNPLUGGED' } : fault
}

function toldBy(feed: Feed, status: EsclStatus): Pick<JobEnd, 'imagesCompleted' | 'adf'> {
  const imagesCompleted = ownJob(feed, status)?.imagesCompleted
  return {
    ...(imagesCompleted === undefined ? {} : { imagesCompleted }),
    ...(status.adf === undefined ? {} : { adf: status.adf }),
  }
}

async function pauseAfter({ clock, plan, quirks, signal }: Feed, asked: number): Promise<void> {
  const pauseMs = plan.source === 'adf' ? Math.min(quirks.pagePauseMs, (clock.now() - asked) / 2) : 0
  if (pauseMs > 0) await clock.sleep(pauseMs, signal)
}
