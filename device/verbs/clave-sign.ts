// One file signed by a person with Cl@ve Firma: its digest goes to the service, the person to the service's page, and what comes
// back into the file, where it is verified before anybody believes it. Whatever ends this ends the transaction, too.

import { basename } from 'node:path'
import type { ExtraParams } from '../ades/extra-params.ts'
import type { AwaitedSignature, JobFiles, Written } from '../ades/job.ts'
import type { SignatureLevel } from '../ades/request.ts'
import type { Config } from '../config/config.ts'
import { openedBy } from '../document/sign-order.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import type { Workbench } from './appliance.ts'
import { forget, numberOf, openPersonAway, patiently } from './clave-person.ts'
import { type Performed, perform } from './job.ts'
import type { Call } from './verb.ts'

export interface PersonSigning {
  readonly call: Call
  readonly config: Config
  readonly bench: Workbench
  readonly awaited: AwaitedSignature
  readonly level: SignatureLevel
  readonly files: Omit<JobFiles, 'input' | 'content'>
  readonly extra: ExtraParams
}

/** Throws what the person, the service, and preparing and completing the file throw. */
export async function signedByPerson(signing: PersonSigning): Promise<Written & Performed> {
  const { call, bench, awaited, level, files, extra } = signing
  const subject = await numberOf(call)
  const work = { call, bench, files, ...openedBy(extra) }
  const prepared = await perform({ job: 'prepare', ...awaited }, work)
  if (prepared.outcome !== 'prepared') throw new Fault('INTERNAL', `preparing ended with ${prepared.outcome}`)
  const cms = await cmsOver(prepared.digest, subject, signing)
  const made = await perform({ job: 'complete', ...awaited, level, cms, subject }, work)
  if (made.outcome !== 'written') throw new Fault('INTERNAL', `signing ended with ${made.outcome}`)
  return made
}

async function cmsOver(digest: Uint8Array, subject: string, signing: PersonSigning): Promise<Uint8Array> {
  const { call, config, bench, awaited } = signing
  const clave = bench.rooms.clave()
  const person = await openPersonAway(call, config)
  try {
    const order = { subject, language: config.kiosk.languages[0] ?? 'es', returnUrl: person.returnUrl() }
    const place = awaited.format === 'PAdES' ? ('pdf' as const) : ('file' as const)
    const document = { id: bench.newId(), digest, title: basename(call.words[0] ?? ''), place }
    const { id, page } = await clave.start(order, document, call.signal)
    const endsAt = systemClock.now() + (config.clave?.minutes ?? 0) * 60_000
    try {
      await person.away(page, endsAt)
      return await patiently(() => clave.recover({ id, subject }, call.signal), endsAt, call)
    } catch (thrown) {
      await forget({ id, subject }, clave, call)
      throw thrown
    }
  } finally {
    await person.close()
  }
}
