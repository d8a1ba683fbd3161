// Delivery into a WebDAV collection (RFC 4918, class 1) over HTTPS. Each file goes up as `NAME.part`, is read back, and takes
// its name by MOVE with `Overwrite: F`, so that it appears whole or not at all and replaces nothing. The receipt is the
// file's URL and entity tag. A collection that is not there is made.

import type { Delivery } from '../../device/ports.ts'
import { basicAuthorization, type HttpRequest, type HttpResponse, request as httpRequest } from '../http.ts'
import { passOver } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import type { Opening, TargetOptions } from './attempts.ts'
import { readSecrets } from './secrets.ts'
import {
  type Content,
  createTargetDelivery,
  type Held,
  isSame,
  measured,
  type Opened,
  type Store,
  type Upload,
} from './target.ts'
import { failureOf, TargetFailure } from './target-failure.ts'

const connectTimeoutMs = 15_000
const defaultIdleTimeoutMs = 60_000

export interface WebdavDestination {
  readonly id: string
  /** `https:`, the collection. */
  readonly url: string
  readonly user?: string
  /** One line; readable by its owner only. */
  readonly passwordFile?: string
  /** PEM of the only authorities trusted for this destination; absent: the runtime's own list. */
  readonly caFile?: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  /** For a whole attempt. Default 15 min. */
  readonly deadlineMs?: number
  /** Longest wait for the destination to take or send the next bytes. Default 60 s. */
  readonly idleTimeoutMs?: number
}

/** Deliveries as drivers/delivery/target.ts has them. */
export function createWebdavDelivery(options: TargetOptions<WebdavDestination>): Delivery {
  return createTargetDelivery(options, openCollection)
}

async function openCollection({ destination, signal, now }: Opening<WebdavDestination>): Promise<Opened> {
  const { url, user, passwordFile, caFile, pins, idleTimeoutMs = defaultIdleTimeoutMs, deadlineMs } = destination
  const { ca, secret } = await readSecrets({ caFile, secretFile: passwordFile, what: 'password' })
  const authorization =
    user === undefined || secret === undefined ? {} : { authorization: basicAuthorization(user, secret) }
  const exchange: Exchange = (method, target, { headers, ...rest } = {}) =>
    httpRequest({
      method,
      url: target,
      headers: { ...authorization, ...headers },
      ...rest,
      ...(ca !== undefined && { ca }),
      pins,
      keep: true,
      connectTimeoutMs,
      idleTimeoutMs,
      ...(deadlineMs !== undefined && { deadlineMs }),
      signal,
    })
  const store = createStore(new URL(url.endsWith('/') ? url : `${url}/`), exchange, now)
  return { store, secrets: secret === undefined ? [] : [secret, ...Object.values(authorization)] }
}

type Exchange = (
  method: HttpRequest['method'],
  url: URL,
  change?: Pick<HttpRequest, 'headers' | 'body' | 'maxBodyBytes'>,
) => Promise<HttpResponse>

/** Long because a store is its four requests in one place. */
function createStore(collection: URL, exchange: Exchange, now: () => number): Store {
  const failed = ({ status, headers }: HttpResponse, what: string) => failureOf({ status, headers, what, now: now() })

  async function settle(method: HttpRequest['method'], url: URL, change?: Parameters<Exchange>[2]) {
    const response = await exchange(method, url, change)
    await passOver(response)
    return response
  }

  async function look(name: string, expected: Content): Promise<Held | undefined> {
    const url = new URL(name, collection)
    // One byte more than expected tells that it is another file.
    const response = await exchange('GET', url, { maxBodyBytes: expected.bytes + 1 })
    if (response.status === 200) return held(url, response, await contentIn(response, expected), now)
    await passOver(response)
    // 409: some servers say so where the collection is missing too.
    if ([404, 409, 410].includes(response.status)) return undefined
    throw failed(response, 'GET')
  }

  async function upload(part: URL, { bytes, mediaType, open }: Upload): Promise<HttpResponse> {
    const headers = { 'content-type': mediaType, 'content-length': String(bytes) }
    return settle('PUT', part, { headers, body: open() })
  }

  async function put(name: string, content: Upload): Promise<Held | 'exists'> {
    const part = new URL(`${name}.part`, collection)
    let sent = await upload(part, content)
    if ([404, 409].includes(sent.status) && content.mediaType === 'application/json') {
      await makeCollection(collection)
      sent = await upload(part, content)
    }
    if (sent.status < 200 || sent.status >= 300) throw failed(sent, 'PUT')
    const arrived = await look(part.pathname.split('/').at(-1) ?? '', content)
    if (arrived === undefined || !isSame(arrived, content)) {
      throw new TargetFailure('RECEIPT_INVALID', `${name} cannot be read back as it was sent`)
    }
    const destination = new URL(name, collection)
    const moved = await settle('MOVE', part, { headers: { destination: destination.href, overwrite: 'F' } })
    if ([404, 412].includes(moved.status)) {
      await settle('DELETE', part)
      return 'exists'
    }
    if (moved.status !== 201 && moved.status !== 204) throw failed(moved, 'MOVE')
    const head = await settle('HEAD', destination)
    if (head.status !== 200) throw failed(head, 'HEAD')
    return held(destination, head, { bytes: Number(head.headers['content-length']), sha256: arrived.sha256 }, now)
  }

  /** RFC 4918, 9.3.1: 405 where it is there already, 409 where its parent is not. */
  async function makeCollection(url: URL): Promise<void> {
    const made = await settle('MKCOL', url)
    if (made.status === 409 && url.pathname !== '/') {
      await makeCollection(new URL('..', url))
      await makeCollection(url)
    } else if (![200, 201, 405].includes(made.status)) throw failed(made, 'MKCOL')
  }

  return Object.freeze({ look, put, close: async () => undefined })
}

async function contentIn(response: HttpResponse, expected: Content): Promise<Content> {
  try {
    return await measured(response.body, expected)
  } catch (thrown) {
    if (!(thrown instanceof HttpError) || thrown.kind !== 'too-large') throw thrown
    return { bytes: Number.MAX_SAFE_INTEGER, sha256: '' }
  }
}

function held(url: URL, { headers }: HttpResponse, content: Content, now: () => number): Held {
  const at = Date.parse(headers['last-modified'] ?? headers['date'] ?? '')
  const receivedAt = new Date(Number.isNaN(at) ? now() : at).toISOString()
  const tag = headers['etag']?.replace(/[^\x21-\x7e]/g, '').slice(0, 200)
  return { ...content, reference: tag === undefined ? url.href : `${url.href} ${tag}`, receivedAt }
}
