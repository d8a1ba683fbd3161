// Connections that are kept between requests, counted by a TLS server on loopback.

import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type HttpRequest, request } from '../drivers/http.ts'
import { passOver, readAll } from '../drivers/http-body.ts'
import { piecesOf } from './20.worker.setup.ts'
import { createTestCa } from './sim/tls.ts'

const ca = await createTestCa()

async function serving(listener: RequestListener) {
  const server = createServer({ ...(await ca.issue(['127.0.0.1'])), keepAliveTimeout: 60_000 }, (incoming, answer) => {
    incoming.resume()
    listener(incoming, answer)
  })
  const sockets: TLSSocket[] = []
  server.on('secureConnection', socket => void sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const ask = (change: Partial<HttpRequest> = {}) =>
    request({ method: 'POST', url, body: Buffer.from('x'), ca: ca.caPem, keep: true, ...change })
  const read = async (change?: Partial<HttpRequest>) => {
    const { status, body } = await ask(change)
    return `${status} ${Buffer.from(await readAll(body)).toString()}`
  }
  return { sockets, ask, read, open: () => sockets.filter(socket => !socket.destroyed).length }
}

const hello: RequestListener = (_incoming, answer) => void answer.end('hello')

describe('a connection', () => {
  it('serves the next request once the answer is read, for those who ask for that', async () => {
    const { sockets, read } = await serving(hello)
    for (let turn = 0; turn < 3; turn += 1) expect(await read()).toBe('200 hello')
    expect(sockets).toHaveLength(1)
    await Promise.all([read(), read(), read()])
    expect(sockets).toHaveLength(3)
    await read({ keep: false })
    expect(sockets).toHaveLength(4)
  })

  it('lets a body go on whose answer is there before it', async () => {
    const { read } = await serving(hello)
    expect(await read({ body: piecesOf(10, 65_536) })).toBe('200 hello')
  })

  it('that is there already is not waited for as one that is being made', async () => {
    let slow = false
    const { sockets, read } = await serving(
      (_incoming, answer) => void setTimeout(() => answer.end('hello'), slow ? 300 : 0),
    )
    await read()
    slow = true
    expect(await read({ connectTimeoutMs: 100 })).toBe('200 hello')
    expect(sockets).toHaveLength(1)
  })

  it('serves again where an answer is passed over that is short, and is closed where it is long or not read', async () => {
    const { sockets, ask, read, open } = await serving((incoming, answer) => {
      answer.writeHead(409).end('x'.repeat(incoming.headers['x-long'] === undefined ? 100 : 1_000_000))
    })
    await passOver(await ask())
    await passOver(await ask())
    expect(sockets).toHaveLength(1)
    await passOver(await ask({ headers: { 'x-long': 'yes' } }))
    ;(await ask()).close()
    await expect.poll(open).toBe(0)
    expect(await read()).toMatch(/^409/)
    expect(sockets).toHaveLength(3)
  })

  it('that the server closes is not taken again', async () => {
    let most = 2
    const { sockets, read } = await serving((_incoming, answer) => {
      most -= 1
      if (most === 0) answer.setHeader('connection', 'close')
      answer.end('hello')
    })
    for (let turn = 0; turn < 3; turn += 1) expect(await read()).toBe('200 hello')
    expect(sockets).toHaveLength(2)
    sockets[1]?.end()
    await expect.poll(() => sockets[1]?.destroyed).toBe(true)
    expect(await read()).toBe('200 hello')
    expect(sockets).toHaveLength(3)
  })

  it('that broke takes its request with it, and no other', async () => {
    let breaks = false
    const { sockets, read } = await serving((_incoming, answer) => {
      if (breaks) answer.destroy()
      else answer.end('hello')
    })
    await read()
    breaks = true
    await expect(read()).rejects.toMatchObject({ kind: 'reset' })
    breaks = false
    expect(await read()).toBe('200 hello')
    expect(sockets).toHaveLength(2)
  })

  it('is judged for each list of pins and each authority: none is served by what another trusted', async () => {
    const { sockets, read } = await serving(hello)
    await read()
    await expect(read({ pins: [`sha256/${Buffer.alloc(32).toString('base64')}`] })).rejects.toMatchObject({
      kind: 'pin',
    })
    await expect(read({ ca: (await createTestCa()).caPem })).rejects.toMatchObject({ kind: 'tls' })
    expect(await read()).toBe('200 hello')
    expect(sockets.filter(socket => !socket.destroyed)).toHaveLength(1)
  })

  it('that nobody needs is closed after two seconds', async () => {
    const { read, open } = await serving(hello)
    await read()
    expect(open()).toBe(1)
    await expect.poll(open, { timeout: 10_000 }).toBe(0)
  })
})
