// What becomes of a session by what becomes of its copy: the session never moves a copy, it follows it.

import type { Document } from '../document/document.ts'
import { madeOf } from './answer.ts'
import type { Session, SessionEvent } from './session.ts'

interface Surroundings {
  /** When a copy that everybody has received is erased, ISO 8601. */
  readonly endsAt: string
  /** What held the copy last, `CODE: detail`. */
  readonly heldBy: string | undefined
}

/** The event that brings the session to where its copy is; null where it is there already, or over. */
export function eventFrom(session: Session, copy: Document, { endsAt, heldBy }: Surroundings): SessionEvent | null {
  const { stage } = session
  const { name } = copy.stage
  const until = name === 'done' ? endsAt : null
  if (stage === 'ready') {
    if (name === 'erased') return eventWithout(session)
    return (session.endsAt === null) === (until === null) ? null : { type: 'kept', endsAt: until }
  }
  if (stage !== 'waiting' && stage !== 'in-hand' && stage !== 'making') return null
  const made = madeOf(copy)
  if (made !== undefined) return { type: 'ready', documentId: copy.id, made, endsAt: until }
  switch (name) {
    case 'unsealed':
    case 'extending':
      return stage === 'making' ? null : { type: 'making' }
    case 'discarded':
      if (copy.stage.name === 'discarded' && copy.stage.reason === 'operator' && stage !== 'waiting') {
        const detail =
          heldBy === undefined ? 'an operator gave it up' : `an operator gave it up; it was held by ${heldBy}`
        return { type: 'failed', code: 'COPY_GIVEN_UP', detail }
      }
      return stage === 'in-hand' ? { type: 'putBack' } : null
    case 'erased':
      return eventWithout(session)
    default:
      return stage === 'waiting' ? { type: 'taken', documentId: copy.id } : null
  }
}

/** The event for a session whose copy is no longer there. */
export function eventWithout({ stage }: Session): SessionEvent | null {
  if (stage === 'ready') return { type: 'expired' }
  if (stage === 'making') return { type: 'failed', code: 'COPY_GIVEN_UP', detail: 'an operator gave it up' }
  return stage === 'in-hand' ? { type: 'putBack' } : null
}
