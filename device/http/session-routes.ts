// Sessions over the interface for programs (api.ts lists the calls), and the OpenAPI file of them.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ByteStream } from '../ports.ts'
import type { FetchedCopy, SessionsOfClients } from '../requests/session-desk.ts'
import { openapi } from '../session/openapi.ts'
import { version } from '../version.ts'
import { idempotencyKeyOf, streamed } from './api-body.ts'
import type { ApiClient } from './api-clients.ts'
import { jsonOf } from './json-body.ts'

/** Of a request for a session. */
const maxRequestBytes = 64 * 1024

/** Whoever builds a client reads it before there is a token. */
export const openapiPath = '/api/v1/openapi.json'

type OfSession = { Params: { id: string } }
const pathOf = (id: string) => `/api/v1/sessions/${id}`

export function sessionRoutes(
  app: FastifyInstance,
  sessions: SessionsOfClients,
  clientOf: (request: FastifyRequest) => ApiClient,
): void {
  const file = openapi(version)
  app.get(openapiPath, async (_request, reply) => reply.send(file))
  app.post('/api/v1/sessions', async (request, reply) => {
    const { id: client } = clientOf(request)
    const idempotencyKey = idempotencyKeyOf(request)
    const json = await jsonOf(request.body, maxRequestBytes, 'the request')
    const { answer, created } = sessions.create({ client, idempotencyKey, json })
    const { sessionID, url, pickupCode, expiresAt, warnings } = answer
    reply.header('location', pathOf(sessionID))
    return reply
      .status(created ? 201 : 200)
      .send({ sessionID, url, pickupCode, expiresAt, ...(warnings.length > 0 && { warnings }) })
  })
  app.get<OfSession>('/api/v1/sessions/:id', async (request, reply) =>
    reply.send(sessions.state(request.params.id, clientOf(request).id)),
  )
  app.delete<OfSession>('/api/v1/sessions/:id', async (request, reply) => {
    await sessions.withdraw(request.params.id, clientOf(request).id)
    return reply.status(204).send()
  })
  resultRoutes(app, sessions, clientOf)
}

function resultRoutes(
  app: FastifyInstance,
  sessions: SessionsOfClients,
  clientOf: (request: FastifyRequest) => ApiClient,
): void {
  app.get<OfSession>('/api/v1/sessions/:id/document', async (request, reply) => {
    const copy = sessions.document(request.params.id, clientOf(request).id)
    reply.headers({
      'content-length': copy.bytes,
      'content-digest': `sha-256=:${Buffer.from(copy.sha256, 'hex').toString('base64')}:`,
      'content-disposition': attachment(copy.fileName),
    })
    return streamed(reply, 'application/pdf', untilFetched(copy))
  })
  app.get<OfSession>('/api/v1/sessions/:id/metadata', async (request, reply) => {
    const { fileName, body } = sessions.metadata(request.params.id, clientOf(request).id)
    reply.header('content-disposition', attachment(fileName))
    return streamed(reply, 'application/xml', body)
  })
  app.get<OfSession>('/api/v1/sessions/:id/evidence', async (request, reply) =>
    reply.type('application/jose+json').send(sessions.evidence(request.params.id, clientOf(request).id)),
  )
}

/** A look at the head reads nothing of it. */
async function* untilFetched({ body, fetched }: FetchedCopy): ByteStream {
  yield* body
  fetched()
}

/** A name of the kiosk's own making, without anything to be quoted. */
const attachment = (fileName: string) => `attachment; filename="${fileName}"`
