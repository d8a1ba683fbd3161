// A batch of the command line that a person signs with Cl@ve Firma: one visit to the service's page after the other, each for as
// many documents as the service takes at once. A visit that an interruption has left open is taken up where it was.

import type { BatchVisit } from '../batch/outcome.ts'
import type { Config } from '../config/config.ts'
import { systemClock } from '../host.ts'
import type { BatchWork } from '../requests/batch-errand.ts'
import { beginVisit, type ClaveBatchParts, finishVisit, transactionOf } from '../requests/clave-batch.ts'
import { forget, numberOf, openPersonAway, type PersonAway, patiently } from './clave-person.ts'
import type { Call } from './verb.ts'

export interface BatchByPerson {
  readonly call: Call
  readonly config: Config
  readonly work: BatchWork
  readonly parts: ClaveBatchParts
}

/** Throws what the person and the service throw; what was signed by then is kept. */
export async function signBatchByPerson(signing: BatchByPerson): Promise<void> {
  const { call, config, work, parts } = signing
  const subject = await numberOf(call)
  const person = await openPersonAway(call, config)
  try {
    for (;;) {
      const order = { subject, language: config.kiosk.languages[0] ?? 'es' }
      const visit =
        (await leftOpen(subject, person, signing)) ??
        (await beginVisit(work, { ...order, returnUrl: person.returnUrl() }, parts, call.signal))
      if (visit === null) return
      if (visit.signed === null) await sentAway(visit, person, signing)
      await patiently(() => finishVisit(work, parts, call.signal), visit.endsAt, call)
    }
  } finally {
    await person.close()
  }
}

/** The visit of before, where it can still come to something. */
async function leftOpen(
  subject: string,
  { leadsHere }: PersonAway,
  { parts, call }: BatchByPerson,
): Promise<BatchVisit | undefined> {
  const visit = parts.memory.visit()
  if (visit === null) return undefined
  const isAlive = visit.endsAt > systemClock.now() && visit.subject === subject
  if (isAlive && (visit.signed !== null || leadsHere(visit.returnUrl))) return visit
  await parts.memory.keepVisit(null)
  await forget(transactionOf(visit), parts.clave, call)
  return undefined
}

async function sentAway(visit: BatchVisit, person: PersonAway, { call, work, parts }: BatchByPerson): Promise<void> {
  call.progress(`${visit.items.length} of ${work.batch.items.length} documents with this visit`)
  try {
    await person.away(visit.page, visit.endsAt)
  } catch (thrown) {
    await parts.memory.keepVisit(null)
    await forget(transactionOf(visit), parts.clave, call)
    throw thrown
  }
}
