// A scanner with a document feeder that speaks eSCL over HTTP on the loopback address: real enough for Debian's
// sane-airscan to scan from it, strict enough to refuse what a strict scanner refuses, and able to fail in named ways
// (escl-presets.ts). It serves what lies in its feeder and keeps count of what was asked of it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { capabilitiesXml, type DeviceDescription, readTicket, statusXml, type Ticket } from './escl-documents.ts'
import { createScannerMechanics, type NextImage, type ScannerMechanics } from './escl-jobs.ts'
import { type EsclPreset, ready } from './escl-presets.ts'
import type { SheetImage } from './escl-sheets.ts'

const rootPath = '/eSCL'
const maxTicketBytes = 64 * 1024
const defaultRetryAfterSeconds = 1

export interface EsclSimulatorOptions {
  readonly sheets: readonly SheetImage[]
  /** 0 or absent: any free one. */
  readonly port?: number
  readonly preset?: EsclPreset
  /** Who it says it is, and what it can do; absent parts are the simulator's own. */
  readonly device?: DeviceDescription
  /** What its web server calls itself. */
  readonly serverName?: string
  /** Milliseconds, by which it tells a hasty client; absent: the machine's. */
  readonly now?: () => number
}

/** What was asked of the scanner since it started. */
export interface EsclStats {
  readonly requests: number
  readonly jobs: number
  readonly images: number
  readonly deletes: number
  readonly emptyFeederStarts: number
  readonly ticket?: Ticket
  /** Why job tickets were refused with 400 or 409. */
  readonly refusals: readonly string[]
}

export interface EsclSimulator {
  /** The eSCL root. */
  readonly url: string
  /** Address and port. */
  readonly host: string
  load(sheets: readonly SheetImage[]): void
  /** From the next request on; also puts a scanner back that was unplugged. */
  set(preset: EsclPreset): void
  stats(): EsclStats
  stop(): Promise<void>
}

interface Site {
  readonly mechanics: ScannerMechanics
  readonly sockets: Set<Socket>
  readonly pauses: Set<() => void>
  preset: EsclPreset
  gone: boolean
  busyAnswers: number
  counts: { requests: number; jobs: number; images: number; deletes: number }
  ticket: Ticket | undefined
  readonly refusals: string[]
  readonly device: DeviceDescription
  readonly serverName: string | undefined
  statusAnswers: number
  readonly now: () => number
}

/** Starts the scanner; the caller stops it. */
export async function startEsclSimulator(options: EsclSimulatorOptions): Promise<EsclSimulator> {
  const site = createSite(options)
  const server = createServer((request, response) => {
    serve(site, request, response).catch(thrown => response.destroy(thrown))
  })
  server.on('connection', socket => {
    site.sockets.add(socket)
    socket.once('close', () => site.sockets.delete(socket))
    if (site.gone) socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.freeze({
    url: `http://${host}${rootPath}`,
    host,
    load: (sheets: readonly SheetImage[]) => site.mechanics.load(sheets),
    set: (preset: EsclPreset) => setPreset(site, preset),
    stats: () => statsOf(site),
    stop: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        for (const wake of site.pauses) wake()
        for (const socket of site.sockets) socket.destroy()
      }),
  })
}

function createSite({ sheets, preset = ready, device = {}, serverName, now = Date.now }: EsclSimulatorOptions): Site {
  const mechanics = createScannerMechanics(rootPath, preset, now)
  mechanics.load(sheets)
  const site: Site = {
    mechanics,
    sockets: new Set(),
    pauses: new Set(),
    preset,
    gone: false,
    busyAnswers: 0,
    counts: { requests: 0, jobs: 0, images: 0, deletes: 0 },
    ticket: undefined,
    refusals: [],
    device,
    serverName,
    statusAnswers: 0,
    now,
  }
  return site
}

function setPreset(site: Site, preset: EsclPreset): void {
  site.preset = preset
  site.gone = false
  site.busyAnswers = 0
  site.statusAnswers = 0
  site.mechanics.set(preset)
}

function statsOf({ counts, mechanics, ticket, refusals }: Site): EsclStats {
  const emptyFeederStarts = mechanics.emptyFeederStarts()
  return {
    ...counts,
    emptyFeederStarts,
    refusals: [...refusals],
    ...(ticket === undefined ? {} : { ticket }),
  }
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = request
  site.counts.requests += 1
  const job = /^\/eSCL\/ScanJobs\/\d+(?=\/|$)/.exec(url)?.[0]
  const { mechanics } = site
  if (site.serverName !== undefined) response.setHeader('server', site.serverName)
  if (method === 'GET' && url === `${rootPath}/ScannerCapabilities`) {
    return sendXml(response, capabilitiesXml(site.device))
  }
  if (method === 'GET' && url === `${rootPath}/ScannerStatus`) {
    site.statusAnswers += 1
    if (site.statusAnswers <= (site.preset.statusBusyAnswers ?? 0)) return sendBusy(site, response)
    return sendXml(response, statusXml(mechanics.state(), mechanics.adfState(), mechanics.jobs()))
  }
  if (method === 'POST' && url === `${rootPath}/ScanJobs`) return createJob(site, request, response)
  if (method === 'GET' && job !== undefined && url === `${job}/NextDocument`) {
    return sendImage(site, job, await nextImage(site, job), response)
  }
  if (method === 'DELETE' && job !== undefined && url === job) {
    site.counts.deletes += 1
    const known = mechanics.cancelJob(job)
    return sendStatus(response, known ? (site.preset.refusesCleanUp === true ? 500 : 200) : 404)
  }
  return sendStatus(response, 404)
}

async function createJob(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const document = await readBody(request)
  if (document === undefined) return sendStatus(response, 413)
  const refusal = hostRefusal(site, request)
  if (refusal !== undefined) {
    site.refusals.push(refusal)
    return sendStatus(response, 403)
  }
  const reading = readTicket(document, site.device)
  if ('status' in reading) {
    site.refusals.push(reading.reason)
    return sendStatus(response, reading.status)
  }
  if (site.busyAnswers < (site.preset.busyAnswers ?? 0)) {
    site.busyAnswers += 1
    return sendBusy(site, response)
  }
  const path = site.mechanics.createJob(reading.ticket)
  if (path === undefined) return sendBusy(site, response)
  site.counts.jobs += 1
  site.ticket = reading.ticket
  const origins = {
    absolute: `http://${request.headers.host}`,
    relative: '',
    'wrong-host': 'http://scanner.invalid:8080',
    'broken-ipv6': 'http://fe80::21d:b3ff:fe12:1%2',
  }
  const { location = 'absolute', dropsBody } = site.preset
  if (location !== 'none') response.setHeader('location', origins[location] + path)
  if (dropsBody !== true) return sendStatus(response, 201)
  response.writeHead(201, { 'content-length': 100 }).flushHeaders()
  setTimeout(() => response.destroy(), 5)
}

function hostRefusal({ preset: { wantsHost } }: Site, { headers: { host = '' } }: IncomingMessage): string | undefined {
  if (wantsHost === undefined || (wantsHost === 'localhost' ? host === 'localhost' : /:\d+$/.test(host)))
    return undefined
  return `Host ${host}`
}

async function nextImage(site: Site, job: string): Promise<NextImage> {
  const asked = site.now()
  const delayMs = site.preset.pageDelayMs ?? 0
  if (delayMs > 0) {
    await new Promise<void>(resolve => {
      const wake = () => {
        clearTimeout(timer)
        site.pauses.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, delayMs)
      site.pauses.add(wake)
    })
  }
  return site.mechanics.nextImage(job, asked)
}

async function sendImage(site: Site, job: string, next: NextImage, response: ServerResponse): Promise<void> {
  if (!('image' in next)) return next.status === 503 ? sendBusy(site, response) : sendStatus(response, next.status)
  const { image, cut, sent } = next
  if (cut !== undefined) return cutShort(site, image, cut, response)
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': image.length, 'content-location': job })
  await new Promise<void>(resolve => {
    // A client that goes away within an image has not got the sheet.
    response.once('close', resolve)
    response.end(image, () => {
      if (image.length > 0) site.counts.images += 1
      sent()
    })
  })
}

function cutShort(site: Site, image: Uint8Array, cut: 'reset' | 'end', response: ServerResponse): void {
  const { socket } = response
  if (socket === null) return
  const length = cut === 'reset' ? `Content-Length: ${image.length}\r\n` : ''
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n${length}Connection: close\r\n\r\n`)
  socket.write(image.subarray(0, image.length >> 1), () => {
    if (cut === 'end') return socket.end()
    site.gone = true
    site.mechanics.powerOff()
    for (const open of site.sockets) open.destroy()
  })
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxTicketBytes) return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}

function sendXml(response: ServerResponse, document: string): void {
  response.writeHead(200, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(document) }).end(document)
}

function sendBusy({ preset }: Site, response: ServerResponse): void {
  const seconds = preset.retryAfterSeconds ?? defaultRetryAfterSeconds
  if (preset.retryAfterDate === true) {
    const wrongNow = Date.UTC(2001, 0, 1)
    response.setHeader('date', new Date(wrongNow).toUTCString())
    response.setHeader('retry-after', new Date(wrongNow + seconds * 1000).toUTCString())
  } else if (!Number.isNaN(seconds)) {
    response.setHeader('retry-after', seconds)
  }
  sendStatus(response, 503)
}

function sendStatus(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0 }).end()
}
