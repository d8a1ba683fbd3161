// The interface for other programs: HTTP and JSON, each client with a token or a certificate of its own, off unless it is
// configured. What a client has left here no other client sees.
//
// POST   /api/v1/batches                         an AutoFirma JSON batch; Idempotency-Key is honoured → 201 BatchAnswer
//                                                ?seal=INE10: signed by the seal of that body, with nobody at the screen
// GET    /api/v1/batches/{id}                    → BatchAnswer
// GET    /api/v1/batches/{id}/result             the result in AutoFirma's JSON; ?signatures=false: the codes alone
// GET    /api/v1/batches/{id}/signatures/{item}  one signature, as it is
// DELETE /api/v1/batches/{id}                    withdraws and erases it
// GET    /api/v1/batches/openapi.json            what of this there is; to anybody, as of the sessions
//
// POST   /api/v1/sessions                        a copy to be made here; Idempotency-Key is honoured → 201 OpenedSession
// GET    /api/v1/sessions/{id}                   → SessionAnswer
// GET    /api/v1/sessions/{id}/document          the copy, PDF
// GET    /api/v1/sessions/{id}/metadata          its ENI document, XML
// GET    /api/v1/sessions/{id}/evidence          how it was made, JWS
// DELETE /api/v1/sessions/{id}                   withdraws and erases it
// GET    /api/v1/openapi.json                    of the sessions; to anybody
//
// and, where the configuration opens it, what card-api.ts (`cards`) and fortress.ts (`api.extension`) list.

import { Server } from 'node:tls'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/config.ts'
import { asFault } from '../errors.ts'
import type { Random } from '../ports.ts'
import type { Batches } from '../requests/batches.ts'
import type { SessionsOfClients } from '../requests/session-desk.ts'
import { refuseOtherEncodings } from './api-body.ts'
import { type ApiClient, createApiClients, refusalCodes, type Shown } from './api-clients.ts'
import { createApiTls } from './api-tls.ts'
import { batchOpenapiPath, batchRoutes } from './batch-routes.ts'
import { type CardApiParts, cardApiRoutes, cardOpenapiPath } from './card-api.ts'
import { type FortressParts, fortressPaths, fortressRoutes } from './fortress.ts'
import { createFortressTokens } from './fortress-tokens.ts'
import { refuseOtherMethods } from './methods.ts'
import { createRefusals, type RefusalParts } from './refusals.ts'
import { createApp, listen } from './server.ts'
import { openapiPath, sessionRoutes } from './session-routes.ts'

export interface ApiParts extends RefusalParts {
  readonly config: NonNullable<Config['api']>
  /** Of a batch as JSON text. */
  readonly maxBodyBytes: number
  readonly batches: Batches
  /** Raises signatures for the clients; absent: the routes are not there. */
  readonly extension?: ServedExtension | undefined
  /** Absent: no client can have copies made. */
  readonly sessions?: SessionsOfClients | undefined
  /** Orders of cards; absent: the routes are not there. */
  readonly cards?: CardApiParts | undefined
}

export type ServedExtension = Omit<FortressParts, 'tokens' | 'log' | 'shownBy'> & { readonly random: Random }

export interface Api {
  /** Where it answers, with the port that the system gave where 0 was asked. */
  readonly url: string
  close(): Promise<void>
}

/** Nobody need say who they are to open one, and the queue needs files too: what is more is closed at once. */
const maxConnections = 500

/** Throws PORT_TAKEN, FILE_UNREADABLE, CERTIFICATE_UNREADABLE, CONFIG_INVALID for a token file that others can read. */
export async function startApi(parts: ApiParts): Promise<Api> {
  const { config, maxBodyBytes, batches, log, clock, extension, sessions, cards } = parts
  const clients = createApiClients(config.clients, clock)
  const tls = config.tls && createApiTls(config.tls, log)
  const app = createApp(log, tls?.credentials)
  if (app.server instanceof Server) tls?.keepFresh(app.server)
  app.removeAllContentTypeParsers()
  // Handed on as it comes: a batch may be larger than the memory.
  app.addContentTypeParser(
    'application/json',
    { bodyLimit: maxBodyBytes },
    async (request: FastifyRequest, body: unknown) => {
      refuseOtherEncodings(request)
      return body
    },
  )
  const shownBy = ({ headers, socket }: FastifyRequest): Shown => ({
    authorization: headers.authorization,
    certificate: tls?.shown(socket),
  })
  const clientOf = knownClients(app, request => clients.recognise(shownBy(request)), extension !== undefined)
  noteRefusals(app, parts, shownBy)
  const methods = refuseOtherMethods(app)
  batchRoutes(app, batches, clientOf)
  if (sessions !== undefined) sessionRoutes(app, sessions, clientOf)
  if (cards !== undefined) cardApiRoutes(app, cards, clientOf)
  if (extension !== undefined) {
    const tokens = createFortressTokens(clients, { ...extension, clock })
    await fortressRoutes(app, { ...extension, log, shownBy, tokens })
  }
  methods.close()
  app.server.maxConnections = maxConnections
  await listen(app, { host: config.host, port: config.port })
  const address = app.server.address()
  const port = address !== null && typeof address === 'object' ? address.port : config.port
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    url: `${config.tls === undefined ? 'http' : 'https'}://${host}:${port}/`,
    close: () => app.close(),
  }
}

/** Whoever builds a client reads them before there is one. */
const openPaths: ReadonlySet<string> = new Set([openapiPath, batchOpenapiPath, cardOpenapiPath])

/** Knows each request's client before anything else is done for it; the paths that others guard are let through. */
function knownClients(
  app: FastifyInstance,
  recognise: (request: FastifyRequest) => ApiClient,
  isExtending: boolean,
): (request: FastifyRequest) => ApiClient {
  const known = new WeakMap<FastifyRequest, ApiClient>()
  const clientOf = (request: FastifyRequest): ApiClient => {
    const client = known.get(request) ?? recognise(request)
    known.set(request, client)
    return client
  }
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    const { url = '' } = request.routeOptions
    if (!openPaths.has(url) && !(isExtending && fortressPaths.has(url))) clientOf(request)
  })
  return clientOf
}

function noteRefusals(app: FastifyInstance, parts: RefusalParts, shownBy: (request: FastifyRequest) => Shown): void {
  const refusals = createRefusals(parts)
  app.addHook('onError', async (request, reply, error) => {
    const fault = asFault(error)
    if (fault.code === 'KIOSK_BUSY' && shownBy(request).certificate?.stale === true) reply.header('connection', 'close')
    if (!refusalCodes.has(fault.code)) return
    const { fingerprint256 } = shownBy(request).certificate?.x509 ?? {}
    const certificateSha256 = fingerprint256?.replaceAll(':', '').toLowerCase()
    refusals.note(fault, { from: request.ip, certificateSha256 })
    // RFC 9110, 11.6.1.
    reply.header('www-authenticate', 'Bearer')
  })
}
