// The key of a request and the person who holds the card, over a signer that a test answers for: several signatures at once and
// a card that goes under them, a PIN that is waited for when everything ends, workers that are lost.

import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { SessionOutcome, Signer, SigningSession, SignOutcome } from '../device/ports.ts'
import { createKeyHolder, type KeyHolder, type KeyState } from '../device/requests/key-holder.ts'

const certificate = { tokenId: 'card', keyId: '01', certificate: new Uint8Array(), chain: [] }
const signature = Uint8Array.of(7)
const signed: SignOutcome = { outcome: 'signed', signature }

interface Asked {
  /** As the session had it when it was asked. */
  readonly pin: string | undefined
  answer(outcome: SignOutcome): void
  fail(thrown: unknown): void
}

interface Stand {
  readonly key: KeyHolder
  readonly states: KeyState[]
  /** Signatures that the sessions were asked for, in order. */
  readonly asked: Asked[]
  readonly closed: number[]
  /** What the next openings say; a session where there is nothing left. */
  readonly openings: (SessionOutcome | Error)[]
}

function stand({ concurrency = 1, pinEachTime = false } = {}): Stand {
  const states: KeyState[] = []
  const asked: Asked[] = []
  const closed: number[] = []
  const openings: (SessionOutcome | Error)[] = []
  let opened = 0
  const session = (): SigningSession => {
    const number = opened++
    return {
      concurrency,
      pinEachTime,
      sign: ({ pin }) =>
        new Promise((answer, fail) => {
          asked.push({ pin: pin && Buffer.from(pin).toString(), answer, fail })
        }),
      close: async () => void closed.push(number),
    }
  }
  const open = async (): Promise<SessionOutcome> => {
    const next = openings.shift()
    if (next instanceof Error) throw next
    return next ?? { outcome: 'open', session: session() }
  }
  const signer: Signer = {
    open,
    tokens: async () => [],
    certificates: async () => [],
    sign: () => Promise.reject(new Error('not in a session')),
  }
  const key = createKeyHolder(signer, certificate, () => states.push(key.state()))
  return { key, states, asked, closed, openings }
}

const pin = (text = '1') => Buffer.from(text)
const ask = (key: KeyHolder, signal = new AbortController().signal) => key.sign('SHA256withRSA', pin(), signal)
const settled = () => new Promise(resolve => setImmediate(resolve))

describe('several signatures at once', () => {
  it('are as many as the session takes', async () => {
    const { key, asked } = stand({ concurrency: 3 })
    await key.pin(pin())
    const values = Promise.all([1, 2, 3, 4, 5].map(() => ask(key)))
    await settled()
    expect(asked).toHaveLength(3)
    for (const one of asked) one.answer(signed)
    await settled()
    for (const one of asked.slice(3)) one.answer(signed)
    expect(await values).toEqual(Array(5).fill(signature))
    expect(asked).toHaveLength(5)
  })

  it('pause once when the card goes under them, and each is made again, none of those that were made', async () => {
    const { key, asked, states, closed } = stand({ concurrency: 3 })
    await key.pin(pin())
    const values = Promise.all([1, 2, 3].map(() => ask(key)))
    await settled()
    asked[1]?.answer(signed)
    asked[0]?.answer({ outcome: 'token-removed' })
    await settled()
    expect(key.state()).toEqual({ state: 'paused', fault: 'TOKEN_REMOVED' })
    // The card is back before the last of the old session has been told that it went.
    expect(await key.pin(pin())).toEqual({ answer: 'accepted' })
    asked[2]?.answer({ outcome: 'token-removed' })
    await settled()
    expect(key.state()).toEqual({ state: 'open' })
    expect(asked).toHaveLength(5)
    for (const one of asked.slice(3)) one.answer(signed)
    expect(await values).toEqual(Array(3).fill(signature))
    expect(states.map(({ state }) => state)).toEqual(['open', 'paused', 'open'])
    expect(closed).toEqual([0])
  })

  it('all end when they are ended while the card is out', async () => {
    const { key, asked } = stand({ concurrency: 2 })
    await key.pin(pin())
    const ending = new AbortController()
    const values = [1, 2, 3].map(() => ask(key, ending.signal))
    const ends = Promise.all(values.map(one => one.catch((thrown: unknown) => thrown)))
    await settled()
    for (const one of asked) one.answer({ outcome: 'token-removed' })
    await settled()
    const reason = new Fault('REQUEST_DECLINED', 'stopped')
    ending.abort(reason)
    expect(await ends).toEqual([reason, reason, reason])
    await key.close()
  })
})

describe('a key that wants its PIN each time', () => {
  it('takes that of the login for the first signature, and asks for every other', async () => {
    const { key, asked, states } = stand({ pinEachTime: true })
    await key.pin(pin('first'))
    const one = ask(key)
    await settled()
    expect(asked[0]?.pin).toBe('first')
    asked[0]?.answer(signed)
    await one
    const two = ask(key)
    await settled()
    expect([asked.length, key.state()]).toEqual([1, { state: 'pin' }])
    const given = key.pin(pin('second'))
    await settled()
    expect(asked[1]?.pin).toBe('second')
    asked[1]?.answer(signed)
    expect([await given, await two]).toEqual([{ answer: 'accepted' }, signature])
    expect(states.map(({ state }) => state)).toEqual(['open', 'pin', 'open'])
    await expect(key.pin(pin())).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })
  })

  const waiting = async (signal = new AbortController().signal) => {
    const made = stand({ pinEachTime: true })
    await made.key.pin(pin())
    const first = ask(made.key)
    await settled()
    made.asked[0]?.answer(signed)
    await first
    const value = ask(made.key, signal).catch((thrown: unknown) => thrown)
    await settled()
    return { ...made, value }
  }

  it('goes on waiting after a wrong one, and pauses after the last', async () => {
    const { key, asked, value } = await waiting()
    const wrong = key.pin(pin())
    await settled()
    asked[1]?.answer({ outcome: 'pin-wrong', tries: 'last' })
    expect(await wrong).toEqual({ answer: 'refused', code: 'PIN_WRONG', tries: 'last' })
    expect(key.state()).toEqual({ state: 'pin' })
    const locked = key.pin(pin())
    await settled()
    asked[2]?.answer({ outcome: 'pin-locked' })
    expect(await locked).toEqual({ answer: 'refused', code: 'PIN_LOCKED', tries: 'none' })
    await settled()
    expect(key.state()).toEqual({ state: 'paused', fault: 'PIN_LOCKED' })
    const again = key.pin(pin('new'))
    await again
    await settled()
    asked[3]?.answer(signed)
    expect([asked[3]?.pin, await value]).toEqual(['new', signature])
  })

  it('waits no more when it is ended, also while a PIN is being checked', async () => {
    const before = new AbortController()
    const early = await waiting(before.signal)
    const reason = new Fault('REQUEST_DECLINED', 'stopped')
    before.abort(reason)
    expect(await early.value).toBe(reason)
    await expect(early.key.pin(pin())).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })

    const during = new AbortController()
    const { key, asked, states, value } = await waiting(during.signal)
    const given = key.pin(pin())
    await settled()
    during.abort(reason)
    expect(await value).toBe(reason)
    asked[1]?.answer(signed)
    await given
    expect(states.at(-1)).toEqual({ state: 'pin' })
  })

  it('ends the signature that waited where the module fails, and does not wait for ever', async () => {
    const { key, asked, value } = await waiting()
    const given = key.pin(pin()).catch((thrown: unknown) => thrown)
    await settled()
    const fault = new Fault('TOKEN_MODULE_FAILED', 'the module is gone')
    asked[1]?.fail(fault)
    expect([await given, await value]).toEqual([fault, fault])
  })
})

describe('a worker that is lost', () => {
  it('is a card that stopped answering: the PIN is asked for again', async () => {
    const { key, asked, openings } = stand()
    await key.pin(pin())
    const value = ask(key)
    await settled()
    asked[0]?.fail(new Fault('WORKER_LOST', 'killed'))
    await settled()
    expect(key.state()).toEqual({ state: 'paused', fault: 'TOKEN_REMOVED' })
    openings.push(new Fault('WORKER_LOST', 'killed again'))
    expect(await key.pin(pin())).toMatchObject({ answer: 'refused', code: 'TOKEN_REMOVED' })
    expect(await key.pin(pin())).toEqual({ answer: 'accepted' })
    await settled()
    asked[1]?.answer(signed)
    expect(await value).toBe(signature)
  })

  it('is not any other fault: that ends the signature', async () => {
    const { key, asked, openings } = stand()
    openings.push(new Fault('TOKEN_MODULE_FAILED', 'no module'))
    await expect(key.pin(pin())).rejects.toMatchObject({ code: 'TOKEN_MODULE_FAILED' })
    await key.pin(pin())
    const value = ask(key)
    await settled()
    asked[0]?.fail(new Fault('TOKEN_MODULE_FAILED', 'no module'))
    await expect(value).rejects.toMatchObject({ code: 'TOKEN_MODULE_FAILED' })
  })
})
