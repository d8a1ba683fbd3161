// The Signer port over the channel to the sign worker. A session is a conversation that lasts as long as it does; when that
// breaks off, the session is over and is never taken up with another worker. Every answer is checked against its shape.

import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import type {
  ByteStream,
  SessionOutcome,
  SessionRequest,
  Signer,
  SigningSession,
  SignOutcome,
  SignRequest,
} from '../../device/ports.ts'
import { type Conversation, distrust, type PortChannel } from './channel.ts'
import { answerOf, refuse, withSignal } from './remote.ts'
import { certificates, checked, openSession, signOutcome, signRefusal, tokens } from './shapes.ts'

/** How long a worker may take to log out, a signature that is being made included, before its session is cancelled. */
const defaultCloseGraceMs = 10_000

/** A Signer in the sign worker. WORKER_LOST from `sign` and `open` leaves open whether the token was asked. */
export function remoteSigner(channel: PortChannel, { closeGraceMs = defaultCloseGraceMs } = {}): Signer {
  return Object.freeze({
    tokens: async (signal?: AbortSignal) => {
      const asked = channel.call('tokens', null, withSignal(signal))
      return answerOf(channel, asked, answer => checked(tokens, answer, 'tokens'))
    },
    certificates: async (tokenId: string, signal?: AbortSignal, password?: Uint8Array) => {
      const secret = password === undefined ? {} : { secret: password }
      const asked = channel.call('certificates', { tokenId }, { ...withSignal(signal), ...secret })
      const found = await answerOf(channel, asked, answer => checked(certificates, answer, 'certificates'))
      return found.map(({ certificate, chain, ...names }) => ({
        ...names,
        certificate: Buffer.from(certificate, 'base64'),
        chain: chain.map(issuer => Buffer.from(issuer, 'base64')),
      }))
    },
    sign: ({ pin, digest, ...request }: SignRequest, signal?: AbortSignal) =>
      askedToSign(channel, 'sign', { ...request, digest: toBase64(digest) }, pin, signal),
    open: (request: SessionRequest, signal?: AbortSignal) => open(channel, request, signal, closeGraceMs),
  })
}

async function askedToSign(
  channel: PortChannel,
  method: 'sign' | 'signInSession',
  params: unknown,
  pin: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<SignOutcome> {
  const asked = channel.call(method, params, { ...withSignal(signal), ...(pin !== undefined && { secret: pin }) })
  const outcome = await answerOf(channel, asked, answer => checked(signOutcome, answer, 'signature'))
  if (outcome.outcome !== 'signed') return outcome
  return { ...outcome, signature: Buffer.from(outcome.signature, 'base64') }
}

/** The ways to end a conversation: by asking for it, and, when that has had its time, by cancelling it. */
interface Ending {
  readonly ask: () => void
  readonly cancel: (reason: unknown) => void
  readonly graceMs: number
}

async function open(
  channel: PortChannel,
  { pin, ...request }: SessionRequest,
  signal: AbortSignal | undefined,
  closeGraceMs: number,
): Promise<SessionOutcome> {
  signal?.throwIfAborted()
  // Chosen here, and never twice: another worker cannot have a session of this name.
  const name = randomUUID()
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const left = new AbortController()
  const ending: Ending = { ask, cancel: reason => left.abort(reason), graceMs: closeGraceMs }
  const onAbort = () => ending.cancel(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  let opened: SessionOutcome | undefined
  try {
    const options = { secret: pin, input: silentUntil(asked), signal: left.signal }
    const conversation = channel.call('open', { session: name, ...request }, options)
    const { done, value } = await conversation.next()
    if (done === true) return distrust(channel, () => checked(signRefusal, value, 'opening'))
    const told = distrust(channel, () => checked(openSession, value.value, 'session'))
    const session = Object.freeze({ ...told, ...sessionOf(channel, name, conversation, ending) })
    opened = { outcome: 'open', session }
    return opened
  } finally {
    signal?.removeEventListener('abort', onAbort)
    if (opened === undefined) ask()
  }
}

// biome-ignore lint/correctness/useYield: its end is all that it says
async function* silentUntil(moment: Promise<void>): ByteStream {
  await moment
}

function sessionOf(
  channel: PortChannel,
  name: string,
  conversation: Conversation,
  ending: Ending,
): Pick<SigningSession, 'sign' | 'close'> {
  let lost: { readonly reason: unknown } | undefined
  let closing: Promise<void> | undefined
  const over = lastWordOf(channel, conversation, () => closing !== undefined).catch((reason: unknown) => {
    lost = { reason }
  })
  const end = async () => {
    ending.ask()
    const late = new Fault('WORKER_LOST', `a session was not closed within ${ending.graceMs} ms`)
    const timer = setTimeout(() => ending.cancel(late), ending.graceMs)
    await over
    clearTimeout(timer)
  }
  return {
    sign: async ({ algorithm, digest, pin }, signal) => {
      signal?.throwIfAborted()
      if (closing !== undefined) return { outcome: 'failed', detail: 'the session is closed' }
      if (lost !== undefined) throw lost.reason
      const params = { session: name, algorithm, digest: toBase64(digest) }
      return askedToSign(channel, 'signInSession', params, pin, signal)
    },
    close: () => {
      closing ??= end()
      return closing
    },
  }
}

/** Nothing is said in a session's conversation until its end, and that comes when it is asked for. */
async function lastWordOf(channel: PortChannel, conversation: Conversation, isAsked: () => boolean): Promise<void> {
  const { done, value } = await conversation.next()
  distrust(channel, () => {
    if (done !== true || value !== null || !isAsked()) refuse('a session that ended otherwise than it was asked to')
  })
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
