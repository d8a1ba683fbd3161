// Deliveries under way, above documents in memory: none is forgotten, whatever the clock does between two looks at it, a slow
// destination holds up no other, and none has more at once than it may.

import { setImmediate as tick } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createDelivering } from '../device/delivering.ts'
import type { Document, DocumentEvent } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import type { DeliveryOutcome, DeliveryRequest } from '../device/ports.ts'
import { createTasks } from '../device/tasks.ts'
import { at, signedFor } from './11.document.kit.ts'
import { createLeapingClock } from './sim/clock.ts'

const log = { info: () => {}, warn: () => {}, error: () => {} }
const receipt = { reference: 'R', sha256: '0'.repeat(64), receivedAt: at }

function world(copies: number, answer: (request: DeliveryRequest) => Promise<DeliveryOutcome>, parallel = 2) {
  const destinations = [
    { id: 'one', driver: 'https', url: 'https://one.invalid/', parallel },
    { id: 'two', driver: 'https', url: 'https://two.invalid/' },
  ] as const
  const leaping = createLeapingClock()
  let looks = 0
  // No two looks at this clock show the same time.
  const now = () => {
    looks += 1
    return leaping.now() + looks
  }
  const clock = { ...leaping, now }
  const documents = new Map<string, Document>(
    Array.from({ length: copies }, (_, i) => [`D${i}`, { ...signedFor('signed'), id: `D${i}` }]),
  )
  let gets = 0
  const get = (id: string) => {
    gets += 1
    return documents.get(id) ?? expect.unreachable(`no ${id}`)
  }
  const tasks = createTasks({ clock, log })
  const sent: string[] = []
  const woken = new Map<string, number>()
  const delivering = createDelivering({
    config: { destinations },
    queue: {
      get,
      find: get,
      list: () => expect.unreachable(),
      commit: (id: string, event: DocumentEvent) => {
        const changed = next(get(id), event, new Date(clock.now()).toISOString())
        documents.set(id, changed)
        return changed
      },
    },
    tasks,
    blobs: { write: expect.unreachable, open: expect.unreachable, read: async function* () {} },
    clock,
    random: { bytes: () => new Uint8Array(), fraction: () => 0 },
    log,
    delivery: {
      deliver: request => {
        sent.push(request.destinationId)
        return answer(request)
      },
    },
    wakeAt: (id, time) => {
      woken.set(id, (woken.get(id) ?? 0) + 1)
      tasks.at(`wake:${id}`, time, () => delivering.wake(get(id)))
    },
  })
  const delivered = (to: string) =>
    [...documents.values()].filter(({ stage }) => {
      if (stage.name !== 'delivering' && stage.name !== 'done') return false
      return stage.deliveries.some(({ destinationId, state }) => destinationId === to && state === 'delivered')
    }).length
  const wakeAll = () => {
    for (const document of documents.values()) delivering.wake(document)
  }
  return { gets: () => gets, leaping, delivering, delivered, sent, woken, wakeAll, stop: () => tasks.stop() }
}

const settled = async () => {
  for (let turn = 0; turn < 200; turn += 1) await tick()
}

describe('deliveries', () => {
  it('forget no copy, though the clock moves on between two looks at it', async () => {
    const { delivered, wakeAll, sent, stop } = world(50, async () => ({ outcome: 'delivered', receipt }))
    wakeAll()
    await settled()
    expect([delivered('one'), delivered('two'), sent.length]).toEqual([50, 50, 100])
    await stop()
  })

  it('to one destination wait for none to another, and are no more at once than it may have', async () => {
    const hanging = Promise.withResolvers<DeliveryOutcome>()
    const { delivered, wakeAll, sent, stop } = world(20, ({ destinationId }) =>
      destinationId === 'one' ? hanging.promise : Promise.resolve({ outcome: 'delivered', receipt }),
    )
    wakeAll()
    await settled()
    expect([delivered('two'), sent.filter(to => to === 'one').length]).toEqual([20, 2])
    hanging.resolve({ outcome: 'delivered', receipt })
    await settled()
    expect([delivered('one'), sent.length]).toEqual([20, 40])
    await stop()
  })

  it('of a host that is away, and then back, are looked at a few at a time', async () => {
    let isBack = false
    const { gets, leaping, delivering, delivered, wakeAll, stop } = world(500, async ({ destinationId }) => {
      await tick()
      if (isBack || destinationId === 'two') return { outcome: 'delivered', receipt }
      return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: 'no answer' }
    })
    const mostBetweenTurns = async (over: () => boolean) => {
      let [most, last] = [0, gets()]
      for (let turn = 0; turn < 20_000 && !over(); turn += 1) {
        await tick()
        most = Math.max(most, gets() - last)
        last = gets()
      }
      return most
    }
    wakeAll()
    await expect.poll(() => delivered('two')).toBe(500)
    await expect.poll(() => delivering.hosts.paused()[0]?.copies).toBeGreaterThan(490)
    isBack = true
    leaping.leap(3_600_000)
    // Those that failed before have plans of their own, which nobody here wakes them for.
    const most = await mostBetweenTurns(() => delivered('one') >= 490)
    expect(delivered('one')).toBeGreaterThanOrEqual(490)
    expect(most).toBeLessThan(250)
    await stop()
  })

  it('are not more together than one worker can be asked for', async () => {
    const under = { now: 0, most: 0 }
    const answer = async (): Promise<DeliveryOutcome> => {
      under.now += 1
      under.most = Math.max(under.most, under.now)
      await tick()
      under.now -= 1
      return { outcome: 'delivered', receipt }
    }
    const { wakeAll, delivered, stop } = world(60, answer, 60)
    wakeAll()
    await settled()
    expect([delivered('one'), delivered('two'), under.most]).toEqual([60, 60, 48])
    await stop()
  })

  it('are asked for again at their own time, once, while another of the same copy is under way', async () => {
    const hanging = Promise.withResolvers<DeliveryOutcome>()
    let isBack = false
    const { delivered, delivering, leaping, wakeAll, sent, woken, stop } = world(1, async ({ destinationId }) => {
      if (destinationId === 'one') return hanging.promise
      if (isBack) return { outcome: 'delivered', receipt }
      return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: 'no answer' }
    })
    wakeAll()
    await settled()
    wakeAll()
    await settled()
    expect([sent, woken.get('D0')]).toEqual([['one', 'two'], 1])
    isBack = true
    leaping.leap(60_000)
    await settled()
    hanging.resolve({ outcome: 'delivered', receipt })
    await settled()
    expect([delivered('one'), delivered('two'), sent.length]).toEqual([1, 1, 3])
    expect(delivering.hosts.paused()).toEqual([])
    await stop()
  })
})
