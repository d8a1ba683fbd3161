// The seal as a signer of many digests, above a service that answers when the test lets it: what comes while a call is under
// way goes together, each digest once, and nobody who goes away or fails takes others along.

import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { SealRequest } from '../device/ports.ts'
import { createSealSigner, mostDigestsAtOnce } from '../device/seal-signer.ts'

const seal = { tokenId: 'aoc', keyId: 'own', certificate: new Uint8Array([48, 0]), chain: [] }
const digest = (n: number) => new Uint8Array([n])
const value = (n: number) => new Uint8Array([n, n])
const numbersIn = ({ digests }: SealRequest) => digests.map(([n]) => n)

function world() {
  const calls: { request: SealRequest; answer: () => void; fail: (code: Fault) => void; few: () => void }[] = []
  const stopped = new AbortController()
  const seals = {
    sign: (request: SealRequest) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly Uint8Array[]>()
      const values = request.digests.map(([n = 0]) => value(n))
      const answer = () => resolve(values)
      calls.push({ request, answer, fail: reject, few: () => resolve(values.slice(1)) })
      return promise
    },
  }
  const sign = createSealSigner(seals, seal, stopped.signal)
  const call = (n: number) => calls[n] ?? expect.unreachable(`call ${n} was not made`)
  return { calls, call, sign }
}

describe('the seal as a signer', () => {
  it('sends together what comes while a call is under way, and gives each its own value', async () => {
    const { calls, call, sign } = world()
    const all = [1, 2, 3, 4].map(n => sign('SHA256withRSA', digest(n)))
    await tick()
    expect(calls.map(({ request }) => numbersIn(request))).toEqual([[1]])
    call(0).answer()
    expect(await all[0]).toEqual(value(1))
    expect(calls.map(({ request }) => numbersIn(request))).toEqual([[1], [2, 3, 4]])
    call(1).answer()
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4].map(value))
    const { digests: _, ...named } = call(1).request
    expect(named).toEqual({
      service: 'aoc',
      identity: 'own',
      algorithm: 'SHA256withRSA',
      certificate: seal.certificate,
    })
    const later = sign('SHA256withRSA', digest(5))
    call(2).answer()
    expect(await later).toEqual(value(5))
  })

  it('sends no more at once than a service is asked for, and each algorithm by itself', async () => {
    const { calls, call, sign } = world()
    const first = sign('SHA256withRSA', digest(0))
    const many = Array.from({ length: mostDigestsAtOnce + 1 }, (_, n) => sign('SHA256withRSA', digest(n + 1)))
    const other = sign('SHA512withRSA', digest(99))
    for (let n = 0; n < 4; n += 1) {
      call(n).answer()
      await tick()
    }
    expect(calls.map(({ request }) => [request.algorithm, request.digests.length])).toEqual([
      ['SHA256withRSA', 1],
      ['SHA256withRSA', mostDigestsAtOnce],
      ['SHA256withRSA', 1],
      ['SHA512withRSA', 1],
    ])
    expect(await Promise.all([first, ...many, other])).toEqual([...Array(mostDigestsAtOnce + 2).keys(), 99].map(value))
  })

  it('never sends what was given up before, and goes on with the others', async () => {
    const { calls, call, sign } = world()
    const gone = new AbortController()
    const under = sign('SHA256withRSA', digest(1), gone.signal)
    const queued = sign('SHA256withRSA', digest(2), gone.signal)
    const kept = sign('SHA256withRSA', digest(3))
    const reason = new Error('late')
    gone.abort(reason)
    await expect(under).rejects.toBe(reason)
    await expect(queued).rejects.toBe(reason)
    await expect(sign('SHA256withRSA', digest(4), gone.signal)).rejects.toBe(reason)
    call(0).answer()
    await tick()
    call(1).answer()
    expect(await kept).toEqual(value(3))
    expect(calls.map(({ request }) => numbersIn(request))).toEqual([[1], [3]])
  })

  it('tells all of a call that failed, and asks again for the next', async () => {
    const { call, sign } = world()
    const first = sign('SHA256withRSA', digest(1))
    const together = [sign('SHA256withRSA', digest(2)), sign('SHA256withRSA', digest(3))]
    call(0).fail(new Fault('SEAL_UNREACHABLE', 'no answer'))
    await expect(first).rejects.toThrow('no answer')
    await tick()
    call(1).few()
    const [second, third] = await Promise.allSettled(together)
    expect(second).toEqual({ status: 'fulfilled', value: value(3) })
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'SIGNATURE_INVALID' } })
  })
})
