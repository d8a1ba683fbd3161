// What the simulated seal services share: an HTTPS server on 127.0.0.1 that writes down every exchange and every breach of
// the contract, the ways in which it fails below what it has to say, and a key that signs digests.

import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import { signWithKey } from '../../drivers/signer/soft-signature.ts'
import type { TestIdentity } from './pki.ts'
import { createTestCa } from './tls.ts'

const host = '127.0.0.1'

/** Ways to fail that every service has. */
export const sealServerFaults = [
  /** Connections are refused. */
  'offline',
  /** A certificate of the right authority for another name. */
  'wrong-tls-name',
  'http-500',
  'busy',
  /** 200 with a page of HTML, as captive portals and proxies do. */
  'html',
  /** Takes the request, and says nothing. */
  'slow',
  /** The signature is made, and the connection ends before the answer. */
  'drop-after-signing',
  /** Half of the answer, then the connection ends. */
  'half-answer',
] as const
export type SealServerFault = (typeof sealServerFaults)[number]

export interface SimRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** DER of what the client showed of itself by TLS, where it was asked (`asksForCertificate`). */
  readonly clientCertificate?: Buffer
}

export interface SimAnswer {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array
  /** A signature was made for it. */
  readonly signed?: true
  readonly headers?: Readonly<Record<string, string>>
}

/** What a request breaks of the contract; answered with the status and the code, and written down. */
export class Breach extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** A refusal that is part of the contract: nobody did anything wrong. */
export class Refusal extends Breach {}

export interface Exchange {
  readonly request: SimRequest
  readonly answer: SimAnswer
}

export interface SealServer<Fault extends string> {
  /** `https://127.0.0.1:port`. */
  readonly url: string
  readonly caPem: string
  /** Whole exchanges in their order, those that then failed included. */
  exchanges(): readonly Exchange[]
  /** Requests that came whole, answered or not. */
  arrived(): number
  /** What clients did that the contract does not allow. */
  breaches(): readonly string[]
  /** Signatures that were made, answered or not. */
  signatures(): number
  /** From now on, or for the next `times` requests that the fault concerns; undefined: honest. */
  fault(fault: Fault | SealServerFault | undefined, times?: number): Promise<void>
  stop(): Promise<void>
}

export interface SealServerParts<Fault extends string> {
  /** The answer; `fails` tells whether a fault is in force, and uses one of its times up. Throws Breach. */
  answer(request: SimRequest, fails: (fault: Fault) => boolean): SimAnswer | Promise<SimAnswer>
  /** Whether clients are asked for a certificate; who shows none, or any, is let in. */
  readonly asksForCertificate?: true
  /** Default: a free one. */
  readonly port?: number
}

export async function startSealServer<Fault extends string>(parts: SealServerParts<Fault>): Promise<SealServer<Fault>> {
  const ca = await createTestCa()
  const own = await ca.issue([host])
  const foreign = await ca.issue(['another.invalid'])
  const exchanges: Exchange[] = []
  const breaches: string[] = []
  let current: string | undefined
  let left = Number.POSITIVE_INFINITY
  let signatures = 0
  let arrived = 0
  const fails = (fault: string): boolean => {
    if (current !== fault || left <= 0) return false
    left -= 1
    return true
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming
    const shown = parts.asksForCertificate && (incoming.socket as TLSSocket).getPeerCertificate()
    const clientCertificate = shown ? shown.raw : undefined
    const body = await buffer(incoming)
    const request = { method, path: url, headers, body, ...(clientCertificate && { clientCertificate }) }
    arrived += 1
    if (fails('slow')) return
    if (fails('http-500')) return void response.writeHead(500, { 'content-type': 'text/plain' }).end('out of order')
    if (fails('busy')) return void response.writeHead(503, { 'retry-after': '120' }).end()
    if (fails('html')) return void response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Log in</title>')
    const answer = await answered(request)
    exchanges.push({ request, answer })
    if (answer.signed) signatures += 1
    if (answer.signed && fails('drop-after-signing')) return void incoming.socket.destroy()
    if (answer.signed && fails('half-answer')) {
      const half = Buffer.from(answer.body)
      response.writeHead(answer.status, { 'content-type': answer.type, 'content-length': half.length })
      response.write(half.subarray(0, half.length / 2), () => incoming.socket.destroy())
      return
    }
    response.writeHead(answer.status, { 'content-type': answer.type, ...answer.headers }).end(answer.body)
  }

  async function answered(request: SimRequest): Promise<SimAnswer> {
    try {
      return await parts.answer(request, fails)
    } catch (thrown) {
      if (!(thrown instanceof Breach)) throw thrown
      if (!(thrown instanceof Refusal)) breaches.push(`${request.method} ${request.path}: ${thrown.message}`)
      return json(thrown.status, { error: thrown.code, error_description: thrown.message })
    }
  }

  const asking = parts.asksForCertificate ? { requestCert: true, rejectUnauthorized: false } : {}
  const server = createServer({ ...own, ...asking }, (incoming, response) => {
    serve(incoming, response).catch((thrown: unknown) => {
      breaches.push(`the simulator failed: ${String(thrown)}`)
      response.destroy()
    })
  })
  server.listen(parts.port ?? 0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return Object.freeze({
    url: `https://${host}:${port}`,
    caPem: ca.caPem,
    exchanges: () => exchanges,
    arrived: () => arrived,
    breaches: () => breaches,
    signatures: () => signatures,
    async fault(fault: Fault | SealServerFault | undefined, times = Number.POSITIVE_INFINITY): Promise<void> {
      current = fault
      left = times
      server.setSecureContext(fault === 'wrong-tls-name' ? foreign : own)
      if (fault === 'offline') await close()
      else if (!server.listening) {
        server.listen(port, host)
        await once(server, 'listening')
      }
    },
    stop: close,
  })
}

export function json(status: number, value: unknown, more: { readonly signed?: true } = {}): SimAnswer {
  return { status, type: 'application/json', body: JSON.stringify(value), ...more }
}

/** A signature value over a digest, ECDSA as DER. */
export function signedDigest(identity: TestIdentity, algorithm: SignatureAlgorithm, digest: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(identity.privateKey), format: 'der', type: 'pkcs8' })
  const outcome = signWithKey(key, algorithm, digest)
  if (outcome.outcome !== 'signed') throw new Error(`the simulator cannot sign: ${outcome.outcome}`)
  return outcome.signature
}

/** The object in a request's body with these members, all of them and, beside the optional ones, no other. */
export function membersOf(
  { body, headers }: SimRequest,
  required: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (headers['content-type'] !== 'application/json') throw new Breach(415, 'invalid_request', 'not application/json')
  const value: unknown = JSON.parse(body.toString('utf8'))
  if (typeof value !== 'object' || value === null) throw new Breach(400, 'invalid_request', 'no object')
  const unknown = Object.keys(value).filter(key => !required.includes(key) && !optional.includes(key))
  const missing = required.filter(key => !(key in value))
  if (unknown.length > 0) throw new Breach(400, 'invalid_request', `unknown ${unknown.join(', ')}`)
  if (missing.length > 0) throw new Breach(400, 'invalid_request', `Missing parameter ${missing.join(', ')}`)
  return value as Record<string, unknown>
}

/** The octets of standard Base64 with its padding; of a digest, where a length is given. */
export function octetsIn(text: unknown, length?: number): Buffer {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) {
    throw new Breach(400, 'invalid_request', 'not Base64')
  }
  const octets = Buffer.from(text, 'base64')
  if (length !== undefined && octets.length !== length) {
    throw new Breach(400, 'invalid_request', `Invalid digest value length: ${octets.length}, not ${length}`)
  }
  return octets
}

/** Access tokens by client credentials: who may have one, and which are good. */
export interface TokenDesk {
  /** The answer of the token endpoint. Throws Breach. */
  give(request: SimRequest): SimAnswer
  /** Throws Breach 401 for a token that was never given, has ended or was taken back. */
  check(request: SimRequest): void
  /** Takes every token back. */
  revoke(): void
}

export interface TokenDeskOptions {
  readonly clientId: string
  readonly secret: string
  readonly scope?: string
  readonly lifeSeconds: number
}

export function createTokenDesk({ clientId, secret, scope, lifeSeconds }: TokenDeskOptions): TokenDesk {
  const good = new Map<string, number>()
  let given = 0
  return {
    give({ method, headers, body }) {
      if (method !== 'POST') throw new Breach(405, 'invalid_request', 'not POST')
      if (headers['content-type'] !== 'application/x-www-form-urlencoded') {
        throw new Breach(400, 'invalid_request', 'no form')
      }
      const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
      if (headers.authorization !== basic) throw new Refusal(401, 'invalid_client', 'another client, or another secret')
      const form = new URLSearchParams(body.toString('latin1'))
      if (form.get('grant_type') !== 'client_credentials') throw new Breach(400, 'unsupported_grant_type', 'the grant')
      if (scope !== undefined && form.get('scope') !== scope) throw new Breach(400, 'invalid_scope', 'the scope')
      given += 1
      const token = `token-${given}-of-the-simulator`
      good.set(token, performance.now() + lifeSeconds * 1000)
      return json(200, { access_token: token, token_type: 'bearer', expires_in: lifeSeconds })
    },
    check({ headers }) {
      const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
      if (token === undefined) throw new Breach(401, 'invalid_token', 'no token')
      const until = good.get(token)
      if (until === undefined) throw new Refusal(401, 'invalid_token', 'taken back')
      if (performance.now() > until) throw new Breach(401, 'invalid_token', 'used after its end')
    },
    revoke: () => good.clear(),
  }
}
