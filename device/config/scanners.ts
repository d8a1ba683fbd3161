// The part of the configuration that names the scanners: which technology, where or who each one is.

import Type, { type Static } from 'typebox'

const strict = { additionalProperties: false } as const
/** What a person types to mean one device, procedure or destination. */
export const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' })

export const Scanner = Type.Union([
  Type.Object(
    {
      id: Id,
      driver: Type.Literal('escl'),
      /** The eSCL root; beside an identity, where the scanner is looked for first. */
      url: Type.Optional(Type.String({ pattern: '^https?://' })),
      /** Who the scanner is, as `compulsa devices` shows it: it is found by that wherever it is plugged in. */
      uuid: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      serial: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
      /** How backs arrive from a two-sided feeder; absent: as is known of the model. */
      backs: Type.Optional(Type.Enum(['upright', 'turned'])),
    },
    strict,
  ),
  Type.Object(
    {
      id: Id,
      driver: Type.Literal('sane'),
      /** SANE device name or its beginning up to a colon, for names that change with the USB port; absent: the first found. */
      device: Type.Optional(Type.String({ minLength: 1 })),
      /** Options of the backend that are set for every scan, e.g. {"swdespeck": "1"}. */
      options: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]*$' }), Type.String())),
    },
    strict,
  ),
])

/** What no schema can say, each fault with the path of the offending value. */
export function scannerFaults(scanners: readonly Static<typeof Scanner>[]): string[] {
  return scanners.flatMap((scanner, i) => {
    if (scanner.driver !== 'escl' || (scanner.url ?? scanner.uuid ?? scanner.serial ?? scanner.name)) return []
    return [`devices.scanners.${i} needs a url, or the uuid, serial or name by which the scanner is found`]
  })
}
