// The mechanics of the simulated scanner: a feeder with sheets, a platen, one job at a time, and the faults of a
// preset. It knows nothing of HTTP; what a request for the next image comes to is a value.

import type { JobEntry, Ticket } from './escl-documents.ts'
import type { EsclPreset } from './escl-presets.ts'
import { imagesOf, type SheetImage } from './escl-sheets.ts'

/** A client that vanishes must not keep the scanner busy for ever. */
const abandonedAfterMs = 60_000

/** What a request for the next image comes to; `sent` is called when its last byte has left. */
export type NextImage =
  | { readonly image: Uint8Array; readonly cut?: 'reset' | 'end'; readonly sent: () => void }
  | { readonly status: 404 | 409 | 410 | 503 }

export interface ScannerMechanics {
  /** Puts sheets in the feeder, the first also on the platen; a jam is cleared by it. */
  load(sheets: readonly SheetImage[]): void
  set(preset: EsclPreset): void
  /** What pulling the plug does to the job that runs. */
  powerOff(): void
  state(): string
  adfState(): string
  jobs(): readonly JobEntry[]
  /** The path of a new job, or undefined while another runs. */
  createJob(ticket: Ticket): string | undefined
  /** `asked` is when the request came. */
  nextImage(path: string, asked: number): Promise<NextImage>
  cancelJob(path: string): boolean
  /** How often a feeder without paper was started: what a good client never does. */
  emptyFeederStarts(): number
}

interface Job {
  readonly path: string
  readonly ticket: Ticket
  readonly created: number
  state: JobEntry['state']
  touched: number
  completed: number
  /** Times that the image now due was put off. */
  putOff: number
  /** Images of the sheet in the paper path that were not sent yet. */
  readonly pending: Uint8Array[]
}

/** A scanner with `sheets` in its feeder; `rootPath` is where its jobs are. */
export function createScannerMechanics(
  rootPath: string,
  initial: EsclPreset,
  now: () => number = Date.now,
): ScannerMechanics {
  let preset = initial
  let feeder: SheetImage[] = []
  let platen: SheetImage | undefined
  let stuck: string | undefined
  let emptyStarts = 0
  let undecided = 0
  let lastSent = 0
  let late = 0
  const jobs: Job[] = []

  const runningJob = () => {
    const job = jobs.find(({ state }) => state === 'Pending' || state === 'Processing')
    if (job !== undefined && Date.now() - job.touched > abandonedAfterMs) job.state = 'Aborted'
    return job?.state === 'Aborted' ? undefined : job
  }

  function load(sheets: readonly SheetImage[]): void {
    feeder = [...sheets]
    platen = sheets[0] ?? platen
    stuck = undefined
  }

  function set(next: EsclPreset): void {
    preset = next
    stuck = undefined
  }

  function powerOff(): void {
    const job = runningJob()
    if (job !== undefined) job.state = 'Aborted'
  }

  function createJob(ticket: Ticket): string | undefined {
    if (runningJob() !== undefined) return undefined
    const path = `${rootPath}/ScanJobs/${jobs.length + 1}`
    const created = Date.now()
    jobs.push({ path, ticket, created, touched: created, state: 'Pending', completed: 0, putOff: 0, pending: [] })
    if (ticket.source === 'Feeder' && feeder.length === 0) {
      emptyStarts += 1
      if (preset.jamsWhenEmpty === true) stuck = 'ScannerAdfJam'
    }
    return path
  }

  function adfState(): string {
    if (preset.pretendsLoaded === true && jobs.length === 0) return 'ScannerAdfLoaded'
    if (stuck !== undefined || preset.adfState !== undefined) return stuck ?? preset.adfState ?? ''
    if (undecided > 0) {
      undecided -= 1
      return 'ScannerAdfProcessing'
    }
    if (feeder.length === 0 && late < (preset.lateSensorAnswers ?? 0)) {
      late += 1
      return 'ScannerAdfLoaded'
    }
    return feeder.length > 0 ? 'ScannerAdfLoaded' : (preset.emptyWord ?? 'ScannerAdfEmpty')
  }

  async function nextImage(path: string, asked: number): Promise<NextImage> {
    const job = jobs.find(candidate => candidate.path === path)
    if (job === undefined || job.state === 'Canceled') return { status: 404 }
    job.touched = Date.now()
    if (job.state === 'Completed') return { status: preset.endStatus ?? 404 }
    if (job.state === 'Aborted') return { status: 409 }
    job.state = 'Processing'
    const page = job.completed + 1
    const limit = limitReached(job, asked)
    if (limit !== undefined) return limit
    const putOff = putOffStatus(preset, page, job.putOff)
    if (putOff !== undefined) {
      job.putOff += 1
      return { status: putOff }
    }
    if (preset.stop?.page === page) {
      const { adfState: adf, jobState, status } = preset.stop
      return abort(job, adf, jobState, status)
    }
    if (preset.emptyBodyOnPage === page)
      return { ...abort(job, 'ScannerAdfJam'), image: new Uint8Array(0), sent: () => undefined }
    if (job.pending.length === 0) job.pending.push(...(await feed(job)))
    const [image] = job.pending
    if (image === undefined) return endOf(job)
    return {
      image,
      ...(preset.unplugMidPage?.page === page ? { cut: preset.unplugMidPage.how } : {}),
      sent: () => sent(job),
    }
  }

  /** What the scanner's own limits make of a job before its next image. */
  function limitReached(job: Job, asked: number): NextImage | undefined {
    const { jobLimit, leastPauseMs } = preset
    if (jobLimit !== undefined && job.completed >= jobLimit.images) {
      job.state = jobLimit.how === 'completed' ? 'Completed' : 'Aborted'
      undecided = preset.undecidedAnswers ?? 0
      return { status: jobLimit.how === 'completed' ? 404 : 410 }
    }
    if (leastPauseMs !== undefined && job.completed > 0 && asked - lastSent < leastPauseMs) {
      return abort(job, 'ScannerAdfEmpty', 'Completed', 404)
    }
    return undefined
  }

  function abort(job: Job, adf: string, state: Job['state'] = 'Aborted', status: 404 | 409 | 410 = 409) {
    job.state = state
    stuck = adf
    return { status }
  }

  async function feed(job: Job): Promise<readonly Uint8Array[]> {
    if (job.ticket.source === 'Feeder' && /Empty|Open|Jam/.test(adfState())) return []
    const sheet = job.ticket.source === 'Feeder' ? feeder[0] : job.completed === 0 ? platen : undefined
    return sheet === undefined ? [] : imagesOf(sheet, job.ticket)
  }

  function endOf(job: Job): NextImage {
    if (job.completed === 0 && preset.pretendsLoaded !== true) {
      job.state = 'Aborted'
      return { status: 409 }
    }
    job.state = 'Completed'
    return { status: preset.endStatus ?? 404 }
  }

  /** A sheet has left the feeder when its last image has arrived; until then a person finds it there again. */
  function sent(job: Job): void {
    job.completed += 1
    lastSent = now()
    job.putOff = 0
    job.touched = Date.now()
    job.pending.shift()
    if (job.pending.length === 0 && job.ticket.source === 'Feeder') feeder.shift()
  }

  function cancelJob(path: string): boolean {
    const job = jobs.find(candidate => candidate.path === path)
    if (job === undefined) return false
    if (job.state === 'Pending' || job.state === 'Processing') job.state = 'Canceled'
    return true
  }

  return Object.freeze({
    load,
    set,
    powerOff,
    state: () => preset.state ?? (runningJob() === undefined ? 'Idle' : 'Processing'),
    adfState,
    jobs: () => (preset.hidesJobs === true ? [] : jobs.map(job => entryOf(job, preset.miscounts ?? 0)).reverse()),
    createJob,
    nextImage,
    cancelJob,
    emptyFeederStarts: () => emptyStarts,
  })
}

function putOffStatus(preset: EsclPreset, page: number, putOff: number): 503 | 404 | 410 | undefined {
  if (putOff < (preset.notReadyAnswers ?? 0)) return 503
  if (putOff < (preset.goneAnswers?.answers ?? 0)) return preset.goneAnswers?.status
  return preset.prematureEnd?.page === page && putOff < preset.prematureEnd.answers ? 404 : undefined
}

function entryOf({ path, state, completed, created }: Job, miscounts: number): JobEntry {
  return { path, state, imagesCompleted: completed + miscounts, ageSeconds: Math.floor((Date.now() - created) / 1000) }
}
