// A line between the kiosk and a server, that can be cut or fall silent after so many bytes in either direction, whatever is
// spoken over it. It counts what it carries, over all connections since it was last set.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Direction = 'up' | 'down'

/** `up` is from the kiosk to the server. */
export type LineFault =
  | { readonly line: 'whole' }
  | { readonly line: 'cut'; readonly direction: Direction; readonly afterBytes: number }
  /** Takes and carries nothing more, and stays open. */
  | { readonly line: 'silent'; readonly direction: Direction; readonly afterBytes: number }

export interface Line {
  readonly port: number
  /** Begins to count anew. */
  set(fault: LineFault): void
  carried(): Readonly<Record<Direction, number>>
  stop(): Promise<void>
}

/** A line from a port of 127.0.0.1 to another one. */
export async function startLine(serverPort: number): Promise<Line> {
  let fault: LineFault = { line: 'whole' }
  let carried = { up: 0, down: 0 }
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const far = connect(serverPort, '127.0.0.1')
    for (const socket of [client, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    carry(client, far, 'up')
    carry(far, client, 'down')
  })

  function carry(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (chunk: Buffer) => {
      const room =
        fault.line !== 'whole' && fault.direction === direction ? fault.afterBytes - carried[direction] : chunk.length
      const part = chunk.subarray(0, Math.max(0, room))
      carried[direction] += part.length
      if (part.length > 0 && !to.write(part)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
      if (part.length === chunk.length) return
      if (fault.line === 'silent') from.pause()
      else for (const socket of [from, to]) socket.destroySoon()
    })
    from.on('end', () => to.end()).on('close', () => to.destroySoon())
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.freeze({
    port: (server.address() as AddressInfo).port,
    set: (next: LineFault) => {
      fault = next
      carried = { up: 0, down: 0 }
    },
    carried: () => carried,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  })
}
