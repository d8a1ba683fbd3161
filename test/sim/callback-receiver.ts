// An integrator's end of the callbacks of sessions: takes what is signed as agreed, tells repetitions by their identifier, and
// fails in named ways. What is not as agreed is refused and kept as a breach.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `error500` before it is taken; `drop`: the line breaks after it is taken; `gone`: nobody wants it any more. */
export type CallbackFault = 'error500' | 'drop' | 'gone'

export interface TakenCallback {
  readonly id: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface CallbackReceiver {
  readonly url: string
  /** `name:port`, for the configuration. */
  readonly host: string
  /** Without repetitions, as they came. */
  taken(): readonly TakenCallback[]
  attempts(): number
  breaches(): readonly string[]
  /** For so many attempts from now on. */
  fail(fault: CallbackFault, attempts: number): void
  stop(): Promise<void>
}

const toleranceSeconds = 300

/** `now`: the clock that timestamps are held against. */
export async function startCallbackReceiver({
  secret,
  now = Date.now,
}: {
  readonly secret: string
  readonly now?: () => number
}): Promise<CallbackReceiver> {
  const taken: TakenCallback[] = []
  const breaches: string[] = []
  let attempts = 0
  let failing: { readonly fault: CallbackFault; left: number } | undefined
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    attempts += 1
    const fault = failing !== undefined && failing.left > 0 ? failing.fault : undefined
    if (failing !== undefined) failing.left -= 1
    if (fault === 'error500') return void response.writeHead(500).end('away')
    if (fault === 'gone') return void response.writeHead(410).end()
    const breach = breachOf(request.headers, body, secret, now())
    if (breach !== undefined) {
      breaches.push(breach)
      return void response.writeHead(401).end()
    }
    const id = String(request.headers['webhook-id'])
    if (taken.every(one => one.id !== id)) taken.push({ id, body: JSON.parse(String(body)) })
    if (fault === 'drop') return void request.socket.destroy()
    return void response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.freeze({
    url: `http://${host}/compulsa`,
    host,
    taken: () => taken,
    attempts: () => attempts,
    breaches: () => breaches,
    fail(fault: CallbackFault, count: number) {
      failing = { fault, left: count }
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

/** Standard Webhooks 1.0.0, and that the body is an object of JSON. */
function breachOf(headers: IncomingHttpHeaders, body: Buffer, secret: string, now: number): string | undefined {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers
  if (headers['content-type'] !== 'application/json') return 'no JSON'
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string') return 'no signature'
  if (Math.abs(Number(timestamp) - now / 1000) > toleranceSeconds) return `stale: ${timestamp}`
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const value = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
  if (given.length !== value.length || !timingSafeEqual(given, value)) return 'another signature'
  return String(body).startsWith('{') ? undefined : 'no object'
}
