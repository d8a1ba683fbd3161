// Turns: at most so many pieces of work at once, the others in the order in which they came.

export type Turns = <T>(work: () => Promise<T>) => Promise<T>

/** `width` is asked anew for each piece of work. */
export function createTurns(width: () => number): Turns {
  const waiting: (() => void)[] = []
  let under = 0
  const next = () => {
    while (under < width()) {
      const begin = waiting.shift()
      if (begin === undefined) return
      under += 1
      begin()
    }
  }
  return async work => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    next()
    await promise
    try {
      return await work()
    } finally {
      under -= 1
      next()
    }
  }
}
