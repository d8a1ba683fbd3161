// What an operator asks of the running appliance, over a socket file: the state in one answer, and a held document sent
// on its way again.

import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import type { CheckState } from '../calibration.ts'
import { Fault } from '../errors.ts'
import type { PausedHost } from '../host-pauses.ts'
import type { CardDesk, CardState } from '../orders/desk.ts'
import type { Pauses } from '../pauses.ts'
import type { PrinterInfo, ScannerInfo } from '../ports.ts'
import type { BatchStage } from '../requests/batch-state.ts'
import type { Sessions } from '../requests/session-desk.ts'
import type { SessionStage } from '../session/session.ts'
import { cardRoutes } from './card-routes.ts'

export interface OperatorParts {
  status(): Promise<ApplianceStatus>
  retry(documentId: string): { readonly stage: string }
  hold(documentId: string): { readonly stage: string }
  /** Throws STAGE_CONFLICT where the document is on its way or waiting for a person. */
  discard(documentId: string): Promise<void>
  readonly pauses: Pick<Pauses, 'list' | 'askNow'>
  /** Keeps a check of a scanner. Throws REQUEST_INVALID. */
  keepCalibration(record: unknown): void
  /** Absent where no card service is configured. */
  readonly cards: CardDesk | undefined
  /** Absent where no program may have copies made. */
  readonly sessions: Pick<Sessions, 'withdrawAny'> | undefined
}

/** The answer of `compulsa status`. */
export interface ApplianceStatus {
  readonly version: string
  readonly kiosk: string
  readonly screen: string
  readonly startedAt: string
  readonly scanners: readonly ScannerInfo[]
  /** null where none is configured. */
  readonly printer: PrinterInfo | null
  /** The last check of each scanner with the test target. */
  readonly calibrations: readonly CheckState[]
  /** Documents by stage. */
  readonly documents: Readonly<Record<string, number>>
  /** Batches of programs by stage. */
  readonly batches: Readonly<Record<BatchStage, number>>
  /** What programs have copies made by, by stage. */
  readonly sessions: Readonly<Record<SessionStage, number>>
  /** Where the interface for programs answers; null where it is off. */
  readonly api: string | null
  /** Orders of cards; null where no card service is configured. */
  readonly cards: CardState | null
  /** ISO 8601 of the oldest copy that no destination has confirmed; null: nothing waits. */
  readonly oldestWaiting: string | null
  /** Hosts of destinations and of services that are left alone for now. */
  readonly pausedHosts: readonly PausedHost[]
  readonly freeBytes: number
  readonly audit: { readonly sequence: number; readonly hash: string }
}

/** A host that is left alone, for whom it is asked again. */
export const AskNow = Type.Object({ host: Type.String({ maxLength: 300 }) }, { additionalProperties: false })

export function operatorRoutes(app: FastifyInstance, parts: OperatorParts): void {
  cardRoutes(app, parts.cards)
  app.get('/status', async (_request, reply) => reply.send(await parts.status()))
  app.post<{ Params: { id: string } }>('/queue/:id/retry', async (request, reply) =>
    reply.send(parts.retry(request.params.id)),
  )
  app.post<{ Params: { id: string } }>('/queue/:id/discard', async (request, reply) => {
    await parts.discard(request.params.id)
    return reply.send({ stage: 'discarded' })
  })
  app.post<{ Params: { id: string } }>('/sessions/:id/withdraw', async (request, reply) => {
    if (parts.sessions === undefined) throw new Fault('CONFIG_INVALID', 'api.sessions: it is not configured')
    await parts.sessions.withdrawAny(request.params.id)
    return reply.send({ state: 'withdrawn' })
  })
  app.get('/hosts', async (_request, reply) => reply.send(await parts.pauses.list()))
  app.post<{ Body: Static<typeof AskNow> }>('/hosts/ask', { schema: { body: AskNow } }, async (request, reply) => {
    await parts.pauses.askNow(request.body.host)
    return reply.send({ asked: request.body.host })
  })
  app.post<{ Body: unknown }>('/calibrations', async (request, reply) => {
    parts.keepCalibration(request.body)
    return reply.send({ kept: true })
  })
  app.post<{ Params: { id: string } }>('/queue/:id/hold', async (request, reply) =>
    reply.send(parts.hold(request.params.id)),
  )
}
