// A printer that takes jobs by IPP over HTTP on loopback, whose paper runs out and jams as it is told, which breaks off and says
// wrong things. Every request is held against what RFC 8011 wants of it (4.1.4 and each operation) and answered with
// client-error-bad-request otherwise. What it prints is kept.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { decodeIpp } from '../../drivers/printer/ipp-decode.ts'
import { encodeIpp } from '../../drivers/printer/ipp-encode.ts'
import {
  groupTags,
  type IppGroup,
  type IppMessage,
  numbersIn,
  operations,
  stringsIn,
} from '../../drivers/printer/ipp-message.ts'
import { answerTo, describedBy } from './ipp-printer.attributes.ts'
import { createPrinterJobs, type PrinterCondition, type PrinterJobs, type SimulatedJob } from './ipp-printer.jobs.ts'

export type OperationName = keyof typeof operations

/**
 * What goes wrong with one answer. `lose`: it is done and the line goes dead; `cutAfter` so many bytes of the answer;
 * `bytes` in its place; `silent`: no answer ever; `break`: the line goes dead before the document is whole.
 */
export type PrinterFault =
  | { readonly kind: 'lose' | 'silent' | 'break' }
  | { readonly kind: 'cutAfter'; readonly count: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'http'; readonly status: number }
  | { readonly kind: 'status'; readonly status: number }

export interface IppPrinterOptions {
  readonly port?: number
  readonly formats?: readonly string[]
  /** False: Print-Job alone, as an old printer. */
  readonly createsJobs?: boolean
  readonly makeAndModel?: string
  readonly uuid?: string
  /** It tells of no job, as printers without a history do. */
  readonly forgets?: boolean
  /** How long a page takes; 0: one more is out at each look. */
  readonly pageMs?: number
  /** Called with what has come out. */
  readonly printed?: (job: SimulatedJob) => void
}

export interface IppPrinterSimulator {
  readonly url: string
  set(condition: PrinterCondition, accepting?: boolean): void
  /** Jobs are held back for somebody at the panel. */
  hold(holding: boolean): void
  /** The next answer to that operation. */
  fault(operation: OperationName, fault: PrinterFault): void
  jobs(): readonly SimulatedJob[]
  printed(): readonly SimulatedJob[]
  /** How often an operation was asked for. */
  asked(operation: OperationName): number
  stop(): Promise<void>
}

const ok = 0x0000
const badRequest = 0x0400
const notPossible = 0x0404
const notFound = 0x0406
const formatNotSupported = 0x040a
const operationNotSupported = 0x0501
const versionNotSupported = 0x0503
const notAccepting = 0x0506
const path = '/ipp/print'

export async function startIppPrinter(options: IppPrinterOptions = {}): Promise<IppPrinterSimulator> {
  const { pageMs = 0, formats = ['application/pdf', 'image/pwg-raster', 'image/jpeg'], createsJobs = true } = options
  const printed: SimulatedJob[] = []
  const faults = new Map<number, PrinterFault>()
  const counts = new Map<number, number>()
  const startedAt = Date.now()
  let condition: PrinterCondition = 'ready'
  let accepting = true
  let holding = false
  const jobs = createPrinterJobs(job => {
    printed.push({ ...job })
    options.printed?.({ ...job })
  })
  const step = () => jobs.step(condition, holding)
  const timer = pageMs > 0 ? setInterval(step, pageMs) : undefined

  const described = () =>
    describedBy({
      ...{ uri: url, formats, createsJobs, accepting },
      makeAndModel: options.makeAndModel ?? 'Compulsa Simulated Printer',
      uuid: options.uuid ?? '5c4a4c57-0000-4000-8000-0000000000aa',
      state: condition === 'ready' ? (jobs.list('not-completed').length > 0 ? 4 : 3) : 5,
      reasons: condition === 'ready' ? [] : [condition === 'paused' ? condition : `${condition}-error`],
      queued: jobs.list('not-completed').length,
      upSeconds: Math.max(1, Math.round((Date.now() - startedAt) / 1000)),
    })
  const listed = options.forgets === true ? () => [] : jobs.list
  const tools: Tools = { listed, jobs, formats, createsJobs, described, uri: () => url, accepts: () => accepting }

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || request.url !== path || request.headers['content-type'] !== 'application/ipp') {
      response.writeHead(404).end()
      return
    }
    const bytes = await read(request, faults)
    if (bytes === undefined) {
      for (const id of jobs.list('not-completed')) jobs.abort(id, 'submission-interrupted')
      response.destroy()
      return
    }
    const { message, data } = decodeIpp(bytes)
    counts.set(message.code, (counts.get(message.code) ?? 0) + 1)
    const fault = faults.get(message.code)
    faults.delete(message.code)
    if (fault?.kind === 'silent') return
    if (fault?.kind === 'http') return void response.writeHead(fault.status).end()
    if (pageMs === 0) step()
    const answer = encodeIpp(
      fault?.kind === 'status' ? answerTo(message, fault.status) : answered(message, data, tools),
    )
    if (fault?.kind === 'lose') return void response.destroy()
    response.setHeader('content-type', 'application/ipp')
    if (fault?.kind === 'cutAfter') {
      response.writeHead(200, { 'content-length': answer.length })
      response.write(answer.subarray(0, fault.count), () => response.destroy())
    } else response.writeHead(200).end(fault?.kind === 'bytes' ? fault.bytes : answer)
  }

  server.listen(options.port ?? 0, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  const address = server.address()
  const url = `ipp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}${path}`

  return Object.freeze({
    url,
    set(next: PrinterCondition, takes = true) {
      condition = next
      accepting = takes
    },
    hold: (holds: boolean) => {
      holding = holds
    },
    fault: (operation: OperationName, fault: PrinterFault) => void faults.set(operations[operation], fault),
    jobs: jobs.all,
    printed: () => printed,
    asked: (operation: OperationName) => counts.get(operations[operation]) ?? 0,
    async stop() {
      clearInterval(timer)
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

/** The whole request; undefined where it breaks off, or is to break off. */
async function read(request: IncomingMessage, faults: Map<number, PrinterFault>): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      pieces.push(piece)
      size += piece.length
      const operation = Buffer.concat(pieces.slice(0, 1)).readUInt16BE(2)
      if (faults.get(operation)?.kind === 'break' && size > 200) {
        faults.delete(operation)
        request.destroy()
        return undefined
      }
    }
  } catch {
    // The line went dead.
    return undefined
  }
  return Buffer.concat(pieces)
}

interface Tools {
  readonly listed: PrinterJobs['list']
  readonly jobs: PrinterJobs
  readonly formats: readonly string[]
  readonly createsJobs: boolean
  readonly described: () => ReturnType<typeof describedBy>
  readonly uri: () => string
  readonly accepts: () => boolean
}

function answered(request: IppMessage, data: Uint8Array, tools: Tools): IppMessage {
  const { jobs, uri } = tools
  const [first] = request.groups
  const given = first?.attributes
  const [charset, language] = [...(given?.keys() ?? [])]
  const isWell =
    request.requestId > 0 &&
    first?.tag === groupTags.operation &&
    charset === 'attributes-charset' &&
    language === 'attributes-natural-language' &&
    stringsIn(given, 'printer-uri').length + stringsIn(given, 'job-uri').length === 1
  if (!isWell && request.version.major > 0) return answerTo(request, badRequest)
  const [byUri = ''] = stringsIn(given, 'job-uri')
  const id = numbersIn(given, 'job-id')[0] ?? Number(byUri.slice(byUri.lastIndexOf('/') + 1))
  const jobGroup = (one: number, unasked: readonly string[] = []): IppGroup => {
    const wanted = stringsIn(given, 'requested-attributes')
    return {
      tag: groupTags.job,
      attributes: chosen(jobs.attributes(one, uri()), wanted.length === 0 ? unasked : wanted),
    }
  }
  const refusal = refusalOf(request, tools)
  if (refusal !== undefined) return answerTo(request, refusal)
  const [format = tools.formats[0] ?? ''] = stringsIn(given, 'document-format')
  const [jobName = 'untitled'] = stringsIn(given, 'job-name')
  switch (request.code) {
    case operations.getPrinterAttributes: {
      const wanted = stringsIn(given, 'requested-attributes')
      return answerTo(request, ok, [{ tag: groupTags.printer, attributes: chosen(tools.described(), wanted) }])
    }
    case operations.validateJob:
      return answerTo(request, ok)
    case operations.createJob:
      return answerTo(request, ok, [jobGroup(jobs.create(jobName))])
    case operations.printJob: {
      const made = jobs.create(jobName)
      jobs.document(made, format, data)
      return answerTo(request, ok, [jobGroup(made)])
    }
    case operations.getJobs: {
      const which = stringsIn(given, 'which-jobs')[0] === 'completed' ? 'completed' : 'not-completed'
      const limit = numbersIn(given, 'limit')[0] ?? 1_000
      return answerTo(
        request,
        ok,
        tools
          .listed(which)
          .slice(0, limit)
          .map(one => jobGroup(one, ['job-uri', 'job-id'])),
      )
    }
    default:
      return ofOneJob(request, { id, format, data, jobs, jobGroup })
  }
}

interface OneJob {
  readonly id: number
  readonly format: string
  readonly data: Uint8Array
  readonly jobs: PrinterJobs
  readonly jobGroup: (id: number) => IppGroup
}

function ofOneJob(request: IppMessage, { id, format, data, jobs, jobGroup }: OneJob): IppMessage {
  if (!jobs.known(id)) return answerTo(request, notFound)
  switch (request.code) {
    case operations.sendDocument:
      return jobs.document(id, format, data) ? answerTo(request, ok, [jobGroup(id)]) : answerTo(request, notPossible)
    case operations.cancelJob:
      return answerTo(request, jobs.cancel(id) ? ok : notPossible)
    default:
      return answerTo(request, ok, [jobGroup(id)])
  }
}

function refusalOf(
  { code, version, groups }: IppMessage,
  { formats, createsJobs, accepts }: Tools,
): number | undefined {
  if (version.major < 1) return versionNotSupported
  const [first] = groups
  if (code === operations.sendDocument && first?.attributes.has('last-document') !== true) return badRequest
  const inTwo: readonly number[] = [operations.createJob, operations.sendDocument]
  const known: readonly number[] = Object.values(operations)
  if (!known.includes(code) || (!createsJobs && inTwo.includes(code))) return operationNotSupported
  const making: readonly number[] = [operations.createJob, operations.printJob, operations.validateJob]
  if (making.includes(code) && !accepts()) return notAccepting
  const [format] = stringsIn(groups[0]?.attributes, 'document-format')
  if (format !== undefined && format !== 'application/octet-stream' && !formats.includes(format))
    return formatNotSupported
  return undefined
}

/** Those that are asked for; `all` and the groups' names (RFC 8011, 4.2.5.1) mean every one. */
function chosen(
  all: ReadonlyMap<string, IppGroup['attributes'] extends ReadonlyMap<string, infer V> ? V : never>,
  wanted: readonly string[],
): IppGroup['attributes'] {
  const everything = ['all', 'printer-description', 'job-description', 'job-template']
  if (wanted.length === 0 || wanted.some(one => everything.includes(one))) return all
  return new Map([...all].filter(([one]) => wanted.includes(one)))
}
