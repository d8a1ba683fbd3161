// One person's visit at the screen: which copy is in hand, whether somebody is still there, what the scanner and the card
// reader show. It ends by their word or by silence, and then nothing of it can be seen any more.

import type { Config } from '../config.ts'
import type { Desk } from '../desk.ts'
import type { Document } from '../document.ts'
import { asFault, Fault } from '../errors.ts'
import type { Blobs } from '../path/step.ts'
import type { ByteStream, Clock, Log, Scanner, ScannerInfo, Signer, SigningCertificate } from '../ports.ts'
import type { Queue } from '../queue.ts'
import { createTasks } from '../tasks.ts'
import { readCertificate } from '../trust/certificate.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import type { CardView, CertificateView, SignAnswer, View } from './view.ts'
import { viewOf } from './view-of.ts'

export interface VisitParts {
  readonly config: Config
  readonly queue: Queue
  readonly desk: Desk
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
  /** The copy in hand; throws STAGE_CONFLICT when there is none. Counts as a touch. */
  copyId(): string
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
/** Between two looks at the card reader while a copy waits for its signature. */
const cardLookMs = 700
/** After the screen's warning, for the touch that says somebody is there. */
const warningMs = 30_000

const attended = ['gathering', 'composing', 'signing', 'sealing'] as const

export function createVisit(parts: VisitParts): Visit {
  const { config, queue, desk, scanner, signer, clock, log } = parts
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  let current: Document | null = null
  let interrupted = false
  let scanners: readonly ScannerInfo[] = []
  let card: CardView | null = null
  let certificates: readonly SigningCertificate[] = []
  let unsubscribe: (() => void) | undefined

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
      card?.state === 'signing'
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
    card = null
    tell()
    for (let copy = left; copy !== null; copy = followerOf(copy)) {
      if (isAttended(copy)) await desk.discard(copy.id, reason)
    }
  }

  /** The next of several copies that one became; those behind the one in hand go with it. Null, too, when an operator gave it up. */
  function followerOf({ part }: Document): Document | null {
    const nextId = part?.nextId ?? null
    if (nextId === null || queue.list().every(({ id }) => id !== nextId)) return null
    return queue.get(nextId)
  }

  function signingNow(): boolean {
    return card?.state === 'signing'
  }

  function onChange(document: Document): void {
    if (document.id === current?.id) {
      const gone = document.stage.name === 'discarded' || document.stage.name === 'erased'
      current = gone ? (document.stage.name === 'erased' ? followerOf(document) : null) : document
      if (isSigning(document)) lookAtCard()
    }
    tell()
  }

  function lookAtCard(): void {
    tasks.run('card', async signal => {
      if (current === null || !isSigning(current) || signingNow()) return
      const seen = await cardView(signal)
      if (!signingNow() && JSON.stringify(seen) !== JSON.stringify(card)) {
        card = seen
        tell()
      }
      tasks.at('card', clock.now() + cardLookMs, lookAtCard)
    })
  }

  async function cardView(signal: AbortSignal): Promise<CardView> {
    try {
      const tokens = await signer.tokens(signal)
      const [token] = tokens
      if (token === undefined) return { state: 'absent' }
      const found = await Promise.all(tokens.map(one => signer.certificates(one.id, signal)))
      certificates = found.flat()
      return {
        state: 'present',
        tries: token.pinTries,
        certificates: certificates.map(one => certificateView(one, clock.now())),
      }
    } catch (thrown) {
      return { state: 'fault', code: asFault(thrown).code }
    }
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

  function inHand(): Document {
    if (current === null) throw new Fault('STAGE_CONFLICT', 'no copy is in hand')
    return current
  }

  function counts(): View['queue'] {
    const outbound = queue.list({ stages: ['extending', 'delivering'] }).map(({ wakeAt }) => wakeAt)
    const stopped = outbound.filter(wake => wake === null).length
    return { waiting: outbound.length - stopped, stopped }
  }

  return Object.freeze({
    view: () => viewOf({ config, scanners, queue: counts(), copy: current, interrupted, card }),
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    open(request: { procedureId: string; language: string }): void {
      if (current !== null && isAttended(current)) throw new Fault('STAGE_CONFLICT', 'another copy is in hand')
      current = desk.open(request)
      touch()
      tell()
    },
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
      const certificate = certificates.find(one => one.tokenId === tokenId && one.keyId === keyId)
      if (certificate === undefined) throw new Fault('TOKEN_ABSENT', 'the card shown before is gone')
      card = { state: 'signing' }
      tell()
      try {
        const outcome = await desk.sign(id, certificate, pin)
        if (outcome.outcome === 'sealed') return { outcome: 'signed' }
        return { outcome: 'refused', code: outcome.code, tries: outcome.tries }
      } finally {
        card = null
        lookAtCard()
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
      unsubscribe = queue.subscribe(onChange)
      lookAtScanners()
      lookAtCard()
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

function certificateView(candidate: SigningCertificate, now: number): CertificateView {
  const { tokenId, keyId } = candidate
  const { facts } = readCertificate(candidate.certificate)
  const choice = selectSigningCertificate({ candidates: [candidate], now })
  return {
    tokenId,
    keyId,
    holder: facts.holder,
    issuer: facts.issuer,
    notAfter: new Date(facts.notAfter).toISOString().slice(0, 10),
    fault: choice.choice === 'refused' ? choice.code : null,
  }
}
