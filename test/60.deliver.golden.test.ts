// The exchange with an https destination as it is kept in test/recordings/https: what a back office gets, to the letter.

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { createHttpsDelivery } from '../drivers/delivery/https.ts'
import { chunked, copy, never, sha256 } from './60.deliver.setup.ts'
import { newFiles } from './60.targets.kit.ts'
import { golden } from './63.seal.kit.ts'
import { createTestCa } from './sim/tls.ts'

const pdf = Buffer.from('%PDF-1.7\na small copy\n%%EOF\n')
const receipt = { reference: 'R-1', sha256: sha256(pdf), receivedAt: '2026-11-27T09:00:00Z' }

it('is the request that is kept, and its receipt is believed', async () => {
  const ca = await createTestCa()
  const files = await newFiles({ ca: ca.caPem, token: 'a-token' })
  const exchanges: unknown[] = []
  const server = createServer(await ca.issue(['127.0.0.1']), async (request, response) => {
    const { method, url, headers } = request
    const { host: _, ...rest } = headers
    const body = (await buffer(request)).toString('latin1')
    const type = 'application/json'
    exchanges.push({
      request: {
        method,
        path: url,
        headers: { ...rest, authorization: rest.authorization?.replace('a-token', '…') },
        body,
      },
      answer: { status: 201, type, body: receipt },
    })
    response.writeHead(201, { 'content-type': type }).end(JSON.stringify(receipt))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/copies`
    const destination = { id: 'archive', url, caFile: files.ca, tokenFile: files.token }
    const request = copy({ bytes: pdf.length, sha256: sha256(pdf), body: chunked(pdf) })
    const outcome = await createHttpsDelivery({ destinations: [destination] }).deliver(request, never)
    expect(outcome).toEqual({ outcome: 'delivered', receipt })
    expect(exchanges).toEqual(await golden('https/delivery.json', exchanges))
  } finally {
    server.closeAllConnections()
    server.close()
    await files.remove()
  }
})
