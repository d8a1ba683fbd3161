// The calls of the screen while somebody signs with Cl@ve Firma, and the page at which the service's pages in the frame end.

import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import type { ClaveDesk } from '../clave-desk.ts'
import { returnedPath } from './guard.ts'
import type { Visit } from './visit.ts'

const Beginning = Type.Object({ number: Type.String({ minLength: 1, maxLength: 20 }) }, { additionalProperties: false })

/** Empty: what has come of it stands on the screen around it. */
const returnedPage = '<!doctype html><html lang="es"><meta charset="utf-8"><title>Cl@ve Firma</title></html>'

export function claveRoutes(app: FastifyInstance, clave: ClaveDesk, visit: Visit): void {
  app.post<{ Body: Static<typeof Beginning> }>(
    '/screen/copy/clave/begin',
    { schema: { body: Beginning } },
    async (request, reply) => {
      clave.begin(visit.copyId(), request.body.number)
      return reply.status(204).send()
    },
  )
  app.post('/screen/copy/clave/finish', async (_request, reply) => {
    clave.finish(visit.copyId())
    return reply.status(204).send()
  })
  app.post('/screen/copy/clave/cancel', async (_request, reply) => {
    await clave.cancel(visit.copyId())
    return reply.status(204).send()
  })
  app.get<{ Params: { token: string } }>(`${returnedPath}:token`, async (request, reply) => {
    clave.returned(request.params.token)
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'self'")
      .send(returnedPage)
  })
}
