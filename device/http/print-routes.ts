// The calls of the screen about what is printed (view-print.ts lists them).

import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { Fault } from '../errors.ts'
import type { PrintDesk } from '../print-desk.ts'
import type { CopyView } from './view.ts'
import type { Visit } from './visit.ts'

const Answer = Type.Object({ cameOut: Type.Boolean() }, { additionalProperties: false })

export interface PrintParts {
  readonly visit: Pick<Visit, 'view'>
  readonly printing: PrintDesk
  /** The receipt of a finished copy, to be printed. */
  readonly receipt: (copy: CopyView) => Promise<Uint8Array>
}

export function printRoutes(app: FastifyInstance, { visit, printing, receipt }: PrintParts): void {
  app.post('/screen/print/receipt', async (_request, reply) => {
    const { copy } = visit.view()
    if (copy?.result == null) throw new Fault('STAGE_CONFLICT', 'no copy in hand is finished')
    printing.print({
      what: 'receipt',
      pdf: () => receipt(copy),
      wanted: () => visit.view().copy?.id === copy.id,
      printed: () => undefined,
    })
    return reply.status(204).send()
  })
  app.post<{ Body: Static<typeof Answer> }>(
    '/screen/print/answer',
    { schema: { body: Answer } },
    async (request, reply) => {
      printing.answer(request.body.cameOut)
      return reply.status(204).send()
    },
  )
  for (const name of ['cancel', 'close'] as const)
    app.post(`/screen/print/${name}`, async (_request, reply) => {
      printing[name]()
      return reply.status(204).send()
    })
}
