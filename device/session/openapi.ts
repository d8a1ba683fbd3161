// The OpenAPI 3.1 file of the session interface, made of the very schemas that requests are read by and answers have.

import { askedWith, failures, header, idInPath, jsonContent as json, openapiFile } from '../openapi.ts'
import { CallbackBody, OpenedSession, SessionAnswer } from './answer.ts'
import { SessionRequest } from './request.ts'

/** A JSON value; `version` of this program. */
export function openapi(version: string): object {
  return openapiFile({
    ...{ version, tag: 'sessions' },
    description:
      'An integrator asks for a session; the person comes to the kiosk with the pick-up code; the certified copy is fetched here.',
    paths: {
      '/sessions': { post: create },
      '/sessions/{id}': { parameters: [id], get: state, delete: withdraw },
      '/sessions/{id}/document': { parameters: [id], get: document },
      '/sessions/{id}/metadata': { parameters: [id], get: metadata },
      '/sessions/{id}/evidence': { parameters: [id], get: evidence },
    },
    webhooks: { session: { post: callback } },
    schemas: { SessionRequest: askedWith(SessionRequest), OpenedSession, SessionAnswer, CallbackBody },
  })
}

const tags = ['sessions']
const id = idInPath('The sessionID.')
const key = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Repeats a request without a second session: the same key with the same request gives the session of before.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
}

const create = {
  ...{ operationId: 'createSession', summary: 'Asks for a copy to be made', tags },
  parameters: [key],
  requestBody: { required: true, content: json('SessionRequest') },
  responses: {
    200: { description: 'The session of before.', content: json('OpenedSession') },
    201: {
      description: 'A new session.',
      headers: { Location: header('The path of the session.') },
      content: json('OpenedSession'),
    },
    ...failures(
      ...([
        'SESSION_INVALID',
        'REQUEST_INVALID',
        'CLIENT_UNKNOWN',
        'REQUEST_FORBIDDEN',
        'ADDRESS_REFUSED',
        'MESSAGE_TOO_LARGE',
      ] as const),
      ...([
        'SESSION_NOT_POSSIBLE',
        'RESOLUTION_TOO_LOW',
        'IDEMPOTENCY_KEY_REUSED',
        'KIOSK_BUSY',
        'MEDIA_TYPE_REFUSED',
      ] as const),
    ),
  },
}

const state = {
  ...{ operationId: 'getSession', summary: 'Where the session stands', tags },
  responses: {
    200: { description: 'The session.', content: json('SessionAnswer') },
    ...failures('CLIENT_UNKNOWN', 'NOT_FOUND'),
  },
}

const withdraw = {
  ...{ operationId: 'withdrawSession', summary: 'Withdraws the session and erases what there is', tags },
  responses: {
    204: { description: 'Done; also for a session that was over.' },
    ...failures('CLIENT_UNKNOWN', 'NOT_FOUND', 'STAGE_CONFLICT'),
  },
}

const early = ['CLIENT_UNKNOWN', 'NOT_FOUND', 'STAGE_CONFLICT', 'SESSION_GONE'] as const

const document = {
  ...{ operationId: 'getDocument', summary: 'The copy', tags },
  responses: {
    200: {
      description: 'PDF/A, signed where a signature was asked for.',
      headers: {
        'Content-Digest': header('sha-256 (RFC 9530).'),
        'Content-Disposition': header('The reference as a file name.'),
      },
      content: { 'application/pdf': {} },
    },
    ...failures(...early),
  },
}

const metadata = {
  ...{ operationId: 'getMetadata', summary: 'The ENI document of the copy, version 1.0', tags },
  responses: {
    200: { description: 'XML (NTI de Documento Electrónico), the copy in it.', content: { 'application/xml': {} } },
    ...failures(...early, 'SIGNATURE_ABSENT'),
  },
}

const evidence = {
  ...{ operationId: 'getEvidence', summary: 'How the copy was made, signed by the kiosk', tags },
  responses: {
    200: {
      description: 'JWS, flattened JSON serialization (RFC 7515), ES256.',
      content: { 'application/jose+json': { schema: { type: 'object' } } },
    },
    ...failures(...early),
  },
}

const signed = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
})

const callback = {
  summary: 'Sent to `result.callbackUrl`, by the Standard Webhooks specification',
  tags,
  security: [],
  parameters: [
    signed('webhook-id', 'The same on every attempt: what was received before is ignored.'),
    signed('webhook-timestamp', 'Seconds since 1970, of this attempt.'),
    signed('webhook-signature', '`v1,` and the Base64 of HMAC-SHA256(secret, `{id}.{timestamp}.{body}`).'),
  ],
  requestBody: { required: true, content: json('CallbackBody') },
  responses: {
    '2XX': { description: 'Received.' },
    410: { description: 'Not wanted any more; it is not sent again.' },
  },
}
