// A port for a program that has to be told one, and that may be started on it again and again: below those that the system gives
// to whoever asks for any (net.ipv4.ip_local_port_range), so that nobody else has it in between.

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

const [lowest, below] = [20_000, 32_768]

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, below)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
