// What the net worker's answers about Cl@ve Firma must look like; see shapes.ts.

import Type from 'typebox'
import { errorCodes } from '../../device/errors.ts'

const strict = { additionalProperties: false }
const id = Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' })

/** Answer of `ClaveFirma.start` and `startBatch`. */
export const claveStarted = Type.Object(
  { id, page: Type.String({ pattern: '^https://[\\x21-\\x7e]+$', maxLength: 4_000 }) },
  strict,
)

/** Answer of `ClaveFirma.failure`. */
export const claveFailure = Type.Object(
  { code: Type.Enum([...errorCodes]), detail: Type.String({ maxLength: 1_000 }) },
  strict,
)

/** Answer of `ClaveFirma.recoverBatch`. */
export const claveBatchResult = Type.Object(
  {
    documents: Type.Array(
      Type.Object(
        { id: Type.String({ maxLength: 200 }), signed: Type.Boolean(), state: Type.String({ maxLength: 40 }) },
        strict,
      ),
      { maxItems: 10_000 },
    ),
  },
  strict,
)

/** Answer of `ClaveFirma.batchProgress`. */
export const claveProgress = Type.Number({ minimum: 0, maximum: 1 })
