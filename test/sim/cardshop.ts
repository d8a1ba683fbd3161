// The card service: a server on 127.0.0.1 that holds every request against the published interface, counts what it has sold
// and can be told to fail in named ways. Promises: presets change what is answered, never what is checked; a request that
// breaks the contract is refused and told by `broken()`.

import { once } from 'node:events'
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SoldRequest } from './cardshop.answers.ts'
import { loadCardContract } from './cardshop.contract.ts'
import { failure, type Ledger, type Reply, routed, sell } from './cardshop.routes.ts'
import { createTestCa } from './tls.ts'

/** Those "after" have had their effect when they fail. */
export type CardShopPreset =
  | 'honest'
  /** Takes the order, and the connection is gone. */
  | 'dropAfterAccept'
  | 'dropBeforeAccept'
  | 'error500'
  | 'error500AfterAccept'
  | 'creditLow'
  | 'unauthorised'
  | 'busy'
  /** 200 with a page of HTML, as captive portals give. */
  | 'html'
  /** Half of the answer. */
  | 'truncatedAfterAccept'
  /** Neither the callback's data nor the note come back. */
  | 'noEcho'
  /** The success is told within `message`, as a JSON text. */
  | 'nestedAfterAccept'

export interface CardShopExchange {
  readonly method: string
  readonly path: string
  readonly contentType: string | null
  readonly body: unknown
  readonly status: number
  readonly answer: unknown
}

export interface CardShopSimulator {
  readonly url: string
  /** PEM; empty where it serves without TLS. */
  readonly caPem: string
  readonly token: string
  /** Everything that was bought, in order. */
  sold(): readonly SoldRequest[]
  exchanges(): readonly CardShopExchange[]
  /** What requests broke of the contract. */
  broken(): readonly string[]
  /** For the next `times` requests of orders, papers and looks, then honest again. */
  set(preset: CardShopPreset, times?: number): void
  /** Moves a request on; any word. */
  move(id: string, stato: string): void
  /** Something that somebody else has bought. */
  foreign(product: string, body: object): SoldRequest
  /** From the next request on this token is wanted. */
  renewToken(token: string): void
  /** Takes the service away, or brings it back at the same port. */
  online(on: boolean): Promise<void>
  reset(): void
  stop(): Promise<void>
}

export interface CardShopOptions {
  /** Default: the machine's. */
  readonly now?: () => number
  /** Without TLS, for counting bytes. */
  readonly plain?: boolean
  readonly port?: number
}

const host = '127.0.0.1'

export async function startCardShop({
  now = Date.now,
  plain = false,
  port: wanted = 0,
}: CardShopOptions = {}): Promise<CardShopSimulator> {
  const contract = loadCardContract()
  const ca = plain ? undefined : await createTestCa()
  const shop: Shop = {
    sold: [],
    exchanges: [],
    broken: [],
    preset: 'honest',
    left: 0,
    token: 'cards-sandbox-token',
    now,
    contract,
    serial: 0,
  }
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    serve(shop, request, response).catch(() => response.destroy())
  }
  const server: Server =
    ca === undefined ? createPlainServer(onRequest) : createServer(await ca.issue([host]), onRequest)
  const listen = async (port: number) => {
    if (server.listening) return
    server.listen(port, host)
    await once(server, 'listening')
  }
  await listen(wanted)
  const { port } = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return Object.freeze({
    url: `${plain ? 'http' : 'https'}://${host}:${port}`,
    caPem: ca?.caPem ?? '',
    token: shop.token,
    sold: () => [...shop.sold],
    exchanges: () => [...shop.exchanges],
    broken: () => [...shop.broken],
    set(preset: CardShopPreset, times = Number.POSITIVE_INFINITY) {
      shop.preset = preset
      shop.left = times
    },
    move(id: string, stato: string) {
      const found = shop.sold.find(one => one.id === id)
      if (found === undefined) throw new Error(`no request ${id}`)
      found.stato = stato
    },
    foreign: (product: string, body: object) => sell(shop, product, body as Readonly<Record<string, unknown>>),
    renewToken(token: string) {
      shop.token = token
    },
    online: async (on: boolean) => (on ? listen(port) : close()),
    reset() {
      shop.sold.length = 0
      shop.exchanges.length = 0
      shop.broken.length = 0
      shop.preset = 'honest'
    },
    stop: close,
  })
}

interface Shop extends Ledger {
  readonly exchanges: CardShopExchange[]
  readonly broken: string[]
  readonly contract: ReturnType<typeof loadCardContract>
  preset: CardShopPreset
  left: number
  token: string
}

async function serve(shop: Shop, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  // A request that was cut is none: only a whole one has an effect.
  if (!request.complete) return void response.destroy()
  const text = Buffer.concat(pieces).toString('utf8')
  const { method = '', url = '' } = request
  const preset = take(shop)
  const reply = answerTo(shop, { method, path: url, text, authorization: request.headers.authorization ?? '' }, preset)
  if (reply === 'drop') return void response.destroy()
  const contentType = request.headers['content-type'] ?? null
  const told = reply.body instanceof Uint8Array ? `${reply.body.length} bytes` : reply.body
  const body = text === '' ? undefined : parsed(text)
  shop.exchanges.push({ method, path: url, contentType, body, status: reply.status, answer: told })
  const { type = 'application/json' } = reply
  const bytes =
    reply.body instanceof Uint8Array || typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
  response.writeHead(reply.status, {
    'content-type': type,
    'content-length': Buffer.byteLength(bytes),
    ...reply.headers,
  })
  if (preset !== 'truncatedAfterAccept') return void response.end(bytes)
  response.write(Buffer.from(bytes).subarray(0, Buffer.byteLength(bytes) / 2), () => response.destroy())
}

function take(shop: Shop): CardShopPreset {
  shop.left -= 1
  if (shop.left < 0) shop.preset = 'honest'
  return shop.preset
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly text: string
  readonly authorization: string
}

function answerTo(shop: Shop, asked: Asked, preset: CardShopPreset): Reply | 'drop' {
  const before = beforeAccept(preset)
  if (before !== undefined) return before
  const { method, path, text } = asked
  const body = text === '' ? undefined : parsed(text)
  const faults = shop.contract.faults(method, path, body)
  shop.broken.push(...faults)
  if (asked.authorization !== `Bearer ${shop.token}`) return failure(401, 1, 'Wrong Token')
  if (faults.length > 0) return failure(428, 209, faults.join('; '))
  const reply = routed(shop, method, path, (body ?? {}) as Readonly<Record<string, unknown>>, preset !== 'noEcho')
  if (preset === 'dropAfterAccept') return 'drop'
  if (preset === 'error500AfterAccept') return failure(500, null, 'Internal error')
  if (preset === 'nestedAfterAccept') return { ...reply, body: { message: JSON.stringify(reply.body), data: null } }
  return reply
}

function beforeAccept(preset: CardShopPreset): Reply | 'drop' | undefined {
  switch (preset) {
    case 'dropBeforeAccept':
      return 'drop'
    case 'error500':
      return failure(500, null, 'Internal error')
    case 'creditLow':
      return failure(402, 207, 'Insufficient Credit in Wallet: 182.03')
    case 'unauthorised':
      return failure(401, 1, 'Wrong Token')
    case 'busy':
      return { ...failure(429, null, 'Too many'), headers: { 'retry-after': '120' } }
    case 'html':
      return { status: 200, body: '<html><body>Log in to the network</body></html>', type: 'text/html' }
    default:
      return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
