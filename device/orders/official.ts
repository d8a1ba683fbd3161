// Whether somebody at the screen is an official of a registration authority: by a code of the authority's, so that nobody who
// walks by orders cards in batches. Guessing is held up as for pick-up codes.

import type { Clock } from '../ports.ts'
import { isSecret, secretDigest, secretLine } from '../secret-line.ts'
import { createPickupAttempts } from '../session/pickup-attempts.ts'
import type { Store } from '../store/store.ts'

export type OfficialAnswer = 'right' | 'wrong' | 'locked'

export interface OfficialDoor {
  knock(code: string): OfficialAnswer
}

const minCodeLength = 6

export interface OfficialParts {
  readonly codeFile: string
  readonly store: Pick<Store, 'audit'>
  readonly clock: Clock
}

/** Throws FILE_UNREADABLE, and CONFIG_INVALID for a code that others can read or that is short. */
export function officialCode(codeFile: string): string {
  return secretLine('code', codeFile, minCodeLength)
}

/** Throws as `officialCode`. */
export function createOfficialDoor({ codeFile, store, clock }: OfficialParts): OfficialDoor {
  const digest = secretDigest(officialCode(codeFile))
  const attempts = createPickupAttempts({ now: clock.now })
  return Object.freeze({
    knock(code: string) {
      if (attempts.waitMs() > 0) return 'locked'
      if (isSecret(digest, code)) {
        attempts.right()
        return 'right'
      }
      const failures = attempts.wrong()
      if (attempts.waitMs() === 0) return 'wrong'
      store.audit.append({ event: 'cardOfficialLocked', details: { attempts: failures } })
      return 'locked'
    },
  })
}
