// A token that is asked for once for everything that goes to a service: fetched when somebody needs it, by one call whoever
// waits, and anew before the old one ends.

export interface Expiring {
  /** From when it was asked for. */
  readonly lifeMs: number
}

export interface HeldToken<T extends Expiring> {
  /** The token while it may be used, else what `fetch` brings. */
  valid(fetch: () => Promise<T>): Promise<T>
  /** Of a token that was turned down: it is not used again, while another that came meanwhile is. Absent: whichever. */
  forget(token?: T): void
}

/**
 * A token is not used in the last tenth of its life, nor in its last `marginMs`, whichever is less. `now`: milliseconds by the
 * monotonic clock, because a wall clock that is set must not make an old token look new.
 */
export function createHeldToken<T extends Expiring>(marginMs: number, now: () => number): HeldToken<T> {
  let held: { readonly token: T; readonly renewAt: number } | undefined
  let fetching: Promise<T> | undefined

  async function fetched(fetch: () => Promise<T>): Promise<T> {
    const asked = now()
    const token = await fetch()
    held = { token, renewAt: asked + token.lifeMs - Math.min(marginMs, token.lifeMs / 10) }
    return token
  }

  return Object.freeze({
    valid(fetch: () => Promise<T>): Promise<T> {
      if (held !== undefined && now() < held.renewAt) return Promise.resolve(held.token)
      fetching ??= fetched(fetch).finally(() => {
        fetching = undefined
      })
      return fetching
    },
    forget(token?: T): void {
      if (token === undefined || held?.token === token) held = undefined
    },
  })
}
