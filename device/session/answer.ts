// What a client is told of its session, by one schema each, from which the OpenAPI file is made too.

import Type, { type Static } from 'typebox'
import type { Document } from '../document/document.ts'
import { copySheets } from '../document/page.ts'
import { type MadeCopy, type Session, sessionStages } from './session.ts'

const strict = { additionalProperties: false } as const
const text = Type.String()
const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Object>>(schema: T) =>
  Type.Union([schema, Type.Null()])
const time = Type.String({ format: 'date-time' })
const reason = Type.Object({ code: text, detail: text }, strict)

/** Answer of `POST /api/v1/sessions`. */
export const OpenedSession = Type.Object(
  {
    sessionID: text,
    url: nullable(
      Type.String({
        description: 'What the kiosk’s own browser opens in place of typing the code; null once nobody is waited for.',
      }),
    ),
    pickupCode: nullable(
      Type.String({ description: 'What the person types at the kiosk; null once nobody is waited for.' }),
    ),
    expiresAt: nullable(
      Type.String({ format: 'date-time', description: 'Until when the person may come; later as in the session.' }),
    ),
    warnings: Type.Optional(Type.Array(text)),
  },
  strict,
)

/** The copy that was made. */
const Made = Type.Object(
  {
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    bytes: Type.Integer(),
    pages: Type.Integer(),
    reference: text,
    csv: nullable(Type.String()),
    signature: nullable(Type.Object({ level: Type.Enum(['B', 'T', 'LT', 'LTA']), at: time }, strict)),
  },
  strict,
)

/** Answer of `GET /api/v1/sessions/{id}`. */
export const SessionAnswer = Type.Object(
  {
    sessionID: text,
    state: Type.Enum([...sessionStages]),
    url: nullable(Type.String({ description: 'While it waits.' })),
    pickupCode: nullable(Type.String({ description: 'While it waits.' })),
    createdAt: time,
    expiresAt: nullable(
      Type.String({
        format: 'date-time',
        description:
          'When the state ends by itself: the waiting, the keeping of the result, the memory of what is over. Null while it is made, and while a finished copy still has to be received elsewhere: it is kept so long, and its hours begin then.',
      }),
    ),
    document: nullable(Made),
    fetchedAt: nullable(time),
    problem: nullable(
      Type.Object(
        {
          code: text,
          detail: text,
          mendedBy: Type.Enum(['later', 'person', 'operator', 'never'], { description: '`later`: time alone.' }),
        },
        strict,
      ),
    ),
    why: nullable(Type.Object(reason.properties, { ...strict, description: 'Why it failed.' })),
    callbacks: Type.Array(
      Type.Object(
        {
          id: text,
          state: Type.Enum(['waiting', 'delivered', 'refused']),
          attempts: Type.Integer(),
          nextAttemptAt: nullable(time),
          lastFault: nullable(Type.Object({ ...reason.properties, at: time }, strict)),
        },
        strict,
      ),
    ),
    warnings: Type.Array(text),
  },
  strict,
)
export type SessionAnswer = Static<typeof SessionAnswer>

/** Body of a callback. */
export const CallbackBody = Type.Object(
  {
    sessionID: text,
    state: Type.Enum(['ready', 'failed', 'expired', 'withdrawn'], { description: '`withdrawn`: by an operator.' }),
    at: time,
    document: nullable(Made),
    why: nullable(reason),
  },
  strict,
)

/** `copy`: the document that is being made, where there is one. */
export function answerOf(
  id: string,
  session: Session,
  { url, copy }: { readonly url: string; readonly copy: Document | undefined },
): SessionAnswer {
  const { stage, made, notices } = session
  const waits = stage === 'waiting'
  const hold = stage === 'in-hand' || stage === 'making' ? (copy?.hold ?? null) : null
  return {
    sessionID: id,
    state: stage,
    url: waits ? url : null,
    pickupCode: waits ? session.pickupCode : null,
    createdAt: session.createdAt,
    expiresAt: session.endsAt,
    document: made,
    fetchedAt: session.fetchedAt,
    problem: hold === null ? null : { code: hold.code, detail: hold.detail, mendedBy: hold.retry },
    why: session.why,
    callbacks: notices.map(({ id: notice, state, attempts, nextAttemptAt, lastFault }) => ({
      ...{ id: notice, state, attempts, nextAttemptAt, lastFault },
    })),
    warnings: [...session.warnings],
  }
}

/** Of a document that is finished; undefined before. */
export function madeOf({ stage, pages, reference, csv }: Document): MadeCopy | undefined {
  if (stage.name !== 'delivering' && stage.name !== 'done') return undefined
  const { copy, signature } = stage
  return {
    sha256: copy.sha256,
    bytes: copy.bytes,
    pages: copySheets(pages).length,
    reference,
    csv,
    signature: signature === null ? null : { level: signature.level, at: signature.at },
  }
}
