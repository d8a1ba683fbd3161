// Stands before a simulated scanner and makes it as fast as a real feeder: a page is ready every so many milliseconds,
// whether it is asked for or not, and what nobody asked for yet is the backlog. Notes when it was asked and answered.

import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** One page, by performance.now(). */
export interface FedPage {
  readonly readyAtMs: number
  readonly askedAtMs: number
  /** Its last byte was handed to the kernel. */
  readonly sentAtMs: number
  /** Pages that were ready when this one was asked for, itself included. */
  readonly backlog: number
}

export interface PacedFront {
  /** The scanner's eSCL root, through the front. */
  readonly url: string
  readonly pages: readonly FedPage[]
  stop(): Promise<void>
}

/** In front of the scanner at `scannerUrl`; the first page is ready one period after its job was asked for. */
export async function startPacedFront(scannerUrl: string, periodMs: number): Promise<PacedFront> {
  const target = new URL(scannerUrl)
  const pages: FedPage[] = []
  let jobAtMs = 0
  const server = createServer((incoming, response) => {
    if (incoming.method === 'POST') jobAtMs = performance.now()
    // What cannot be passed on looks like a scanner that is gone.
    pass(incoming, response).catch(() => response.destroy())
  })
  const pass = async (incoming: IncomingMessage, response: ServerResponse) => {
    const askedAtMs = performance.now()
    const isPage = incoming.url?.endsWith('/NextDocument') === true
    const readyAtMs = jobAtMs + (pages.length + 1) * periodMs
    if (isPage && askedAtMs < readyAtMs) await delay(readyAtMs - askedAtMs)
    const { method, url, headers } = incoming
    const onward = httpRequest({ host: target.hostname, port: target.port, method, path: url, headers })
    incoming.pipe(onward)
    const [answer] = (await once(onward, 'response')) as [IncomingMessage]
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    const sent = once(response, 'finish')
    answer.pipe(response)
    await sent
    if (!isPage || answer.statusCode !== 200) return
    const backlog = Math.max(0, Math.floor((askedAtMs - jobAtMs) / periodMs) - pages.length)
    pages.push({ readyAtMs, askedAtMs, sentAtMs: performance.now(), backlog })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.freeze({
    url: `http://127.0.0.1:${port}${target.pathname}`,
    pages,
    async stop(): Promise<void> {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}
