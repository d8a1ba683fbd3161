// One exchange with the card service about one order, as the event that it is to the order. An order is sent once; whatever
// may be asked again comes back as `postponed` when it did not go through.

import { type Candidate, marksIn, matchOf, mayBe } from '../cards/match.ts'
import { type CardEvent, type CardOrder, finishedState } from '../cards/order.ts'
import { type EnclosedFiles, whole } from '../cards/order-body.ts'
import { families } from '../cards/products.ts'
import { asFault, Fault } from '../errors.ts'
import { backoffCapMs, nextAttempt } from '../path/backoff.ts'
import type { CardLater, CardPaper, CardShop, Clock, Random } from '../ports.ts'

export interface ExchangeTools {
  readonly shop: CardShop
  readonly clock: Clock
  readonly random: Random
  /** First wait between two looks at a placed order, milliseconds. */
  readonly pollMs: number
  /** How long a finished order is kept, milliseconds. */
  readonly keepMs: number
  /** Whether a request of the service's is another order of this kiosk. */
  readonly isClaimed: (remoteId: string) => boolean
}

/** What an exchange was to the order, and to the service where it did not go through. */
export interface Exchange {
  readonly events: readonly CardEvent[]
  readonly later: CardLater | null
}

/** Time for the service to write down what it took in before its answer was lost. */
const firstLookMs = 5_000
const lookApartMs = 10 * 60_000
/** Where the credit is used up: whoever tops it up is slower than a network. */
const creditPauseMs = 30 * 60_000
const longestPollMs = 6 * 3_600_000
/** Requests that one look opens; above, a person looks. */
const maxCandidates = 200

const iso = (time: number) => new Date(time).toISOString()

/** Sends an order that is `sending` already, with its files. Never throws but for the signal's reason. */
export async function sendOrder(
  order: CardOrder,
  files: EnclosedFiles,
  tools: ExchangeTools,
  signal: AbortSignal,
): Promise<Exchange> {
  const { shop, clock } = tools
  const lost = (detail: string): Exchange => {
    const failure = { code: 'DESTINATION_UNREACHABLE', detail, nextAt: iso(clock.now() + firstLookMs) } as const
    return { events: [{ type: 'lost', ...failure }], later: null }
  }
  try {
    const outcome = await shop.order(order.product.code, Buffer.from(whole(order.body, files)), signal)
    switch (outcome.outcome) {
      case 'placed':
        return only(placedBy('answer', outcome.request, order, tools))
      case 'refused':
        return only({ type: 'refused', detail: outcome.detail, nextAt: iso(clock.now() + tools.keepMs) })
      case 'later':
        return { events: [{ type: 'unsent', ...failureOf(outcome, order.attempts, tools) }], later: outcome }
      case 'already':
        return lost('the service says that it has it already')
      case 'unknown':
        return lost(outcome.detail)
    }
  } catch (thrown) {
    signal.throwIfAborted()
    // A worker that was lost may have sent it.
    return lost(asFault(thrown).detail)
  }
}

/** Looks for an order whose answer was lost. */
export async function lookForOrder(
  id: string,
  order: CardOrder,
  tools: ExchangeTools,
  signal: AbortSignal,
): Promise<Exchange> {
  const { shop, clock } = tools
  const sentAt = Date.parse(order.sentAt ?? order.orderedAt)
  const body = JSON.parse(order.body) as Readonly<Record<string, unknown>>
  const vain = (): Exchange => {
    const first = order.looks[0] === undefined ? clock.now() : Date.parse(order.looks[0])
    return only({ type: 'lookedInVain', nextAt: iso(Math.max(clock.now() + firstLookMs, first + lookApartMs)) })
  }
  const placed = (request: Candidate['request']) => only(placedBy('look', request, order, tools))
  if (families[order.product.family].changes !== null) {
    const found = await asked(() => shop.request(String(body['id']), signal), signal)
    if (found.outcome === 'later') return postponed(found, order, tools)
    return found.outcome === 'found' && found.request.videoRecognition === true ? placed(found.request) : vain()
  }
  const listed = await asked(() => shop.requests(order.product.code, signal), signal)
  if (listed.outcome === 'later') return postponed(listed, order, tools)
  const possible = listed.requests.filter(one => !tools.isClaimed(one.id) && mayBe(one, sentAt))
  if (possible.length > maxCandidates) return only({ type: 'severalFound', why: 'too-many', ids: [] })
  const candidates: Candidate[] = []
  for (const { id: remoteId } of possible) {
    const one = await asked(() => shop.request(remoteId, signal), signal)
    if (one.outcome === 'later') return postponed(one, order, tools)
    if (one.outcome === 'found') candidates.push(one)
  }
  const match = matchOf({ order: id, sentAt, marks: marksIn(body) }, candidates)
  if (match.match === 'one') return placed(match.request)
  return match.match === 'none' ? vain() : only({ type: 'severalFound', why: 'several', ids: match.ids })
}

/** Looks at a placed order. */
export async function followOrder(order: CardOrder, tools: ExchangeTools, signal: AbortSignal): Promise<Exchange> {
  const answer = await asked(() => tools.shop.request(order.remote?.id ?? '', signal), signal)
  if (answer.outcome === 'found') return only(seen(answer.request, order, tools))
  if (answer.outcome === 'later') return postponed(answer, order, tools)
  const detail = 'the card service does not know the request any more'
  return only({
    type: 'postponed',
    code: 'CARD_ORDER_UNDECIDED',
    detail,
    nextAt: iso(tools.clock.now() + longestPollMs),
  })
}

/** Hands over the papers of a placed order. */
export async function uploadPapers(
  order: CardOrder,
  papers: { readonly form: CardPaper; readonly document: CardPaper },
  tools: ExchangeTools,
  signal: AbortSignal,
): Promise<Exchange> {
  const answer = await asked(() => tools.shop.submit(order.remote?.id ?? '', papers, signal), signal)
  const nextAt = iso(tools.clock.now())
  switch (answer.outcome) {
    case 'taken':
      return { events: [{ type: 'papersSent', nextAt }, seen(answer.request, order, tools)], later: null }
    case 'already':
      // Followed by a look at once, which tells what the service has.
      return only({ type: 'papersSent', nextAt })
    case 'refused':
      return only({ type: 'papersRefused', detail: answer.detail, nextAt: nextPoll(order, tools) })
    case 'later':
      return postponed(answer, order, tools)
  }
}

function seen(request: Candidate['request'], order: CardOrder, tools: ExchangeTools): CardEvent {
  const changed = request.state !== order.remote?.state
  const nextAt = nextPoll({ ...order, quietLooks: changed ? 0 : order.quietLooks + 1 }, tools)
  return { type: 'seen', request, nextAt, eraseAt: iso(tools.clock.now() + tools.keepMs) }
}

/** A request that is finished as soon as it is bought is looked at once more, and is then at its end. */
export function placedBy(
  by: 'answer' | 'look' | 'person',
  request: Candidate['request'],
  order: CardOrder,
  tools: Pick<ExchangeTools, 'clock' | 'random' | 'pollMs'>,
): CardEvent {
  const nextAt = request.state === finishedState ? iso(tools.clock.now()) : nextPoll(order, tools)
  return { type: 'placed', request, by, nextAt }
}

function nextPoll(
  { quietLooks }: CardOrder,
  { clock, random, pollMs }: Pick<ExchangeTools, 'clock' | 'random' | 'pollMs'>,
): string {
  const wait = Math.min(longestPollMs, pollMs * 2 ** Math.min(quietLooks, 20))
  return iso(clock.now() + Math.round(wait * (0.9 + random.fraction() * 0.2)))
}

function only(event: CardEvent): Exchange {
  return { events: [event], later: null }
}

function postponed(later: CardLater, order: CardOrder, tools: ExchangeTools): Exchange {
  const tried = order.papers?.state === 'waiting' ? order.papers.attempts + 1 : 1
  return { events: [{ type: 'postponed', ...failureOf(later, tried, tools) }], later }
}

function failureOf({ code, detail, retryAfterMs }: CardLater, attempts: number, { clock, random }: ExchangeTools) {
  const asked = code === 'CARD_CREDIT_LOW' ? creditPauseMs : retryAfterMs
  const wait = asked === undefined ? {} : { retryAfterMs: asked }
  const next = nextAttempt({ attempts: Math.max(1, attempts), now: clock.now(), random: random.fraction, ...wait })
  return { code, detail, nextAt: iso(next) }
}

/** What can be asked again: a lost worker is like a lost network. */
async function asked<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | CardLater> {
  try {
    return await ask()
  } catch (thrown) {
    signal.throwIfAborted()
    const fault = asFault(thrown)
    if (fault.code !== 'WORKER_LOST') throw thrown
    return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: fault.detail }
  }
}

/** Until when the service is not asked, after something did not go through. */
export function pauseOf(
  later: CardLater,
  failures: number,
  { clock, random }: Pick<ExchangeTools, 'clock' | 'random'>,
): number {
  const { code, retryAfterMs } = later
  const asked = code === 'CARD_CREDIT_LOW' ? creditPauseMs : retryAfterMs
  const wait = asked === undefined ? {} : { retryAfterMs: asked }
  const next = nextAttempt({ attempts: failures, now: clock.now(), random: random.fraction, ...wait })
  return Math.min(next, clock.now() + backoffCapMs)
}

/** Throws the fault that a person who asked directly gets to hear. */
export function orFault<T extends { readonly outcome: string }>(answer: T | CardLater): Exclude<T, CardLater> {
  if (answer.outcome === 'later' && 'code' in answer) throw new Fault(answer.code, answer.detail)
  return answer as Exclude<T, CardLater>
}
