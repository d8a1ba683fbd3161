// The screen's view, read off the appliance's state. Pure: the same state gives the same view.

import { type Config, textIn } from '../config.ts'
import { type Document, keptPages } from '../document.ts'
import type { ScannerInfo } from '../ports.ts'
import type { CardView, CopyStage, CopyView, PageView, ProcedureView, ResultView, ScannerView, View } from './view.ts'

export interface ScreenState {
  readonly config: Config
  readonly scanners: readonly ScannerInfo[]
  readonly queue: View['queue']
  readonly copy: Document | null
  readonly interrupted: boolean
  readonly card: CardView | null
}

export function viewOf({ config, scanners, queue, copy, interrupted, card }: ScreenState): View {
  const { languages, idleSeconds } = config.kiosk
  return {
    kiosk: { languages, bodyName: config.body.name, idleSeconds },
    procedures: config.procedures.map(procedureView),
    scanner: scannerView(scanners),
    queue,
    copy: copy === null ? null : copyView(copy, { config, interrupted, card }),
  }
}

function procedureView({
  id,
  title,
  description,
  sourceNatures,
  signature,
  paper,
}: Config['procedures'][number]): ProcedureView {
  return { id, title, description: description ?? null, sourceNatures, signature: signature.mode, paper }
}

/** Of several scanners the one that is nearest to working. */
function scannerView(scanners: readonly ScannerInfo[]): ScannerView {
  const rank = ['ready', 'busy', 'fault', 'absent']
  const [best] = scanners.toSorted((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state))
  if (best === undefined) return { state: 'absent', code: 'SCANNER_ABSENT', paperLoaded: null }
  return { state: best.state, code: best.code ?? null, paperLoaded: best.paperLoaded ?? null }
}

const stages: Readonly<Record<Document['stage']['name'], CopyStage | null>> = {
  gathering: 'gathering',
  composing: 'composing',
  signing: 'signing',
  sealing: 'signing',
  // To whoever stands there it is finished: the rest happens by itself.
  extending: 'delivering',
  delivering: 'delivering',
  done: 'done',
  discarded: null,
  erased: null,
}

function copyView(
  copy: Document,
  { config, interrupted, card }: Pick<ScreenState, 'config' | 'interrupted' | 'card'>,
): CopyView | null {
  const stage = stages[copy.stage.name]
  if (stage === null) return null
  return {
    id: copy.id,
    reference: copy.reference,
    language: copy.language,
    procedureId: copy.order.procedureId,
    stage,
    scanning: copy.stage.name === 'gathering' && copy.stage.scan === 'running',
    pages: pageViews(copy),
    fault: copy.hold?.code ?? null,
    interrupted,
    card: stage === 'signing' ? card : null,
    result: resultView(copy, config),
  }
}

function pageViews({ pages }: Document): PageView[] {
  let number = 0
  return pages.map(({ id, prepared, unusable, turn, deleted }) => {
    if (!deleted) number += 1
    const blank = prepared?.verdict.blank ?? false
    return { id, number: deleted ? null : number, ready: prepared !== null, blank, unusable, turn, deleted }
  })
}

function resultView(copy: Document, config: Config): ResultView | null {
  const { stage } = copy
  if (!('deliveries' in stage)) return null
  return {
    pages: keptPages(copy).length,
    bytes: stage.copy.bytes,
    signer: stage.signature?.signer ?? null,
    finishedAt: stage.signature?.at ?? stage.approval.at,
    qr: receiptText(copy, config),
    deliveries: stage.deliveries.map(({ destinationId, state }) => ({ destinationId, state })),
    paper: copy.order.paper,
  }
}

/** The address where the copy can be checked, or the bare facts where the body has none. */
export function receiptText(copy: Document, config: Config): string {
  const { verificationUrl } = config.body
  if (verificationUrl !== undefined)
    return verificationUrl.replaceAll('{reference}', encodeURIComponent(copy.reference))
  return `${textIn(config.body.name, copy.language)} · ${copy.reference} · ${copy.openedAt}`
}
