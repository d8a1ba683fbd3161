// What a program is told of a batch, by one schema, from which the OpenAPI file is made too.

import Type, { type Static, type TSchema } from 'typebox'

const strict = { additionalProperties: false } as const
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const time = Type.String({ format: 'date-time' })

export const batchStages = ['waiting', 'done'] as const
export const batchEnds = ['finished', 'stopped', 'refused'] as const

/** Answer about a batch. */
export const BatchAnswer = Type.Object(
  {
    id: Type.String(),
    stage: Type.Enum([...batchStages], {
      description: '`waiting`: for a person at the kiosk, or for its seal; `done`: its result can be fetched.',
    }),
    end: nullable(
      Type.Enum([...batchEnds], { description: 'All that could be was signed, or somebody stopped or refused it.' }),
    ),
    seal: nullable(
      Type.String({ description: 'INE10 of the body whose seal signs it; null: somebody at the screen.' }),
    ),
    total: Type.Integer(),
    signed: Type.Integer(),
    failed: Type.Integer(),
    receivedAt: time,
    expiresAt: nullable(Type.String({ format: 'date-time', description: 'When it is erased, signed or not.' })),
    url: Type.String({ description: 'Its path.' }),
  },
  strict,
)
export type BatchAnswer = Static<typeof BatchAnswer>
