// The interface by which Viafirma Fortress extends signatures, given to the clients of `api` where the configuration opens
// it, so that a program written for that service can use this kiosk's engine and its time-stamping authority.
//
// POST /oauth2/v1/token            client credentials, as a form or, as the service has it, in the query → an access token;
//                                  a client's certificate in place of its secret (RFC 8705, 2.1)
// POST /api/v1/signature/extend    one document → {"ref", "bytesB64"}
//
// Errors are {"error", "error_description"}: invalid_request (400), invalid_token and invalid_client (401) as the service has
// them; what passes by itself is temporarily_unavailable (503), what is wrong here server_error (500), both of RFC 6749.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asFault, Fault } from '../errors.ts'
import type { Log } from '../ports.ts'
import { refusalCodes, type Shown } from './api-clients.ts'
import { type OwnAuthority, readOrder, type ServedOrder } from './fortress-request.ts'
import type { FortressTokens } from './fortress-tokens.ts'

/** Does the work. */
export interface ServedExtender {
  /** What the exchange is called, and the document raised. Throws what extending throws, or the signal's reason. */
  extend(
    order: ServedOrder,
    client: string,
    signal: AbortSignal,
  ): Promise<{ readonly reference: string; readonly document: Uint8Array }>
}

export interface FortressParts {
  readonly tokens: FortressTokens
  readonly shownBy: (request: FastifyRequest) => Shown
  readonly extender: ServedExtender
  readonly authority: OwnAuthority
  /** Of a document with its original. */
  readonly maxBytes: number
  readonly log: Log
}

export interface FortressAnswer {
  readonly ref: string
  readonly bytesB64: string
}

export interface FortressError {
  readonly error: string
  readonly error_description: string
}

const tokenPath = '/oauth2/v1/token'
const extendPath = '/api/v1/signature/extend'
/** Paths whose clients show another token than the rest of the interface wants. */
export const fortressPaths: ReadonlySet<string> = new Set([tokenPath, extendPath])

/** Documents in memory at the same time. */
const maxUnderWay = 4
const maxFormBytes = 16 * 1024

/** Adds the routes, with parsers and errors of their own. */
export async function fortressRoutes(app: FastifyInstance, parts: FortressParts): Promise<void> {
  const { tokens, shownBy, extender, authority, maxBytes, log } = parts
  const underWay = new Set<FastifyRequest>()
  await app.register(async scope => {
    scope.removeAllContentTypeParsers()
    const bodyLimit = Math.ceil((maxBytes * 4) / 3) + 64 * 1024
    const whole = async (_request: unknown, body: Buffer) => body
    scope.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, whole)
    const form = 'application/x-www-form-urlencoded'
    scope.addContentTypeParser(form, { parseAs: 'buffer', bodyLimit: maxFormBytes }, whole)
    scope.setErrorHandler((error, request, reply) => refuse(error, request, reply, log))
    scope.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.url !== extendPath) return
      // Before a body of many megabytes is read.
      tokens.recognise(shownBy(request))
      if (underWay.size >= maxUnderWay) throw new Fault('KIOSK_BUSY', 'as many documents as it can hold are under way')
      underWay.add(request)
      // Also where the client goes away before it has its answer.
      reply.raw.once('close', () => underWay.delete(request))
    })
    scope.post(tokenPath, async (request, reply) => reply.send(tokens.issue(formOf(request), shownBy(request))))
    scope.post(extendPath, async (request, reply) => {
      const { id } = tokens.recognise(shownBy(request))
      const order = readOrder(bodyOf(request), authority)
      const { reference, document } = await extender.extend(order, id, signalOf(reply))
      const answer: FortressAnswer = { ref: reference, bytesB64: Buffer.from(document).toString('base64') }
      return reply.send(answer)
    })
  })
}

function bodyOf({ body }: FastifyRequest): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array()
}

/** The published examples have the parameters in the query, secret and all; they are in no log here. */
function formOf(request: FastifyRequest): URLSearchParams {
  const query = request.url.split('?', 2)[1] ?? ''
  return new URLSearchParams(query === '' ? Buffer.from(bodyOf(request)).toString('utf8') : query)
}

/** Aborted when the client goes away. */
function signalOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new Fault('INTERRUPTED', 'the client went away'))
  })
  return gone.signal
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const isToken = request.routeOptions.url === tokenPath
  const { status, name, fault } = refusalOf(error, isToken)
  if (status >= 500)
    log.error('request failed', { url: request.routeOptions.url, code: fault.code, detail: fault.detail })
  const told = fault.code === 'INTERNAL' ? '' : `: ${fault.detail}`
  const answer: FortressError = { error: name, error_description: `${fault.code}${told}` }
  return reply.status(status).send(answer)
}

function refusalOf(error: unknown, isToken: boolean): { status: number; name: string; fault: Fault } {
  if (isRequestError(error)) {
    const status = error.statusCode === 413 ? 413 : 400
    return { status, name: 'invalid_request', fault: new Fault('REQUEST_INVALID', error.message) }
  }
  const fault = asFault(error)
  if (refusalCodes.has(fault.code)) return { status: 401, name: isToken ? 'invalid_client' : 'invalid_token', fault }
  if (fault.retry === 'later') return { status: 503, name: 'temporarily_unavailable', fault }
  const theirs = fault.status >= 400 && fault.status < 500
  return theirs ? { status: 400, name: 'invalid_request', fault } : { status: 500, name: 'server_error', fault }
}

function isRequestError(error: unknown): error is Error & { readonly statusCode: number } {
  if (error instanceof Fault || !(error instanceof Error) || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}
