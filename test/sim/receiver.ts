// A back office that takes signed copies: a real HTTPS server on 127.0.0.1 that holds every request against the delivery
// contract (drivers/delivery/https.ts), keeps one durable effect per idempotency key and can be told to fail in named ways.
// Promises: presets change what is answered, never what is checked; an error of its own comes out of `stop()`.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem, readClaim } from './receiver.contract.ts'
import { type Effect, type Ledger, openLedger } from './receiver.ledger.ts'
import { createTestCa, type TestCa, type TlsIdentity } from './tls.ts'

const path = '/deliveries'
const host = '127.0.0.1'
const dropMidBodyAfterBytes = 1024

/** How the receiver behaves; `honest` keeps the contract. Those "after accept" have had their effect when they fail. */
export type ReceiverPreset =
  | { readonly preset: 'honest' }
  /** Connections are refused. */
  | { readonly preset: 'offline' }
  /** A certificate of the right authority for another name. */
  | { readonly preset: 'wrongTlsName' }
  | { readonly preset: 'dropMidBody' }
  /** Takes nothing of the body until the client gives up. */
  | { readonly preset: 'stallBody' }
  | { readonly preset: 'dropAfterAccept' }
  | { readonly preset: 'error500' }
  | { readonly preset: 'error500AfterAccept' }
  | { readonly preset: 'busyRetryAfter'; readonly seconds: number; readonly form?: 'seconds' | 'date' }
  /** Honest, but the receipt comes only after `ms`. */
  | { readonly preset: 'slow'; readonly ms: number }
  /** Half of the receipt, then the connection breaks. */
  | { readonly preset: 'truncatedReceipt' }
  /** Well-formed, for other bytes. */
  | { readonly preset: 'wrongReceipt' }
  /** 200 with a page of HTML, as captive portals and proxies do. */
  | { readonly preset: 'htmlAnswer' }
  /** A receipt, and then 16 MiB of white space. */
  | { readonly preset: 'hugeAnswer' }
  /** Any answer without effect; the title may echo `{authorization}`. */
  | {
      readonly preset: 'answer'
      readonly status: number
      readonly title?: string
      readonly headers?: Readonly<Record<string, string>>
    }

export interface Receiver {
  readonly url: string
  readonly caPem: string
  /** Effects, in the order of reception. */
  received(): readonly Effect[]
  /** Requests whose head arrived since the start, whatever became of them. */
  attempts(): number
  /** From now on, or for the next `times` requests and then honest again. */
  set(preset: ReceiverPreset, options?: { readonly times?: number }): Promise<void>
  /** Ends every connection; rejects with what went wrong inside the simulator. */
  stop(): Promise<void>
}

export interface ReceiverOptions {
  /** Where effects are kept; absent: a temporary folder that goes with `stop()`. */
  readonly folder?: string
  /** Absent: a new authority. A restart under the same one keeps its clients' trust. */
  readonly ca?: TestCa
  /** Bearer token to be demanded. */
  readonly token?: string
  /** 0: any free one. */
  readonly port?: number
}

/** Starts listening on 127.0.0.1; certificate names are 127.0.0.1 and localhost. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const ca = options.ca ?? (await createTestCa())
  const own = await ca.issue([host, 'localhost'])
  const foreign = await ca.issue(['another.invalid'])
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'compulsa-receiver-')))
  const ledger = await openLedger(folder)
  const behaviour = createBehaviour()
  const stopping = new AbortController()
  const work = new Set<Promise<void>>()
  const faults: unknown[] = []
  let attempts = 0

  const server = createServer(own, (request, response) => {
    attempts += 1
    const served = serve({ request, response, preset: behaviour.take(), ledger, options, signal: stopping.signal })
      .catch((thrown: unknown) => {
        // A client that goes away in the middle is one of the things this simulator is for.
        if (!request.destroyed || !isAborted(thrown)) faults.push(thrown)
        response.destroy()
      })
      .finally(() => work.delete(served))
    work.add(served)
  })
  await listen(server, options.port ?? 0)
  const { port } = server.address() as AddressInfo

  return Object.freeze({
    url: `https://${host}:${port}${path}`,
    caPem: ca.caPem,
    received: () => ledger.list(),
    attempts: () => attempts,
    set: async (preset: ReceiverPreset, { times = Number.POSITIVE_INFINITY } = {}) => {
      behaviour.set(preset, times)
      await reconnect(server, port, preset.preset === 'wrongTlsName' ? foreign : own, preset.preset !== 'offline')
    },
    stop: async () => {
      stopping.abort()
      await close(server)
      await Promise.all(work)
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
      if (faults.length > 0) throw new AggregateError(faults, 'the receiver simulator failed')
    },
  })
}

function createBehaviour() {
  let current: ReceiverPreset = { preset: 'honest' }
  let left = Number.POSITIVE_INFINITY
  return Object.freeze({
    set: (preset: ReceiverPreset, times: number) => {
      current = preset
      left = times
    },
    take: (): ReceiverPreset => {
      left -= 1
      return left >= 0 ? current : { preset: 'honest' }
    },
  })
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

async function reconnect(server: Server, port: number, identity: TlsIdentity, online: boolean): Promise<void> {
  server.setSecureContext(identity)
  if (!online) await close(server)
  else if (!server.listening) await listen(server, port)
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly preset: ReceiverPreset
  readonly ledger: Ledger
  readonly options: ReceiverOptions
  readonly signal: AbortSignal
}

async function serve(exchange: Exchange): Promise<void> {
  const { request, response, preset } = exchange
  try {
    if (await failBeforeAccept(exchange)) return
    const { method = '', url = '', headers } = request
    const { token } = exchange.options
    const claim = readClaim({ method, path: url, headers }, { path, ...(token === undefined ? {} : { token }) })
    const { effect, isNew } = await exchange.ledger.accept(claim, request)
    if (preset.preset === 'slow') await sleep(preset.ms, undefined, { signal: exchange.signal })
    answerAfterAccept(response, preset, effect, isNew ? 201 : 200)
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    await answerProblem(request, response, thrown)
  }
}

/** Whether the preset has dealt with the request. */
async function failBeforeAccept({ request, preset, signal }: Exchange): Promise<boolean> {
  switch (preset.preset) {
    case 'error500':
      throw new Problem(500, 'Internal error')
    case 'busyRetryAfter': {
      const date = new Date(Math.floor(Date.now() / 1000 + preset.seconds) * 1000).toUTCString()
      throw new Problem(503, 'Busy', { 'retry-after': preset.form === 'date' ? date : String(preset.seconds) })
    }
    case 'answer': {
      const title = preset.title?.replace('{authorization}', request.headers.authorization ?? '')
      throw new Problem(preset.status, title ?? 'As told', preset.headers)
    }
    case 'dropMidBody': {
      // Kept, for leaving the loop takes the socket from the request.
      const { socket } = request
      let bytes = 0
      for await (const chunk of request) {
        bytes += (chunk as Uint8Array).length
        if (bytes >= dropMidBodyAfterBytes) break
      }
      socket.destroy()
      return true
    }
    case 'stallBody':
      await Promise.race([once(request, 'close'), once(signal, 'abort')])
      return true
    default:
      return false
  }
}

function answerAfterAccept(response: ServerResponse, preset: ReceiverPreset, effect: Effect, status: number): void {
  const receipt = (sha256: string) =>
    JSON.stringify({ reference: effect.reference, sha256, receivedAt: effect.receivedAt })
  const json = { 'content-type': 'application/json' }
  switch (preset.preset) {
    case 'dropAfterAccept':
      response.socket?.destroy()
      return
    case 'error500AfterAccept':
      response.writeHead(500, { 'content-type': 'application/problem+json' }).end('{"title":"Internal error"}')
      return
    case 'truncatedReceipt': {
      const whole = receipt(effect.sha256)
      response.writeHead(status, { ...json, 'content-length': whole.length })
      response.write(whole.slice(0, whole.length / 2), () => response.socket?.destroy())
      return
    }
    case 'wrongReceipt':
      response.writeHead(status, json).end(receipt('0'.repeat(64)))
      return
    case 'htmlAnswer':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Log in</title>')
      return
    case 'hugeAnswer':
      response.writeHead(status, json).end(receipt(effect.sha256).padEnd(16 * 1024 * 1024))
      return
    default:
      response.writeHead(status, json).end(receipt(effect.sha256))
  }
}

/** The body is read to its end first: closing on unread bytes would reset the connection and lose the answer. */
async function answerProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): Promise<void> {
  if (!request.readableEnded) await finished(request.resume())
  response.writeHead(problem.status, { ...problem.headers, 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ title: problem.title, status: problem.status }))
}

function isAborted(thrown: unknown): boolean {
  const codes = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR', 'EPIPE']
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code))
}
