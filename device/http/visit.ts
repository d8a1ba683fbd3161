// One person's visit at the screen: which copy is in hand, whether somebody is still there, what the scanner and the card
// reader show. It ends by their word or by silence, and then nothing of it can be seen any more.

import type { ClaveDesk } from '../clave-desk.ts'
import type { Config } from '../config/config.ts'
import type { Desk } from '../desk.ts'
import type { Document } from '../document/document.ts'
import { asFault, Fault } from '../errors.ts'
import type { Blobs } from '../path/step.ts'
import type { ByteStream, Clock, Log, Scanner, ScannerInfo, Signer } from '../ports.ts'
import type { Queue } from '../queue.ts'
import { createTasks } from '../tasks.ts'
import { createCardWatch } from './card-watch.ts'
import type { SignAnswer, View } from './view.ts'
import { viewOf } from './view-of.ts'

export interface VisitParts {
  readonly config: Config
  readonly queue: Queue
  readonly desk: Desk
  /** Where the configuration has it. */
  readonly clave: ClaveDesk | undefined
  readonly blobs: Blobs
  readonly scanner: Scanner
  readonly signer: Signer
  readonly clock: Clock
  readonly log: Log
}

export interface Visit {
  view(): View
  /** Called when the view may have changed; returns the way to stop. */
  subscribe(listener: () => void): () => void
  open(request: { procedureId: string; language: string }): void
  /** The same for a copy that a session asks for. */
  openAsked(asked: Parameters<Desk['openAsked']>[0]): void
  /** The copy in hand; throws STAGE_CONFLICT when there is none. Counts as a touch. */
  copyId(): string
  /** Whether a copy is in hand that is not finished. */
  busy(): boolean
  stay(): void
  /** Of several copies that one became, the next one, when this one is finished; ends the visit where it is gone. Throws STAGE_CONFLICT. */
  takeNext(): Promise<void>
  leave(): Promise<void>
  sign(tokenId: string, keyId: string, pin: Uint8Array): Promise<SignAnswer>
  /** JPEG. Throws NOT_FOUND, PAGE_NOT_READY. */
  preview(pageId: string): { readonly bytes: number; readonly body: ByteStream }
  start(): void
  stop(): Promise<void>
}

/** Between two looks at the scanners while nobody scans. */
const scannerLookMs = 2_000
/** After the screen's warning, for the touch that says somebody is there. */
const warningMs = 30_000

const attended = ['gathering', 'composing', 'signing', 'sealing', 'authorising'] as const

export function createVisit(parts: VisitParts): Visit {
  const { config, queue, desk, clave, scanner, signer, clock, log } = parts
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  let current: Document | null = null
  let interrupted = false
  let scanners: readonly ScannerInfo[] = []
  let unsubscribe: (() => void) | undefined

  const card = createCardWatch({
    signer,
    clock,
    tasks,
    wanted: () => current !== null && isSigning(current),
    changed: tell,
  })

  function tell(): void {
    for (const listener of listeners) listener()
  }

  function touch(): void {
    interrupted = false
    tasks.at('idle', clock.now() + config.kiosk.idleSeconds * 1000 + warningMs, onIdle)
  }

  function onIdle(): void {
    if (current === null) return
    const { stage } = current
    const working =
      (stage.name === 'gathering' && stage.scan === 'running') ||
      stage.name === 'composing' ||
      card.view()?.state === 'signing' ||
      clave?.isUnderWay(current) === true
    if (working) touch()
    else {
      log.info('visit ended by silence', { document: current.id })
      tasks.run('leave', () => leave('idle'))
    }
  }

  async function leave(reason: 'person' | 'idle'): Promise<void> {
    const left = current
    current = null
    interrupted = false
    card.release()
    tell()
    for (let copy = left; copy !== null; copy = followerOf(copy)) {
      if (!isAttended(copy)) continue
      await clave?.cancel(copy.id)
      await desk.discard(copy.id, reason)
    }
  }

  /** The next of several copies that one became; those behind the one in hand go with it. Null, too, when an operator gave it up. */
  function followerOf({ part }: Document): Document | null {
    const nextId = part?.nextId ?? null
    return nextId === null ? null : (queue.find(nextId) ?? null)
  }

  function onChange(document: Document): void {
    if (document.id === current?.id) {
      const gone = document.stage.name === 'discarded' || document.stage.name === 'erased'
      current = gone ? (document.stage.name === 'erased' ? followerOf(document) : null) : document
      if (isSigning(document)) card.look()
    }
    tell()
  }

  function lookAtScanners(): void {
    tasks.run('scanners', async signal => {
      const scanning = current?.stage.name === 'gathering' && current.stage.scan === 'running'
      if (!scanning) {
        const seen = await scanner.list(signal).catch((thrown: unknown) => lost(thrown))
        if (JSON.stringify(seen) !== JSON.stringify(scanners)) {
          scanners = seen
          tell()
        }
        if (seen.some(one => one.state === 'ready' && one.buttonPressed === true)) await scanByButton()
      }
      tasks.at('scanners', clock.now() + scannerLookMs, lookAtScanners)
    })
  }

  /** The scanner's own button does what the screen's does, while a copy is being gathered. */
  async function scanByButton(): Promise<void> {
    if (current?.stage.name !== 'gathering' || interrupted) return
    touch()
    try {
      await desk.startScan(current.id)
    } catch (thrown) {
      log.warn('the button of the scanner started nothing', { document: current.id, code: asFault(thrown).code })
    }
  }

  function lost(thrown: unknown): readonly ScannerInfo[] {
    log.warn('scanners cannot be listed', { code: asFault(thrown).code })
    return []
  }

  function begin(open: () => Document): void {
    if (current !== null && isAttended(current)) throw new Fault('STAGE_CONFLICT', 'another copy is in hand')
    current = open()
    touch()
    tell()
  }

  function inHand(): Document {
    if (current === null) throw new Fault('STAGE_CONFLICT', 'no copy is in hand')
    return current
  }

  return Object.freeze({
    view: () =>
      viewOf({
        ...{ config, scanners, interrupted },
        queue: queue.count(['unsealed', 'extending', 'delivering']),
        copy: current,
        card: card.view(),
        clave: current === null ? undefined : clave?.view(current),
      }),
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    open: (request: { procedureId: string; language: string }) => begin(() => desk.open(request)),
    openAsked: (asked: Parameters<Desk['openAsked']>[0]) => begin(() => desk.openAsked(asked)),
    busy: () => current !== null && isAttended(current),
    copyId(): string {
      const { id } = inHand()
      touch()
      return id
    },
    stay(): void {
      touch()
      tell()
    },
    async takeNext(): Promise<void> {
      const copy = inHand()
      if (copy.part?.nextId == null || isAttended(copy)) {
        throw new Fault('STAGE_CONFLICT', 'there is no other copy to take up')
      }
      const next = followerOf(copy)
      if (next === null) return leave('person')
      current = next
      touch()
      tell()
    },
    leave: () => leave('person'),
    async sign(tokenId: string, keyId: string, pin: Uint8Array): Promise<SignAnswer> {
      const { id } = inHand()
      touch()
      const certificate = card.certificate(tokenId, keyId)
      if (certificate === undefined) throw new Fault('TOKEN_ABSENT', 'the card shown before is gone')
      card.hold({ state: 'signing' })
      tell()
      try {
        const outcome = await desk.sign(id, certificate, pin)
        if (outcome.outcome === 'sealed') return { outcome: 'signed' }
        return { outcome: 'refused', code: outcome.code, tries: outcome.tries }
      } finally {
        card.release()
        card.look()
        touch()
        tell()
      }
    },
    preview(pageId: string) {
      const { id, pages } = inHand()
      const page = pages.find(one => one.id === pageId)
      if (page === undefined) throw new Fault('NOT_FOUND', `no page ${pageId}`)
      if (page.prepared === null) throw new Fault('PAGE_NOT_READY', 'the page is still being prepared')
      const { name, bytes } = page.prepared.preview
      return { bytes, body: parts.blobs.read(id, name) }
    },
    start(): void {
      // The oldest: of several copies that one became, they are made in order.
      const unfinished = queue.list({ stages: [...attended] }).at(-1)
      if (unfinished !== undefined) {
        current = queue.get(unfinished.id)
        touch()
        interrupted = true
      }
      for (const { id } of queue.list({ stages: ['authorising'] })) clave?.takeUp(queue.get(id))
      if (current !== null) current = queue.get(current.id)
      const unsubscribes = [queue.subscribe(onChange), ...(clave === undefined ? [] : [clave.subscribe(tell)])]
      unsubscribe = () => {
        for (const end of unsubscribes) end()
      }
      lookAtScanners()
      card.look()
    },
    async stop(): Promise<void> {
      unsubscribe?.()
      await tasks.stop()
    },
  })
}

function isAttended({ stage }: Document): boolean {
  return attended.some(name => name === stage.name)
}

function isSigning({ stage }: Document): boolean {
  return stage.name === 'signing' || stage.name === 'sealing'
}
