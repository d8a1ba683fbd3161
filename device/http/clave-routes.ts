// The calls of the screen while somebody signs with Cl@ve Firma, and the page at which the service's pages in the frame end.

import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import type { ClaveDesk } from '../clave-desk.ts'
import type { SigningDesk } from '../requests/errand.ts'
import { returnedPath } from './guard.ts'
import type { Visit } from './visit.ts'

const Beginning = Type.Object({ number: Type.String({ minLength: 1, maxLength: 20 }) }, { additionalProperties: false })

/** Empty: what has come of it stands on the screen around it. */
const returnedPage = '<!doctype html><html lang="es"><meta charset="utf-8"><title>Cl@ve Firma</title></html>'

const ForRequest = Type.Object(
  { ...Beginning.properties, language: Type.String({ pattern: '^[a-z]{2}$' }) },
  { additionalProperties: false },
)

export function claveRoutes(app: FastifyInstance, clave: ClaveDesk, visit: Visit, signing: SigningDesk): void {
  requestClaveRoutes(app, signing)
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
    signing.returned(request.params.token)
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'self'")
      .send(returnedPage)
  })
}

/** As for a copy, for what a program asks to be signed. */
function requestClaveRoutes(app: FastifyInstance, signing: SigningDesk): void {
  const act = (path: string, action: () => unknown) =>
    app.post(`/screen/request/clave/${path}`, async (_request, reply) => {
      await action()
      return reply.status(204).send()
    })
  act('choose', signing.acceptClave)
  act('finish', signing.finishClave)
  act('cancel', signing.cancelClave)
  app.post<{ Body: Static<typeof ForRequest> }>(
    '/screen/request/clave/begin',
    { schema: { body: ForRequest } },
    async (request, reply) => {
      signing.beginClave(request.body.number, request.body.language)
      return reply.status(204).send()
    },
  )
}
