// Small HTTP and HTTPS servers on loopback for the tests of what others ask to be signed, and what was asked of them.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { Fault } from '../device/errors.ts'
import { newFiles } from './60.targets.kit.ts'
import { createTestCa } from './sim/tls.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

type Answer = (asked: Asked, answer: ServerResponse) => unknown

export interface Host {
  readonly port: number
  readonly asked: readonly Asked[]
  /** How many have connected, whatever they then did. */
  connections(): number
}

/** Listens on loopback until the test ends; `address` may be any of 127.0.0.0/8. */
export async function listen(answer: Answer, address = '127.0.0.1'): Promise<Host> {
  return started(createServer(), answer, address)
}

/** The same by TLS, with an authority that nobody else trusts; its PEM lies in a file until the test ends. */
export async function listenSecurely(
  answer: Answer,
  address = '127.0.0.1',
): Promise<Host & { readonly caFile: string }> {
  const authority = await createTestCa()
  const host = await started(createSecureServer(await authority.issue([address])), answer, address)
  const files = await newFiles({ ca: authority.caPem })
  onTestFinished(() => files.remove())
  return { ...host, caFile: files.ca }
}

async function started(server: ReturnType<typeof createServer>, answer: Answer, address: string): Promise<Host> {
  const asked: Asked[] = []
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  server.on('request', async (incoming, outgoing) => {
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece)
    const { method = '', url = '', headers } = incoming
    const one = { method, path: url, headers, body: Buffer.concat(pieces) }
    asked.push(one)
    answer(one, outgoing)
  })
  server.listen(0, address)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked, connections: () => connections }
}

/** `CODE detail` of the Fault that the work ends with, or `done`. */
export async function faultOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (thrown) {
    if (thrown instanceof Fault) return `${thrown.code} ${thrown.detail}`
    throw thrown
  }
}
