// Work in the background under names: one task of a name at a time, asked for again while it runs it runs once more
// afterwards, at most `width` in a lane; and one timer under a name. Everything can be stopped and waited for.

import { asFault } from './errors.ts'
import type { Clock, Log } from './ports.ts'
import { createTurns, type Turns } from './turns.ts'

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

interface Running {
  readonly controller: AbortController
  again: (() => void) | null
  done: Promise<void>
}

/** A clock is asked again at least this often, so that a wall clock set forward is noticed. */
const longestSleepMs = 60_000
/** After an unexpected failure a task rests this long before it may run again. */
const restMs = 10_000

export function createTasks({ clock, log }: { clock: Clock; log: Log }): Tasks {
  const running = new Map<string, Running>()
  const timers = new Map<string, AbortController>()
  const lanes = new Map<string, Turns>()
  let stopped = false

  function turnsIn({ lane, width }: Lane): Turns {
    const turns = lanes.get(lane) ?? createTurns(() => width)
    lanes.set(lane, turns)
    return turns
  }

  async function perform(
    name: string,
    work: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
    lane?: Lane,
  ): Promise<void> {
    const begin = async () => {
      if (!signal.aborted) await work(signal)
    }
    try {
      await (lane === undefined ? begin() : turnsIn(lane)(begin))
    } catch (thrown) {
      if (signal.aborted) return
      const fault = asFault(thrown)
      log.error('a task failed', { task: name, code: fault.code, detail: fault.detail, stack: fault.stack })
      at(`rest:${name}`, clock.now() + restMs, () => run(name, work, lane))
    }
  }

  function run(name: string, work: (signal: AbortSignal) => Promise<void>, lane?: Lane): void {
    if (stopped) return
    const present = running.get(name)
    if (present !== undefined) {
      present.again = () => run(name, work, lane)
      return
    }
    const controller = new AbortController()
    const entry: Running = { controller, again: null, done: Promise.resolve() }
    running.set(name, entry)
    entry.done = perform(name, work, controller.signal, lane).then(() => {
      running.delete(name)
      entry.again?.()
    })
  }

  function at(name: string, time: number, then: () => void): void {
    if (stopped) return
    timers.get(name)?.abort()
    const controller = new AbortController()
    timers.set(name, controller)
    const { signal } = controller
    const wait = async (): Promise<void> => {
      for (let left = time - clock.now(); left > 0; left = time - clock.now())
        await clock.sleep(Math.min(left, longestSleepMs), signal)
      if (signal.aborted) return
      timers.delete(name)
      then()
    }
    wait().catch((thrown: unknown) => {
      if (!signal.aborted) log.error('a timer failed', { timer: name, detail: asFault(thrown).detail })
    })
  }

  return Object.freeze({
    run,
    at,
    async end(name: string): Promise<void> {
      const task = running.get(name)
      task?.controller.abort()
      await task?.done
    },
    cancel(id: string): void {
      for (const [name, timer] of timers) if (name.endsWith(`:${id}`)) timer.abort()
      for (const [name, task] of running)
        if (name.endsWith(`:${id}`) && !name.startsWith('erase:')) task.controller.abort()
    },
    async stop(): Promise<void> {
      stopped = true
      for (const timer of timers.values()) timer.abort()
      for (const task of running.values()) task.controller.abort()
      await Promise.all([...running.values()].map(task => task.done))
    },
  })
}
