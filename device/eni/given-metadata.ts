// The metadata of an ENI document as others give them, in JSON: read against a schema, every code by its own rule. What is
// wrong is named by its JSON path, all of it at once.

import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { checkSuppliedCsv } from '../csv.ts'
import { jsonPath } from '../json-path.ts'
import {
  type Checked,
  checkDir3,
  checkDocumentType,
  checkElaborationState,
  type ElaborationState,
  elaborationStates,
} from './codes.ts'
import type { EniDocument, EniMetadata } from './document.ts'
import { checkEniIdentifier } from './identifier.ts'

const strict = { additionalProperties: false } as const
const Line = Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\x00-\\x1f\\x7f]*$' })

const Given = Type.Object(
  {
    /** Absent: one is made. */
    identifier: Type.Optional(Type.String()),
    organs: Type.Array(Type.String(), { minItems: 1, maxItems: 50 }),
    /** With its time zone. */
    capturedAt: Type.String({
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$',
    }),
    origin: Type.Enum(['citizen', 'administration']),
    elaborationState: Type.Enum([...elaborationStates]),
    sourceNature: Type.Optional(Type.Enum(['original', 'authenticCopy', 'copy'])),
    sourceSupport: Type.Optional(Type.Enum(['paper', 'electronic'])),
    sourceIdentifier: Type.Optional(Line),
    documentType: Type.String(),
    format: Type.Optional(Type.Enum(['PDF', 'PDF/A'])),
    csv: Type.Optional(Type.Object({ value: Line, regulation: Line }, strict)),
  },
  strict,
)
type Given = Static<typeof Given>

export interface GivenMetadata {
  readonly metadata: Omit<EniMetadata, 'identifier'> & { readonly identifier?: string }
  readonly format: EniDocument['format']
  readonly csv?: { readonly value: string; readonly regulation: string }
}

/** `warnings` and `faults` each begin with the JSON path of what they are about. */
export type GivenOutcome =
  | { readonly outcome: 'good'; readonly given: GivenMetadata; readonly warnings: readonly string[] }
  | { readonly outcome: 'refused'; readonly faults: readonly string[] }

/** Reads parsed JSON; never throws. */
export function readGivenMetadata(json: unknown): GivenOutcome {
  const wrong = shapeFaults(json)
  if (wrong.length > 0) return { outcome: 'refused', faults: wrong }
  const given = json as Given
  const checked = checkedCodes(given)
  const faults = checked.flatMap(([path, one]) => ('fault' in one ? [`${path}: ${one.fault}`] : []))
  const capturedAt = Date.parse(given.capturedAt)
  if (!isRealTime(given.capturedAt)) faults.push('$.capturedAt: there is no such day or time')
  if (faults.length > 0) return { outcome: 'refused', faults }
  const warnings = checked.flatMap(([path, one]) =>
    'warning' in one && one.warning !== undefined ? [`${path}: ${one.warning}`] : [],
  )
  return { outcome: 'good', given: takenFrom(given, capturedAt), warnings: [...warnings, ...strangeIdentifier(given)] }
}

/** Date.parse() takes 31 February for a day of March. */
function isRealTime(text: string): boolean {
  const day = text.slice(0, 10)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight) || Number.isNaN(Date.parse(text))) return false
  return new Date(midnight).toISOString().startsWith(day)
}

/** An identifier says who and when too. */
function strangeIdentifier({ identifier, organs, capturedAt }: Given): readonly string[] {
  const [, organ = '', year = ''] = /^ES_(.{9})_(\d{4})_/.exec(identifier ?? '') ?? []
  if (identifier === undefined) return []
  return [
    ...(organs.includes(organ) ? [] : [`$.identifier: ${organ} is none of the organs`]),
    ...(capturedAt.startsWith(year) ? [] : [`$.identifier: ${year} is not the year of capture`]),
  ]
}

function takenFrom(given: Given, capturedAt: number): GivenMetadata {
  const { identifier, organs, origin, elaborationState, sourceIdentifier, documentType, format, csv } = given
  return {
    metadata: {
      ...(identifier !== undefined && { identifier }),
      organs,
      capturedAt,
      origin,
      elaborationState: elaborationState satisfies ElaborationState,
      ...(sourceIdentifier !== undefined && { sourceIdentifier }),
      documentType,
    },
    format: format ?? 'PDF',
    ...(csv !== undefined && { csv }),
  }
}

function checkedCodes(given: Given): readonly (readonly [string, Checked])[] {
  const { identifier, organs, elaborationState, documentType, csv } = given
  const source = { nature: given.sourceNature, support: given.sourceSupport, identifier: given.sourceIdentifier }
  return [
    ...(identifier === undefined ? [] : [['$.identifier', checkEniIdentifier(identifier)] as const]),
    ...organs.map((organ, i) => [`$.organs[${i}]`, checkDir3(organ)] as const),
    ['$.elaborationState', checkElaborationState(elaborationState, source)],
    ['$.documentType', checkDocumentType(documentType)],
    ...(csv === undefined ? [] : [['$.csv.value', checkSuppliedCsv(csv.value)] as const]),
  ]
}

function shapeFaults(json: unknown): readonly string[] {
  const faults = [...Value.Errors(Given, json)].flatMap(({ keyword, instancePath, message, params }) => {
    if (keyword === 'additionalProperties') return []
    const path = jsonPath(instancePath)
    if (keyword === 'boolean') return [`${path}: there is no such key`]
    const allowed = 'allowedValues' in params ? `: ${JSON.stringify(params.allowedValues)}` : ''
    return [`${path}: ${message}${allowed}`]
  })
  return [...new Set(faults)]
}
