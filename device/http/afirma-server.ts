// The socket that pages speak to as if AutoFirma had opened it: for each launch one server on 127.0.0.1, by TLS, at the
// first free port of those that the page proposed, closed with its session. Before a page may say anything its request
// must come from this machine, be addressed to it, and come from a site on the list.

import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { errorAnswer } from '../afirma/answers.ts'
import { type Launch, parseLaunch } from '../afirma/launch.ts'
import type { PageDesk } from '../afirma/page-desk.ts'
import { refusalTable } from '../afirma/refusal.ts'
import { Fault } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import { type AfirmaSession, createAfirmaSession, type Refused } from './afirma-session.ts'

/** PEM. */
export interface TlsMaterial {
  readonly key: string
  readonly cert: string
}

export interface AfirmaServerParts {
  /** Sites whose pages may ask, as browsers write them: `https://sede.example.cat`. */
  readonly origins: readonly string[]
  /** Above it a message is answered by its error; far above the connection is closed (1009). */
  readonly maxMessageBytes: number
  /** Asked for at each launch, since certificates are renewed meanwhile. */
  readonly tls: () => TlsMaterial
  readonly desk: PageDesk
  readonly clock: Clock
  readonly log: Log
  readonly onRefused: (refused: Refused) => void
}

export interface AfirmaServer {
  /**
   * Opens the socket that the address announces. Throws what is wrong with the address (REQUEST_INVALID, LAUNCH_UNKNOWN),
   * PORT_TAKEN where no proposed port is free, KIOSK_BUSY where too many are open.
   */
  launch(url: string): Promise<void>
  /** Ends every session; those at work are aborted. */
  close(): Promise<void>
}

const host = '127.0.0.1'
const maxLaunches = 8
const pingMs = 30_000
/** For TLS and the request's head. */
const handshakeMs = 10_000
/** What a second page may say before it is sent away. */
const secondPageMs = 10_000
const maxConnections = 8
/** A message may be above the limit by this part of it and still be read, so that it gets its answer. */
const slackPart = 4
const leastSlackBytes = 1 << 20

interface Open {
  readonly session: AfirmaSession
  readonly launch: Launch
  readonly closed: Promise<void>
}

export function createAfirmaServer(parts: AfirmaServerParts): AfirmaServer {
  const open = new Set<Open>()
  let opening = 0
  let closing = false
  return Object.freeze({
    async launch(url: string): Promise<void> {
      const launch = parseLaunch(url)
      // A page that tries again proposes other ports: nobody will come to the first ones.
      for (const one of open)
        if (!one.session.connected && launch.sessionId !== undefined && one.launch.sessionId === launch.sessionId)
          one.session.stop()
      if (open.size + opening >= maxLaunches) throw new Fault('KIOSK_BUSY', `${maxLaunches} pages are served already`)
      opening += 1
      try {
        const one = await openLaunch(launch, parts)
        open.add(one)
        void one.closed.then(() => open.delete(one))
        if (closing) one.session.stop()
      } finally {
        opening -= 1
      }
    },
    async close(): Promise<void> {
      closing = true
      const all = [...open]
      for (const { session } of all) session.stop()
      await Promise.all(all.map(({ closed }) => closed))
    },
  })
}

async function openLaunch(launch: Launch, parts: AfirmaServerParts): Promise<Open> {
  const { maxMessageBytes, log } = parts
  const server = createServer({ ...parts.tls(), minVersion: 'TLSv1.2', handshakeTimeout: handshakeMs })
  server.maxConnections = maxConnections
  server.headersTimeout = handshakeMs
  server.requestTimeout = handshakeMs
  const port = await listenOnFirst(server, launch.ports)
  server.on('error', error => log.error('the socket for pages failed', { port, detail: error.message }))
  const session = createAfirmaSession({ ...parts, launch, maxMessageLength: maxMessageBytes })
  const maxPayload = maxMessageBytes + Math.max(leastSlackBytes, Math.ceil(maxMessageBytes / slackPart))
  const sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false, handleProtocols })
  server.on('request', (_request, response) => response.writeHead(426, { connection: 'close' }).end())
  server.on('upgrade', (request, socket, head) => {
    const refused = refusalOf(request, port, parts.origins)
    if (refused !== undefined) {
      log.warn('page refused', { ...refused })
      parts.onRefused(refused)
      return turnAway(socket)
    }
    const origin = request.headers.origin ?? ''
    sockets.handleUpgrade(request, socket, head, page => welcome(page, origin))
  })
  function welcome(page: WebSocket, origin: string): void {
    if (session.connected) secondPage(page, origin, launch, parts)
    else onlyPage(page, origin, session, parts)
  }
  log.info('page launched', { port, version: launch.version })
  return { session, launch, closed: session.ended.then(() => shut(server, sockets)) }
}

/** No page asks for a sub-protocol, and none is spoken. */
const handleProtocols = () => false as const

function onlyPage(page: WebSocket, origin: string, session: AfirmaSession, parts: AfirmaServerParts): void {
  const gone = new AbortController()
  keepAlive(page, parts.clock, gone.signal).catch(() => undefined)
  session.connect({ origin, send: text => page.send(text), close: () => page.close(1000) })
  page.on('message', (data, binary) => {
    if (binary) page.close(1003)
    else session.message(textOf(data))
  })
  page.on('error', error => {
    if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
      const detail = `a message is far above ${parts.maxMessageBytes} bytes`
      parts.log.warn('page refused', { origin, code: 'MESSAGE_TOO_LARGE', detail })
      parts.onRefused({ origin, code: 'MESSAGE_TOO_LARGE', detail })
    } else parts.log.info('page’s connection broke', { origin, detail: error.message })
  })
  page.on('close', () => {
    gone.abort()
    session.disconnected()
  })
}

/** Told why at its first message, as a page's script expects an error, and sent away. */
function secondPage(page: WebSocket, origin: string, launch: Launch, parts: AfirmaServerParts): void {
  const { code } = refusalTable.busy
  const detail = 'a second page came to a session that has one'
  parts.log.warn('page refused', { origin, code, detail })
  parts.onRefused({ origin, code, detail })
  const gone = new AbortController()
  parts.clock.sleep(secondPageMs, gone.signal).then(
    () => page.close(1013),
    () => undefined,
  )
  page.once('message', () => {
    page.send(errorAnswer(refusalTable.busy, launch.version))
    page.close(1013)
  })
  page.on('error', () => page.terminate())
  page.on('close', () => gone.abort())
}

/** Pings until the signal; a page that does not answer until the next one has gone. */
async function keepAlive(page: WebSocket, clock: Clock, signal: AbortSignal): Promise<void> {
  let alive = true
  page.on('pong', () => {
    alive = true
  })
  for (;;) {
    await clock.sleep(pingMs, signal)
    if (!alive) return page.terminate()
    alive = false
    page.ping()
  }
}

function refusalOf(request: IncomingMessage, port: number, origins: readonly string[]): Refused | undefined {
  const { origin, host: addressed } = request.headers
  const from = origin === undefined ? {} : { origin: origin.slice(0, 300) }
  if (request.socket.remoteAddress !== host)
    return { ...from, code: 'REQUEST_FORBIDDEN', detail: 'a request from another machine' }
  if (addressed !== `${host}:${port}` && addressed !== `localhost:${port}`)
    return { ...from, code: 'REQUEST_FORBIDDEN', detail: 'a request that is addressed to another host' }
  if (origin === undefined || !origins.includes(origin))
    return { ...from, code: 'ORIGIN_REFUSED', detail: 'the site is not on the list' }
  return undefined
}

function turnAway(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy())
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString()
}

/** The port. Throws PORT_TAKEN. */
async function listenOnFirst(server: Server, ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    try {
      server.listen({ host, port })
      await once(server, 'listening')
      return port
    } catch (thrown) {
      const taken = thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE'
      if (!taken) throw thrown
    }
  }
  throw new Fault('PORT_TAKEN', `none of the ports ${ports.join(', ')} that the page proposes is free`)
}

async function shut(server: Server, sockets: WebSocketServer): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const page of sockets.clients) page.close(1000)
  const timer = setTimeout(() => {
    for (const page of sockets.clients) page.terminate()
    server.closeAllConnections()
  }, closingMs)
  await closed
  clearTimeout(timer)
}

/** What a page may take to close its side. */
const closingMs = 2_000
