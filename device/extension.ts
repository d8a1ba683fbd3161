// Having a signed file raised by the configured service: sends it, and has the document worker find out whether what comes
// back is that file raised and nothing else. Nobody sees an answer that was not believed.

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExtensionService, kindOf, type Raised, type RaiseOrder } from './ades/extension-order.ts'
import type { DocumentJobs } from './ades/job.ts'
import type { Config } from './config/config.ts'
import { asFault, Fault } from './errors.ts'
import type { Clock, Extender } from './ports.ts'
import type { Report, SignatureReport } from './trust/report.ts'

export interface ExtensionParts {
  readonly config: NonNullable<Config['extension']>
  readonly extender: Extender
  readonly documents: DocumentJobs
  /** DER of the trusted certificates. */
  readonly anchors: readonly Uint8Array[]
  /** In memory, for what the document worker reads as files. */
  readonly folder: string
  readonly newId: () => string
  readonly clock: Pick<Clock, 'now'>
  /**
   * Whether an answer has to pass altogether; else it has to be intact and at its level, and its report tells the rest.
   */
  readonly strict: boolean
}

export function createExtensionService(parts: ExtensionParts): ExtensionService {
  const { config, extender } = parts
  const maxBytes = config.service.maxMegabytes * 2 ** 20
  return Object.freeze({
    fallback: config.fallback,
    async raise(order: RaiseOrder, signal?: AbortSignal): Promise<Raised> {
      const { name, level, original, documentUrl, originalUrl } = order
      if (order.document.size + (original?.file.size ?? 0) > maxBytes) {
        throw new Fault('EXTENSION_REFUSED', 'not sent: larger than extension.service.maxMegabytes')
      }
      const document = await order.document.read(0, order.document.size)
      const beside = original === undefined ? undefined : await original.file.read(0, original.file.size)
      const answer = await extender.extend(
        {
          ...(await kindOf(document, beside !== undefined)),
          level,
          document: documentUrl === undefined ? { name, bytes: document } : { name, url: documentUrl },
          ...(original !== undefined &&
            beside !== undefined && {
              original:
                originalUrl === undefined
                  ? { name: original.name, bytes: beside }
                  : { name: original.name, url: originalUrl },
            }),
        },
        signal,
      )
      const report = await believed(
        { before: document, after: answer.document, original: beside, level },
        parts,
        signal,
      )
      return { document: answer.document, report, reference: answer.reference }
    },
  })
}

interface Claim {
  readonly before: Uint8Array
  readonly after: Uint8Array
  readonly original: Uint8Array | undefined
  readonly level: RaiseOrder['level']
}

/** The report on the answer. Throws EXTENSION_INVALID, CHAIN_INCOMPLETE. */
async function believed(claim: Claim, parts: ExtensionParts, signal: AbortSignal | undefined): Promise<Report> {
  const { documents, anchors, strict, clock } = parts
  const place = join(parts.folder, `extension-${parts.newId()}`)
  const at = { input: `${place}.after`, earlier: `${place}.before`, content: `${place}.content` }
  try {
    await writeFile(at.earlier, claim.before, { mode: 0o600, flag: 'wx' })
    await writeFile(at.input, claim.after, { mode: 0o600, flag: 'wx' })
    if (claim.original !== undefined) await writeFile(at.content, claim.original, { mode: 0o600, flag: 'wx' })
    const { content, ...both } = at
    const files = claim.original === undefined ? both : { ...both, content }
    const job = { job: 'check-extended', level: claim.level, anchors, now: clock.now() } as const
    const outcome = await documents.perform(job, files, nothingAsked, signal === undefined ? {} : { signal })
    if (outcome.outcome !== 'verified') throw new Fault('INTERNAL', `checking ended with ${outcome.outcome}`)
    if (strict && outcome.report.indication !== 'TOTAL-PASSED') throw doubtOf(outcome.report)
    return outcome.report
  } catch (thrown) {
    const fault = asFault(thrown)
    // What was sent could be read, by whoever signed it.
    if (fault.code !== 'DOCUMENT_TOO_COMPLEX') throw thrown
    throw new Fault('EXTENSION_INVALID', `${fault.code}: ${fault.detail}`, { cause: thrown })
  } finally {
    await Promise.all(Object.values(at).map(path => rm(path, { force: true })))
  }
}

async function nothingAsked(): Promise<Uint8Array> {
  throw new Fault('INTERNAL', 'a document that is checked asks for something')
}

/** Of whom the kiosk does not trust, its operator can make somebody trusted. */
function doubtOf({ findings, signatures }: Report): Fault {
  const all = [...findings, ...signatures.flatMap(allFindings)]
  const untrusted = all.find(({ subIndication }) => subIndication === 'NO_CERTIFICATE_CHAIN_FOUND')
  const detail = `what came back does not verify and was not kept: ${(untrusted ?? all[0])?.detail ?? 'no reason is known'}`
  return new Fault(untrusted === undefined ? 'EXTENSION_INVALID' : 'CHAIN_INCOMPLETE', detail)
}

function allFindings({ findings, timestamps }: SignatureReport) {
  return [...findings, ...timestamps.flatMap(stamp => stamp.findings)]
}
