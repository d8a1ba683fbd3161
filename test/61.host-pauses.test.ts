// The circuit breaker: an outage of a host costs a few attempts whatever the queue holds, one copy at a time asks whether it
// is back, all go when it is, other hosts are not touched, and no copy is held back by another's own failure.

import { describe, expect, test } from 'vitest'
import type { DeliveryState, DocumentEvent } from '../device/document/document.ts'
import { createHostPauses } from '../device/host-pauses.ts'

const minuteMs = 60_000

/** A world with its own time: timers run when `leap` passes them. */
function newWorld(online: (host: string) => boolean, copies: number) {
  let time = Date.UTC(2026, 10, 27, 9)
  const timers = new Map<string, { at: number; then: () => void }>()
  const deliveries = new Map<string, { destinationId: string; attempts: number; done: boolean }>()
  let attempts = 0
  const due: string[] = []
  let skew = 0
  const wake = (id: string): void => {
    const delivery = deliveries.get(id)
    if (delivery === undefined || delivery.done) return
    const { destinationId } = delivery
    if (!pauses.mayGo(id, { destinationId, attempts: delivery.attempts } as DeliveryState)) return
    attempts += 1
    delivery.attempts += 1
    delivery.done = online(destinationId)
    pauses.tell(destinationId, (delivery.done ? { type: 'delivered' } : failed) as DocumentEvent)
  }
  const failed = { type: 'deliveryPostponed', code: 'DESTINATION_UNREACHABLE' }
  const clock = { now: () => time - skew }
  const pauses = createHostPauses({
    destinations: ['a', 'b'].map(id => ({ id, driver: 'https', url: `https://${id}.example` }) as const),
    tasks: { at: (name, at, then) => void timers.set(name, { at, then }) },
    clock,
    random: { fraction: () => 0.999 },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    wake,
    makeDue: (destinationIds, how) => {
      due.push(`${how} of ${destinationIds.join()}`)
      const tried = [...deliveries].filter(
        ([, one]) => !one.done && destinationIds.includes(one.destinationId) && one.attempts > 0,
      )
      for (const [id] of how === 'one' ? tried.slice(0, 1) : tried) wake(id)
    },
  })
  for (const host of ['a', 'b']) {
    for (let i = 0; i < copies; i += 1) deliveries.set(`${host}${i}`, { destinationId: host, attempts: 0, done: false })
  }
  return {
    pauses,
    wakeAll: (host: string) => [...deliveries.keys()].filter(id => id.startsWith(host)).forEach(wake),
    wake,
    leap(ms: number): void {
      for (const end = time + ms; ; ) {
        const due = [...timers].filter(([, { at }]) => at + skew <= end).sort(([, x], [, y]) => x.at - y.at)[0]
        if (due === undefined) {
          time = end
          return
        }
        timers.delete(due[0])
        time = Math.max(time, due[1].at + skew)
        due[1].then()
      }
    },
    /** An operator holds it: it is woken and does nothing. */
    hold: (id: string) => void deliveries.delete(id),
    setBack: (ms: number) => {
      skew += ms
    },
    attempts: () => attempts,
    due,
    done: (host: string) => [...deliveries].filter(([id, { done }]) => done && id.startsWith(host)).length,
  }
}

describe('a host that is away', () => {
  test('costs three attempts at once, then one at each asking, and all go when it is back', () => {
    let back = false
    const world = newWorld(host => host === 'b' || back, 10_000)
    world.wakeAll('a')
    expect(world.attempts()).toBe(3)
    world.leap(60 * minuteMs)
    expect(world.attempts()).toBeGreaterThan(10)
    expect(world.attempts()).toBeLessThan(25)
    expect(world.pauses.paused()).toMatchObject([{ host: 'a.example:443', copies: expect.any(Number) }])
    back = true
    world.leap(6 * minuteMs)
    // Those that were tried meanwhile come back by their own plan.
    expect(world.done('a')).toBeGreaterThan(9_970)
    expect(world.pauses.paused()).toEqual([])
  })

  test('holds back nothing for another host', () => {
    const world = newWorld(host => host === 'b', 100)
    world.wakeAll('a')
    world.wakeAll('b')
    expect(world.done('b')).toBe(100)
  })

  test('does not hold back a copy that was tried before and has its own plan', () => {
    const world = newWorld(() => false, 10)
    world.wakeAll('a')
    const before = world.attempts()
    world.wake('a0')
    expect(world.attempts()).toBe(before + 1)
  })

  test('is not told from one copy that fails alone', () => {
    const world = newWorld(() => true, 10)
    for (let i = 0; i < 5; i += 1) {
      world.pauses.tell('a', { type: 'deliveryPostponed', code: 'DESTINATION_UNREACHABLE' } as DocumentEvent)
      world.pauses.tell('a', { type: 'deliveryRefused' } as DocumentEvent)
    }
    world.wakeAll('a')
    expect(world.done('a')).toBe(10)
  })

  test('is asked by another copy where the one that was to ask is held meanwhile, or gone', () => {
    const world = newWorld(() => false, 10)
    world.wakeAll('a')
    world.pauses.forget('a3')
    world.hold('a4')
    world.leap(minuteMs)
    expect(world.attempts()).toBe(3)
    world.leap(20 * minuteMs)
    expect(world.attempts()).toBeGreaterThan(3)
  })

  test('is asked at once by one copy where an operator says so, and when it is back no copy waits for its own plan', () => {
    let back = false
    const world = newWorld(() => back, 100)
    world.wakeAll('a')
    let told = 0
    const deaf = world.pauses.subscribe(() => {
      told += 1
    })
    expect(world.pauses.paused()).toEqual([
      {
        ...{ service: 'delivery', host: 'a.example:443', ids: ['a'], code: 'DESTINATION_UNREACHABLE', copies: 97 },
        since: '2026-11-27T09:00:00.000Z',
        until: expect.stringMatching(/^2026-11-27T09:00:/),
      },
    ])
    expect(world.pauses.askNow('b.example:443')).toBe(false)
    expect(world.pauses.askNow('a.example:443')).toBe(true)
    expect(world.attempts()).toBe(4)
    expect(world.due).toEqual([])
    expect(told).toBe(1)
    back = true
    world.pauses.askNow('a.example:443')
    expect(world.due).toEqual(['all of a'])
    expect(world.done('a')).toBe(100)
    expect([world.pauses.paused(), told]).toEqual([[], 2])
    deaf()
  })

  test('is asked by a copy that was tried where no other is left', () => {
    const world = newWorld(() => false, 3)
    world.wakeAll('a')
    expect(world.pauses.askNow('a.example:443')).toBe(true)
    expect([world.due, world.attempts()]).toEqual([['one of a'], 4])
  })

  test('is asked in time although the clock was set back', () => {
    const world = newWorld(() => false, 10)
    world.wakeAll('a')
    world.setBack(10 * 365 * 24 * 60 * minuteMs)
    world.wake('a5')
    expect(world.attempts()).toBe(4)
  })
})
