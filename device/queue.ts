// The durable queue between every two steps: the only way a document changes. An event goes through the pure transition,
// then document and audit entry become one transaction, then whoever listens is told. A document at rest here survives
// everything; whatever was not committed did not happen.

import { entryOf } from './audit/entries.ts'
import { type Document, type DocumentEvent, type Opening, openDocument, type StageName } from './document/document.ts'
import { documentIn, storedShape } from './document/shape.ts'
import { next } from './document/transition.ts'
import { Fault } from './errors.ts'
import type { Clock } from './ports.ts'
import type { DocumentCount, DocumentQuery, DocumentSummary } from './store/documents.ts'
import type { Store } from './store/store.ts'

export interface Queue {
  /** Commits a new document at the stage `gathering`. */
  open(opening: Omit<Opening, 'at'>): Document
  /** Throws NOT_FOUND for a document that never was or is erased. */
  get(id: string): Document
  /** As `get`; undefined where it throws NOT_FOUND. */
  find(id: string): Document | undefined
  /** Takes an id for a document whose files are written before it is opened. */
  reserve(id: string): void
  /** The document after its pages went to others, which are opened in the same transaction under ids that were reserved. */
  commitSplit(
    id: string,
    event: Extract<DocumentEvent, { type: 'pagesMoved' }>,
    openings: readonly Omit<Opening, 'at'>[],
  ): Document
  /** Newest first, without opening anything. */
  list(query?: DocumentQuery): readonly DocumentSummary[]
  /** How many are at these stages: cheap, however many. */
  count(stages: readonly StageName[]): DocumentCount
  /** The document after the event, durable when this returns. Throws STAGE_CONFLICT, DISK_FULL and the rules' faults. */
  commit(id: string, event: DocumentEvent): Document
  /** Destroys key, pages and copy of a document that is done or discarded. */
  erase(id: string): Promise<void>
  /** Called after each commit, with the new state; returns the way to stop. */
  subscribe(listener: (document: Document) => void): () => void
}

/** Stages at which a document still wants something. */
export const liveStages = [
  'gathering',
  'composing',
  'signing',
  'sealing',
  'authorising',
  'unsealed',
  'extending',
  'delivering',
  'done',
  'discarded',
] as const satisfies StageName[]

export function createQueue({ store, clock }: { store: Store; clock: Clock }): Queue {
  const listeners = new Set<(document: Document) => void>()
  const now = () => new Date(clock.now()).toISOString()

  function record(id: string): { document: Document; version: number } {
    const stored = store.load(id)
    if (stored === undefined || stored.erased) throw new Fault('NOT_FOUND', `no document ${id}`)
    return { document: documentIn(stored.body), version: stored.version }
  }

  function tell(document: Document): Document {
    for (const listener of listeners) listener(document)
    return document
  }

  function commitOpened(opening: Omit<Opening, 'at'>): Document {
    const document = openDocument({ ...opening, at: now() })
    store.commit(
      { id: document.id, version: 1, ...row(document) },
      {
        event: 'documentOpened',
        details: { mode: opening.order.signature.mode, ...(opening.order.session !== undefined && { session: true }) },
      },
    )
    return document
  }

  function commitEvent(id: string, event: DocumentEvent): Document {
    const { document, version } = record(id)
    const changed = next(document, event, now(), clock.trust?.())
    store.commit({ id, version: version + 1, ...row(changed) }, entryOf(event, changed))
    return changed
  }

  return Object.freeze({
    open(opening: Omit<Opening, 'at'>): Document {
      store.create(opening.id)
      return tell(commitOpened(opening))
    },
    reserve: (id: string) => store.create(id),
    commitSplit(
      id: string,
      event: Extract<DocumentEvent, { type: 'pagesMoved' }>,
      openings: readonly Omit<Opening, 'at'>[],
    ): Document {
      const changed: Document[] = []
      store.together(() => {
        for (const opening of openings) changed.push(commitOpened(opening))
        changed.push(commitEvent(id, event))
      })
      return changed.map(tell).at(-1) as Document
    },
    get: (id: string) => record(id).document,
    find(id: string) {
      const stored = store.load(id)
      return stored === undefined || stored.erased ? undefined : documentIn(stored.body)
    },
    list: (query?: DocumentQuery) => store.list(query),
    count: (stages: readonly StageName[]) => store.count(stages),
    commit: (id: string, event: DocumentEvent) => tell(commitEvent(id, event)),
    async erase(id: string): Promise<void> {
      const event = { type: 'erased' } as const
      const erased = next(record(id).document, event, now())
      await store.erase(id, entryOf(event, erased))
      tell(erased)
    },
    subscribe(listener: (document: Document) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}

function row(document: Document) {
  return { stage: document.stage.name, wakeAt: wakeAt(document), body: storedShape(document) }
}

/** When a document wants attention by itself: milliseconds since 1970, or null. */
export function wakeAt({ stage, hold, order, changedAt }: Document): number | null {
  if (hold !== null) return hold.retryAt === null ? null : Date.parse(hold.retryAt)
  if (stage.name === 'done') return Date.parse(changedAt) + order.retentionHours * 3_600_000
  if (stage.name === 'unsealed') return Date.parse(stage.sealing.nextAttemptAt ?? changedAt)
  if (stage.name === 'extending') return Date.parse(stage.extension.nextAttemptAt ?? changedAt)
  if (stage.name !== 'delivering') return null
  const times = stage.deliveries.filter(d => d.state === 'waiting').map(d => Date.parse(d.nextAttemptAt ?? changedAt))
  return times.length === 0 ? null : Math.min(...times)
}
