// Methods that a path does not have: 405 with those that it has (RFC 9110, 15.5.6), in place of a 404 that says it is not there.

import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Fault } from '../errors.ts'

/** For all routes that are added from now on until `close`, which is to be called before the application listens. */
export function refuseOtherMethods(app: FastifyInstance): { close(): void } {
  const known = new Map<string, Set<HTTPMethods>>()
  let closing = false
  app.addHook('onRoute', ({ url, method }) => {
    if (closing) return
    const methods = known.get(url) ?? new Set()
    known.set(url, methods)
    for (const one of [method].flat()) methods.add(one)
  })
  return {
    close() {
      closing = true
      for (const [url, methods] of known) {
        const allow = [...methods].sort().join(', ')
        app.route({
          url,
          method: app.supportedMethods.filter(one => !methods.has(one as HTTPMethods)) as HTTPMethods[],
          // Behind who asks, and before what comes along is read.
          async onRequest({ method }, reply) {
            reply.header('allow', allow)
            throw new Fault('METHOD_NOT_ALLOWED', `${method} is none of ${allow}`)
          },
          handler: () => undefined,
        })
      }
    },
  }
}
