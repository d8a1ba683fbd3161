// The interface for other programs: HTTP and JSON, each client with a token of its own, off unless it is configured. What a
// client has left here no other client sees.
//
// POST   /api/v1/batches                         an AutoFirma JSON batch; Idempotency-Key is honoured → 201 BatchAnswer
//                                                ?seal=INE10: signed by the seal of that body, with nobody at the screen
// GET    /api/v1/batches/{id}                    → BatchAnswer
// GET    /api/v1/batches/{id}/result             the result in AutoFirma's JSON; ?signatures=false: the codes alone
// GET    /api/v1/batches/{id}/signatures/{item}  one signature, as it is
// DELETE /api/v1/batches/{id}                    withdraws and erases it
//
// POST   /api/v1/sessions                        a copy to be made here; Idempotency-Key is honoured → 201 OpenedSession
// GET    /api/v1/sessions/{id}                   → SessionAnswer
// GET    /api/v1/sessions/{id}/document          the copy, PDF
// GET    /api/v1/sessions/{id}/metadata          its ENI document, XML
// GET    /api/v1/sessions/{id}/evidence          how it was made, JWS
// DELETE /api/v1/sessions/{id}                   withdraws and erases it
// GET    /api/v1/openapi.json                    of the sessions; without a token
//
// and, where the configuration opens it, what card-api.ts (`cards`) and fortress.ts (`api.extension`) list.

import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import type { Clock, Log, Random } from '../ports.ts'
import type { BatchState } from '../requests/batch-state.ts'
import type { Batches } from '../requests/batches.ts'
import type { SessionsOfClients } from '../requests/session-desk.ts'
import { bodyOf, idempotencyKeyOf, streamed } from './api-body.ts'
import { type ApiClient, createApiClients } from './api-clients.ts'
import { type CardApiParts, cardApiRoutes, cardOpenapiPath } from './card-api.ts'
import { type FortressParts, fortressPaths, fortressRoutes } from './fortress.ts'
import { createFortressTokens } from './fortress-tokens.ts'
import { createApp, listen } from './server.ts'
import { openapiPath, sessionRoutes } from './session-routes.ts'

export interface ApiParts {
  readonly config: NonNullable<Config['api']>
  /** Of a batch as JSON text. */
  readonly maxBodyBytes: number
  readonly batches: Batches
  readonly log: Log
  /** Raises signatures for the clients; absent: the routes are not there. */
  readonly extension?: ServedExtension | undefined
  /** Absent: no client can have copies made. */
  readonly sessions?: SessionsOfClients | undefined
  /** Orders of cards; absent: the routes are not there. */
  readonly cards?: CardApiParts | undefined
}

export type ServedExtension = Omit<FortressParts, 'tokens' | 'log'> & { readonly clock: Clock; readonly random: Random }

export interface Api {
  /** Where it answers, with the port that the system gave where 0 was asked. */
  readonly url: string
  close(): Promise<void>
}

/** Answer about a batch. `waiting`: for a person at the kiosk, or for its seal; `done`: its result can be fetched. Erased at `expiresAt`. */
export interface BatchAnswer extends BatchState {
  readonly url: string
}

/** Throws PORT_TAKEN, FILE_UNREADABLE, CONFIG_INVALID for a token file that others can read. */
export async function startApi(parts: ApiParts): Promise<Api> {
  const { config, maxBodyBytes, batches, log, extension, sessions, cards } = parts
  const clients = createApiClients(config.clients)
  const app = createApp(log, config.tls === undefined ? undefined : credentialsOf(config.tls))
  app.removeAllContentTypeParsers()
  // Handed on as it comes: a batch may be larger than the memory.
  app.addContentTypeParser(
    'application/json',
    { bodyLimit: maxBodyBytes },
    async (_request: unknown, body: unknown) => body,
  )
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    const { url = '' } = request.routeOptions
    if (openFiles.has(url) || (extension !== undefined && fortressPaths.has(url))) return
    clients.recognise(request.headers.authorization)
  })
  const clientOf = (request: FastifyRequest) => clients.recognise(request.headers.authorization)
  batchRoutes(app, batches, clientOf)
  if (sessions !== undefined) sessionRoutes(app, sessions, clientOf)
  if (cards !== undefined) cardApiRoutes(app, cards, clientOf)
  if (extension !== undefined) {
    await fortressRoutes(app, { ...extension, log, tokens: createFortressTokens(clients, extension) })
  }
  await listen(app, { host: config.host, port: config.port })
  const address = app.server.address()
  const port = address !== null && typeof address === 'object' ? address.port : config.port
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    url: `${config.tls === undefined ? 'http' : 'https'}://${host}:${port}/`,
    close: () => app.close(),
  }
}

function credentialsOf({ certificateFile, keyFile }: NonNullable<NonNullable<Config['api']>['tls']>) {
  return { cert: readFileSync(certificateFile), key: readFileSync(keyFile) }
}

const openFiles = new Set([openapiPath, cardOpenapiPath])

type OfBatch = { Params: { id: string } }

function batchRoutes(app: FastifyInstance, batches: Batches, clientOf: (request: FastifyRequest) => ApiClient): void {
  app.post<{ Querystring: { seal?: string } }>('/api/v1/batches', async (request, reply) => {
    const { id: client, seals } = clientOf(request)
    const { seal } = request.query
    if (seal !== undefined && !seals.includes(seal)) {
      throw new Fault('REQUEST_FORBIDDEN', 'api.clients does not give this client that seal')
    }
    const { state, created } = await batches.accept({
      client,
      idempotencyKey: idempotencyKeyOf(request),
      ...(seal !== undefined && { seal }),
      text: bodyOf(request),
    })
    reply.header('location', pathOf(state.id))
    return reply.status(created ? 201 : 200).send(answerOf(state))
  })
  app.get<OfBatch>('/api/v1/batches/:id', async (request, reply) =>
    reply.send(answerOf(batches.state(request.params.id, clientOf(request).id))),
  )
  app.get<OfBatch & { Querystring: { signatures?: string } }>('/api/v1/batches/:id/result', async (request, reply) => {
    const mode = request.query.signatures === 'false' ? 'three-phase' : 'local'
    const text = await batches.result(request.params.id, clientOf(request).id, mode)
    return streamed(reply, 'application/json; charset=utf-8', text)
  })
  app.get<{ Params: { id: string; item: string } }>('/api/v1/batches/:id/signatures/:item', async (request, reply) => {
    const { id, item } = request.params
    const { bytes, body } = await batches.signature(id, clientOf(request).id, item)
    reply.header('content-length', bytes)
    return streamed(reply, 'application/octet-stream', body)
  })
  app.delete<OfBatch>('/api/v1/batches/:id', async (request, reply) => {
    await batches.withdraw(request.params.id, clientOf(request).id)
    return reply.status(204).send()
  })
}

const pathOf = (id: string) => `/api/v1/batches/${id}`

function answerOf({ id, stage, end, seal, total, signed, failed, receivedAt, expiresAt }: BatchState): BatchAnswer {
  return { id, stage, end, seal, total, signed, failed, receivedAt, expiresAt, url: pathOf(id) }
}
