// What an integrator asks a copy by: the JSON of `POST /api/v1/sessions`, read against one schema, from which the OpenAPI file
// is made too, and every code by its own rule. What is wrong is named by its JSON path, all of it at once.

import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { signatureLevels } from '../ades/request.ts'
import { resolutionFloor } from '../config/config.ts'
import { Digitisation } from '../config/procedure.ts'
import { Ine10 } from '../config/seal.ts'
import { checkSuppliedCsv } from '../csv.ts'
import {
  type Checked,
  checkDir3,
  checkDocumentType,
  checkElaborationState,
  checkIne10,
  checkSia,
} from '../eni/codes.ts'
import { Fault } from '../errors.ts'
import { jsonPath } from '../json-path.ts'
import { nearestName } from '../nearest.ts'
import { knownKeys } from '../schema-keys.ts'

const strict = { additionalProperties: false } as const
/** Nothing that breaks the line, turns its direction or is no character of XML: people read it on the screen, and it goes into XML. */
const lineText = '^[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\u202A-\\u202E\\u2066-\\u2069\\uFFFE\\uFFFF]*$'
const line = (description: string) => Type.String({ minLength: 1, maxLength: 200, pattern: lineText, description })
const url = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 2000, description }))

const Asked = Type.Object(
  {
    title: line('What the person at the screen and the copy’s metadata call the document.'),
    type: Type.String({ default: 'TD99', description: 'Tipo documental, TDxx (NTI de Documento Electrónico).' }),
    organ: Type.Optional(Type.String({ description: 'DIR3 of the unit that makes the copy; absent: the body.' })),
    origin: Type.Enum(['citizen', 'administration'], { default: 'citizen' }),
    sourceNature: Type.Optional(
      Type.Enum(['original', 'authenticCopy', 'copy'], {
        description: 'What the paper is; absent: the person at the kiosk declares it.',
      }),
    ),
    elaborationState: Type.Optional(
      Type.String({ description: 'EE03 or EE99; absent: as the nature of the source has it (RD 203/2021, art. 49).' }),
    ),
    sia: Type.Optional(Type.String({ description: 'The procedure in the state’s inventory (SIA).' })),
    language: Type.Optional(
      Type.String({ pattern: '^[a-z]{2}$', description: 'Of the copy’s legend; absent: the first one of the kiosk.' }),
    ),
  },
  strict,
)

const Signature = Type.Object(
  {
    mode: Type.Enum(['none', 'local', 'seal', 'clave'], {
      description: 'Nothing; the card in the kiosk’s reader; the seal of `ens`, by itself; Cl@ve Firma.',
    }),
    format: Type.Enum(['PAdES'], { default: 'PAdES' }),
    level: Type.Enum([...signatureLevels], { default: 'B' }),
    csv: Type.Optional(
      Type.String({
        description: '`none`, `auto`, or a code of the client’s own. Absent: `auto` where mode is `none`, else `none`.',
      }),
    ),
  },
  strict,
)

const Result = Type.Object(
  {
    callbackUrl: url('Told by POST when the copy is ready, has failed, has expired, or was withdrawn by an operator.'),
    redirectUrl: url('Shown at the end as a QR code, for the person to go on.'),
    retentionHours: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 720,
        description: 'How long the copy is kept; at most what the kiosk does.',
      }),
    ),
  },
  { ...strict, default: {} },
)

export const SessionRequest = Type.Object(
  {
    ens: Type.String({ ...Ine10, description: 'INE10 of the body.' }),
    user: line('Who has the copy made.'),
    digitisation: Digitisation,
    document: Asked,
    signature: Signature,
    result: Result,
  },
  strict,
)

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T
export type SessionRequest = DeepReadonly<Static<typeof SessionRequest>>

export interface ReadSessionRequest {
  /** Defaults filled in. */
  readonly request: SessionRequest
  /** Each begins with its JSON path. */
  readonly warnings: readonly string[]
}

/** Throws SESSION_INVALID, RESOLUTION_TOO_LOW. */
export function readSessionRequest(json: unknown): ReadSessionRequest {
  const value = Value.Default(SessionRequest, structuredClone(json))
  refuse(shapeFaults(value))
  const request = value as SessionRequest
  const checked = checkedCodes(request)
  refuse(checked.flatMap(([path, one]) => ('fault' in one ? [`${path}: ${one.fault}`] : [])))
  const { resolution } = request.digitisation
  if (resolution < resolutionFloor) {
    throw new Fault('RESOLUTION_TOO_LOW', `$.digitisation.resolution: ${resolution} is below ${resolutionFloor}`)
  }
  const warnings = checked.flatMap(([path, one]) =>
    'warning' in one && one.warning !== undefined ? [`${path}: ${one.warning}`] : [],
  )
  return { request, warnings }
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new Fault('SESSION_INVALID', [...new Set(faults)].join('; '))
}

function shapeFaults(value: unknown): readonly string[] {
  return [...Value.Errors(SessionRequest, value)].flatMap(({ keyword, instancePath, message, params }) => {
    if (keyword === 'additionalProperties') return []
    if (keyword === 'boolean') return [unknownField(instancePath)]
    if ('pattern' in params && String(params.pattern) === lineText)
      return [`${jsonPath(instancePath)}: has characters that break the line, turn its direction or are none of XML`]
    const allowed = 'allowedValues' in params ? `: ${JSON.stringify(params.allowedValues)}` : ''
    return [`${jsonPath(instancePath)}: ${message}${allowed}`]
  })
}

function unknownField(pointer: string): string {
  const parts = pointer.split('/').slice(1)
  const nearest = nearestName(parts.at(-1) ?? '', knownKeys(SessionRequest, parts.slice(0, -1)))
  const path = jsonPath(pointer)
  return `${path}: there is no such field${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
}

function checkedCodes({ ens, document, signature }: SessionRequest): readonly (readonly [string, Checked])[] {
  const { type, organ, sia, elaborationState, sourceNature: nature } = document
  return [
    ['$.ens', checkIne10(ens)],
    ['$.document.type', checkDocumentType(type)],
    ...optional('$.document.organ', organ, checkDir3),
    ...optional('$.document.sia', sia, checkSia),
    ...optional('$.document.elaborationState', elaborationState, text => checkMadeState(text, nature)),
    ...optional('$.signature.csv', suppliedCsv({ signature }), checkSuppliedCsv),
  ]
}

/** The verification code that the client brings along; undefined where it brings none. */
export function suppliedCsv({ signature: { csv } }: Pick<SessionRequest, 'signature'>): string | undefined {
  return csv === 'none' || csv === 'auto' ? undefined : csv
}

function optional(path: string, text: string | undefined, check: (text: string) => Checked) {
  return text === undefined ? [] : [[path, check(text)] as const]
}

/** What can be made of paper: whether it is no plain copy the person declares where the request does not. */
function checkMadeState(text: string, nature: SessionRequest['document']['sourceNature']): Checked {
  if (text === 'EE99') return { value: text }
  const checked = checkElaborationState(text, { nature: nature ?? 'original', support: 'paper', identifier: 'paper' })
  if ('fault' in checked || text === 'EE03') return checked
  return { fault: 'a kiosk makes EE03 or EE99 of paper' }
}

/** Lower-case hex of the SHA-256 of a request, the same whatever its spaces and the order of its fields. */
export function requestDigest(json: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(json, (_key, value: unknown) => sorted(value)))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
