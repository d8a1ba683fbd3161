// What the tests of AutoFirma's protocol stand on: a desk that answers as it is told, a server above it with a certificate
// of a test authority, and a client that speaks over the socket as a page does.

import { connect as connectTo } from 'node:net'
import { afterEach } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { type AfirmaServer, type AfirmaServerParts, createAfirmaServer } from '../device/http/afirma-server.ts'
import type { Refused } from '../device/http/afirma-session.ts'
import { createFakeDesk, type FakeDesk, logInto } from './95.afirma.desk.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'
import { freePort } from './sim/free-port.ts'
import { createTestCa } from './sim/tls.ts'

export const origin = 'https://sede.example.cat'
export const sessionId = 'Ab3dEfGh1jKlMnOpQrSt'
/** A page's connection. */
export interface Client {
  send(content: string | Uint8Array): void
  /** The next message that has not been read yet. */
  next(): Promise<string>
  /** Sends, and the next message. */
  ask(text: string): Promise<string>
  /** The code of the close, once it is closed. */
  readonly closed: Promise<number>
  close(): void
}

export interface ConnectOptions extends Pick<ClientOptions, 'localAddress' | 'autoPong'> {
  readonly origin?: string
  readonly host?: string
  readonly subProtocol?: string
}

export interface Stand {
  readonly desk: FakeDesk
  readonly clock: LeapingClock
  readonly refused: readonly Refused[]
  readonly logged: readonly string[]
  readonly server: AfirmaServer
  /** PEM of the authority that the client trusts. */
  readonly caPem: string
  connect(port: number, options?: ConnectOptions): Promise<Client>
  /** A launch on a free port of the machine, as autoscript writes it. */
  launch(options?: { readonly jvc?: number; readonly version?: number }): Promise<number>
}

const cleanUps: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** A new stand, gone after the test. */
export async function startStand(options: Partial<AfirmaServerParts> = {}): Promise<Stand> {
  const ca = await createTestCa()
  const tls = await ca.issue(['127.0.0.1', 'localhost'])
  const desk = createFakeDesk()
  const clock = createLeapingClock()
  const refused: Refused[] = []
  const logged: string[] = []
  const server = createAfirmaServer({
    origins: [origin],
    maxMessageBytes: 1 << 20,
    tls: () => tls,
    desk,
    clock,
    log: logInto(logged),
    onRefused: one => refused.push(one),
    ...options,
  })
  cleanUps.push(() => server.close())
  const connect: Stand['connect'] = async (port, { origin: from = origin, host, subProtocol, ...rest } = {}) => {
    const headers = host === undefined ? {} : { host }
    const socket = new WebSocket(`wss://127.0.0.1:${port}`, subProtocol === undefined ? [] : [subProtocol], {
      ca: ca.caPem,
      origin: from,
      headers,
      ...rest,
    })
    cleanUps.push(() => socket.terminate())
    return clientOf(socket)
  }
  return {
    desk,
    clock,
    refused,
    logged,
    server,
    caPem: ca.caPem,
    connect,
    async launch({ jvc = 4, version = 4 } = {}) {
      const port = await freePort()
      await server.launch(`afirma://websocket?ports=${port}&v=${version}&jvc=${jvc}&idsession=${sessionId}`)
      return port
    },
  }
}

/** Rejects where the upgrade is refused: the message has the HTTP status. */
function clientOf(socket: WebSocket): Promise<Client> {
  const arrived: string[] = []
  const waiting: ((text: string) => void)[] = []
  const { promise: closed, resolve: close } = Promise.withResolvers<number>()
  socket.on('message', data => {
    const text = String(data)
    const first = waiting.shift()
    if (first === undefined) arrived.push(text)
    else first(text)
  })
  socket.on('close', code => close(code))
  const next = () => {
    const text = arrived.shift()
    return text === undefined ? new Promise<string>(resolve => waiting.push(resolve)) : Promise.resolve(text)
  }
  const client: Client = {
    send: content => socket.send(content),
    next,
    ask: text => {
      socket.send(text)
      return next()
    },
    closed,
    close: () => socket.close(),
  }
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(client))
    socket.on('error', reject)
  })
}

/** Base64url as the page's script writes it, with its padding. */
export function urlSafe(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

export const echo = `echo=-idsession=${sessionId}@EOF`
export const getResult = `getresult?idsession=${sessionId}`

/** The request of the transcripts, and its answer. */
export const sign = `afirma://sign?op=sign&idsession=${sessionId}&algorithm=SHA256withRSA&format=PAdES&sticky=false&dat=JVBERi0xLjc=`
/** Whether anybody listens there; says nothing to them. */
export const isOpen = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connectTo(port, '127.0.0.1')
    socket.on('connect', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
export const signed = 'MAP7__4=|-_-_AA=='
