// The calls of the screen (view.ts lists them) and its stream of views. Everything here is about the one copy in hand;
// no identifier of another can be asked for.

import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import Type, { type Static } from 'typebox'
import type { ClaveDesk } from '../clave-desk.ts'
import type { Desk, PageEdit } from '../desk.ts'
import { Fault } from '../errors.ts'
import type { CardCounter } from '../orders/counter.ts'
import type { Batches } from '../requests/batches.ts'
import type { Sessions } from '../requests/session-desk.ts'
import { cardScreenRoutes } from './card-screen.ts'
import { claveRoutes } from './clave-routes.ts'
import { type Maintenance, maintenanceRoutes } from './maintenance.ts'
import { type RequestParts, requestRoutes } from './request.ts'
import type { View } from './view.ts'
import type { Visit } from './visit.ts'

const strict = { additionalProperties: false } as const
const Opening = Type.Object(
  { procedureId: Type.String({ maxLength: 40 }), language: Type.String({ pattern: '^[a-z]{2}$' }) },
  strict,
)
const Turn = Type.Object({ by: Type.Enum([90, 180, 270]) }, strict)
const Order = Type.Object({ pageIds: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 2000 }) }, strict)
const Approval = Type.Object({ sourceNature: Type.Enum(['original', 'authenticCopy', 'copy']) }, strict)
const PickedUp = Type.Union([
  Type.Object({ pickupCode: Type.String({ maxLength: 40 }) }, strict),
  Type.Object({ sessionID: Type.String({ maxLength: 64 }) }, strict),
])
const Joining = Type.Object({ under: Type.String({ maxLength: 64 }) }, strict)
const Smaller = Type.Object({ reduction: Type.Enum(['none', 'gray', 'lower-quality']) }, strict)
/** Longer than any card's PIN. */
const maxPinOctets = 256
/** So that a proxy or a sleeping network stack does not take the stream for dead. */
const heartbeatMs = 15_000

export interface ScreenParts extends RequestParts {
  readonly visit: Visit
  readonly desk: Desk
  /** Where the configuration has it. */
  readonly clave: ClaveDesk | undefined
  readonly maintenance: Maintenance
  readonly batches: Pick<Batches, 'subscribe'>
  readonly portals: NonNullable<View['portals']>
  /** Orders of cards; absent where the configuration does not open them to people. */
  readonly counter: CardCounter | undefined
  /** Absent where no program may have copies made. */
  readonly sessions: Pick<Sessions, 'take'> | undefined
}

export function screenRoutes(app: FastifyInstance, parts: ScreenParts): void {
  const { visit, desk, maintenance, signing, batches, counter, sessions } = parts
  const free = (): void => {
    if (signing.busy() || counter?.busy() === true) throw new Fault('STAGE_CONFLICT', 'something else is in hand')
  }
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: maxPinOctets },
    async (_request: unknown, body: Buffer) => body,
  )
  app.get('/screen/events', (request, reply) =>
    streamViews(
      [visit, maintenance, signing, batches, ...(counter === undefined ? [] : [counter])],
      () => seen(parts),
      reply,
      onEnd => request.raw.on('close', onEnd),
    ),
  )
  app.get<{ Params: { pageId: string } }>('/screen/copy/pages/:pageId/preview', async (request, reply) => {
    const { bytes, body } = visit.preview(request.params.pageId)
    return reply.type('image/jpeg').header('content-length', bytes).send(Readable.from(body))
  })
  app.post<{ Body: Static<typeof Opening> }>('/screen/copy', { schema: { body: Opening } }, async (request, reply) => {
    free()
    visit.open(request.body)
    return reply.status(204).send()
  })
  app.post<{ Body: Static<typeof PickedUp> }>(
    '/screen/session',
    { schema: { body: PickedUp } },
    async (request, reply) => {
      free()
      if (sessions === undefined) throw new Fault('PICKUP_CODE_WRONG', 'no program may have copies made here')
      sessions.take(request.body, visit.openAsked)
      return reply.status(204).send()
    },
  )
  const act = (path: string, action: () => unknown) =>
    app.post(path, async (_request, reply) => {
      await action()
      return reply.status(204).send()
    })
  act('/screen/copy/scan', () => desk.startScan(visit.copyId()))
  act('/screen/copy/stop', () => desk.stopScan(visit.copyId()))
  act('/screen/copy/split', () => desk.split(visit.copyId()))
  act('/screen/copy/next', () => visit.takeNext())
  act('/screen/copy/reopen', () => desk.reopen(visit.copyId()))
  act('/screen/copy/leave', () => visit.leave())
  act('/screen/copy/stay', () => visit.stay())
  if (parts.clave !== undefined) claveRoutes(app, parts.clave, visit)
  requestRoutes(app, parts)
  maintenanceRoutes(app, maintenance)
  if (counter !== undefined) cardScreenRoutes(app, counter)
  pageRoutes(app, edit => desk.edit(visit.copyId(), edit))
  app.post<{ Body: Static<typeof Approval> }>(
    '/screen/copy/approve',
    { schema: { body: Approval } },
    async (request, reply) => {
      desk.approve(visit.copyId(), request.body.sourceNature)
      return reply.status(204).send()
    },
  )
  app.post<{ Params: { tokenId: string; keyId: string }; Body: Buffer }>(
    '/screen/copy/sign/:tokenId/:keyId',
    async (request, reply) => {
      const { tokenId, keyId } = request.params
      return reply.send(await visit.sign(tokenId, keyId, request.body))
    },
  )
}

function pageRoutes(app: FastifyInstance, edit: (edit: PageEdit) => unknown): void {
  type OfPage = { Params: { pageId: string } }
  app.post<OfPage & { Body: Static<typeof Turn> }>(
    '/screen/copy/pages/:pageId/turn',
    { schema: { body: Turn } },
    async (request, reply) => {
      edit({ type: 'pageTurned', pageId: request.params.pageId, by: request.body.by })
      return reply.status(204).send()
    },
  )
  app.post<OfPage>('/screen/copy/pages/:pageId/delete', async (request, reply) => {
    edit({ type: 'pageDeleted', pageId: request.params.pageId })
    return reply.status(204).send()
  })
  app.post<OfPage>('/screen/copy/pages/:pageId/restore', async (request, reply) => {
    edit({ type: 'pageRestored', pageId: request.params.pageId })
    return reply.status(204).send()
  })
  app.post<OfPage & { Body: Static<typeof Joining> }>(
    '/screen/copy/pages/:pageId/join',
    { schema: { body: Joining } },
    async (request, reply) => {
      edit({ type: 'pagesJoined', pageId: request.params.pageId, under: request.body.under })
      return reply.status(204).send()
    },
  )
  app.post<OfPage>('/screen/copy/pages/:pageId/part', async (request, reply) => {
    edit({ type: 'pagesParted', pageId: request.params.pageId })
    return reply.status(204).send()
  })
  app.post<{ Body: Static<typeof Smaller> }>(
    '/screen/copy/reduce',
    { schema: { body: Smaller } },
    async (request, reply) => {
      edit({ type: 'reduced', reduction: request.body.reduction })
      return reply.status(204).send()
    },
  )
  app.post<{ Body: Static<typeof Order> }>(
    '/screen/copy/order',
    { schema: { body: Order } },
    async (request, reply) => {
      edit({ type: 'pagesOrdered', pageIds: request.body.pageIds })
      return reply.status(204).send()
    },
  )
}

/** What the screen shows: a request never beside a copy, an order of cards beside neither, maintenance alone. */
function seen({ visit, maintenance, signing, programs, portals, counter, sessions }: ScreenParts): View {
  const view = visit.view()
  const request = signing.view()
  const cards = counter?.view() ?? null
  const offers = {
    offersCards: counter?.opensTo.anybody === true,
    offersBlanks: counter?.opensTo.official === true,
    pickup: sessions !== undefined,
  }
  const offered = { ...view, waiting: programs.waiting(), portals, ...offers }
  // A copy that is finished makes room.
  if (request !== null && !visit.busy()) return { ...offered, copy: null, request }
  if (cards !== null && !visit.busy()) return { ...offered, copy: null, cards }
  const open = view.copy === null ? maintenance.view() : null
  return open === null ? offered : { ...offered, maintenance: open }
}

/** The whole view at once, then again after every change; several changes in one turn of the loop make one event. */
function streamViews(
  sources: readonly Pick<Visit, 'subscribe'>[],
  view: () => View,
  reply: FastifyReply,
  onEnd: (end: () => void) => void,
): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, { ...reply.getHeaders(), 'content-type': 'text/event-stream; charset=utf-8' } as Record<
    string,
    string
  >)
  let due = false
  let last = ''
  const send = (): void => {
    due = false
    const data = JSON.stringify(view())
    if (data === last) return
    last = data
    raw.write(`event: view\ndata: ${data}\n\n`)
  }
  const changed = (): void => {
    if (!due) setImmediate(send)
    due = true
  }
  const unsubscribe = sources.map(source => source.subscribe(changed))
  const heartbeat = setInterval(() => raw.write(':\n\n'), heartbeatMs)
  onEnd(() => {
    clearInterval(heartbeat)
    for (const end of unsubscribe) end()
  })
  send()
}
