// The OpenAPI 3.1 file of the batches of programs, of the very names and limits that a batch is read by and of the shapes that
// answers have. What fits it is taken; AutoFirma's older spellings (letters otherwise cased, `"true"`) are taken beside it.

import Type from 'typebox'
import { failures, header, idInPath, jsonContent as json, openapiFile } from '../openapi.ts'
import { BatchAnswer } from './answer.ts'
import { batchDigests, batchFormats, batchKeys, batchOperations, maxIdLength, maxTimeoutSeconds } from './read-batch.ts'
import { resultCodes } from './result.ts'

const strict = { additionalProperties: false } as const
const formats = Object.keys(batchFormats)
const algorithms = batchDigests.flatMap(digest => batchKeys.map(key => `${digest}${key}`))
const format = Type.Enum(formats, { description: '`auto`: told from the document.' })
const suboperation = Type.Enum([...batchOperations], { description: 'Absent: `sign`.' })
const extraparams = Type.String({ description: 'Base64 of `name=value` lines, AutoFirma’s extra parameters.' })

/** Fields that are not named here are passed over, as AutoFirma does. */
const Batch = Type.Object({
  algorithm: Type.Enum(algorithms, { description: 'The kind of key says the rest. SHA-1 needs `batches.allowSha1`.' }),
  format: Type.Optional(format),
  suboperation: Type.Optional(suboperation),
  stoponerror: Type.Optional(Type.Boolean({ description: 'The first failure ends it and undoes what was signed.' })),
  concurrenttimeout: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxTimeoutSeconds, description: 'Seconds for one of several at once.' }),
  ),
  extraparams: Type.Optional(extraparams),
  singlesigns: Type.Array(
    Type.Object({
      id: Type.String({ minLength: 1, maxLength: maxIdLength, description: 'No two are the same.' }),
      datareference: Type.String({
        minLength: 1,
        description: 'Base64 of the document, or of where it is: an http(s) or file URL, an absolute path.',
      }),
      format: Type.Optional(Type.Enum(formats, { description: 'Needed where the header has none.' })),
      suboperation: Type.Optional(suboperation),
      extraparams: Type.Optional(Type.String({ description: 'In place of the header’s.' })),
    }),
    { minItems: 1 },
  ),
})

const BatchResult = Type.Object(
  {
    signs: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          result: Type.Enum([...resultCodes]),
          description: Type.Optional(Type.String()),
          signature: Type.Optional(Type.String({ description: 'Base64, of one that is DONE_AND_SAVED.' })),
        },
        strict,
      ),
    ),
  },
  { ...strict, description: 'In the order of the batch.' },
)

/** A JSON value; `version` of this program. */
export function batchOpenapi(version: string): object {
  return openapiFile({
    ...{ version, tag: 'batches' },
    description:
      'A program leaves a batch of documents (AutoFirma’s JSON); somebody at the kiosk signs it, or a seal does.',
    paths: {
      '/batches': { post: leave },
      '/batches/{id}': { parameters: [id], get: state, delete: withdraw },
      '/batches/{id}/result': { parameters: [id], get: result },
      '/batches/{id}/signatures/{item}': { parameters: [id, item], get: signature },
    },
    schemas: { Batch, BatchAnswer, BatchResult },
  })
}

const tags = ['batches']
const id = idInPath('The id of the batch.')
const item = {
  ...{ name: 'item', in: 'path', required: true, description: 'The id of a document of the batch.' },
  schema: { type: 'string' },
}
const early = ['CLIENT_UNKNOWN', 'NOT_FOUND', 'STAGE_CONFLICT'] as const

const leave = {
  ...{ operationId: 'leaveBatch', summary: 'Leaves a batch to be signed', tags },
  parameters: [
    {
      ...{ name: 'Idempotency-Key', in: 'header' },
      description:
        'Repeats a request without a second batch: the same key with the same text gives the batch of before.',
      schema: { type: 'string', minLength: 1, maxLength: 200 },
    },
    {
      ...{ name: 'seal', in: 'query' },
      description: 'INE10 of the body whose seal signs it, with nobody at the screen; one of the client’s `seals`.',
      schema: { type: 'string' },
    },
  ],
  requestBody: { required: true, content: json('Batch') },
  responses: {
    200: { description: 'The batch of before.', content: json('BatchAnswer') },
    201: {
      description: 'A new batch.',
      headers: { Location: header('The path of the batch.') },
      content: json('BatchAnswer'),
    },
    ...failures(
      ...(['BATCH_INVALID', 'REQUEST_INVALID', 'CLIENT_UNKNOWN', 'REQUEST_FORBIDDEN', 'BATCH_TOO_LARGE'] as const),
      ...(['ALGORITHM_REFUSED', 'IDEMPOTENCY_KEY_REUSED', 'KIOSK_BUSY', 'MEDIA_TYPE_REFUSED'] as const),
    ),
  },
}

const state = {
  ...{ operationId: 'getBatch', summary: 'Where the batch stands', tags },
  responses: {
    200: { description: 'The batch.', content: json('BatchAnswer') },
    ...failures('CLIENT_UNKNOWN', 'NOT_FOUND'),
  },
}

const withdraw = {
  ...{ operationId: 'withdrawBatch', summary: 'Withdraws the batch and erases it', tags },
  responses: { 204: { description: 'It is gone.' }, ...failures(...early) },
}

const result = {
  ...{ operationId: 'getBatchResult', summary: 'What became of each document', tags },
  parameters: [
    {
      ...{ name: 'signatures', in: 'query', description: '`false`: the codes alone.' },
      schema: { type: 'string', enum: ['true', 'false'], default: 'true' },
    },
  ],
  responses: { 200: { description: 'AutoFirma’s JSON.', content: json('BatchResult') }, ...failures(...early) },
}

const signature = {
  ...{ operationId: 'getSignature', summary: 'One signature, or one document with its signature', tags },
  responses: {
    200: { description: 'As it is.', content: { 'application/octet-stream': {} } },
    ...failures(...early),
  },
}
