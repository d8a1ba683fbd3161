// The circuit breaker of a service: when it shuts and for how long, who may try, and what tells nothing about the service.

import { expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { createBreaker } from '../drivers/breaker.ts'
import { createBreakers } from '../drivers/breakers.ts'

function stand(over: { readonly pauseMs?: number; readonly longestMs?: number } = {}) {
  const time = { now: 0 }
  const breaker = createBreaker({
    now: () => time.now,
    tolerated: 2,
    pauseMs: 10,
    longestMs: 40,
    verdict: thrown => (thrown instanceof RangeError ? { waitMs: Number(thrown.message) } : 'answered'),
    resting: leftMs => new Error(`resting ${leftMs}`),
    ...over,
  })
  const failing = (waitMs = 0) => breaker.run(() => Promise.reject(new RangeError(String(waitMs)))).catch(String)
  const working = () => breaker.run(async () => 'done').catch((thrown: Error) => thrown.message)
  return { time, breaker, failing, working }
}

it('doubles its pause up to the longest, and forgets when the service worked', async () => {
  const { time, failing, working } = stand()
  const pauses: string[] = []
  await failing()
  for (let i = 0; i < 4; i++) {
    await failing()
    pauses.push(await working())
    time.now += 1000
  }
  expect(pauses).toEqual(['resting 10', 'resting 20', 'resting 40', 'resting 40'])
  expect(await working()).toBe('done')
  await failing()
  expect(await working()).toBe('done')
})

it('lets one try when the pause is over, and the others wait for how that went', async () => {
  const { time, breaker, failing, working } = stand()
  await failing()
  await failing()
  time.now += 10
  const held = Promise.withResolvers<string>()
  const trial = breaker.run(() => held.promise)
  time.now += 1000
  expect(await working()).toBe('resting 0')
  held.resolve('back')
  expect(await trial).toBe('back')
  expect(await working()).toBe('done')
})

it('obeys a service that says for how long, at once, but not for ever', async () => {
  const { time, failing, working } = stand()
  await failing(30)
  expect(await working()).toBe('resting 30')
  time.now += 30
  await failing(1_000_000_000)
  expect(await working()).toBe('resting 3600000')
})

it('tells since when and for how long still it leaves the service alone, and why, and ends that when it is told to', async () => {
  const { time, breaker, failing, working } = stand()
  time.now = 5
  await failing()
  expect(breaker.rest()).toBeUndefined()
  time.now += 7
  await failing()
  time.now += 4
  expect(breaker.rest()).toEqual({ sinceMs: 11, leftMs: 6, because: new RangeError('0') })
  breaker.wake()
  expect(breaker.rest()).toMatchObject({ leftMs: 0 })
  expect(await working()).toBe('done')
  expect(breaker.rest()).toBeUndefined()
})

it('lists those of a worker that are left alone, by host', async () => {
  const breakers = createBreakers()
  const options = { now: () => 0, pauseMs: 10, longestMs: 40, tolerated: 1 }
  const add = (id: string, url: string) =>
    breakers.add(
      { service: 'seal', id, url },
      { ...options, verdict: () => ({ waitMs: 0 }), resting: () => new Error('resting') },
    )
  const [one, other] = [add('one', 'https://seal.example/api'), add('other', 'https://seal.example:8443')]
  const away = () => Promise.reject(new Fault('SEAL_UNREACHABLE', 'away'))
  for (const breaker of [one, other]) await expect(breaker.run(away)).rejects.toThrow('away')
  const paused = { service: 'seal', sinceMs: 0, leftMs: 10, code: 'SEAL_UNREACHABLE' }
  const elsewhere = { ...paused, id: 'other', host: 'seal.example:8443' }
  expect(breakers.resting()).toEqual([{ ...paused, id: 'one', host: 'seal.example:443' }, elsewhere])
  breakers.wake('seal.example:443')
  expect(breakers.resting()).toEqual([{ ...paused, id: 'one', host: 'seal.example:443', leftMs: 0 }, elsewhere])
})

it('hears of an answer that the service is there, and of an abort nothing', async () => {
  const { breaker, failing, working } = stand()
  await failing()
  await expect(breaker.run(() => Promise.reject(new TypeError('no')))).rejects.toThrow('no')
  await failing()
  expect(await working()).toBe('done')
  await failing()
  const left = AbortSignal.abort()
  await expect(breaker.run(() => Promise.reject(new RangeError('0')), left)).rejects.toThrow('0')
  expect(await working()).toBe('done')
})
