// The calls of the screen about what pages and programs ask for (view.ts lists them).

import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import type { SigningDesk } from '../requests/errand.ts'
import type { ProgramDesk } from '../requests/program-desk.ts'

export interface RequestParts {
  readonly signing: SigningDesk
  readonly programs: ProgramDesk
}

const Names = Type.Object(
  { names: Type.Array(Type.String({ maxLength: 255 }), { maxItems: 100 }) },
  { additionalProperties: false },
)
type OfKey = { Params: { tokenId: string; keyId: string } }

export function requestRoutes(app: FastifyInstance, { signing, programs }: RequestParts): void {
  const act = (path: string, action: () => unknown) =>
    app.post(path, async (_request, reply) => {
      await action()
      return reply.status(204).send()
    })
  act('/screen/request/accept', signing.accept)
  act('/screen/request/refuse', signing.refuse)
  act('/screen/request/save', signing.save)
  act('/screen/request/stop', signing.stop)
  act('/screen/request/close', signing.close)
  act('/screen/request/stay', signing.stay)
  app.post<OfKey & { Body: Buffer }>('/screen/request/sign/:tokenId/:keyId', async (request, reply) => {
    const { tokenId, keyId } = request.params
    return reply.send(await signing.sign(tokenId, keyId, request.body))
  })
  app.post<OfKey>('/screen/request/certificate/:tokenId/:keyId', async (request, reply) => {
    signing.certificate(request.params.tokenId, request.params.keyId)
    return reply.status(204).send()
  })
  app.post<{ Body: Static<typeof Names> }>(
    '/screen/request/load',
    { schema: { body: Names } },
    async (request, reply) => {
      await signing.load(request.body.names)
      return reply.status(204).send()
    },
  )
  app.post<{ Params: { id: string } }>('/screen/waiting/:id/take', async (request, reply) => {
    await programs.take(request.params.id)
    return reply.status(204).send()
  })
}
