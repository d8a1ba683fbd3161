// A recorded eSCL session, replayed in lockstep: each request must be the one that was recorded at that place, and gets
// the answer that the device gave, header by header. What the client does otherwise is kept, and answered with 500.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One exchange as it was recorded. */
export interface Exchange {
  /** Method and path. */
  readonly request: string
  /** What the body of the request must contain. */
  readonly says?: readonly string[]
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface Replay {
  readonly url: string
  /** What differed from the recording, and what of it was not asked for. */
  differences(): readonly string[]
  stop(): Promise<void>
}

export async function replay(exchanges: readonly Exchange[]): Promise<Replay> {
  const differences: string[] = []
  let next = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const said = Buffer.concat(chunks).toString('utf8')
    const line = `${request.method} ${request.url}`
    const exchange = exchanges[next]
    if (exchange === undefined || exchange.request !== line) {
      differences.push(`${line} instead of ${exchange?.request ?? 'nothing more'}`)
      response.writeHead(500).end()
      return
    }
    next += 1
    const missing = (exchange.says ?? []).filter(words => !said.includes(words))
    if (missing.length > 0) differences.push(`${line} does not say ${missing.join(', ')}`)
    response.writeHead(exchange.status, exchange.headers)
    response.end(exchange.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/eSCL`,
    differences: () => [...differences, ...exchanges.slice(next).map(({ request }) => `${request} was not asked`)],
    stop: () => new Promise(resolve => server.close(() => resolve())),
  }
}
