// What the OpenAPI 3.1 files of the interfaces for programs have in common: who may ask, how a refusal looks, and the small
// words that operations are written with. Schemas are JSON Schema 2020-12, which 3.1 takes as it is.

import type { TSchema } from 'typebox'
import { type ErrorCode, errorTable } from './errors.ts'

export interface OpenapiParts {
  /** Of this program. */
  readonly version: string
  /** What the interface is about: one word, the tag of its operations. */
  readonly tag: string
  readonly description: string
  readonly paths: Readonly<Record<string, object>>
  readonly webhooks?: Readonly<Record<string, object>>
  readonly schemas: Readonly<Record<string, object>>
}

/** A JSON value; paths are below `/api/v1`. */
export function openapiFile({ version, tag, description, paths, webhooks, schemas }: OpenapiParts): object {
  return {
    openapi: '3.1.0',
    info: { title: `Compulsa: ${tag}`, version, description, license: { name: 'EUPL-1.2', identifier: 'EUPL-1.2' } },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }, { certificate: [] }],
    tags: [{ name: tag }],
    paths,
    ...(webhooks !== undefined && { webhooks }),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Of a client of `api.clients`.' },
        certificate: { type: 'mutualTLS', description: 'By the name that `api.clients` gives to the client’s.' },
      },
      schemas: { ...schemas, Error: failure },
    },
  }
}

const failure = {
  type: 'object',
  required: ['code', 'detail'],
  properties: {
    code: { type: 'string', description: 'A row of the table of errors in the README.' },
    detail: { type: 'string' },
  },
} as const

/** A body in JSON, by the name of its schema. */
export const jsonContent = (name: string) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
})

/** Answers by what is thrown, under its status; who is not known may have shown a token or a certificate. */
export function failures(...told: readonly ErrorCode[]): Readonly<Record<string, object>> {
  const codes = told.flatMap(code =>
    code === 'CLIENT_UNKNOWN' ? ([code, 'CLIENT_CERTIFICATE_REFUSED'] as const) : [code],
  )
  const statuses = [...new Set(codes.map(code => errorTable[code].status))].sort()
  const named = statuses.map(status => {
    const those = codes.filter(code => errorTable[code].status === status)
    return [String(status), { description: those.join(', '), content: jsonContent('Error') }]
  })
  const other = { description: 'Any other row of the table of errors.', content: jsonContent('Error') }
  return { ...Object.fromEntries(named), default: other }
}

/** Of an answer. */
export const header = (description: string) => ({ description, schema: { type: 'string' } })

export const idInPath = (description: string) => ({
  name: 'id',
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
})

/** What has a default need not be sent. */
export function askedWith(schema: TSchema): object {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (!isObjectSchema(value)) return value
    const required = value.required.filter(name => !('default' in (value.properties[name] ?? {})))
    return { ...value, required }
  })
}

interface ObjectSchema {
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, object>>
}

function isObjectSchema(value: unknown): value is ObjectSchema {
  return typeof value === 'object' && value !== null && 'required' in value && Array.isArray(value.required)
}
