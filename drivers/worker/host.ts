// What every worker process does around its driver: serve the socket it was started with, take its configuration as the
// first call, and be gone when the connection is. Standard output is left to whatever vendor libraries print there.

import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Handler, type Handlers, serveChannel } from './serve.ts'

/** Descriptor of the connection, given by the launcher, or by systemd as the first socket it passes. */
const socketDescriptor = 3
/** How long handlers may take to leave their devices and services in order once nobody listens any more. */
const farewellMs = 1_500

/**
 * Serves until the connection ends or SIGTERM comes, then ends the process. `create` gets the configuration as the
 * device sent it, which parsed it; what it throws refuses the configuration. What is given to
 * `atEnd` is done once nobody listens any more.
 */
export async function hostWorker<C>(
  create: (configuration: C, atEnd: (leave: () => Promise<void>) => void) => Handlers,
): Promise<never> {
  const socket = new Socket({ fd: socketDescriptor, readable: true, writable: true })
  process.once('SIGTERM', () => socket.destroy())
  const handlers = new Map<string, Handler>()
  const leaving: (() => Promise<void>)[] = []
  // Adds the methods before it gives way, so that calls which follow without waiting for the answer find them.
  handlers.set('configure', async configuration => {
    for (const [method, handler] of create(configuration as C, leave => leaving.push(leave)))
      handlers.set(method, handler)
    handlers.delete('configure')
    return null
  })
  const service = serveChannel({ input: socket, output: socket }, handlers)
  await service.closed
  const left = service.settled().then(() => Promise.allSettled(leaving.map(leave => leave())))
  await Promise.race([left, delay(farewellMs)])
  process.exit(0)
}
