// The sign worker's side of remote-signer.ts. A session is one conversation, `open`, which says nothing more once it is
// open: when its input ends, its caller cancels, or the connection breaks, the session is closed. Signatures in it are calls
// of their own, for each may bring a PIN, and a PIN travels as a call's secret or not at all.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { SessionRequest, Signer, SigningSession, SignOutcome, SignRequest } from '../../device/ports.ts'
import type { CallContext, Handler, Handlers } from './serve.ts'
import type { WireCertificates, WireOpenSession, WireSignOutcome, WireSignRefusal } from './shapes.ts'

type SessionSignRequest = Parameters<SigningSession['sign']>[0]

/** `tokens`, `certificates`, `sign`, `open` and `signInSession`; passwords and PINs are the calls' secrets. */
export function signerHandlers(signer: Signer): Handlers {
  /** By the name that the caller gave. */
  const sessions = new Map<string, SigningSession>()
  return new Map<string, Handler>([
    ['tokens', (_params, { signal }) => signer.tokens(signal)],
    [
      'certificates',
      async (params, { signal, secret }): Promise<WireCertificates> => {
        const found = await signer.certificates((params as { tokenId: string }).tokenId, signal, secret)
        return found.map(({ tokenId, keyId, certificate, chain }) => ({
          tokenId,
          keyId,
          certificate: toBase64(certificate),
          chain: chain.map(toBase64),
        }))
      },
    ],
    ['sign', signWith(signer)],
    ['open', (params, context) => holdOpen(signer, sessions, params, context)],
    ['signInSession', signIn(sessions)],
  ])
}

function signWith(signer: Signer): Handler {
  return async (params, { secret, signal }): Promise<WireSignOutcome> => {
    if (secret === undefined) throw new Fault('FRAME_INVALID', 'sign without a PIN')
    const { digest, ...request } = params as Omit<SignRequest, 'digest' | 'pin'> & { digest: string }
    return onWire(await signer.sign({ ...request, digest: Buffer.from(digest, 'base64'), pin: secret }, signal))
  }
}

async function holdOpen(
  signer: Signer,
  sessions: Map<string, SigningSession>,
  params: unknown,
  { secret, signal, input, emit }: CallContext,
): Promise<WireSignRefusal | null> {
  if (secret === undefined) throw new Fault('FRAME_INVALID', 'open without a PIN')
  const { session: name, ...request } = params as Omit<SessionRequest, 'pin'> & { session: string }
  const opened = await signer.open({ ...request, pin: secret }, signal).finally(() => secret.fill(0))
  if (opened.outcome !== 'open') return opened
  const { session } = opened
  try {
    sessions.set(name, session)
    const { concurrency, pinEachTime } = session
    await emit({ concurrency, pinEachTime } satisfies WireOpenSession)
    for await (const _nothing of input);
    return null
  } finally {
    sessions.delete(name)
    await session.close()
  }
}

function signIn(sessions: ReadonlyMap<string, SigningSession>): Handler {
  return async (params, { secret, signal }): Promise<WireSignOutcome> => {
    const {
      session: name,
      algorithm,
      digest,
    } = params as Pick<SessionSignRequest, 'algorithm'> & {
      session: string
      digest: string
    }
    const session = sessions.get(name)
    if (session === undefined) throw new Fault('WORKER_LOST', 'the session ended with the worker that had it open')
    const request = { algorithm, digest: Buffer.from(digest, 'base64') }
    return onWire(await session.sign(secret === undefined ? request : { ...request, pin: secret }, signal))
  }
}

function onWire(outcome: SignOutcome): WireSignOutcome {
  return outcome.outcome === 'signed' ? { ...outcome, signature: toBase64(outcome.signature) } : outcome
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
