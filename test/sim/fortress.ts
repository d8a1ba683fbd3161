// Viafirma Fortress' extension service on 127.0.0.1: a real HTTPS server that holds every request against the published
// contract (fortress.contract.ts), raises signatures for real with the project's engine and the authority that the request
// names, and fails in named ways. Faults change what is answered, never what is checked.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { ContractProblem, readExtendRequest, readTokenRequest } from './fortress.contract.ts'
import { answerTo, type FortressFault, type RaisingOptions } from './fortress.raise.ts'
import { createTestCa, type TestCa } from './tls.ts'

export interface FortressOptions extends Omit<RaisingOptions, 'now'> {
  /** Milliseconds since 1970; default: the machine's. */
  readonly now?: () => number
  readonly client?: { readonly id: string; readonly secret: string }
  /** 0 or absent: any free one. */
  readonly port?: number
  readonly ca?: TestCa
  /** Seconds that a token lives. */
  readonly tokenLifetime?: number
}

/** One request as it came. */
export interface FortressRequest {
  readonly path: string
  /** With its query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly status: number
}

export interface Fortress {
  readonly url: string
  readonly caPem: string
  readonly client: { readonly id: string; readonly secret: string }
  /** Undefined mends it. */
  fault(fault: FortressFault | undefined): void
  /** Answers come as a list of one. */
  answerAsList(list: boolean): void
  requests(): readonly FortressRequest[]
  /** How often it was asked for a token, or to extend. */
  asked(what: 'token' | 'extend'): number
  /** What of the requests broke the contract. */
  problems(): readonly string[]
  stop(): Promise<void>
}

const host = '127.0.0.1'
const base = '/fortress'
const slowMs = 60_000

interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const failure = (status: number, error: string): Reply => ({ status, body: { error, error_description: 'simulated' } })

export async function startFortress(options: FortressOptions): Promise<Fortress> {
  const { client = { id: 'kiosk', secret: 'a secret of the kiosk' }, now = Date.now, tokenLifetime = 3599 } = options
  const ca = options.ca ?? (await createTestCa())
  const tokens = new Map<string, number>()
  const seen: FortressRequest[] = []
  const problems: string[] = []
  const stopping = new AbortController()
  let fault: FortressFault | undefined
  let asList = false

  function token(url: URL, body: string): Reply {
    const form = new URLSearchParams(url.search === '' ? body : url.search)
    const { id, secret } = readTokenRequest(form)
    if (fault === 'client-unknown' || id !== client.id || secret !== client.secret)
      return failure(401, 'invalid_client')
    const value = randomBytes(20).toString('hex')
    tokens.set(value, now() + tokenLifetime * 1000)
    return { status: 200, body: { access_token: value, token_type: 'Bearer', expires_in: tokenLifetime } }
  }

  async function extend(headers: IncomingMessage['headers'], body: string): Promise<Reply> {
    const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    if (fault === 'token-expired') {
      fault = undefined
      tokens.clear()
    }
    if (fault === 'invalid-token' || (tokens.get(given) ?? 0) <= now()) return failure(401, 'invalid_token')
    const [asked, ...more] = readExtendRequest(body)
    if (asked === undefined || more.length > 0) throw new ContractProblem('one document goes into one request')
    if (fault === 'invalid-request') return failure(400, 'invalid_request')
    if (fault === 'http-500') return failure(500, 'server_error')
    if (fault === 'busy') return { ...failure(503, 'temporarily_unavailable'), headers: { 'retry-after': '60' } }
    const made = await answerTo(asked, fault, { ...options, now })
    const answer = { ref: randomBytes(16).toString('hex'), bytesB64: made.toString('base64') }
    if (fault === 'no-bytes') return { status: 200, body: { ref: answer.ref } }
    if (fault === 'not-base64') return { status: 200, body: { ...answer, bytesB64: `*${answer.bytesB64.slice(1)}` } }
    if (fault === 'list-of-two') return { status: 200, body: [answer, answer] }
    if (fault === 'error-with-200') return { ...failure(200, 'invalid_request') }
    return { status: 200, body: asList ? [answer] : answer }
  }

  async function reply(incoming: IncomingMessage, body: string): Promise<Reply> {
    const url = new URL(incoming.url ?? '/', `https://${host}`)
    const type = incoming.headers['content-type']?.split(';')[0]
    try {
      if (incoming.method !== 'POST') return failure(405, 'invalid_request')
      if (url.pathname === `${base}/oauth2/v1/token`) {
        if (url.search === '' && type !== 'application/x-www-form-urlencoded') throw new ContractProblem('no form')
        return token(url, body)
      }
      if (url.pathname !== `${base}/api/v1/signature/extend`) return failure(404, 'invalid_request')
      if (type !== 'application/json') throw new ContractProblem('no JSON')
      return await extend(incoming.headers, body)
    } catch (thrown) {
      if (thrown instanceof ContractProblem) problems.push(thrown.message)
      return failure(400, 'invalid_request')
    }
  }

  const server = createServer(await ca.issue([host, 'localhost']), async (incoming, response) => {
    const body = (await buffer(incoming)).toString('utf8')
    const { pathname: path } = new URL(incoming.url ?? '/', `https://${host}`)
    const answer = await reply(incoming, body)
    seen.push({ path, url: incoming.url ?? '', headers: incoming.headers, body, status: answer.status })
    await send(response, answer, path.endsWith('/extend') ? fault : undefined, stopping.signal)
  })
  server.listen(options.port ?? 0, host)
  await once(server, 'listening')
  return Object.freeze({
    url: `https://${host}:${(server.address() as AddressInfo).port}${base}`,
    caPem: ca.caPem,
    client,
    fault: (next: FortressFault | undefined) => {
      fault = next
    },
    answerAsList: (list: boolean) => {
      asList = list
    },
    requests: () => [...seen],
    asked: (what: 'token' | 'extend') => seen.filter(({ path }) => path.endsWith(`/${what}`)).length,
    problems: () => [...problems],
    async stop() {
      stopping.abort()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

async function send(
  response: ServerResponse,
  { status, body, headers = {} }: Reply,
  fault: FortressFault | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (fault === 'reset') return void response.destroy()
  if (fault === 'slow') await sleep(slowMs, undefined, { signal }).catch(() => undefined)
  const text = fault === 'html' ? '<html>Welcome to the guest network</html>' : JSON.stringify(body)
  const type = { 'content-type': fault === 'html' ? 'text/html' : 'application/json' }
  if (fault === 'huge') {
    response.writeHead(status, { ...type, 'content-length': 2 ** 31 }).write(text)
    return
  }
  if (fault === 'cut') {
    response
      .writeHead(status, { ...type, 'content-length': Buffer.byteLength(text) })
      .write(text.slice(0, text.length / 2))
    await sleep(20)
    response.destroy()
    return
  }
  response.writeHead(status, { ...type, ...headers }).end(fault === 'not-json' ? text.slice(0, -1) : text)
}
