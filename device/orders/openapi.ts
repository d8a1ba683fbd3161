// The OpenAPI 3.1 file of the orders of cards by programs, made of the very schemas that requests are read by and answers have.

import { orderBodies } from '../cards/order-body.ts'
import { failures, header, idInPath, jsonContent as json, openapiFile } from '../openapi.ts'
import {
  ActivationAnswer,
  CallbackAnswer,
  OrderAnswer,
  OrderAsked,
  OrdersAnswer,
  PapersAsked,
  PricesAnswer,
} from './wire.ts'

/** A JSON value; `version` of this program. */
export function openapi(version: string): object {
  return openapiFile({
    ...{ version, tag: 'cards' },
    description:
      'Signature cards, keys, readers, blank batches, renewals and video recognition from a card service. Orders cost money: the same Idempotency-Key is the same order for ever, and each client sees its own orders only.',
    paths: {
      '/cards/products': { get: products },
      '/cards/orders': { get: list, post: order },
      '/cards/orders/{id}': { parameters: [id], get: show },
      '/cards/orders/{id}/form': { parameters: [id], get: form },
      '/cards/orders/{id}/submit': { parameters: [id], post: submit },
      '/cards/orders/{id}/activation': { parameters: [id], get: activation },
      '/cards/orders/{id}/poll': { parameters: [id], post: poll },
      '/cards/callback': { post: callback },
    },
    schemas: {
      PricesAnswer,
      OrderAsked: { ...OrderAsked, properties: { ...OrderAsked.properties, body: anyOrder } },
      ...bodies,
      OrderAnswer,
      OrdersAnswer,
      PapersAsked,
      ActivationAnswer,
      CallbackAnswer,
    },
  })
}

/** `person` is `PersonOrder`: the product's `fields` tell which one it is. */
const bodies = Object.fromEntries(
  Object.entries(orderBodies).map(([family, schema]) => [`${family[0]?.toUpperCase()}${family.slice(1)}Order`, schema]),
)
const anyOrder = {
  description:
    'The fields of the product, as the card service names them; which schema it is, `fields` of the product tells.',
  anyOf: Object.keys(bodies).map(name => ({ $ref: `#/components/schemas/${name}` })),
}

const tags = ['cards']
const id = idInPath('Of the order.')
const key = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'The same key is the same order, for ever, also after it was erased.',
  schema: { type: 'string', format: 'uuid' },
}
const refusedTo = ['CLIENT_UNKNOWN', 'REQUEST_FORBIDDEN'] as const
/** Why the service could not be asked. */
const unasked = [
  ...(['DESTINATION_UNREACHABLE', 'DESTINATION_BUSY', 'DESTINATION_UNTRUSTED', 'TLS_PIN_MISMATCH'] as const),
  'CREDENTIALS_REFUSED',
] as const
const answered = (description: string, name: string) => ({ description, content: json(name) })

const products = {
  ...{ operationId: 'getProducts', summary: 'The price list, and when it was read', tags },
  responses: { 200: answered('The list.', 'PricesAnswer'), ...failures(...refusedTo, ...unasked) },
}

const list = {
  ...{ operationId: 'listOrders', summary: 'The client’s own orders, oldest first', tags },
  responses: { 200: answered('The orders.', 'OrdersAnswer'), ...failures(...refusedTo) },
}

const order = {
  ...{ operationId: 'createOrder', summary: 'Orders a product; costs money', tags },
  parameters: [key],
  requestBody: { required: true, content: json('OrderAsked') },
  responses: {
    200: answered('The order of before.', 'OrderAnswer'),
    201: {
      ...answered('A new order: durable here, and sent when the service can be reached.', 'OrderAnswer'),
      headers: { Location: header('The path of the order.') },
    },
    ...failures(
      ...refusedTo,
      'REQUEST_INVALID',
      'MESSAGE_TOO_LARGE',
      'NOT_FOUND',
      'STAGE_CONFLICT',
      'IDEMPOTENCY_KEY_REUSED',
      ...unasked,
    ),
  },
}

const show = {
  ...{ operationId: 'getOrder', summary: 'Where an order stands', tags },
  responses: { 200: answered('The order.', 'OrderAnswer'), ...failures(...refusedTo, 'NOT_FOUND') },
}

const form = {
  ...{ operationId: 'getForm', summary: 'The recognition form as it is now, to be signed', tags },
  responses: {
    200: { description: 'The form.', content: { 'application/pdf': {} } },
    ...failures(...refusedTo, 'NOT_FOUND', 'STAGE_CONFLICT', ...unasked),
  },
}

const submit = {
  ...{ operationId: 'submitPapers', summary: 'Hands in the signed form and the identity document', tags },
  requestBody: { required: true, content: json('PapersAsked') },
  responses: {
    202: answered('Durable here, and sent when the service can be reached.', 'OrderAnswer'),
    ...failures(...refusedTo, 'REQUEST_INVALID', 'MESSAGE_TOO_LARGE', 'NOT_FOUND', 'STAGE_CONFLICT'),
  },
}

const activation = {
  ...{ operationId: 'getActivation', summary: 'The code that a renewal, or a certificate from abroad, is', tags },
  responses: {
    200: answered('The code, asked of the service now and kept nowhere here.', 'ActivationAnswer'),
    ...failures(...refusedTo, 'NOT_FOUND', 'STAGE_CONFLICT', ...unasked),
  },
}

const poll = {
  ...{ operationId: 'pollOrder', summary: 'Has the service asked now, at most once a minute', tags },
  responses: { 202: answered('The order as it stands.', 'OrderAnswer'), ...failures(...refusedTo, 'NOT_FOUND') },
}

const callback = {
  ...{ operationId: 'relayCallback', summary: 'What the card service called a back office with, handed on', tags },
  requestBody: {
    required: true,
    description: 'As it came: a hint to ask, nothing of it is believed.',
    content: { 'application/json': { schema: {} } },
  },
  responses: {
    202: answered('Taken.', 'CallbackAnswer'),
    ...failures(...refusedTo, 'REQUEST_INVALID', 'MESSAGE_TOO_LARGE'),
  },
}
