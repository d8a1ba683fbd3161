// What the net worker's answers about seals must look like; see shapes.ts.

import Type, { type Static } from 'typebox'

const base64 = Type.String({ maxLength: 64 * 1024, pattern: '^[A-Za-z0-9+/]*={0,2}$' })

/** Answer of `SealService.identities`. */
export const sealIdentities = Type.Array(Type.String({ maxLength: 1_000 }), { maxItems: 10_000 })

/** Answer of `SealService.certificate`, DER as Base64. */
export const sealCertificate = Type.Object(
  {
    certificate: base64,
    chain: Type.Array(base64, { maxItems: 16 }),
    onlyPss: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false },
)

/** Answer of `SealService.sign`. */
export const sealValues = Type.Array(base64, { maxItems: 10_000 })

export type WireSealCertificate = Static<typeof sealCertificate>
