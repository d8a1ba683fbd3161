// The HTTP faces of the appliance: the screen on loopback, with its pages and its event stream, and the operator's on a
// socket file that only the appliance's own user can open. Routes are in the files beside; here are only the server's own
// concerns: headers, errors, listening and closing.

import { chmod, rm } from 'node:fs/promises'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyInstance } from 'fastify'
import { asFault, Fault } from '../errors.ts'
import type { Health } from '../health.ts'
import type { Log } from '../ports.ts'
import { checkRequest, securityHeaders } from './guard.ts'
import { malformedHandlers } from './malformed.ts'
import { type OperatorParts, operatorRoutes } from './operator.ts'
import { type ScreenParts, screenRoutes } from './screen.ts'
import type { ErrorAnswer } from './view.ts'

export interface ServerParts extends ScreenParts {
  readonly operator: OperatorParts
  /** Sites that the screen may show in a frame. */
  readonly frameOrigins: readonly string[]
  health(): Promise<Health>
  /** Folder of the built screen. */
  readonly uiFolder: string
  readonly port: number
  readonly operatorSocket: string
  readonly log: Log
}

export interface Server {
  /** Where the screen answers, with the port that the system gave where 0 was asked. */
  readonly url: string
  close(): Promise<void>
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
}

/** Throws PORT_TAKEN. */
export async function startServer(parts: ServerParts): Promise<Server> {
  const screen = createApp(parts.log)
  const operator = createApp(parts.log)
  const headers = securityHeaders(parts.frameOrigins)
  let port = parts.port
  screen.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    checkRequest(request.method, request.url, request.headers, port)
  })
  await screen.register(fastifyStatic, { root: parts.uiFolder, cacheControl: false })
  screenRoutes(screen, parts)
  operatorRoutes(operator, parts.operator)
  // A monitor reads the status; the command line reads what is wrong.
  screen.get('/health', async (_request, reply) => {
    const health = await parts.health()
    return reply.status(health.status === 'failing' ? 503 : 200).send(health)
  })
  operator.get('/health', async (_request, reply) => reply.send(await parts.health()))
  await listen(screen, { host: '127.0.0.1', port })
  const address = screen.server.address()
  if (address !== null && typeof address === 'object') port = address.port
  await rm(parts.operatorSocket, { force: true })
  await listen(operator, { path: parts.operatorSocket })
  await chmod(parts.operatorSocket, 0o600)
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      await Promise.all([screen.close(), operator.close()])
    },
  }
}

/** What a server shows of itself by TLS, and whose certificates it asks for: PEM. */
export interface ServerCredentials {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly ca?: string
  readonly crl?: string[]
  readonly requestCert?: boolean
  readonly rejectUnauthorized?: boolean
}

/** Of one part of a path: the id of a signature of a batch, percent-encoded. */
const maxParamLength = 2_000

/** An HTTP application whose failures are answered by code and detail. */
export function createApp(log: Log, credentials?: ServerCredentials): FastifyInstance {
  const app = fastify({
    ...(credentials !== undefined && { https: credentials }),
    ...malformedHandlers,
    logger: false,
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength },
    // What does not fit a schema is refused, not bent until it fits.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  })
  app.setErrorHandler((error, request, reply) => {
    // Whoever asked has gone while sending: nobody reads an answer, and nothing failed here.
    if (request.raw.readableAborted && isReset(error)) {
      log.info('request broke off', { url: request.routeOptions.url })
      return reply
    }
    const fault = isRefusal(error) ? refusalOf(error) : asFault(error)
    if (fault.status >= 500)
      log.error('request failed', { url: request.routeOptions.url, code: fault.code, detail: fault.detail })
    const answer: ErrorAnswer = { code: fault.code, detail: fault.detail }
    return reply.status(fault.status).send(answer)
  })
  app.setNotFoundHandler((_request, reply) => {
    const answer: ErrorAnswer = { code: 'NOT_FOUND', detail: 'nothing is here' }
    return reply.status(404).send(answer)
  })
  return app
}

/** Refused before any route has seen it. */
function isRefusal(error: unknown): error is Error & { readonly statusCode: number } {
  if (!(error instanceof Error) || error instanceof Fault || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}

function refusalOf({ statusCode, message }: Error & { readonly statusCode: number }): Fault {
  if (statusCode === 415) return new Fault('MEDIA_TYPE_REFUSED', 'the body is of another type')
  return new Fault(statusCode === 413 ? 'MESSAGE_TOO_LARGE' : 'REQUEST_INVALID', message)
}

/** Throws PORT_TAKEN. */
export async function listen(
  app: FastifyInstance,
  where: { host: string; port: number } | { path: string },
): Promise<void> {
  try {
    await app.listen(where)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE') {
      throw new Fault('PORT_TAKEN', `${'port' in where ? `port ${where.port}` : where.path} is in use`, {
        cause: thrown,
      })
    }
    throw thrown
  }
}
