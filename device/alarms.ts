// Times at which something is to be done, under names: one sleeper for all of them, so that ten thousand copies that wait cost
// ten thousand entries and no timers. A clock that is set forward is noticed within a minute.

import { asFault } from './errors.ts'
import type { Clock, Log } from './ports.ts'

export interface Alarms {
  /** A new time replaces the old one of that name; what is due already is done at once. `time` in milliseconds since 1970. */
  set(name: string, time: number, then: () => void): void
  /** Forgets those that `which` names. */
  clear(which: (name: string) => boolean): void
  stop(): void
}

interface Alarm {
  readonly name: string
  readonly time: number
  readonly then: () => void
}

/** The clock is asked again at least this often. */
const longestSleepMs = 60_000
/** Alarms that go off in one turn of the event loop. */
const mostInOneGo = 25

export function createAlarms({ clock, log }: { readonly clock: Clock; readonly log: Log }): Alarms {
  const alarms = new Map<string, Alarm>()
  /** A binary heap, the earliest first. One that was replaced or forgotten stays until its turn. */
  let heap: Alarm[] = []
  let isRunning = false
  /** The sleep until the earliest, as long as it lasts. */
  let nap: { readonly until: number; readonly controller: AbortController } | undefined

  const isSet = (alarm: Alarm) => alarms.get(alarm.name) === alarm

  /** The earliest alarm that still counts. */
  function earliest(): Alarm | undefined {
    while (heap[0] !== undefined && !isSet(heap[0])) removeFirst(heap)
    return heap[0]
  }

  function arrange(): void {
    if (nap !== undefined && nap.until !== earliest()?.time) nap.controller.abort()
    if (!isRunning) run().catch((thrown: unknown) => log.error('the alarms failed', { detail: asFault(thrown).detail }))
  }

  /** Until no alarm is left. */
  async function run(): Promise<void> {
    isRunning = true
    try {
      let gone = 0
      for (let next = earliest(); next !== undefined; next = earliest()) {
        const left = next.time - clock.now()
        if (left > 0) await sleep(next.time, Math.min(left, longestSleepMs))
        else {
          alarms.delete(next.name)
          perform(next)
          gone += 1
          if (gone % mostInOneGo === 0) await clock.sleep(0)
        }
      }
    } finally {
      isRunning = false
    }
  }

  /** Shorter where the alarms change meanwhile. */
  async function sleep(until: number, ms: number): Promise<void> {
    const controller = new AbortController()
    nap = { until, controller }
    try {
      await clock.sleep(ms, controller.signal)
    } catch (thrown) {
      if (!controller.signal.aborted) throw thrown
    } finally {
      nap = undefined
    }
  }

  function perform({ name, then }: Alarm): void {
    try {
      then()
    } catch (thrown) {
      log.error('a timer failed', { timer: name, detail: asFault(thrown).detail })
    }
  }

  return Object.freeze({
    set(name: string, time: number, then: () => void): void {
      const alarm = { name, time, then }
      if (time <= clock.now()) {
        alarms.delete(name)
        perform(alarm)
        return
      }
      alarms.set(name, alarm)
      if (heap.length > 2 * alarms.size + 64) heap = [...alarms.values()].sort((a, b) => a.time - b.time)
      else insert(heap, alarm)
      arrange()
    },
    clear(which: (name: string) => boolean): void {
      for (const name of alarms.keys()) if (which(name)) alarms.delete(name)
      arrange()
    },
    stop(): void {
      alarms.clear()
      arrange()
    },
  })
}

function insert(heap: Alarm[], alarm: Alarm): void {
  let at = heap.push(alarm) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent] as Alarm
    if (above.time <= alarm.time) break
    heap[at] = above
    at = parent
  }
  heap[at] = alarm
}

function removeFirst(heap: Alarm[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const right = left + 1
    const smaller = (heap[right]?.time ?? Number.POSITIVE_INFINITY) < (heap[left]?.time ?? 0) ? right : left
    const child = heap[smaller]
    if (child === undefined || child.time >= last.time) break
    heap[at] = child
    at = smaller
  }
  heap[at] = last
}
