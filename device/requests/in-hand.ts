// What the signing desk has in hand, and how the screen is shown it.

import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { CardWatch } from '../http/card-watch.ts'
import type { AskerView, RequestOperation, RequestStage, RequestView, SignAnswer } from '../http/view.ts'
import type { Log, SigningCertificate } from '../ports.ts'
import type { DocumentState, Errand, ErrandEnd } from './errand.ts'
import type { KeyHolder } from './key-holder.ts'
import type { PersonDesk } from './person-desk.ts'

/** Documents that the screen is told of. */
const maxShown = 200

export interface InHand {
  readonly id: string
  readonly errand: Errand
  readonly states: Map<number, DocumentState>
  /** How many of the documents are signed, and how many failed: of thousands, not counted anew for every view. */
  readonly counts: { signed: number; failed: number }
  readonly ending: AbortController
  stage: RequestStage
  fault: ErrorCode | null
  key: KeyHolder | null
  /** Who signs with Cl@ve Firma in place of a card. */
  person: PersonDesk | null
  /** What the person has said last is being done, such as a PIN that is being checked; nothing else is begun meanwhile. */
  acting: boolean
  /** Why it ends, once somebody has ended it. */
  how: ErrandEnd | null
  /** Whether the errand has been told its end. */
  over: boolean
}

export function newInHand(id: string, errand: Errand): InHand {
  return {
    id,
    errand,
    states: new Map(),
    counts: countsOf(errand),
    ending: new AbortController(),
    stage: 'asking',
    fault: null,
    key: null,
    person: null,
    acting: false,
    how: null,
    over: false,
  }
}

function countsOf({ total, before }: Errand): { signed: number; failed: number } {
  const counts = { signed: 0, failed: 0 }
  for (let number = 0; number < total; number += 1) count(counts, before?.(number), 1)
  return counts
}

function count(counts: { signed: number; failed: number }, state: DocumentState | undefined, by: 1 | -1): void {
  if (state?.state === 'signed') counts.signed += by
  if (state?.state === 'failed') counts.failed += by
}

/** Notes what became of a document, which was unfinished `before`. */
export function noteState({ states, counts }: InHand, number: number, state: DocumentState): void {
  count(counts, states.get(number), -1)
  count(counts, state, 1)
  states.set(number, state)
}

/** One thing after the other: a button touched twice does it once, a PIN sent twice is checked once. Throws STAGE_CONFLICT. */
export async function acting<T>(one: InHand, work: () => Promise<T>): Promise<T> {
  if (one.acting) throw new Fault('STAGE_CONFLICT', 'it is being done already')
  one.acting = true
  try {
    return await work()
  } finally {
    one.acting = false
  }
}

/** Those that may sign it; what is paused goes on with the card that it began with. */
export function fittingOf(
  { stage, key, errand: { work } }: InHand,
  certificates: readonly SigningCertificate[],
): readonly SigningCertificate[] {
  if (stage === 'paused' && key !== null) {
    const { tokenId, keyId } = key.certificate
    return certificates.filter(one => one.tokenId === tokenId && one.keyId === keyId)
  }
  return 'fitting' in work ? work.fitting(certificates) : certificates
}

/** The PIN for a key that is in use already. Throws TOKEN_ABSENT for another card's. */
export async function goOn(
  { key }: InHand,
  { tokenId, keyId }: Pick<SigningCertificate, 'tokenId' | 'keyId'>,
  pin: Uint8Array,
): Promise<SignAnswer> {
  if (key === null || key.certificate.tokenId !== tokenId || key.certificate.keyId !== keyId)
    throw new Fault('TOKEN_ABSENT', 'the signing goes on with the card that it began with')
  const answer = await key.pin(pin)
  if (answer.answer === 'accepted') return { outcome: 'signed' }
  return { outcome: 'refused', code: answer.code, tries: answer.tries }
}

/** Why the end could not be written down, such as a full disk; null as a rule. */
export function tellEnd({ id, errand }: InHand, how: ErrandEnd, log: Log): ErrorCode | null {
  try {
    errand.ended(how)
    return null
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    log.error('the end of a request could not be noted', { request: id, code, detail })
    return code
  }
}

export function faultOf(how: ErrandEnd): ErrorCode | null {
  if (how.end === 'gone') return 'PAGE_GONE'
  return how.end === 'failed' ? asFault(how.fault).code : null
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

function waysOf({ work }: Errand): RequestView['ways'] {
  if (work.kind !== 'sign' || work.person === undefined) return ['card']
  return work.person.cardToo ? ['card', 'clave'] : ['clave']
}

export function viewOf({ id, errand, states, counts, stage, fault, person }: InHand, card: CardWatch): RequestView {
  const { asker, operation, documents, total, preparedElsewhere, files, several, before } = errand
  const stateOf = (number: number): DocumentState => {
    const known = states.get(number) ?? before?.(number)
    if (known !== undefined) return known
    return { state: stage === 'finished' ? 'skipped' : 'waiting', fault: null }
  }
  return {
    id,
    asker,
    operation,
    stage,
    documents: documents.slice(0, maxShown).map((one, number) => ({ ...one, ...stateOf(number) })),
    total,
    preparedElsewhere,
    done: counts.signed,
    failed: counts.failed,
    fault,
    card: stage === 'card' || stage === 'pin' || stage === 'paused' ? card.view() : null,
    cardUsed: person === null && ['sign', 'certificate'].includes(errand.work.kind),
    ways: waysOf(errand),
    ...(stage === 'clave' && person !== null && { clave: person.view() }),
    files,
    several,
  }
}
