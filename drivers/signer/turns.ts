// Taking turns: who asks for the same thing gets it one after the other, in the order of asking.

/** Turns by name; a name that nobody waits for takes no memory. */
export interface Turns {
  /** Whether somebody has the turn of this name. */
  taken(name: string): boolean
  /** Waits for the turn and gives what ends it, safe to repeat. An abort ends the wait, with the signal's reason. */
  take(name: string, signal: AbortSignal | undefined): Promise<() => void>
  /** Runs a task in its turn. */
  run<Result>(name: string, signal: AbortSignal | undefined, task: () => Promise<Result>): Promise<Result>
}

export function createTurns(): Turns {
  const lasts = new Map<string, Promise<void>>()
  const take = async (name: string, signal: AbortSignal | undefined): Promise<() => void> => {
    signal?.throwIfAborted()
    const before = lasts.get(name) ?? Promise.resolve()
    const { promise: over, resolve: release } = Promise.withResolvers<void>()
    const last = before.then(() => over)
    lasts.set(name, last)
    void last.then(() => {
      if (lasts.get(name) === last) lasts.delete(name)
    })
    try {
      await orAborted(before, signal)
      return release
    } catch (thrown) {
      release()
      throw thrown
    }
  }
  const run = async <Result>(name: string, signal: AbortSignal | undefined, task: () => Promise<Result>) => {
    const release = await take(name, signal)
    try {
      return await task()
    } finally {
      release()
    }
  }
  return Object.freeze({ taken: (name: string) => lasts.has(name), take, run })
}

async function orAborted(wait: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return wait
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([wait, aborted])
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
