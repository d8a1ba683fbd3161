// The card service behind the breaker that every service has: one that does not answer is left alone, whoever asks and whatever
// for. Whether the kiosk is accepted there and has credit is for the desk to mind, which has orders that wait for it.

import { Fault } from '../../device/errors.ts'
import type { CardLater, CardShop } from '../../device/ports.ts'
import type { Breaker, BreakerOptions } from '../breaker.ts'

type Outcome = { readonly outcome: string; readonly detail?: string }

/** How long it is left alone at first, and at most, where it does not ask for more. */
const pauseMs = 15_000
const longestPauseMs = 300_000
const restingCode = 'DESTINATION_UNREACHABLE'

export function breakerOptions(now: () => number): BreakerOptions {
  return {
    now,
    pauseMs,
    longestMs: longestPauseMs,
    verdict: thrown => (thrown instanceof Fault ? { waitMs: thrown.retryAfterMs ?? 0 } : 'nothing'),
    resting: leftMs => new Fault(restingCode, 'the card service did not answer a moment ago', { retryAfterMs: leftMs }),
  }
}

/** While it is left alone every call is `later`: nothing was sent. */
export function restedCardShop(shop: CardShop, breaker: Breaker): CardShop {
  const through = async <T extends Outcome>(work: () => Promise<T>, signal?: AbortSignal): Promise<T | CardLater> => {
    let asked = false
    const begun = () => {
      asked = true
      return work()
    }
    try {
      return await breaker.run(begun, signal, failureIn)
    } catch (thrown) {
      if (asked || !(thrown instanceof Fault)) throw thrown
      const { detail, retryAfterMs = 0 } = thrown
      return { outcome: 'later', code: restingCode, detail, retryAfterMs }
    }
  }
  return Object.freeze({
    products: (signal?: AbortSignal) => through(() => shop.products(signal), signal),
    order: (productCode: string, body: Uint8Array, signal?: AbortSignal) =>
      through(() => shop.order(productCode, body, signal), signal),
    requests: (productCode: string, signal?: AbortSignal) => through(() => shop.requests(productCode, signal), signal),
    request: (id: string, signal?: AbortSignal) => through(() => shop.request(id, signal), signal),
    form: (id: string, signal?: AbortSignal) => through(() => shop.form(id, signal), signal),
    activation: (id: string, signal?: AbortSignal) => through(() => shop.activation(id, signal), signal),
    submit: (id: string, papers: Parameters<CardShop['submit']>[1], signal?: AbortSignal) =>
      through(() => shop.submit(id, papers, signal), signal),
  })
}

/** An order whose answer was lost is one too. */
function failureIn(outcome: Outcome | CardLater): Fault | undefined {
  if (outcome.outcome === 'unknown') return new Fault(restingCode, outcome.detail ?? '')
  if (outcome.outcome !== 'later' || !('code' in outcome)) return undefined
  const { code, detail, retryAfterMs } = outcome
  return code === restingCode || code === 'DESTINATION_BUSY' ? new Fault(code, detail, { retryAfterMs }) : undefined
}
