// The path a document takes, run by itself: after every commit it looks at what the document wants next and does it.
// Pages are prepared while the feeder still runs, an approved copy is composed, and sealed where a seal signs it, a signed one
// extended, a finished one delivered, a delivered one erased when its time has come. Scanning and signing with a card wait for
// a person; desk.ts asks for them.

import type { Attach } from './attachments.ts'
import type { Config } from './config/config.ts'
import { createDelivering } from './delivering.ts'
import { type Document, keptPages } from './document/document.ts'
import { asFault, Fault } from './errors.ts'
import type { HostPauses } from './host-pauses.ts'
import { dueAt, nextAttempt } from './path/backoff.ts'
import { type ComposeTools, compose } from './path/compose.ts'
import { attemptExtension, type ExtendTools } from './path/extend.ts'
import { isPrepared, preparePage, unsettledPage } from './path/pages.ts'
import { attemptSeal, type SealTools } from './path/seal.ts'
import { type NewId, whyOf } from './path/step.ts'
import { readPage, unreadPage, withoutText } from './path/text.ts'
import type { Delivery, Imaging, Log, TextReader } from './ports.ts'
import { wakeAt as attentionAt, liveStages, type Queue } from './queue.ts'
import { createTasks } from './tasks.ts'

export interface PathParts
  extends ExtendTools,
    Pick<ComposeTools, 'font' | 'legendText' | 'version'>,
    Pick<SealTools, 'seals'> {
  readonly config: Config
  readonly queue: Queue
  readonly imaging: Imaging
  readonly textReader: Pick<TextReader, 'read'>
  readonly delivery: Delivery
  readonly attach: Attach
  readonly newId: NewId
  readonly log: Log
}

export interface Path {
  /** Takes up every unfinished document where it was left. */
  start(): void
  /** Hosts of destinations that failed too often to try every copy there. */
  readonly hosts: Pick<HostPauses, 'paused' | 'askNow' | 'subscribe'>
  /** Stops all work and waits for it; everything goes on at the next start. */
  stop(): Promise<void>
}

/** Copies that are sealed at the same time. */
const parallelSeals = 4
/** Copies that are extended at the same time: authorities seldom want more from one client. */
const parallelExtensions = 2
/** Far beyond what the largest page takes; a decoder that hangs is ended with its worker. */
const pageDeadlineMs = 60_000
/** More than the text reader gives a page itself, and its turn after the pages of another copy. */
const textDeadlineMs = 600_000
/** A lost worker is back within this time. */
const pageRetryMs = 1_000
/** Documents that are looked at in one turn of the event loop at the start: ten thousand would hold up the screen for seconds. */
const mostInOneGo = 25
/** A page whose preparation kills the worker this often is not tried again. */
const pageAttempts = 3

export function createPath(parts: PathParts): Path {
  const { queue, clock, random, log } = parts
  const tasks = createTasks({ clock, log })
  const delivering = createDelivering({ ...parts, tasks, wakeAt })
  const pageFailures = new Map<string, number>()
  const textFailures = new Map<string, number>()
  let unsubscribe: (() => void) | undefined

  function look(document: Document): void {
    const { id, stage, hold } = document
    if (stage.name !== 'delivering') delivering.forget(id)
    if (stage.name === 'discarded') tasks.run(`erase:${id}`, () => queue.erase(id))
    if (stage.name === 'erased') tasks.cancel(id)
    if ((stage.name === 'gathering' || stage.name === 'composing') && unsettledPage(document) !== undefined) {
      tasks.run(`pages:${id}`, signal => preparePages(id, signal))
    }
    if ((stage.name === 'gathering' || stage.name === 'composing') && unreadPage(document) !== undefined) {
      tasks.run(`text:${id}`, signal => readPages(id, signal))
    }
    if (hold !== null || 'deliveries' in stage) wakeLater(document)
    else if (stage.name === 'composing' && isReady(document)) {
      tasks.run(`compose:${id}`, signal => composeCopy(document, signal))
    }
  }

  function wakeLater(document: Document): void {
    const { id, stage, hold } = document
    const time = hold === null && stage.name !== 'done' ? earliestAttempt(document) : attentionAt(document)
    if (time !== null) wakeAt(id, time)
  }

  function wakeAt(id: string, time: number): void {
    tasks.at(`wake:${id}`, time, () => wake(id))
  }

  function earliestAttempt({ stage }: Document): number | null {
    const now = clock.now()
    if (stage.name === 'unsealed') return dueAt(stage.sealing, now)
    if (stage.name === 'extending') return dueAt(stage.extension, now)
    if (stage.name !== 'delivering') return null
    const times = stage.deliveries.filter(d => d.state === 'waiting').map(d => dueAt(d, now))
    return times.length === 0 ? null : Math.min(...times)
  }

  function wake(id: string): void {
    const document = queue.get(id)
    if (document.hold !== null) resumeWhenDue(document)
    else if (document.stage.name === 'unsealed') {
      tasks.run(`seal:${id}`, signal => seal(id, signal), { lane: 'seal', width: parallelSeals })
    } else if (document.stage.name === 'extending') {
      tasks.run(`extend:${id}`, signal => extend(id, signal), { lane: 'extend', width: parallelExtensions })
    } else if (document.stage.name === 'delivering') delivering.wake(document)
    else if (document.stage.name === 'done') tasks.run(`erase:${id}`, () => queue.erase(id))
  }

  /** A timer may be older than the hold: only a hold with a time of its own ends by itself. */
  function resumeWhenDue({ id, hold }: Document): void {
    if (hold?.retryAt != null && Date.parse(hold.retryAt) <= clock.now()) queue.commit(id, { type: 'resumed' })
  }

  async function preparePages(id: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const document = queue.get(id)
      const page = unsettledPage(document)
      if (page === undefined || signal.aborted) return
      try {
        const within = AbortSignal.any([signal, AbortSignal.timeout(pageDeadlineMs)])
        queue.commit(id, await preparePage(document, page, parts, within))
      } catch (thrown) {
        const fault = isTimeout(thrown) ? new Fault('WORKER_LOST', 'a page took too long') : asFault(thrown)
        const failures = (pageFailures.get(page.id) ?? 0) + 1
        pageFailures.set(page.id, failures)
        if (fault.code !== 'WORKER_LOST') throw thrown
        log.warn('page preparation failed', { document: id, code: fault.code, failures })
        if (failures >= pageAttempts)
          queue.commit(id, { type: 'pageUnusable', pageId: page.id, code: 'IMAGE_UNREADABLE' })
        else await clock.sleep(pageRetryMs, signal)
      }
    }
  }

  /** Behind the preparing of the pages, and as long as one of them is not read. */
  async function readPages(id: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const document = queue.get(id)
      const page = unreadPage(document)
      if (page === undefined || signal.aborted) return
      try {
        const within = AbortSignal.any([signal, AbortSignal.timeout(textDeadlineMs)])
        queue.commit(id, await readPage(document, page, parts, within))
      } catch (thrown) {
        const fault = isTimeout(thrown) ? new Fault('WORKER_LOST', 'a text took too long') : asFault(thrown)
        const failures = (textFailures.get(page.id) ?? 0) + 1
        textFailures.set(page.id, failures)
        if (fault.code !== 'WORKER_LOST') throw thrown
        log.warn('reading a text failed', { document: id, page: page.id, code: fault.code, failures })
        if (failures >= pageAttempts) queue.commit(id, withoutText(page))
        else await clock.sleep(pageRetryMs, signal)
      }
    }
  }

  async function composeCopy(document: Document, signal: AbortSignal): Promise<void> {
    try {
      queue.commit(document.id, await compose(document, parts, signal))
    } catch (thrown) {
      if (signal.aborted) return
      hold(document, asFault(thrown))
    }
  }

  function hold(document: Document, fault: Fault): void {
    const { code, detail, retry } = fault
    log.error('a step failed', { document: document.id, code, detail })
    const attempts = (document.hold?.attempts ?? 0) + 1
    const later = nextAttempt({ attempts, now: clock.now(), random: random.fraction })
    queue.commit(document.id, {
      type: 'held',
      code,
      detail,
      retry,
      retryAt: retry === 'later' ? new Date(later).toISOString() : null,
    })
  }

  async function seal(id: string, signal: AbortSignal): Promise<void> {
    const document = queue.get(id)
    const { stage, hold: held } = document
    if (stage.name !== 'unsealed' || held !== null) return
    const now = clock.now()
    if (dueAt(stage.sealing, now) > now) return wakeLater(document)
    try {
      for await (const event of attemptSeal(document, parts, signal)) {
        log.info('seal attempted', { document: id, outcome: event.type, ...whyOf(event) })
        queue.commit(id, event)
      }
    } catch (thrown) {
      if (signal.aborted) return
      hold(document, asFault(thrown))
    }
  }

  async function extend(id: string, signal: AbortSignal): Promise<void> {
    const document = queue.get(id)
    const { stage, hold: held } = document
    if (stage.name !== 'extending' || held !== null) return
    const now = clock.now()
    if (dueAt(stage.extension, now) > now) return wakeLater(document)
    try {
      const event = await attemptExtension(document, parts, signal)
      const told = event.type === 'extended' ? { by: event.by } : {}
      log.info('extension attempted', {
        document: id,
        from: stage.signature.level,
        outcome: event.type,
        ...told,
        ...whyOf(event),
      })
      if (event.type === 'extended' && event.declined !== undefined) {
        log.warn('the extension service did not', { document: id, ...event.declined })
      }
      queue.commit(id, event)
    } catch (thrown) {
      if (signal.aborted) return
      hold(document, asFault(thrown))
    }
  }

  function scanWasInterrupted({ id, stage }: Document): void {
    if (stage.name !== 'gathering' || stage.scan !== 'running') return
    const detail = 'the appliance stopped during the scan'
    queue.commit(id, { type: 'scanFailed', code: 'SCAN_INTERRUPTED', detail })
  }

  /** A document that cannot be read holds up none of the others. */
  function takeUp(id: string): void {
    try {
      const document = queue.find(id)
      if (document !== undefined) look(document)
    } catch (thrown) {
      const { code, detail } = asFault(thrown)
      log.error('a document cannot be taken up', { document: id, code, detail })
    }
  }

  /** The oldest first. Whoever changes one of them meanwhile has it looked at then, and once more here. */
  async function takeUpInGoes(signal: AbortSignal): Promise<void> {
    const unfinished = queue.list({ stages: [...liveStages] }).toReversed()
    for (const [looked, { id }] of unfinished.entries()) {
      if (looked % mostInOneGo === mostInOneGo - 1) await clock.sleep(0, signal)
      takeUp(id)
    }
    if (unfinished.length > 0) log.info('unfinished documents were taken up', { documents: unfinished.length })
  }

  return Object.freeze({
    hosts: delivering.hosts,
    start(): void {
      unsubscribe = queue.subscribe(look)
      for (const { id } of queue.list({ stages: ['gathering'] })) scanWasInterrupted(queue.get(id))
      tasks.run('start', takeUpInGoes)
    },
    async stop(): Promise<void> {
      unsubscribe?.()
      await tasks.stop()
    },
  })
}

/** Whether every page of the copy is prepared and, where it is wanted, read. */
function isReady(document: Document): boolean {
  const { reduction } = document
  return keptPages(document).every(page => isPrepared(page, reduction)) && unreadPage(document) === undefined
}

function isTimeout(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'TimeoutError'
}
