// Work in the background under names: one task of a name at a time, asked for again while it runs it runs once more
// afterwards, at most `width` in a lane, where what waits for its turn is a name and no more; and one timer under a name.
// Everything can be stopped and waited for.

import { createAlarms } from './alarms.ts'
import { asFault } from './errors.ts'
import type { Clock, Log } from './ports.ts'

export interface Lane {
  readonly lane: string
  readonly width: number
}

export interface Tasks {
  /** A failure is logged and the task is tried again when somebody asks for it. */
  run(name: string, work: (signal: AbortSignal) => Promise<void>, lane?: Lane): void
  /** One timer under a name; a new time replaces the old one. `time` in milliseconds since 1970. */
  at(name: string, time: number, then: () => void): void
  /** Aborts the task of that name and waits for it. */
  end(name: string): Promise<void>
  /** Ends every timer and task whose name ends with `:id`. */
  cancel(id: string): void
  stop(): Promise<void>
}

type Work = (signal: AbortSignal) => Promise<void>

interface Running {
  readonly controller: AbortController
  again: (() => void) | null
  done: Promise<void>
}

interface OpenLane {
  under: number
  /** By name, in the order in which they were asked for. */
  readonly waiting: Map<string, Work>
}

/** After an unexpected failure a task rests this long before it may run again. */
const restMs = 10_000

export function createTasks({ clock, log }: { clock: Clock; log: Log }): Tasks {
  const running = new Map<string, Running>()
  const lanes = new Map<string, OpenLane>()
  const alarms = createAlarms({ clock, log })
  let stopped = false

  async function perform(name: string, work: Work, signal: AbortSignal, lane?: Lane): Promise<void> {
    try {
      await work(signal)
    } catch (thrown) {
      if (signal.aborted) return
      const fault = asFault(thrown)
      log.error('a task failed', { task: name, code: fault.code, detail: fault.detail, stack: fault.stack })
      at(`rest:${name}`, clock.now() + restMs, () => run(name, work, lane))
    }
  }

  function begin(name: string, work: Work, lane?: Lane): Promise<void> {
    const controller = new AbortController()
    const entry: Running = { controller, again: null, done: Promise.resolve() }
    running.set(name, entry)
    entry.done = perform(name, work, controller.signal, lane).then(() => {
      running.delete(name)
      entry.again?.()
    })
    return entry.done
  }

  function takeTurns(lane: Lane): void {
    const open = lanes.get(lane.lane)
    if (open === undefined) return
    for (const [name, work] of open.waiting) {
      if (open.under >= lane.width) return
      open.waiting.delete(name)
      open.under += 1
      begin(name, work, lane).then(() => {
        open.under -= 1
        takeTurns(lane)
      })
    }
  }

  function run(name: string, work: Work, lane?: Lane): void {
    if (stopped) return
    const present = running.get(name)
    if (present !== undefined) present.again = () => run(name, work, lane)
    else if (lane === undefined) begin(name, work)
    else {
      const open = lanes.get(lane.lane) ?? { under: 0, waiting: new Map() }
      lanes.set(lane.lane, open)
      open.waiting.set(name, work)
      takeTurns(lane)
    }
  }

  function at(name: string, time: number, then: () => void): void {
    if (!stopped) alarms.set(name, time, then)
  }

  function forget(isMeant: (name: string) => boolean): void {
    for (const { waiting } of lanes.values()) for (const name of waiting.keys()) if (isMeant(name)) waiting.delete(name)
  }

  return Object.freeze({
    run,
    at,
    async end(name: string): Promise<void> {
      forget(one => one === name)
      const task = running.get(name)
      task?.controller.abort()
      await task?.done
    },
    cancel(id: string): void {
      const isMeant = (name: string) => name.endsWith(`:${id}`)
      alarms.clear(isMeant)
      forget(isMeant)
      for (const [name, task] of running) if (isMeant(name) && !name.startsWith('erase:')) task.controller.abort()
    },
    async stop(): Promise<void> {
      stopped = true
      alarms.stop()
      forget(() => true)
      for (const task of running.values()) task.controller.abort()
      await Promise.all([...running.values()].map(task => task.done))
    },
  })
}
