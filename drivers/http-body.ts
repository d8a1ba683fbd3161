// The bodies of one HTTP exchange: sent at the peer's pace, and read no further than asked for.

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { ByteStream } from '../device/ports.ts'
import type { HttpResponse } from './http.ts'
import { asHttpError, HttpError } from './http-error.ts'
import type { Limits } from './http-limits.ts'

/** Sends at the peer's pace; stops early when the answer is there already and is not a success, or will never come. */
export async function sendBody(
  outgoing: ClientRequest,
  body: ByteStream | Uint8Array | undefined,
  limits: Limits,
  answer: Promise<IncomingMessage>,
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body)
  } else {
    if (!(await pump(outgoing, body, limits, untilUnwanted(answer)))) return
    outgoing.end()
  }
  await limits.waiting(answer)
}

type OrStop = <T>(turn: Promise<T>) => Promise<T | 'stop'>

/**
 * One turn at a time, or `stop` as soon as the answer makes the rest of the body unwanted. Not Promise.race: what is
 * raced against a promise that outlives the loop stays in memory until that promise settles, each chunk of the body.
 */
function untilUnwanted(answer: Promise<IncomingMessage>): OrStop {
  let stopped = false
  let wake = () => {}
  const stop = () => {
    stopped = true
    wake()
  }
  answer.then(({ statusCode }) => (statusCode !== undefined && statusCode < 300 ? undefined : stop()), stop)
  return turn =>
    new Promise((resolve, reject) => {
      wake = () => resolve('stop')
      turn.then(resolve, reject)
      if (stopped) wake()
    })
}

async function pump(outgoing: ClientRequest, body: ByteStream, limits: Limits, orStop: OrStop): Promise<boolean> {
  const source = body[Symbol.asyncIterator]()
  let next: IteratorResult<Uint8Array> | 'stop' = 'stop'
  let sent = 0
  try {
    for (;;) {
      next = await orStop(source.next())
      if (next === 'stop') return false
      if (next.done === true) {
        const announced = Number(outgoing.getHeader('content-length') ?? sent)
        if (announced !== sent) throw new RangeError(`content-length is ${announced}, the body has ${sent} bytes`)
        return true
      }
      sent += next.value.byteLength
      if (outgoing.destroyed) return false
      if (outgoing.write(next.value)) continue
      if ((await limits.waiting(orStop(drained(outgoing)))) === 'stop') return false
    }
  } catch (thrown) {
    // The caller's own source failed: the peer must see a broken request, never a short whole one.
    outgoing.destroy()
    throw thrown
  } finally {
    // Not awaited: a source that still waits for its own next bytes would hold up the failure that is to be told.
    if (next === 'stop' || next.done !== true) source.return?.().then(undefined, () => undefined)
  }
}

/** Node passes the socket's `drain` on to the request until the answer is complete, which may be before the body is. */
function drained(outgoing: ClientRequest): Promise<void> {
  const { socket } = outgoing
  return new Promise(resolve => {
    const done = () => {
      outgoing.off('drain', done).off('close', done)
      socket?.off('drain', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
    socket?.on('drain', done)
  })
}

/** The answer's body as it comes; `close` is called at its end, whatever end that is. Throws HttpError or the reason. */
export async function* readBody(
  response: IncomingMessage,
  maxBodyBytes: number,
  limits: Limits,
  close: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  const tooLarge = () => new HttpError('too-large', `${limits.host}: answer over ${maxBodyBytes} bytes`)
  try {
    if (Number(response.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge()
    let size = 0
    const chunks = response.iterator({ destroyOnReturn: true })
    for (;;) {
      const { done, value } = await limits.waiting(chunks.next())
      if (done === true) break
      size += value.byteLength
      if (size > maxBodyBytes) throw tooLarge()
      yield value
    }
  } catch (thrown) {
    throw limits.failure() ?? asHttpError(thrown, limits.host, false)
  } finally {
    close()
  }
}

/** More than the words that go with a verdict; beyond it a new connection costs less. */
const mostPassedOver = 16 * 1024

/** Ends the exchange where only its head counts: a short answer is read past, so that a connection that is kept can serve again. */
export async function passOver({ body }: Pick<HttpResponse, 'body'>): Promise<void> {
  let size = 0
  try {
    for await (const piece of body) {
      size += piece.byteLength
      if (size > mostPassedOver) return
    }
  } catch (thrown) {
    // Nobody wanted it.
    if (!(thrown instanceof HttpError)) throw thrown
  }
}

/** The whole answer in memory; throws as the body does. */
export async function readAll(body: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
