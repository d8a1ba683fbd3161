// Batches over the interface for programs (api.ts lists the calls), and the OpenAPI file of them.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { BatchAnswer } from '../batch/answer.ts'
import { batchOpenapi } from '../batch/openapi.ts'
import { Fault } from '../errors.ts'
import type { BatchState } from '../requests/batch-state.ts'
import type { Batches } from '../requests/batches.ts'
import { version } from '../version.ts'
import { bodyOf, idempotencyKeyOf, queryOf, streamed } from './api-body.ts'
import type { ApiClient } from './api-clients.ts'

export const batchOpenapiPath = '/api/v1/batches/openapi.json'

type OfBatch = { Params: { id: string } }

export function batchRoutes(
  app: FastifyInstance,
  batches: Batches,
  clientOf: (request: FastifyRequest) => ApiClient,
): void {
  const file = batchOpenapi(version)
  app.get(batchOpenapiPath, async (_request, reply) => reply.send(file))
  app.post('/api/v1/batches', async (request, reply) => {
    const { id: client, seals } = clientOf(request)
    const { seal } = queryOf(request, ['seal'])
    if (seal !== undefined && !seals.includes(seal)) {
      throw new Fault('REQUEST_FORBIDDEN', `api.clients does not give this client the seal of ${seal} (seals)`)
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
  app.get<OfBatch>('/api/v1/batches/:id/result', async (request, reply) => {
    const { signatures = 'true' } = queryOf(request, ['signatures'])
    if (signatures !== 'true' && signatures !== 'false')
      throw new Fault('REQUEST_INVALID', 'signatures: neither true nor false')
    const mode = signatures === 'false' ? 'three-phase' : 'local'
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
