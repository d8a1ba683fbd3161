// What cannot be read as a request is answered as every other failure is: by code and detail, in JSON.

import type { Socket } from 'node:net'
import type { FastifyReply, FastifyServerOptions } from 'fastify'
import { errorTable } from '../errors.ts'
import type { ErrorAnswer } from './view.ts'

type Handlers = Pick<FastifyServerOptions, 'frameworkErrors' | 'clientErrorHandler'>

/** Statuses of what Node finds in the octets themselves (RFC 6585, 5; RFC 9110, 15.5.9). */
const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

export const malformedHandlers: Handlers = {
  /** A path that is wrongly encoded, or has a part that is longer than any id. */
  frameworkErrors(_error: unknown, _request: unknown, reply: FastifyReply) {
    const answer: ErrorAnswer = { code: 'REQUEST_INVALID', detail: 'the path is no URL of this interface' }
    void reply.status(errorTable.REQUEST_INVALID.status).type('application/json').send(JSON.stringify(answer))
  },
  clientErrorHandler(error: Error & { readonly code?: string }, socket: Socket) {
    if (socket.writable && error.code !== 'ECONNRESET') {
      const answer: ErrorAnswer = { code: 'REQUEST_INVALID', detail: 'the request is no HTTP, too long or too slow' }
      const body = JSON.stringify(answer)
      const status = statuses[error.code ?? ''] ?? '400 Bad Request'
      const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close`
      socket.write(`${head}\r\n\r\n${body}`)
    }
    socket.destroy(error)
  },
}
