// The Callbacks port over HTTP, by the Standard Webhooks specification (1.0.0): a POST of JSON that whoever receives it can hold
// against a secret shared with this kiosk, in one line of any language:
//
//   POST {url}
//   Content-Type: application/json
//   webhook-id: the notice, the same on every attempt
//   webhook-timestamp: seconds since 1970, of this attempt
//   webhook-signature: v1,Base64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}"))
//
//   2xx: received. 410: nobody wants it any more. Anything else is tried again.
//
// The URL is out of a client's hand: it leads to the client's own hosts or nowhere, a redirect too, to public addresses unless
// the configuration names the host, and never out of TLS.

import { createHmac } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import { amongHosts } from '../../device/hosts.ts'
import type { CallbackOutcome, CallbackRequest, Callbacks } from '../../device/ports.ts'
import { readCaFile, readSecretLine } from '../credential-file.ts'
import { byHost, type GuardedRequest, guardedFetch, toldUrl } from '../guarded-fetch.ts'
import type { HttpResponse } from '../http.ts'
import { HttpError } from '../http-error.ts'
import { retryAfterMs } from '../retry-after.ts'

const connectTimeoutMs = 10_000
const idleTimeoutMs = 15_000
/** An answer says by its status alone whether it was received. */
const deadlineMs = 30_000
const maxBodyBytes = 64 * 1024
/** Pause where something has to be mended at one of the two ends. */
const operatorPauseMs = 15 * 60_000

export interface CallbackClient {
  readonly id: string
  /** `name` or `name:port`: the only hosts that are asked. */
  readonly hosts: readonly string[]
  /** Those whose addresses need not be public; TLS may be absent there. */
  readonly allowPrivate: readonly string[]
  /** Of those whose keys are known beforehand (drivers/pins.ts). */
  readonly pins?: Readonly<Record<string, readonly string[]>>
  /** `whsec_` and the Base64 of 24 to 64 octets on one line, mode 0600. */
  readonly callbackSecretFile?: string
  /** PEM of the only authorities trusted. */
  readonly callbackCaFile?: string
}

/** Throws CONFIG_INVALID for a client that is not known. */
export function createWebhooks({ clients }: { readonly clients: readonly CallbackClient[] }): Callbacks {
  const known = new Map(clients.map(client => [client.id, client]))
  const named = (id: string): CallbackClient => {
    const client = known.get(id)
    if (client === undefined) throw new Fault('CONFIG_INVALID', `api.clients: none has the id ${id}`)
    return client
  }
  return Object.freeze({
    async check(id: string) {
      const client = named(id)
      const secret = await secretOf(client)
      if (!secret.usable) throw new Fault('CONFIG_INVALID', secret.reason)
      const random = looksRandom(secret.key)
      secret.key.fill(0)
      const ca = await readCaFile(client.callbackCaFile)
      if (!ca.usable) throw new Fault('CONFIG_INVALID', ca.reason)
      return { random }
    },
    async call(request: CallbackRequest, signal?: AbortSignal): Promise<CallbackOutcome> {
      const client = named(request.client)
      const secret = await secretOf(client)
      if (!secret.usable) return later('CREDENTIALS_REFUSED', secret.reason, operatorPauseMs)
      const ca = await readCaFile(client.callbackCaFile)
      if (!ca.usable) return later('DESTINATION_UNTRUSTED', ca.reason, operatorPauseMs)
      try {
        return await post({ request, client, key: secret.key, ca: ca.text, signal })
      } catch (thrown) {
        if (thrown instanceof HttpError) return outcomeOfError(thrown, request.url)
        throw thrown
      } finally {
        secret.key.fill(0)
      }
    },
  })
}

interface Attempt {
  readonly request: CallbackRequest
  readonly client: CallbackClient
  readonly key: Buffer
  readonly ca: string | undefined
  readonly signal: AbortSignal | undefined
}

async function post({ request, client, key, ca, signal }: Attempt): Promise<CallbackOutcome> {
  const { url, id, body } = request
  const timestamp = String(Math.floor(request.at / 1000))
  const configured = amongHosts(client.hosts)
  const mayBePrivate = amongHosts(client.allowPrivate)
  const order: GuardedRequest = {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
    },
    body: () => Buffer.from(body, 'utf8'),
    mayAsk: next => configured(next) && (next.protocol === 'https:' || (mayBePrivate(next) && !/^https:/i.test(url))),
    mayBePrivate,
    pinsFor: byHost(client.pins ?? {}),
    redirects: 'followed',
    connectTimeoutMs,
    idleTimeoutMs,
    deadlineMs,
    maxBodyBytes,
    ...(ca === undefined ? {} : { ca }),
    ...(signal === undefined ? {} : { signal }),
  }
  return guardedFetch(order, response => {
    response.close()
    return outcomeOf(response)
  })
}

async function secretOf({ id, callbackSecretFile: path }: CallbackClient) {
  if (path === undefined) return { usable: false, reason: `callbackSecretFile of ${id} is missing` } as const
  const line = await readSecretLine('callback secret', path)
  if (!line.usable) return line
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(line.text)?.[1]
  const key = Buffer.from(encoded ?? '', 'base64')
  if (key.length >= 24 && key.length <= 64) return { usable: true, key } as const
  return {
    usable: false,
    reason: `the callback secret file ${path} does not hold whsec_ and the Base64 of 24 to 64 octets`,
  } as const
}

/** Half of the octets of chance are no ASCII, and few of them are alike: one in ten million random secrets fails this. */
function looksRandom(key: Buffer): boolean {
  return key.some(octet => octet > 0x7f) && new Set(key).size > key.length / 2
}

function outcomeOf({ status, headers }: HttpResponse): CallbackOutcome {
  const detail = `answered ${status}`
  if (status >= 200 && status < 300) return { outcome: 'delivered' }
  if (status === 410) return { outcome: 'refused', code: 'DESTINATION_REFUSED', detail }
  if ([401, 403, 407].includes(status)) return later('CREDENTIALS_REFUSED', detail, operatorPauseMs)
  const code = status === 429 || status === 503 ? 'DESTINATION_BUSY' : 'DESTINATION_UNREACHABLE'
  return later(code, detail, retryAfterMs(headers, Date.now()))
}

function outcomeOfError({ kind, message }: HttpError, url: string): CallbackOutcome {
  const detail = `${toldUrl(url)}: ${message}`
  if (kind === 'forbidden') return later('ADDRESS_REFUSED', detail, operatorPauseMs)
  if (kind === 'pin') return later('TLS_PIN_MISMATCH', detail, operatorPauseMs)
  if (kind === 'tls') return later('DESTINATION_UNTRUSTED', detail, operatorPauseMs)
  return later('DESTINATION_UNREACHABLE', detail)
}

type Later = Extract<CallbackOutcome, { readonly outcome: 'later' }>

function later(code: Later['code'], detail: string, askedMs?: number): Later {
  return { outcome: 'later', code, detail, ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }) }
}
