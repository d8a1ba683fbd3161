// A WebDAV server that behaves as ours and Debian's never do: what each of its answers comes to, and that nothing takes its
// final name before it was read back as it was sent.

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { finished } from 'node:stream/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWebdavDelivery } from '../drivers/delivery/webdav.ts'
import { copy, never, pdf, verdict } from './60.deliver.setup.ts'
import { newFiles } from './60.targets.kit.ts'
import { createTestCa } from './sim/tls.ts'

let server: Server
let files: Awaited<ReturnType<typeof newFiles<'ca'>>>
let asked: string[]
/** Status and body for `METHOD suffix`; else the server takes everything and has nothing. */
let answers: Readonly<Record<string, readonly [number, Uint8Array?]>>

beforeEach(async () => {
  const ca = await createTestCa()
  files = await newFiles({ ca: ca.caPem })
  asked = []
  answers = {}
  server = createServer(await ca.issue(['127.0.0.1']), answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
  await files.remove()
})

const noted = Buffer.from('the note is there already')
const usual: Readonly<Record<string, number>> = { PUT: 201, MOVE: 201, MKCOL: 201, DELETE: 204 }

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '' } = request
  const what = `${method} ${url.slice(url.lastIndexOf('.') === -1 ? 0 : url.indexOf('.'))}`
  asked.push(what)
  await finished(request.resume())
  const [status, body] = answers[what] ?? [usual[method] ?? 404]
  response.writeHead(status, { 'retry-after': '5' }).end(body)
}

function deliver() {
  const { port } = server.address() as AddressInfo
  const destination = { id: 'archive', url: `https://127.0.0.1:${port}/in`, caFile: files.ca }
  return createWebdavDelivery({ destinations: [destination] }).deliver(copy(), never)
}

test('what is read back otherwise than it was sent takes no name', async () => {
  answers = { 'GET .json.part': [200, noted] }
  expect(verdict(await deliver())).toBe('later RECEIPT_INVALID')
  answers = { 'GET .json.part': [404] }
  expect(verdict(await deliver())).toBe('later RECEIPT_INVALID')
  expect(asked.filter(what => what.startsWith('MOVE'))).toEqual([])
})

test('an answer that is endless is another file, and is not read', async () => {
  answers = { 'GET .json': [200, Buffer.alloc(pdf.length * 20)] }
  expect(verdict(await deliver())).toBe('refused DESTINATION_REFUSED')
})

describe('each answer', () => {
  test.each<[string, number, string]>([
    ['GET .json', 401, 'later CREDENTIALS_REFUSED 900000'],
    ['GET .json', 403, 'later CREDENTIALS_REFUSED 900000'],
    ['GET .json', 302, 'later DESTINATION_UNREACHABLE 5000'],
    ['GET .json', 500, 'later DESTINATION_UNREACHABLE 5000'],
    ['GET .json', 503, 'later DESTINATION_BUSY 5000'],
    ['GET .json', 204, 'later RECEIPT_INVALID 5000'],
    ['PUT .json.part', 507, 'later DESTINATION_BUSY 900000'],
    ['PUT .json.part', 413, 'refused DESTINATION_REFUSED'],
    ['PUT .json.part', 423, 'later DESTINATION_BUSY 5000'],
    ['PUT .json.part', 301, 'later DESTINATION_UNREACHABLE 900000'],
    ['PUT .json.part', 409, 'later DESTINATION_BUSY 5000'],
  ])('%s answered %i', async (what, status, expected) => {
    answers = { [what]: [status] }
    expect(verdict(await deliver())).toBe(expected)
  })
})
