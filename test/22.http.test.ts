// The only outgoing HTTP client, against real servers on loopback that answer badly, late or never.

import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type HttpRequest, type HttpResponse, request } from '../drivers/http.ts'
import { readAll } from '../drivers/http-body.ts'
import { HttpError } from '../drivers/http-error.ts'
import { piecesOf, until } from './20.worker.setup.ts'

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function serving(listener: RequestListener) {
  const server = createServer(listener)
  const open = () =>
    new Promise<number>((resolve, reject) => server.getConnections((e, n) => (e ? reject(e) : resolve(n))))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${await listen(server)}/x`, open }
}

async function tcp(answer: string | 'reset' | 'silence'): Promise<string> {
  const sockets: Socket[] = []
  const server = createTcpServer(socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    if (answer === 'reset') socket.once('data', () => socket.resetAndDestroy())
    else if (answer !== 'silence') socket.once('data', () => socket.write(answer))
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${await listen(server)}/`
}

const textOf = async (response: HttpResponse) => Buffer.from(await readAll(response.body)).toString()
const count: RequestListener = (incoming, answer) => {
  let size = 0
  incoming.on('data', (chunk: Buffer) => (size += chunk.byteLength)).on('end', () => answer.end(String(size)))
}

async function kindOf(options: HttpRequest): Promise<string> {
  try {
    const response = await request(options)
    return `${response.status} ${await textOf(response)}`
  } catch (thrown) {
    if (thrown instanceof HttpError) return thrown.kind
    throw thrown
  }
}

describe('a request', () => {
  it('sends method, headers and body; any status is an answer and no redirect is followed', async () => {
    const { url } = await serving((incoming, answer) => {
      const { method, headers } = incoming
      answer.writeHead(307, { location: '/elsewhere', 'x-two': ['1', '2'] })
      answer.end(JSON.stringify([method, headers['x-one'], headers['content-length'], headers['accept-encoding']]))
    })
    const body = Buffer.from('abc')
    const response = await request({ method: 'PUT', url, headers: { 'x-one': '1' }, body })
    expect([response.status, response.headers['location'], response.headers['x-two']]).toEqual([
      307,
      '/elsewhere',
      '1, 2',
    ])
    expect(await textOf(response)).toBe('["PUT","1","3","identity"]')
  })

  it('streams a body at the pace of the server, chunked or of an announced length', async () => {
    const { url } = await serving(count)
    const body = () => piecesOf(100, 65_536)
    expect(await kindOf({ method: 'POST', url, body: body() })).toBe('200 6553600')
    const headers = { 'content-length': '6553600' }
    expect(await kindOf({ method: 'POST', url, headers, body: body() })).toBe('200 6553600')
  })

  it('never passes a short body off as whole', async () => {
    const begun = Promise.withResolvers<void>()
    const whole = Promise.withResolvers<boolean>()
    const { url: torn } = await serving(incoming => {
      incoming.on('error', () => undefined).on('close', () => whole.resolve(incoming.complete))
      incoming.once('data', () => begun.resolve())
    })
    const body = async function* () {
      yield new Uint8Array(10)
      await begun.promise
      throw new Error('the file is gone')
    }
    await expect(request({ method: 'POST', url: torn, body: body() })).rejects.toThrow('the file is gone')
    expect(await whole.promise).toBe(false)
    const { url } = await serving(count)
    const headers = { 'content-length': '11' }
    await expect(request({ method: 'POST', url, headers, body: piecesOf(1, 10) })).rejects.toThrow(RangeError)
  })

  it('stops sending when the server has refused already', async () => {
    const url = await tcp('HTTP/1.1 413 Content Too Large\r\ncontent-length: 8\r\n\r\ntoo much')
    let sent = 0
    const body = piecesOf(10_000, 65_536, () => (sent += 65_536))
    expect(await kindOf({ method: 'POST', url, body })).toBe('413 too much')
    expect(sent).toBeLessThan(100 * 1024 * 1024)
  })

  it('closes its connection when the answer is not read', async () => {
    const { url, open } = await serving((_incoming, answer) => void answer.write('x'))
    const first = await request({ method: 'GET', url })
    first.close()
    const second = await request({ method: 'GET', url })
    for await (const _piece of second.body) break
    let connections = 2
    await until(() => {
      void open().then(n => (connections = n))
      return connections === 0
    }, 'no open connection')
  })
})

describe('what the network does wrong', () => {
  it('no server, no name, no HTTP, a reset, a cut answer', async () => {
    const { url } = await serving((_incoming, answer) => {
      answer.writeHead(200, { 'content-length': '10' }).write('x', () => answer.destroy())
    })
    expect(await kindOf({ method: 'GET', url: 'http://127.0.0.1:1/' })).toBe('refused')
    expect(await kindOf({ method: 'GET', url: 'http://nonesuch.invalid/' })).toBe('refused')
    expect(await kindOf({ method: 'GET', url: await tcp('SSH-2.0-x\r\n') })).toBe('malformed')
    expect(await kindOf({ method: 'GET', url: await tcp('reset') })).toBe('reset')
    expect(await kindOf({ method: 'GET', url })).toBe('reset')
    expect(await kindOf({ method: 'GET', url: url.replace('http:', 'https:') })).toBe('tls')
  })

  it('each wait has its limit', async () => {
    const { url: mute } = await serving(() => undefined)
    const { url: stalled } = await serving((_incoming, answer) => void answer.write('x'))
    const noTls = (await tcp('silence')).replace('http:', 'https:')
    expect(await kindOf({ method: 'GET', url: mute, idleTimeoutMs: 40 })).toBe('timeout')
    expect(await kindOf({ method: 'GET', url: stalled, idleTimeoutMs: 40 })).toBe('timeout')
    expect(await kindOf({ method: 'GET', url: stalled, deadlineMs: 40 })).toBe('timeout')
    const body = piecesOf(10_000, 65_536)
    expect(await kindOf({ method: 'POST', url: mute, body, idleTimeoutMs: 40 })).toBe('timeout')
    expect(await kindOf({ method: 'GET', url: noTls, connectTimeoutMs: 40 })).toBe('timeout')
  })

  it('the time that the caller takes to read is not held against the server', async () => {
    const { url } = await serving((_incoming, answer) => answer.end('x'.repeat(500_000)))
    const response = await request({ method: 'GET', url, idleTimeoutMs: 500 })
    let size = 0
    for await (const piece of response.body) {
      size += piece.byteLength
      if (size === piece.byteLength) await new Promise(resolve => setTimeout(resolve, 800))
    }
    expect(size).toBe(500_000)
  })

  it('an answer larger than asked for is too-large, announced or not', async () => {
    const { url: announced } = await serving((_incoming, answer) => answer.end('12345'))
    const { url: streamed } = await serving((_incoming, answer) => answer.write('123') && answer.end('45'))
    for (const url of [announced, streamed]) {
      expect(await kindOf({ method: 'GET', url, maxBodyBytes: 4 })).toBe('too-large')
      expect(await kindOf({ method: 'GET', url, maxBodyBytes: 5 })).toBe('200 12345')
    }
  })

  it('aborting ends the wait with the reason of the signal, before, at the head and in the body', async () => {
    const { url: mute } = await serving(() => undefined)
    const { url: stalled } = await serving((_incoming, answer) => void answer.write('x'))
    const early = AbortSignal.abort(new Error('left'))
    await expect(request({ method: 'GET', url: mute, signal: early })).rejects.toThrow('left')
    const atHead = new AbortController()
    const waiting = request({ method: 'GET', url: mute, signal: atHead.signal })
    atHead.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
    const inBody = new AbortController()
    const response = await request({ method: 'GET', url: stalled, signal: inBody.signal })
    const reading = (async () => {
      for await (const _piece of response.body) inBody.abort(new Error('left'))
    })()
    await expect(reading).rejects.toThrow('left')
  })
})
