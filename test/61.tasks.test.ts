// Work in the background and the times at which it is due, by a clock that is set forward.

import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTasks } from '../device/tasks.ts'
import { createLeapingClock } from './sim/clock.ts'

const hour = 3_600_000

function world() {
  const leaping = createLeapingClock()
  let sleepers = 0
  const clock = {
    ...leaping,
    async sleep(ms: number, signal?: AbortSignal): Promise<void> {
      sleepers += 1
      try {
        await leaping.sleep(ms, signal)
      } finally {
        sleepers -= 1
      }
    },
  }
  const told: string[] = []
  const error = (event: string, details: object = {}) => void told.push(`${event} ${JSON.stringify(details)}`)
  const tasks = createTasks({ clock, log: { info: () => {}, warn: () => {}, error } })
  const done: string[] = []
  return { tasks, clock, told, done, sleepers: () => sleepers, leap: leaping.leap }
}

const settled = async () => {
  for (let turn = 0; turn < 50; turn += 1) await tick()
}

describe('timers', () => {
  it('of four thousand names are one sleeper, and go off in the order of their times, a few in each turn', async () => {
    const { tasks, clock, done, sleepers, leap } = world()
    const start = clock.now()
    // 7919 and 4000 have no common divisor: each time comes once.
    const times = Array.from({ length: 4000 }, (_, i) => 1000 + ((i * 7919) % 4000))
    for (const ms of times) tasks.at(`wake:${ms}`, start + hour + ms, () => done.push(String(ms)))
    expect([sleepers(), done.length]).toEqual([1, 0])
    leap(2 * hour)
    let most = 0
    for (let last = 0; done.length < times.length; last = done.length) {
      await tick()
      most = Math.max(most, done.length - last)
    }
    expect(done.map(Number)).toEqual(times.toSorted((a, b) => a - b))
    expect(most).toBeLessThan(100)
    await settled()
    expect(sleepers()).toBe(0)
  })

  it('that are set earlier, replaced or cancelled meanwhile go by what was said last', async () => {
    const { tasks, clock, done, sleepers, leap } = world()
    const at = (name: string, hours: number, tells = name) =>
      tasks.at(name, clock.now() + hours * hour, () => done.push(tells))
    at('late:1', 3)
    at('moved:2', 5)
    at('dropped:3', 1)
    at('early:4', 1)
    at('moved:2', 2, 'moved')
    at('late:1', 9, 'later')
    tasks.cancel('3')
    await settled()
    expect(sleepers()).toBe(1)
    leap(4 * hour)
    await settled()
    expect(done).toEqual(['early:4', 'moved'])
    leap(6 * hour)
    await settled()
    expect(done).toEqual(['early:4', 'moved', 'later'])
  })

  it('that are due already go off at once, and one that fails holds up no other', async () => {
    const { tasks, clock, told, done, leap } = world()
    tasks.at('now', clock.now(), () => done.push('now'))
    expect(done).toEqual(['now'])
    const fail = () => {
      throw new Error('no')
    }
    tasks.at('bad', clock.now() + hour, fail)
    tasks.at('good', clock.now() + hour, () => done.push('good'))
    leap(hour)
    await settled()
    expect(done).toEqual(['now', 'good'])
    expect(told).toEqual([expect.stringContaining('"timer":"bad"')])
  })

  it('that were replaced a thousand times over are one entry each', async () => {
    const { tasks, clock, done, leap } = world()
    for (let turn = 0; turn < 1000; turn += 1) {
      for (const name of ['a', 'b', 'c']) {
        tasks.at(name, clock.now() + (1000 - turn) * hour, () => done.push(`${name}${turn}`))
      }
    }
    leap(2 * hour)
    await settled()
    expect(done.toSorted()).toEqual(['a999', 'b999', 'c999'])
    leap(2000 * hour)
    await settled()
    expect(done).toHaveLength(3)
    await tasks.stop()
  })
})

describe('tasks', () => {
  const lane = { lane: 'narrow', width: 2 }

  it('of a lane are so many at once as it is wide, in the order in which they came, and once for each name that waits', async () => {
    const { tasks, done } = world()
    const gates = new Map<string, PromiseWithResolvers<void>>()
    const work = (name: string) => async () => {
      done.push(name)
      const gate = Promise.withResolvers<void>()
      gates.set(name, gate)
      await gate.promise
    }
    for (const name of ['a', 'b', 'c', 'd', 'c']) tasks.run(name, work(name), lane)
    expect(done).toEqual(['a', 'b'])
    gates.get('b')?.resolve()
    await settled()
    expect(done).toEqual(['a', 'b', 'c'])
    // Asked for while it runs: once more, behind those that wait.
    tasks.run('a', work('a'), lane)
    gates.get('a')?.resolve()
    await settled()
    gates.get('c')?.resolve()
    await settled()
    expect(done).toEqual(['a', 'b', 'c', 'd', 'a'])
    for (const gate of gates.values()) gate.resolve()
    await tasks.stop()
  })

  it('that wait for their turn never begin once they are cancelled, ended or stopped', async () => {
    const { tasks, done } = world()
    const work = (name: string) => async (signal: AbortSignal) => {
      done.push(name)
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    }
    for (const name of ['x:1', 'x:2', 'x:3', 'x:4', 'x:5']) tasks.run(name, work(name), lane)
    tasks.cancel('3')
    await tasks.end('x:4')
    await tasks.end('x:1')
    expect(done).toEqual(['x:1', 'x:2', 'x:5'])
    tasks.run('x:6', work('x:6'), lane)
    await tasks.stop()
    tasks.run('x:7', work('x:7'))
    expect(done).toEqual(['x:1', 'x:2', 'x:5'])
  })

  it('that fail are told of, rest, and run again', async () => {
    const { tasks, told, done, leap } = world()
    tasks.run('t', async () => {
      done.push('t')
      if (done.length === 1) throw new Error('once')
    })
    await settled()
    expect(told).toEqual([expect.stringContaining('"task":"t"')])
    leap(10_000)
    await settled()
    expect(done).toEqual(['t', 't'])
    await tasks.stop()
  })
})
