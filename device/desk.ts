// What people ask for at the kiosk: open a copy, feed sheets, put pages right, approve, sign, throw away. Every request is
// checked against the document as it stands and answered when its effect is durable.

import type { Config } from './config/config.ts'
import { textIn } from './config/config.ts'
import { csvFor } from './csv.ts'
import type { CopyOrder, DiscardReason, Document, DocumentEvent, Opening } from './document/document.ts'
import { errorTable, Fault } from './errors.ts'
import { scan } from './path/scan.ts'
import { intend, type SealOutcome, seal } from './path/sign.ts'
import { sameSigner } from './path/signed-copy.ts'
import type { Blobs, NewId } from './path/step.ts'
import type { Clock, Log, Random, Scanner, ScannerInfo, Signer, SigningCertificate } from './ports.ts'
import type { Queue } from './queue.ts'
import { splitCopy } from './split.ts'
import { createTasks } from './tasks.ts'

export interface DeskParts {
  readonly config: Config
  readonly queue: Queue
  readonly blobs: Blobs
  readonly scanner: Scanner
  readonly signer: Signer
  /** DER of the trusted certificates; none: the signer's chain is not judged. */
  readonly anchors: readonly Uint8Array[]
  readonly clock: Clock
  readonly random: Random
  readonly newId: NewId
  /** A receipt code that no other document has. */
  readonly newReference: () => string
  readonly log: Log
}

/** Edits of the pages while the copy is being gathered. */
export type PageEdit = Extract<
  DocumentEvent,
  {
    type: 'pageTurned' | 'pageDeleted' | 'pageRestored' | 'pagesOrdered' | 'pagesJoined' | 'pagesParted' | 'reduced'
  }
>

export interface Desk {
  /** Throws NOT_FOUND for an unknown procedure. */
  open(request: { procedureId: string; language: string }): Document
  /** Opens the copy that a session asks for. */
  openAsked(asked: Pick<Opening, 'order' | 'csv' | 'language'>): Document
  /** Starts feeding and returns; pages arrive as events. Throws SCANNER_ABSENT or the scanner's own fault. */
  startScan(id: string): Promise<void>
  /** Ends the feeding; the pages so far stay. Resolves when the scanner has stopped. */
  stopScan(id: string): Promise<void>
  edit(id: string, edit: PageEdit): Document
  /**
   * Makes several copies of one that is too large. Throws COPY_TOO_LARGE, PAGE_NOT_READY, and STAGE_CONFLICT, for a session's
   * too: whoever asks for it waits for one document.
   */
  split(id: string): Promise<Document>
  approve(id: string, sourceNature: CopyOrder['sourceNatures'][number]): Document
  /** Back to the pages; the copy is composed anew afterwards. */
  reopen(id: string): Document
  /** One login with this PIN, whose octets are overwritten before this resolves. */
  sign(id: string, certificate: SigningCertificate, pin: Uint8Array): Promise<SealOutcome>
  /** Throws STAGE_CONFLICT for what is signed, but for a copy held below its level that an operator gives up. */
  discard(id: string, reason: DiscardReason): Promise<void>
  /** An operator's word that what held the document is mended. */
  retry(id: string): Document
  /** Keeps the document from going on until `retry`. */
  hold(id: string): Document
  stop(): Promise<void>
}

export function createDesk(parts: DeskParts): Desk {
  const { config, queue, clock, log, newId, newReference } = parts
  const feedings = createTasks({ clock, log })
  const signings = new Set<string>()

  async function feed(id: string, { id: deviceId, name, driver }: ScannerInfo, signal: AbortSignal): Promise<void> {
    const tools = { ...parts, device: { id: deviceId, name, driver } }
    for await (const event of scan(queue.get(id), deviceId, tools, signal)) queue.commit(id, event)
  }

  return Object.freeze({
    open({ procedureId, language }: { procedureId: string; language: string }): Document {
      const order = orderOf(config, procedureId, language)
      const csv = csvFor(order, { random: parts.random.bytes, ine10: config.body.ine10, now: clock.now() })
      return queue.open({ id: newId(), reference: newReference(), language, order, csv })
    },
    openAsked: (asked: Pick<Opening, 'order' | 'csv' | 'language'>) =>
      queue.open({ id: newId(), reference: newReference(), ...asked }),
    async startScan(id: string): Promise<void> {
      const { stage, order } = queue.get(id)
      if (stage.name !== 'gathering' || stage.scan === 'running')
        throw new Fault('STAGE_CONFLICT', 'nothing can be scanned now')
      const device = choose(await parts.scanner.list(), order)
      feedings.run(`scan:${id}`, signal => feed(id, device, signal))
    },
    stopScan: (id: string) => feedings.end(`scan:${id}`),
    edit: (id: string, edit: PageEdit) => queue.commit(id, edit),
    async split(id: string): Promise<Document> {
      const document = queue.get(id)
      if (document.order.session !== undefined) throw new Fault('STAGE_CONFLICT', 'a session is about one document')
      return splitCopy(document, parts)
    },
    approve: (id: string, sourceNature: CopyOrder['sourceNatures'][number]) =>
      queue.commit(id, { type: 'approved', sourceNature }),
    reopen(id: string): Document {
      if (signings.has(id)) throw new Fault('STAGE_CONFLICT', 'the copy is being signed')
      // A wrong PIN leaves an intent behind; no signature came of it, or it would have been stored.
      if (queue.get(id).stage.name === 'sealing') queue.commit(id, { type: 'signatureDropped' })
      return queue.commit(id, { type: 'reopened' })
    },
    async sign(id: string, certificate: SigningCertificate, pin: Uint8Array): Promise<SealOutcome> {
      if (signings.has(id)) throw new Fault('STAGE_CONFLICT', 'the copy is being signed already')
      signings.add(id)
      try {
        const intended = await intendOnce(queue, id, certificate, parts)
        const outcome = await seal(intended, pin, parts)
        if (outcome.outcome === 'sealed') queue.commit(id, outcome.event)
        else log.warn('signing refused', { document: id, code: outcome.code, tries: outcome.tries })
        return outcome
      } finally {
        pin.fill(0)
        signings.delete(id)
      }
    },
    async discard(id: string, reason: DiscardReason): Promise<void> {
      await feedings.end(`scan:${id}`)
      queue.commit(id, { type: 'discarded', reason })
    },
    retry(id: string): Document {
      const { stage } = queue.get(id)
      return queue.commit(id, { type: stage.name === 'delivering' ? 'deliveriesRetried' : 'resumed' })
    },
    hold: (id: string) =>
      queue.commit(id, {
        type: 'held',
        code: 'HELD_BY_OPERATOR',
        detail: 'held by an operator',
        retry: 'operator',
        retryAt: null,
      }),
    stop: () => feedings.stop(),
  })
}

/** The stored intent where it is for this certificate, a new one otherwise. */
async function intendOnce(
  queue: Queue,
  id: string,
  certificate: SigningCertificate,
  parts: DeskParts,
): Promise<Document> {
  let document = queue.get(id)
  if (document.stage.name === 'sealing') {
    if (sameSigner(document.stage.pending, certificate)) return document
    document = queue.commit(id, { type: 'signatureDropped' })
  }
  return queue.commit(id, await intend(document, certificate, parts))
}

/** The procedure as an order, fixed for the life of the document. */
export function orderOf(config: Config, procedureId: string, language: string): CopyOrder {
  const procedure = config.procedures.find(p => p.id === procedureId)
  if (procedure === undefined) throw new Fault('NOT_FOUND', `no procedure ${procedureId}`)
  const { id, title, description: _description, ...order } = procedure
  return { ...order, procedureId: id, title: textIn(title, language) }
}

/** The first scanner that is ready and has what is asked for; otherwise the reason why none is. */
function choose(scanners: readonly ScannerInfo[], { digitisation: { source, duplex } }: CopyOrder): ScannerInfo {
  const fitting = scanners.filter(s => s.sources.includes(source) && (s.duplex || !duplex))
  const ready = fitting.find(s => s.state === 'ready')
  if (ready !== undefined) return ready
  const [first] = fitting.length > 0 ? fitting : scanners
  if (first === undefined || first.state === 'absent') throw new Fault('SCANNER_ABSENT', 'no scanner is attached')
  const code = first.code ?? (first.state === 'ready' ? 'SCAN_SETTING_REFUSED' : 'SCANNER_BUSY')
  throw new Fault(code, `${first.name}: ${errorTable[code].mend}`)
}
