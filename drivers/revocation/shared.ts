// One piece of work for everybody who asks for the same at the same time. It ends early only when all who wait for it
// have gone.

interface Running<Result> {
  readonly result: Promise<Result>
  readonly controller: AbortController
  waiting: number
}

/** By key. What has ended is forgotten: this is no cache. */
export function createShared<Result>() {
  const running = new Map<string, Running<Result>>()

  const begin = (key: string, work: (signal: AbortSignal) => Promise<Result>): Running<Result> => {
    const controller = new AbortController()
    const begun = { result: work(controller.signal), controller, waiting: 0 }
    running.set(key, begun)
    const forget = () => {
      if (running.get(key) === begun) running.delete(key)
    }
    begun.result.then(forget, forget)
    return begun
  }

  return async (
    key: string,
    work: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> => {
    signal?.throwIfAborted()
    const one = running.get(key) ?? begin(key, work)
    one.waiting += 1
    const gone = Promise.withResolvers<never>()
    const leave = () => gone.reject(signal?.reason)
    signal?.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([one.result, gone.promise])
    } finally {
      signal?.removeEventListener('abort', leave)
      one.waiting -= 1
      if (one.waiting === 0) {
        // Nobody may join what is being given up.
        if (running.get(key) === one) running.delete(key)
        one.controller.abort(signal?.reason)
      }
    }
  }
}
