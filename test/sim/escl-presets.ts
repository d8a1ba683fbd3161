// The named ways in which the eSCL simulator behaves. A preset is a plain value; what it does not name is as a scanner
// in good order does it.

/** Deviations from a scanner in good order; page numbers are 1-based images of one job. */
export interface EsclPreset {
  readonly name: string
  /** The job ends before this image, with that AdfState; absent: as `Aborted`, answered with 409. */
  readonly stop?: {
    readonly page: number
    readonly adfState: string
    readonly jobState?: 'Aborted' | 'Canceled' | 'Completed'
    readonly status?: 404 | 409 | 410
  }
  /** What AdfState says before any scan, whatever lies in the feeder. */
  readonly adfState?: string
  /** Half of this image is sent, then the scanner is gone: `reset` breaks the connection, `end` ends it cleanly. */
  readonly unplugMidPage?: { readonly page: number; readonly how: 'reset' | 'end' }
  /** This image comes as 200 without a body, and the feeder jams. */
  readonly emptyBodyOnPage?: number
  /** ScanJobs answers 503 for so many requests. */
  readonly busyAnswers?: number
  readonly state?: 'Idle' | 'Processing' | 'Stopped' | 'Down' | 'BusyWithScanJob' | 'Dreaming'
  /** Time before each image. */
  readonly pageDelayMs?: number
  /** NextDocument answers 503 so many times before each image. */
  readonly notReadyAnswers?: number
  /** NextDocument answers 404 so many times before this image although paper is left. */
  readonly prematureEnd?: { readonly page: number; readonly answers: number }
  /** The Location of a job; `wrong-host` is what scanners behind ipp-usb send. */
  readonly location?: 'absolute' | 'relative' | 'wrong-host' | 'broken-ipv6' | 'none'
  /** With a 503; 1 where absent, no such field where not a number. */
  readonly retryAfterSeconds?: number
  /** The feeder says that paper lies in it until it is started. */
  readonly pretendsLoaded?: boolean
  /** What NextDocument answers behind the last image. */
  readonly endStatus?: 404 | 409
  /** The scanner's own limit: after so many images a job is over, whatever lies in the feeder; `how` it ends. */
  readonly jobLimit?: { readonly images: number; readonly how: 'completed' | 'aborted' }
  /** So many answers of the feeder behind such a job are `processing`, before it says what lies in it. */
  readonly undecidedAnswers?: number
  /** So many times the feeder still says `loaded` behind the last sheet; the scanner itself asks it once. */
  readonly lateSensorAnswers?: number
  /** What the feeder says when nothing lies in it; absent: that it is empty. */
  readonly emptyWord?: 'ScannerAdfProcessing' | 'ScannerAdfLoaded'
  /** NextDocument answers so, so many times before each image, while the job is `Processing`. */
  readonly goneAnswers?: { readonly answers: number; readonly status: 404 | 410 }
  /** A page that is asked for sooner after the last one is answered with 404 and an empty feeder, and the job is over. */
  readonly leastPauseMs?: number
  /** Starting a feeder without paper jams it. */
  readonly jamsWhenEmpty?: boolean
  /** The only Host that may make jobs. */
  readonly wantsHost?: 'localhost' | 'with-port'
  /** The connection is dropped behind the headers of a new job's answer. */
  readonly dropsBody?: boolean
  /** DELETE of a job that is over fails. */
  readonly refusesCleanUp?: boolean
  /** Retry-After comes as a date, by a clock that is wrong. */
  readonly retryAfterDate?: boolean
  /** ScannerStatus answers 503 for so many requests. */
  readonly statusBusyAnswers?: number
  /** How many images more than it has sent the scanner counts. */
  readonly miscounts?: number
  /** Jobs are not in the status. */
  readonly hidesJobs?: boolean
}

const preset = (name: string, deviations: Omit<EsclPreset, 'name'> = {}): EsclPreset =>
  Object.freeze({ name, ...deviations })

/** In good order. */
export const ready = preset('ready')
export const jammedOnPage = (page: number) => preset('jammedOnPage', { stop: { page, adfState: 'ScannerAdfJam' } })
export const doubleFeedOnPage = (page: number) =>
  preset('doubleFeedOnPage', { stop: { page, adfState: 'ScannerAdfMultipickDetected' } })
export const coverOpen = preset('coverOpen', { adfState: 'ScannerAdfHatchOpen', state: 'Stopped' })
/** The other word for it, and the only one that sane-airscan knows. */
export const doorOpen = preset('doorOpen', { adfState: 'ScannerAdfDoorOpen' })
export const emptyFeeder = preset('emptyFeeder', { adfState: 'ScannerAdfEmpty' })
export const unpluggedMidPage = (page: number) => preset('unpluggedMidPage', { unplugMidPage: { page, how: 'reset' } })
/** The connection ends as if the page were complete: only the image itself shows that it is not. */
export const cutShortOnPage = (page: number) => preset('cutShortOnPage', { unplugMidPage: { page, how: 'end' } })
export const emptyBodyOnPage = (page: number) => preset('emptyBodyOnPage', { emptyBodyOnPage: page })
export const busy = preset('busy', { busyAnswers: Number.POSITIVE_INFINITY, state: 'BusyWithScanJob' })
/** Idle by its status, but refusing jobs for a while. */
export const busyFor = (answers: number) => preset('busyFor', { busyAnswers: answers })
export const slow = (pageDelayMs: number) => preset('slow', { pageDelayMs })
export const notReady = (answers: number, retryAfterSeconds = 1) =>
  preset('notReady', { notReadyAnswers: answers, retryAfterSeconds })
export const prematureEndOnPage = (page: number, answers: number) =>
  preset('prematureEndOnPage', { prematureEnd: { page, answers } })
export const wrongHost = preset('wrongHost', { location: 'wrong-host' })
/** An IPv6 address without its brackets. */
export const brokenLocation = preset('brokenLocation', { location: 'broken-ipv6' })
export const noLocation = preset('noLocation', { location: 'none' })
export const relativeLocation = preset('relativeLocation', { location: 'relative' })
export const endsWithConflict = preset('endsWithConflict', { endStatus: 409 })
export const outOfOrder = preset('outOfOrder', { state: 'Down' })
/** Its job is over, and no word of why but the state of the job. */
export const abortedOnPage = (page: number) =>
  preset('abortedOnPage', { stop: { page, adfState: 'ScannerAdfEmpty', status: 404 } })
export const cancelledOnPage = (page: number) =>
  preset('cancelledOnPage', { stop: { page, adfState: 'ScannerAdfEmpty', jobState: 'Canceled', status: 404 } })
export const goneOnPage = (page: number) =>
  preset('goneOnPage', { stop: { page, adfState: 'ScannerAdfLoaded', jobState: 'Completed', status: 410 } })
/** Ends every job after so many images although paper is left, as scanners do at 50. */
export const endsJobAfter = (images: number) => preset('endsJobAfter', { jobLimit: { images, how: 'completed' } })
/** The same, and without a good word. */
export const abortsJobAfter = (images: number) => preset('abortsJobAfter', { jobLimit: { images, how: 'aborted' } })
/** One sheet a job, and its feeder takes a while to say whether another lies there. */
export const oneSheetAJob = (undecidedAnswers: number) =>
  preset('oneSheetAJob', { jobLimit: { images: 1, how: 'completed' }, undecidedAnswers })
/** Its sensor still sees the last sheet for a while. */
export const lateSensor = (answers: number) => preset('lateSensor', { lateSensorAnswers: answers, jamsWhenEmpty: true })
/** Says that it is loaded whatever lies in it. */
export const alwaysLoaded = preset('alwaysLoaded', { emptyWord: 'ScannerAdfLoaded' })
export const processingWhenEmpty = preset('processingWhenEmpty', { emptyWord: 'ScannerAdfProcessing', endStatus: 409 })
export const goneBeforePages = (answers: number, status: 404 | 410) =>
  preset('goneBeforePages', { goneAnswers: { answers, status }, refusesCleanUp: true })
export const hastyIsEmpty = (leastPauseMs: number) => preset('hastyIsEmpty', { leastPauseMs })
export const jamsWhenEmpty = preset('jamsWhenEmpty', { jamsWhenEmpty: true })
export const wantsHost = (wanted: 'localhost' | 'with-port') => preset('wantsHost', { wantsHost: wanted })
export const dropsBody = preset('dropsBody', { dropsBody: true })
export const retryAfterDate = (answers: number, retryAfterSeconds: number) =>
  preset('retryAfterDate', { notReadyAnswers: answers, retryAfterSeconds, retryAfterDate: true })
export const statusBusyFor = (answers: number) => preset('statusBusyFor', { statusBusyAnswers: answers })
/** Has read a sheet that it never sends. */
export const losesImages = (miscounts: number) => preset('losesImages', { miscounts })
export const jamsAndLoses = (page: number, miscounts: number) =>
  preset('jamsAndLoses', { stop: { page, adfState: 'ScannerAdfJam' }, miscounts })
export const hidesJobs = preset('hidesJobs', { hidesJobs: true })
export const pretendsLoaded = preset('pretendsLoaded', { pretendsLoaded: true })
/** Words that no specification knows; a client goes on. */
export const unheardOf = preset('unheardOf', { state: 'Dreaming', adfState: 'ScannerAdfContemplating' })
