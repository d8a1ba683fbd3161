// Which of the requests that the service keeps is an order whose answer was lost. By the order's own id where it came back;
// else by the person and the time, where exactly one fits. Whatever leaves a doubt is for a person.

import type { CardMarks, CardRequest } from '../ports.ts'

/** What is known of an order whose answer was lost. */
export interface Sought {
  readonly order: string
  /** Milliseconds since 1970, by the kiosk's clock. */
  readonly sentAt: number
  readonly marks: Omit<CardMarks, 'order'>
}

export interface Candidate {
  readonly request: CardRequest
  readonly marks: CardMarks
}

export type Match =
  | { readonly match: 'one'; readonly request: CardRequest; readonly by: 'mark' | 'person' }
  | { readonly match: 'several'; readonly ids: readonly string[] }
  | { readonly match: 'none' }

/** The clocks of kiosk and service may differ by this much, milliseconds. */
export const clockSkewMs = 3_600_000
/** How long after it was sent an order may have been taken in, milliseconds. */
const lateMs = 10 * 60_000

/** Whether a request may be the order at all, as far as a list tells: its time fits, or there is none. */
export function mayBe({ boughtAt }: Pick<CardRequest, 'boughtAt'>, sentAt: number): boolean {
  return boughtAt === null || boughtAt >= sentAt - clockSkewMs
}

export function matchOf(sought: Sought, candidates: readonly Candidate[]): Match {
  const marked = candidates.filter(({ marks }) => marks.order === sought.order)
  const [exact] = marked
  if (exact !== undefined && marked.length === 1) return { match: 'one', request: exact.request, by: 'mark' }
  if (marked.length > 1) return several(marked)
  const alike = candidates.filter(
    ({ marks, request }) => marks.order === null && samePerson(sought.marks, marks) && inTime(request, sought.sentAt),
  )
  const [only] = alike
  if (only === undefined) return { match: 'none' }
  return alike.length === 1 ? { match: 'one', request: only.request, by: 'person' } : several(alike)
}

function several(candidates: readonly Candidate[]): Match {
  return { match: 'several', ids: candidates.map(({ request }) => request.id) }
}

function inTime({ boughtAt }: CardRequest, sentAt: number): boolean {
  return boughtAt !== null && boughtAt >= sentAt - clockSkewMs && boughtAt <= sentAt + clockSkewMs + lateMs
}

/** By the fiscal code where both have one; else by mail address and telephone together. Nothing in common is nobody. */
function samePerson(a: Omit<CardMarks, 'order'>, b: Omit<CardMarks, 'order'>): boolean {
  if (a.fiscalCode !== null && b.fiscalCode !== null) return folded(a.fiscalCode) === folded(b.fiscalCode)
  if (a.email === null || b.email === null || a.mobile === null || b.mobile === null) return false
  return folded(a.email) === folded(b.email) && digits(a.mobile) === digits(b.mobile)
}

const folded = (text: string) => text.trim().toLowerCase()
const digits = (text: string) => text.replace(/\D/g, '').slice(-9)

/** What of the person an order's body tells. */
export function marksIn(body: Readonly<Record<string, unknown>>): Omit<CardMarks, 'order'> {
  const inner = body['anagrafica'] ?? body['anagrafica_spedizione'] ?? body
  const text = (key: string) => {
    const value: unknown = typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined
    return typeof value === 'string' && value !== '' ? value : null
  }
  return { fiscalCode: text('codice_fiscale'), email: text('email'), mobile: text('cellulare') }
}
