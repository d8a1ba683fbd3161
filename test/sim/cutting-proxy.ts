// A TCP relay on 127.0.0.1 that breaks a connection after so many bytes of one direction, in both at once, as a cable that
// is pulled: what came before has arrived, nothing behind it has.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Direction = 'toServer' | 'toClient'

export interface CuttingProxy {
  readonly port: number
  /** The next connection is cut after this many bytes of a direction; those after it are not. */
  cut(direction: Direction, afterBytes: number): void
  /** Bytes that the last connection carried. */
  carried(): Readonly<Record<Direction, number>>
  stop(): Promise<void>
}

export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  let planned: { direction: Direction; after: number } | undefined
  let carried: Record<Direction, number> = { toServer: 0, toClient: 0 }
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    const own = planned
    const counts: Record<Direction, number> = { toServer: 0, toClient: 0 }
    planned = undefined
    carried = counts
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    const relay = (direction: Direction, from: Socket, to: Socket) => {
      open.add(from)
      from.on('data', chunk => {
        const left = own?.direction === direction ? own.after - counts[direction] : Number.POSITIVE_INFINITY
        counts[direction] += chunk.length
        if (left >= chunk.length) to.write(chunk)
        // What was let through has gone out before the break, and is followed by no reset.
        else to.end(chunk.subarray(0, Math.max(0, left)), end)
      })
      from.on('end', () => to.end())
      from.on('error', end)
      from.on('close', () => {
        open.delete(from)
        to.end()
      })
    }
    relay('toServer', client, upstream)
    relay('toClient', upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.freeze({
    port: (server.address() as AddressInfo).port,
    cut(direction: Direction, after: number) {
      planned = { direction, after }
    },
    carried: () => carried,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  })
}
