// Raising signatures for other programs, with this kiosk's engine and its own authorities: documents come by content, or by
// URL from where references of batches may come; what is made was verified by the engine, and reaches the level or is an
// error.

import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatOf } from './ades/format.ts'
import type { Ask, DocumentJobs, Written } from './ades/job.ts'
import { signatureLevels } from './ades/request.ts'
import type { ApplianceEntry } from './audit/events.ts'
import { randomAccessOf, spliced } from './bytes.ts'
import { Fault } from './errors.ts'
import type { ServedExtender } from './http/fortress.ts'
import type { ServedDocument, ServedOrder } from './http/fortress-request.ts'
import type { References, Revocation, Timestamper } from './ports.ts'

export interface ServedExtensionParts {
  readonly documents: DocumentJobs
  readonly references: References
  readonly timestamper: Timestamper
  readonly revocation: Revocation
  /** DER of the trusted certificates. */
  readonly anchors: readonly Uint8Array[]
  readonly timestampPolicy?: string
  /** In memory, for what the document worker reads as files. */
  readonly folder: string
  readonly newId: () => string
  readonly maxBytes: number
  readonly audit: (entry: ApplianceEntry) => void
}

export function createServedExtension(parts: ServedExtensionParts): ServedExtender {
  return Object.freeze({
    async extend(order: ServedOrder, client: string, signal: AbortSignal) {
      const { format, level } = order
      const document = await bytesOf(order.document, parts, signal)
      const original = order.original === undefined ? undefined : await bytesOf(order.original, parts, signal)
      if (document.length + (original?.length ?? 0) > parts.maxBytes) {
        throw new Fault('REQUEST_INVALID', 'document: larger than api.extension.maxMegabytes')
      }
      const found = await formatOf(randomAccessOf(document))
      if (found !== format) throw new Fault('REQUEST_INVALID', `signatureType: the document is a ${found} file`)
      const written = await raised({ document, original, level }, parts, signal)
      refuseLower(written, level)
      const base = written.base === 'input' ? document : new Uint8Array()
      const file = spliced(randomAccessOf(base), written.splices)
      const made = await file.read(0, file.size)
      const sha256 = createHash('sha256').update(made).digest('hex')
      parts.audit({ event: 'extensionServed', details: { client, format, level, bytes: made.length, sha256 } })
      return { reference: parts.newId(), document: made }
    },
  })
}

async function bytesOf(
  document: ServedDocument,
  { references }: ServedExtensionParts,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return 'url' in document ? references.fetch(document.url, signal) : document.bytes
}

interface Work {
  readonly document: Uint8Array
  readonly original: Uint8Array | undefined
  readonly level: ServedOrder['level']
}

async function raised(
  { document, original, level }: Work,
  parts: ServedExtensionParts,
  signal: AbortSignal,
): Promise<Written> {
  const { documents, anchors, timestampPolicy } = parts
  const place = join(parts.folder, `served-${parts.newId()}`)
  const at = { input: `${place}.in`, content: `${place}.content` }
  try {
    await writeFile(at.input, document, { mode: 0o600, flag: 'wx' })
    if (original !== undefined) await writeFile(at.content, original, { mode: 0o600, flag: 'wx' })
    const job = { job: 'extend', level, anchors, ...(timestampPolicy !== undefined && { timestampPolicy }) } as const
    const files = original === undefined ? { input: at.input } : at
    const outcome = await documents.perform(job, files, ask => answer(ask, parts, signal), { signal })
    if (outcome.outcome !== 'written') throw new Fault('INTERNAL', `extending ended with ${outcome.outcome}`)
    return outcome
  } finally {
    await Promise.all(Object.values(at).map(path => rm(path, { force: true })))
  }
}

function answer(ask: Ask, { timestamper, revocation }: ServedExtensionParts, signal: AbortSignal): Promise<Uint8Array> {
  switch (ask.ask) {
    case 'sign':
      throw new Fault('INTERNAL', 'a job that must not sign asks for a signature')
    case 'stamp':
      return timestamper.stamp(ask.query, signal)
    case 'ocsp':
      return revocation.ocsp(ask.url, ask.query, signal)
    case 'fetch':
      return revocation.fetch(ask.url, ask.what, signal)
  }
}

/** A signature that somebody else made without what a level needs is not called raised. */
function refuseLower({ report }: Written, level: ServedOrder['level']): void {
  const wanted = signatureLevels.indexOf(level)
  const low = report.signatures.find(one => {
    const reached = signatureLevels.findIndex(name => one.level.endsWith(`-BASELINE-${name}`))
    return one.type !== 'DocTimeStamp' && one.countersignature !== true && reached < wanted
  })
  if (low === undefined) return
  const [finding] = [...low.timestamps.flatMap(({ findings }) => findings), ...low.findings]
  const why = finding?.detail ?? low.baselineViolations[0] ?? `it stays at ${low.level}`
  throw new Fault('SIGNATURE_FORMAT_REFUSED', `level ${level} cannot be reached: ${why}`)
}
