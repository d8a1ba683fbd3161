// The Printer port over IPP/1.1 to 2.0 (RFC 8010, RFC 8011): a CUPS queue, a printer that serves itself, one behind ipp-usb.
//
// A job is created first and its document sent afterwards, wherever the printer can: then it has a number before anything of
// it can be printed, and a lost answer leaves nothing to guess. Otherwise job and document go in one request, and a job whose
// answer was lost can only be looked for by its name. Nothing is ever sent twice here.

import { readFile } from 'node:fs/promises'
import { asFault, Fault } from '../../device/errors.ts'
import type { Printer, PrinterInfo, PrintFaultCode, PrintJob, PrintOutcome, PrintRequest } from '../../device/ports.ts'
import { plainUuid } from '../local-devices.ts'
import { createDiscovery, type DiscoveryOptions } from './discovery.ts'
import { type IppAnswer, type IppClient, type IppLimits, ippLimits, Unanswered } from './ipp-client.ts'
import { groupTags, type IppAttributes, type IppValue, operations, statuses } from './ipp-message.ts'
import { type Contact, createPlace, type Place } from './ipp-place.ts'
import { jobIn, printerStateIn } from './ipp-states.ts'

/** The configured printer: where it is, who it is, or both; by who it is it is found wherever it moves. */
export interface PrinterDevice {
  readonly url?: string
  readonly uuid?: string
  readonly name?: string
  /** PEM of the only authorities trusted for it; a printer's own certificate is one. */
  readonly caFile?: string
  readonly pins?: readonly string[]
}

export interface IppPrinterOptions {
  /** Absent: none is configured, and all that can be done is to look around. */
  readonly device?: PrinterDevice
  readonly discovery?: DiscoveryOptions
  readonly limits?: IppLimits
}

/** Whose jobs they are; printers show it. */
const userName = 'compulsa'
const jobAttributes = ['job-id', 'job-name', 'job-state', 'job-state-reasons', 'job-impressions-completed'] as const
/** Of each kind; a kiosk's printer has a few. */
const mostJobs = 500

export function createIppPrinter({ device, discovery = {}, limits = ippLimits }: IppPrinterOptions): Printer {
  const around = createDiscovery(discovery)
  let opened: Promise<Place> | undefined

  async function contact(signal?: AbortSignal): Promise<Contact> {
    if (device === undefined) throw new Fault('PRINTER_ABSENT', 'no printer is configured')
    opened ??= placeOf(device)
    const place = await opened.catch((thrown: unknown) => {
      opened = undefined
      throw thrown
    })
    return place.contact(signal)
  }

  async function placeOf({ url, uuid, name, caFile, pins }: PrinterDevice): Promise<Place> {
    const ca = caFile === undefined ? undefined : await authoritiesIn(caFile)
    const identity = { ...(uuid !== undefined && { uuid }), ...(name !== undefined && { name }) }
    return createPlace({
      ...(url !== undefined && { url }),
      ...((uuid ?? name) !== undefined && { identity }),
      lookUp: around.lookUp,
      limits,
      trust: { ...(ca !== undefined && { ca }), ...(pins !== undefined && { pins }) },
    })
  }

  async function info(signal?: AbortSignal): Promise<PrinterInfo> {
    try {
      const { attributes, capabilities } = await contact(signal)
      const state = printerStateIn(attributes)
      if (state === undefined) throw new Fault('PRINTER_FAILED', 'it does not tell its state')
      return { name: capabilities.name, form: capabilities.form, ...state }
    } catch (thrown) {
      signal?.throwIfAborted()
      if (!(thrown instanceof Fault)) throw thrown
      const name = device?.name ?? device?.url ?? device?.uuid ?? ''
      return { name, state: 'absent', code: thrown.code as PrintFaultCode, low: [], form: null }
    }
  }

  async function print(request: PrintRequest, signal?: AbortSignal): Promise<PrintOutcome> {
    try {
      const found = await contact(signal)
      if (found.capabilities.form?.mediaType !== request.form.mediaType) {
        return { outcome: 'refused', code: 'PRINTER_FORMAT', detail: `it takes no ${request.form.mediaType}` }
      }
      return await (found.capabilities.createsJobs ? inTwo(found, request, signal) : inOne(found, request, signal))
    } catch (thrown) {
      if (thrown instanceof Fault) return refusedBy(thrown)
      // Only before anything of a document went out: later it is `unsure`, and nobody waits for that.
      signal?.throwIfAborted()
      throw thrown
    }
  }

  return Object.freeze({
    info,
    print,
    discover: async (signal?: AbortSignal) =>
      (await around.all(signal)).filter(
        ({ url, uuid }) =>
          url !== device?.url && (uuid === undefined || plainUuid(uuid) !== plainUuid(device?.uuid ?? '')),
      ),
    async job(job: number, signal?: AbortSignal) {
      const { client } = await contact(signal)
      return jobBy(client, job, signal)
    },
    async find(jobName: string, signal?: AbortSignal) {
      const { client } = await contact(signal)
      for (const which of ['not-completed', 'completed'] as const) {
        const found = await jobNamed(client, jobName, which, signal)
        if (found !== undefined) return found
      }
      return undefined
    },
    async cancel(job: number, signal?: AbortSignal) {
      const { client } = await contact(signal)
      const answer = await client.ask(operations.cancelJob, { 'job-id': integer(job), ...asUser }, { signal })
      // What is over, or unknown, is as good as cancelled.
      const over: readonly number[] = [statuses.notPossible, statuses.notFound, statuses.gone]
      if (answer.status >= statuses.firstError && !over.includes(answer.status)) throw faultOf(answer)
    },
  })
}

/** Throws FILE_UNREADABLE. */
async function authoritiesIn(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    throw new Fault('PRINTER_UNTRUSTED', `${path}: ${asFault(thrown).detail}`, { cause: thrown })
  }
}

const asUser = { 'requesting-user-name': { kind: 'name', value: userName } } as const
const integer = (value: number): IppValue => ({ kind: 'integer', value })
const keywords = (names: readonly string[]): readonly IppValue[] => names.map(value => ({ kind: 'keyword', value }))

async function inTwo(
  { client, capabilities }: Contact,
  request: PrintRequest,
  signal?: AbortSignal,
): Promise<PrintOutcome> {
  const ticket = ticketFor(request, capabilities)
  await validated(client, capabilities, ticket, request, signal)
  // A job without a document prints nothing, whether its answer was lost or not; so nobody is to be asked about it.
  const made = await client.ask(operations.createJob, ticket.asked, { job: ticket.job, signal })
  const number = jobOf(made)
  if (number === undefined) throw faultOf(made)
  const format: IppValue = { kind: 'mimeMediaType', value: request.form.mediaType }
  const asked = {
    'job-id': integer(number),
    ...asUser,
    'document-format': format,
    'last-document': { kind: 'boolean', value: true } as const,
  }
  const outcome = await sent(client.ask(operations.sendDocument, asked, { document: request, signal }), number)
  if (outcome.outcome === 'refused') await withdrawn(client, number)
  return outcome
}

/** A job that will have no document; the printer gives it up by itself as well, some time. */
async function withdrawn(client: IppClient, job: number): Promise<void> {
  try {
    await client.ask(operations.cancelJob, { 'job-id': integer(job), ...asUser })
  } catch (thrown) {
    if (!(thrown instanceof Unanswered)) throw thrown
  }
}

async function inOne(
  { client, capabilities }: Contact,
  request: PrintRequest,
  signal?: AbortSignal,
): Promise<PrintOutcome> {
  const ticket = ticketFor(request, capabilities)
  await validated(client, capabilities, ticket, request, signal)
  const format: IppValue = { kind: 'mimeMediaType', value: request.form.mediaType }
  const asked = { ...ticket.asked, 'document-format': format }
  return sent(client.ask(operations.printJob, asked, { job: ticket.job, document: request, signal }))
}

/** What has become of a document that was on its way; never rejects, for it may be printed. */
async function sent(answered: Promise<IppAnswer>, known?: number): Promise<PrintOutcome> {
  const job = known === undefined ? {} : { job: known }
  try {
    const answer = await answered
    if (answer.status >= statuses.firstError) return refusedBy(faultOf(answer))
    const number = jobOf(answer) ?? known
    if (number !== undefined) return { outcome: 'sent', job: number }
    return { outcome: 'unsure', code: 'PRINTER_FAILED', detail: 'the printer took the job and did not number it' }
  } catch (thrown) {
    const { code, detail } = thrown instanceof Unanswered ? thrown : asFault(thrown)
    if (thrown instanceof Unanswered && !thrown.maybeDone) return refusedBy(thrown)
    return {
      outcome: 'unsure',
      code: thrown instanceof Unanswered ? (code as PrintFaultCode) : 'PRINT_CANCELLED',
      detail,
      ...job,
    }
  }
}

interface Ticket {
  readonly asked: Readonly<Record<string, IppValue>>
  readonly job: IppAttributes
}

/** Only what the printer says it knows; it may leave out any of it. */
function ticketFor({ jobName }: PrintRequest, { media, fitsPages }: Contact['capabilities']): Ticket {
  const job = new Map<string, readonly IppValue[]>()
  if (media !== undefined) job.set('media', keywords([media]))
  if (fitsPages) job.set('print-scaling', keywords(['auto-fit']))
  return { asked: { ...asUser, 'job-name': { kind: 'name', value: jobName } }, job }
}

/** Throws why the printer would not take such a job. */
async function validated(
  client: IppClient,
  { validates }: Contact['capabilities'],
  { asked, job }: Ticket,
  { form }: PrintRequest,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!validates) return
  const format: IppValue = { kind: 'mimeMediaType', value: form.mediaType }
  const answer = await client.ask(operations.validateJob, { ...asked, 'document-format': format }, { job, signal })
  // Who does not know the operation after all is not asked again.
  if (answer.status >= statuses.firstError && answer.status !== statuses.operationNotSupported) throw faultOf(answer)
}

async function jobBy(client: IppClient, job: number, signal?: AbortSignal): Promise<PrintJob | undefined> {
  const asked = { 'job-id': integer(job), ...asUser, 'requested-attributes': keywords(jobAttributes) }
  const answer = await client.ask(operations.getJobAttributes, asked, { signal })
  if (answer.status === statuses.notFound || answer.status === statuses.gone) return undefined
  if (answer.status >= statuses.firstError) throw faultOf(answer)
  const [found] = jobsIn(answer)
  if (found?.job !== job) throw new Fault('PRINTER_FAILED', 'it does not tell of the job that was asked for')
  return found
}

async function jobNamed(
  client: IppClient,
  jobName: string,
  which: 'not-completed' | 'completed',
  signal?: AbortSignal,
): Promise<PrintJob | undefined> {
  const asked = {
    ...asUser,
    limit: integer(mostJobs),
    'requested-attributes': keywords(jobAttributes),
    'which-jobs': { kind: 'keyword', value: which } as const,
  }
  const answer = await client.ask(operations.getJobs, asked, { signal })
  if (answer.status >= statuses.firstError) throw faultOf(answer)
  const named = answer.groups.filter(({ attributes }) =>
    attributes.get('job-name')?.some(one => one.kind === 'name' && one.value === jobName),
  )
  return jobsIn({ ...answer, groups: named })[0]
}

function jobsIn({ groups }: Pick<IppAnswer, 'groups'>): readonly PrintJob[] {
  return groups.flatMap(({ tag, attributes }) => (tag === groupTags.job ? (jobIn(attributes) ?? []) : []))
}

/** The number of the job that was made; undefined where none was. */
function jobOf({ status, groups }: IppAnswer): number | undefined {
  return status >= statuses.firstError ? undefined : jobsIn({ groups })[0]?.job
}

const codes: Readonly<Record<number, PrintFaultCode>> = {
  [statuses.notFound]: 'PRINTER_ABSENT',
  [statuses.formatNotSupported]: 'PRINTER_FORMAT',
  [statuses.notAcceptingJobs]: 'PRINTER_NOT_ACCEPTING',
  [statuses.busy]: 'PRINTER_BUSY',
}

function faultOf({ status, words }: IppAnswer): Fault {
  if (status < statuses.firstError) return new Fault('PRINTER_FAILED', 'the printer took the job and did not number it')
  return new Fault(codes[status] ?? 'PRINTER_REFUSED', `status ${status.toString(16).padStart(4, '0')}: ${words}`)
}

function refusedBy({ code, detail }: Fault): PrintOutcome {
  return { outcome: 'refused', code: code as PrintFaultCode, detail }
}
