// What the worker tests share: a real unix socket pair, a peer that speaks raw frames, and waiting without fixed sleeps.

import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import type { Log } from '../device/ports.ts'
import { type Item, openChannel } from '../drivers/worker/channel.ts'
import { createFrameDecoder, encodeFrame, type Frame } from '../drivers/worker/frame.ts'
import { type Handler, serveChannel } from '../drivers/worker/serve.ts'

/** Both ends of a connection through a unix socket in a folder of its own; closed when the test ends. */
export async function socketPair(): Promise<readonly [caller: Socket, callee: Socket]> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-worker-'))
  const server = createServer()
  const path = join(folder, 'socket')
  await new Promise<void>(resolve => server.listen(path, resolve))
  const accepted = new Promise<Socket>(resolve => server.once('connection', resolve))
  const caller = connect(path)
  const callee = await accepted
  for (const socket of [caller, callee]) socket.on('error', () => undefined)
  onTestFinished(async () => {
    caller.destroy()
    callee.destroy()
    server.close()
    await rm(folder, { recursive: true })
  })
  return [caller, callee]
}

export interface RawPeer {
  readonly heard: readonly Frame[]
  send(frame: Frame): void
  /** The first frame of a kind, once it has come. */
  first<K extends Frame['kind']>(kind: K): Promise<Extract<Frame, { kind: K }>>
}

/** A peer without manners: says whatever a test makes it say. */
export function rawPeer(socket: Socket): RawPeer {
  const decoder = createFrameDecoder()
  const heard: Frame[] = []
  socket.on('data', chunk => heard.push(...decoder.push(chunk)))
  return {
    heard,
    send: frame => socket.write(encodeFrame(frame)),
    first: async <K extends Frame['kind']>(kind: K) => {
      const isKind = (frame: Frame): frame is Extract<Frame, { kind: K }> => frame.kind === kind
      await until(() => heard.some(isKind), `a ${kind} frame`)
      const found = heard.find(isKind)
      if (found === undefined) throw new Error(`no ${kind} frame`)
      return found
    },
  }
}

/** Passes writes on and keeps copies (`bytes`) beside the very buffers that were written (`buffers`). */
export function recordingWritable(target: Writable) {
  const bytes: Buffer[] = []
  const buffers: Buffer[] = []
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      bytes.push(Buffer.from(chunk))
      buffers.push(chunk)
      target.write(chunk, done)
    },
  })
  return { output, bytes, buffers }
}

/** Polls until the condition holds. */
export async function until(condition: () => boolean, what: string, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await delay(5)
  }
}

/** A zombie is dead, however long its new parent takes to notice. */
export function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (thrown) {
    // It went between the two looks.
    if (thrown instanceof Error && 'code' in thrown && /^(ENOENT|ESRCH)$/.test(String(thrown.code))) return false
    throw thrown
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

export function memoryLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: LogLine['level']) =>
    (event: string, fields: LogLine['fields'] = {}) => {
      lines.push({ level, event, fields })
    }
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}

export async function* piecesOf(count: number, bytes: number, onPiece: () => void = () => undefined) {
  for (let piece = 0; piece < count; piece += 1) {
    onPiece()
    yield new Uint8Array(bytes).fill(piece % 251)
  }
}

export async function sizeOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0
  for await (const piece of bytes) size += piece.byteLength
  return size
}

/** A channel to a service with these handlers, over a real unix socket. */
export async function channelTo(handlers: Readonly<Record<string, Handler>>, options?: { cancelGraceMs: number }) {
  const [near, far] = await socketPair()
  const service = serveChannel({ input: far, output: far }, new Map(Object.entries(handlers)))
  return { channel: openChannel({ input: near, output: near }, options), service, near, far }
}

/** A channel to a peer that only says what the test makes it say. */
export async function channelToRaw(options?: { cancelGraceMs: number }) {
  const [near, far] = await socketPair()
  return { channel: openChannel({ input: near, output: near }, options), peer: rawPeer(far), far }
}

export const code = (expected: string) => expect.objectContaining({ code: expected })

export async function firstItem(conversation: AsyncGenerator<Item, unknown, void>): Promise<Item> {
  const { done, value } = await conversation.next()
  if (done === true) throw new Error('ended without an item')
  return value
}
