// What the signing desk has in hand, and how the screen is shown it.

import type { DocumentState, Errand, ErrandEnd } from './errand.ts'
import type { ErrorCode } from './errors.ts'
import type { CardWatch } from './http/card-watch.ts'
import type { AskerView, RequestOperation, RequestStage, RequestView } from './http/view.ts'
import type { KeyHolder } from './key-holder.ts'

/** Documents that the screen is told of. */
const maxShown = 200

export interface InHand {
  readonly id: string
  readonly errand: Errand
  readonly states: Map<number, DocumentState>
  readonly ending: AbortController
  stage: RequestStage
  fault: ErrorCode | null
  key: KeyHolder | null
  /** Why it ends, once somebody has ended it. */
  how: ErrandEnd | null
}

export function newInHand(id: string, errand: Errand): InHand {
  return {
    id,
    errand,
    states: new Map(),
    ending: new AbortController(),
    stage: 'asking',
    fault: null,
    key: null,
    how: null,
  }
}

/** An errand that is only a message: what was refused before anybody was asked. */
export function messageFor(asker: AskerView, operation: RequestOperation): Errand {
  return {
    asker,
    operation,
    documents: [],
    total: 0,
    preparedElsewhere: false,
    files: [],
    several: false,
    work: { kind: 'save', save: async () => undefined },
    ended: () => undefined,
  }
}

export function viewOf({ id, errand, states, stage, fault }: InHand, card: CardWatch): RequestView {
  const { asker, operation, documents, total, preparedElsewhere, files, several, before } = errand
  const stateOf = (number: number): DocumentState => {
    const known = states.get(number) ?? before?.(number)
    if (known !== undefined) return known
    return { state: stage === 'finished' ? 'skipped' : 'waiting', fault: null }
  }
  const all = Array.from({ length: total }, (_, number) => stateOf(number))
  return {
    id,
    asker,
    operation,
    stage,
    documents: documents.slice(0, maxShown).map((one, number) => ({ ...one, ...stateOf(number) })),
    total,
    preparedElsewhere,
    done: all.filter(({ state }) => state === 'signed').length,
    failed: all.filter(({ state }) => state === 'failed').length,
    fault,
    card: stage === 'card' || stage === 'pin' || stage === 'paused' ? card.view() : null,
    files,
    several,
  }
}
