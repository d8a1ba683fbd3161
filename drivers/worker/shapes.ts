// What a worker's answers must look like, by the ports' types. The device believes none of them unchecked: a worker has
// read foreign bytes, and whoever took it over must not reach further than a wrong picture. Bounds are far above what
// an honest worker sends. Loaded by the device only; the workers take from here no more than types.

import Type, { type Static, type TSchema } from 'typebox'
import Value from 'typebox/value'
import { Fault } from '../../device/errors.ts'

const maxPixels = 100_000
const text = (maxLength: number) => Type.String({ maxLength })
const base64 = Type.String({ maxLength: 64 * 1024, pattern: '^[A-Za-z0-9+/]*={0,2}$' })
const hex = (maxBytes: number) => Type.String({ pattern: `^(?:[0-9a-f]{2}){1,${maxBytes}}$` })
const closed = { additionalProperties: false }

const scanSource = Type.Enum(['adf', 'flatbed'])
const scanFaultCode = Type.Enum([
  'SCANNER_ABSENT',
  'SCANNER_UNPLUGGED',
  'SCANNER_BUSY',
  'SCANNER_JAM',
  'SCANNER_DOUBLE_FEED',
  'SCANNER_COVER_OPEN',
  'SCANNER_FAILED',
  'SCANNER_TIMEOUT',
  'SCAN_SETTING_REFUSED',
  'FEEDER_EMPTY',
])

/** Answer of `Scanner.list`. */
export const scannerInfos = Type.Array(
  Type.Object(
    {
      id: text(200),
      name: text(200),
      driver: Type.Enum(['escl', 'sane']),
      state: Type.Enum(['ready', 'busy', 'absent', 'fault']),
      code: Type.Optional(scanFaultCode),
      sources: Type.Array(scanSource, { maxItems: 2 }),
      duplex: Type.Boolean(),
      paperLoaded: Type.Optional(Type.Boolean()),
      buttonPressed: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
  { maxItems: 64 },
)

/** Answer of `Scanner.discover`. */
export const discoveredScanners = Type.Array(
  Type.Object(
    {
      name: text(200),
      url: text(400),
      uuid: Type.Optional(text(100)),
      serial: Type.Optional(text(100)),
      sources: Type.Array(scanSource, { maxItems: 2 }),
      duplex: Type.Boolean(),
    },
    closed,
  ),
  { maxItems: 256 },
)

/** A page without its image. */
export const scannedPage = Type.Object(
  {
    number: Type.Integer({ minimum: 1, maximum: 100_000 }),
    side: Type.Enum(['front', 'back']),
    mediaType: Type.Enum(['image/jpeg', 'image/png', 'image/tiff', 'image/x-portable-anymap']),
    resolution: Type.Number({ exclusiveMinimum: 0, maximum: 10_000 }),
    turn: Type.Optional(Type.Literal(180)),
  },
  closed,
)

/** How a scan ended. */
export const scanEnd = Type.Union([
  Type.Object(
    { end: Type.Enum(['empty', 'limit']), imagesCompleted: Type.Optional(Type.Integer({ minimum: 0 })) },
    closed,
  ),
  Type.Object({ end: Type.Literal('fault'), code: scanFaultCode, detail: text(2_000) }, closed),
])

const pinTries = Type.Enum(['unknown', 'few', 'last', 'none'])

/** Answer of `Signer.tokens`. */
export const tokens = Type.Array(Type.Object({ id: text(200), label: text(200), pinTries }, closed), { maxItems: 64 })

/** DER as base64. */
export const certificates = Type.Array(
  Type.Object(
    { tokenId: text(200), keyId: hex(64), certificate: base64, chain: Type.Array(base64, { maxItems: 16 }) },
    closed,
  ),
  { maxItems: 64 },
)

/** How `Signer.open` ends where no session comes of it. */
export const signRefusal = Type.Union([
  Type.Object({ outcome: Type.Literal('pin-wrong'), tries: pinTries }, closed),
  Type.Object({ outcome: Type.Enum(['pin-locked', 'token-absent', 'token-removed']) }, closed),
  Type.Object({ outcome: Type.Literal('failed'), detail: text(2_000) }, closed),
])

/** `signature` as base64. */
export const signOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('signed'), signature: base64 }, closed),
  signRefusal,
])

/** A session that is open, without its functions. */
export const openSession = Type.Object(
  { concurrency: Type.Integer({ minimum: 1, maximum: 64 }), pinEachTime: Type.Boolean() },
  closed,
)

/** What was not taken and is tried again; `own` is the reason that only this port knows. */
export const later = <const Own extends string>(own: Own) =>
  Type.Object(
    {
      outcome: Type.Literal('later'),
      code: Type.Enum([
        'DESTINATION_UNREACHABLE',
        'DESTINATION_BUSY',
        'DESTINATION_UNTRUSTED',
        'TLS_PIN_MISMATCH',
        'CREDENTIALS_REFUSED',
        own,
      ]),
      detail: text(2_000),
      retryAfterMs: Type.Optional(Type.Number({ minimum: 0 })),
    },
    closed,
  )

/** What the other side will never take. */
export const refused = Type.Object(
  { outcome: Type.Literal('refused'), code: Type.Literal('DESTINATION_REFUSED'), detail: text(2_000) },
  closed,
)

/** Answer of `Delivery.deliver`. */
export const deliveryOutcome = Type.Union([
  Type.Object(
    {
      outcome: Type.Literal('delivered'),
      receipt: Type.Object({ reference: text(1_000), sha256: hex(32), receivedAt: text(64) }, closed),
    },
    closed,
  ),
  later('RECEIPT_INVALID'),
  refused,
])

const pixels = Type.Integer({ minimum: 1, maximum: maxPixels })
const skewDegrees = Type.Number({ minimum: -45, maximum: 45 })
const position = Type.Integer({ minimum: -maxPixels, maximum: maxPixels })
const frame = Type.Object({ left: position, top: position, width: pixels, height: pixels }, closed)
const geometry = { width: pixels, height: pixels, straightenDegrees: skewDegrees, frame }

/** What `prepare` tells once its bytes are through: `preview` first, then `rendition` where it is `encoded`. */
export const preparedPage = Type.Object(
  {
    verdict: Type.Object(
      {
        width: pixels,
        height: pixels,
        resolution: Type.Number({ exclusiveMinimum: 0, maximum: 10_000 }),
        colour: Type.Enum(['color', 'gray', 'bw']),
        blank: Type.Boolean(),
        turn: Type.Enum([0, 90, 180, 270]),
        turnConfident: Type.Boolean(),
        skewDegrees,
        sheet: frame,
      },
      closed,
    ),
    rendition: Type.Union([
      Type.Object({ kind: Type.Literal('original'), encoding: Type.Literal('jpeg'), ...geometry }, closed),
      Type.Object({ kind: Type.Literal('encoded'), encoding: Type.Enum(['jpeg', 'ccitt-g4']), ...geometry }, closed),
    ]),
  },
  closed,
)

/** What the bytes of an item of `prepare` are. */
export const preparedPart = Type.Object({ part: Type.Enum(['preview', 'rendition']) }, closed)

export type WireCertificates = Static<typeof certificates>
export type WireSignOutcome = Static<typeof signOutcome>
export type WireSignRefusal = Static<typeof signRefusal>
export type WireOpenSession = Static<typeof openSession>
export type WirePreparedPage = Static<typeof preparedPage>
export type WirePreparedPart = Static<typeof preparedPart>

/** `value` where it has the shape; throws FRAME_INVALID where it has not, naming the place but not what stands there. */
export function checked<S extends TSchema>(schema: S, value: unknown, what: string): Static<S> {
  if (Value.Check(schema, value)) return value
  const [first] = Value.Errors(schema, value)
  throw new Fault('FRAME_INVALID', `${what}${first?.instancePath ?? ''}: ${first?.message ?? 'not as agreed'}`)
}
