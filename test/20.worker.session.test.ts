// Signing sessions through a channel: what the signer says arrives, the PIN is gone once it has been used, and the login ends
// with whatever ends the conversation. What no signer could have said is refused, and the worker that said it given up.

import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { Signer, SigningSession, SignOutcome } from '../device/ports.ts'
import { openChannel } from '../drivers/worker/channel.ts'
import { remoteSigner } from '../drivers/worker/remote-signer.ts'
import { type Handler, serveChannel } from '../drivers/worker/serve.ts'
import { signerHandlers } from '../drivers/worker/signer-handlers.ts'
import { channelTo } from './20.worker.said.ts'
import { channelTo as channelWith, socketPair, until } from './20.worker.setup.ts'

const request = { tokenId: 'DNIe', keyId: '4b01' } as const
const toSign = { algorithm: 'SHA256withRSA', digest: Buffer.alloc(32, 9) } as const
const pin = () => Buffer.from('1234')

/** A signer whose sessions say `outcome`, and what was asked of it. */
function signerThatSays(outcome: SignOutcome, session: Partial<SigningSession> = {}) {
  const asked: unknown[] = []
  const pins: Uint8Array[] = []
  const unasked = () => Promise.reject(new Error('was not asked for'))
  const signer: Signer = {
    tokens: async () => [],
    certificates: unasked,
    sign: unasked,
    open: async ({ pin: given, ...names }) => {
      asked.push({ ...names, pin: Buffer.from(given).toString() })
      pins.push(given)
      const sign: SigningSession['sign'] = async ({ pin: again, ...what }) => {
        asked.push(again === undefined ? what : { ...what, pin: Buffer.from(again).toString() })
        return outcome
      }
      const close = async () => {
        asked.push('closed')
      }
      return { outcome: 'open', session: { concurrency: 4, pinEachTime: false, sign, close, ...session } }
    },
  }
  return { signer, asked, pins }
}

async function opened(remote: Signer): Promise<SigningSession> {
  const answer = await remote.open({ ...request, pin: pin() })
  if (answer.outcome !== 'open') throw new Error(JSON.stringify(answer))
  return answer.session
}

describe('a remote session', () => {
  it.each<SignOutcome>([
    { outcome: 'signed', signature: Buffer.from([1, 2, 3, 255]) },
    { outcome: 'pin-wrong', tries: 'last' },
    { outcome: 'pin-locked' },
    { outcome: 'token-removed' },
    { outcome: 'failed', detail: 'CKR_GENERAL_ERROR' },
  ])('hands over digests and PINs and brings back: %o', async outcome => {
    const { signer, asked } = signerThatSays(outcome, { concurrency: 3, pinEachTime: true })
    const session = await opened(remoteSigner(await channelTo(signerHandlers(signer))))
    expect(session).toMatchObject({ concurrency: 3, pinEachTime: true })
    expect(await session.sign(toSign)).toEqual(outcome)
    expect(await session.sign({ ...toSign, pin: Buffer.from('5678') })).toEqual(outcome)
    await Promise.all([session.close(), session.close()])
    expect(asked).toEqual([{ ...request, pin: '1234' }, toSign, { ...toSign, pin: '5678' }, 'closed'])
    expect(await session.sign(toSign)).toMatchObject({ outcome: 'failed' })
  })

  it.each<Exclude<SignOutcome, { outcome: 'signed' }>>([
    { outcome: 'pin-wrong', tries: 'few' },
    { outcome: 'pin-locked' },
    { outcome: 'token-absent' },
    { outcome: 'failed', detail: 'CKR_GENERAL_ERROR' },
  ])('is none where the signer says: %o', async outcome => {
    const { signer } = signerThatSays(outcome)
    const remote = remoteSigner(await channelTo(signerHandlers({ ...signer, open: async () => outcome })))
    expect(await remote.open({ ...request, pin: pin() })).toEqual(outcome)
  })

  it('leaves no PIN behind while it is open', async () => {
    const { signer, pins } = signerThatSays({ outcome: 'pin-locked' })
    const session = await opened(remoteSigner(await channelTo(signerHandlers(signer))))
    expect(pins.map(one => Buffer.from(one).toString('hex'))).toEqual(['00000000'])
    await session.close()
  })

  it('is closed there, and lost here, when the connection breaks', async () => {
    const { signer, asked } = signerThatSays({ outcome: 'pin-locked' })
    const [near, far] = await socketPair()
    serveChannel({ input: far, output: far }, signerHandlers(signer))
    const session = await opened(remoteSigner(openChannel({ input: near, output: near })))
    far.destroy()
    await until(() => asked.includes('closed'), 'the session to be closed')
    await expect(session.sign(toSign)).rejects.toMatchObject({ code: 'WORKER_LOST' })
    await session.close()
  })

  it('is not taken up by another worker', async () => {
    const { signer, asked } = signerThatSays({ outcome: 'pin-locked' })
    const first = await channelTo(signerHandlers(signer))
    const second = await channelTo(signerHandlers(signer))
    let current = first
    const session = await opened(
      remoteSigner({ call: (...of) => current.call(...of), close: reason => current.close(reason) }),
    )
    current = second
    await expect(session.sign(toSign)).rejects.toMatchObject({ code: 'WORKER_LOST' })
    expect(asked).toEqual([{ ...request, pin: '1234' }])
    await session.close()
  })

  it('is over with what its conversation failed with', async () => {
    const failing: Handler = async (_params, { emit }) => {
      await emit({ concurrency: 1, pinEachTime: false })
      throw new Fault('TOKEN_MODULE_FAILED', 'it broke')
    }
    const handlers = new Map([...signerHandlers(signerThatSays({ outcome: 'pin-locked' }).signer), ['open', failing]])
    const remote = remoteSigner(await channelTo(handlers))
    const session = await opened(remote)
    await remote.tokens()
    await expect(session.sign(toSign)).rejects.toMatchObject({ code: 'TOKEN_MODULE_FAILED' })
    await session.close()
  })

  it('is unknown to its worker once it is closed', async () => {
    const { signer } = signerThatSays({ outcome: 'pin-locked' })
    const names: unknown[] = []
    const handlers = new Map(signerHandlers(signer))
    const open = handlers.get('open')
    handlers.set('open', async (params, context) => {
      names.push((params as { session: string }).session)
      return open?.(params, context)
    })
    const channel = await channelTo(handlers)
    await (await opened(remoteSigner(channel))).close()
    const asked = channel.call('signInSession', { session: names[0], algorithm: 'SHA256withRSA', digest: '' })
    await expect(asked.next()).rejects.toMatchObject({ code: 'WORKER_LOST' })
  })

  it('that nobody waits for any more is closed as soon as it opens', async () => {
    const { signer, asked } = signerThatSays({ outcome: 'pin-locked' })
    const { promise: ready, resolve: open } = Promise.withResolvers<void>()
    const slow: Signer = { ...signer, open: of => ready.then(() => signer.open(of)) }
    const remote = remoteSigner(await channelTo(signerHandlers(slow)))
    const gone = new AbortController()
    const answer = remote.open({ ...request, pin: pin() }, gone.signal)
    const reason = new Error('gone')
    setImmediate(() => gone.abort(reason))
    await expect(answer).rejects.toBe(reason)
    open()
    await until(() => asked.includes('closed'), 'the session to be closed')
  })

  it('outlasts the signal that it was opened with', async () => {
    const { signer, asked } = signerThatSays({ outcome: 'pin-locked' })
    const remote = remoteSigner(await channelTo(signerHandlers(signer)))
    const gone = new AbortController()
    const answer = await remote.open({ ...request, pin: pin() }, gone.signal)
    if (answer.outcome !== 'open') throw new Error(answer.outcome)
    gone.abort()
    await remote.tokens()
    expect(asked).not.toContain('closed')
    expect(await answer.session.sign(toSign)).toEqual({ outcome: 'pin-locked' })
    await answer.session.close()
  })

  it('gives up a signature that is waited for no more, and goes on', async () => {
    const gone = new AbortController()
    const reasons: unknown[] = []
    const sign: SigningSession['sign'] = async (_of, signal) => {
      if (reasons.length > 0) return { outcome: 'pin-locked' }
      await new Promise(resolve => signal?.addEventListener('abort', resolve))
      reasons.push(signal?.reason)
      return { outcome: 'token-removed' }
    }
    const { signer } = signerThatSays({ outcome: 'pin-locked' }, { sign })
    const session = await opened(remoteSigner(await channelTo(signerHandlers(signer))))
    const answer = session.sign(toSign, gone.signal)
    const reason = new Error('stop')
    setImmediate(() => gone.abort(reason))
    await expect(answer).rejects.toBe(reason)
    await until(() => reasons.length === 1, 'the signature to be given up')
    expect(await session.sign(toSign)).toEqual({ outcome: 'pin-locked' })
    await session.close()
  })

  it('with a worker that hangs takes the worker with it', async () => {
    const { signer } = signerThatSays({ outcome: 'pin-locked' }, { close: () => new Promise(() => undefined) })
    const { channel } = await channelWith(Object.fromEntries(signerHandlers(signer)), { cancelGraceMs: 50 })
    const session = await opened(remoteSigner(channel, { closeGraceMs: 50 }))
    await session.close()
    expect(await channel.closed).toMatchObject({ code: 'WORKER_LOST' })
    await expect(session.sign(toSign)).resolves.toMatchObject({ outcome: 'failed' })
  })
})

describe('what no signer says of a session', () => {
  const session = { concurrency: 1, pinEachTime: false }
  const untilCancelled: Handler = async (_params, { emit, input }) => {
    await emit(session)
    for await (const _nothing of input);
    return null
  }
  const lies: readonly (readonly [what: string, open: Handler, sign: Handler | undefined])[] = [
    ['a session of another shape', async (_params, { emit }) => emit({ ...session, key: 'here' }), undefined],
    [
      'a session for any number at once',
      async (_params, { emit }) => emit({ ...session, concurrency: 1e6 }),
      undefined,
    ],
    ['a signature for an opening', async () => ({ outcome: 'signed', signature: '' }), undefined],
    ['an opening without a session', async () => ({ outcome: 'open' }), undefined],
    ['an end that was not asked for', async (_params, { emit }) => emit(session).then(() => null), undefined],
    [
      'a second session in one conversation',
      async (_params, { emit, input }) => {
        await emit(session)
        await emit(session)
        for await (const _nothing of input);
        return null
      },
      undefined,
    ],
    ['a signature that is none', untilCancelled, async () => ({ outcome: 'signed', signature: '<>' })],
    ['an item in the place of a signature', untilCancelled, async (_params, { emit }) => emit(1)],
  ]

  it.each(lies)('%s is FRAME_INVALID and ends the worker', async (_what, open, sign) => {
    const handlers = new Map<string, Handler>([['open', open]])
    if (sign !== undefined) handlers.set('signInSession', sign)
    const channel = await channelTo(handlers)
    const used = remoteSigner(channel)
      .open({ ...request, pin: pin() })
      .then(async told => {
        if (sign !== undefined && told.outcome === 'open') await told.session.sign(toSign)
        throw await channel.closed
      })
    await expect(used).rejects.toMatchObject({ code: 'FRAME_INVALID' })
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })

  it.each(['result', 'item'])('another end than was agreed, a %s, ends the worker when it is closed', async kind => {
    const open: Handler = async (params, context) => {
      await untilCancelled(params, context)
      if (kind === 'item') await context.emit(null)
      return kind === 'item' ? null : 'over'
    }
    const channel = await channelTo(new Map([['open', open]]))
    const session = await opened(remoteSigner(channel))
    await session.close()
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })
})
