// The screen's view, read off the appliance's state. Pure: the same state gives the same view.

import { type Config, textIn } from '../config/config.ts'
import { clientName } from '../config/requests.ts'
import type { Document } from '../document/document.ts'
import { copySheets, estimateBytes, largestBytes, sheetToFeed } from '../document/page.ts'
import { fitsBesideAnother, uprightTurn } from '../document/sheet.ts'
import { verificationLink } from '../legend-lines.ts'
import type { ScannerInfo } from '../ports.ts'
import type {
  AskedView,
  CardView,
  ClaveView,
  CopyStage,
  CopyView,
  PageView,
  ProcedureView,
  ResultView,
  ScannerView,
  SizeView,
  View,
} from './view.ts'

export interface ScreenState {
  readonly config: Config
  readonly scanners: readonly ScannerInfo[]
  readonly queue: View['queue']
  readonly copy: Document | null
  readonly interrupted: boolean
  readonly card: CardView | null
  readonly clave?: ClaveView | undefined
}

export function viewOf({ config, scanners, queue, copy, interrupted, card, clave }: ScreenState): View {
  const { languages, idleSeconds } = config.kiosk
  return {
    kiosk: { languages, bodyName: config.body.name, idleSeconds },
    procedures: config.procedures.map(procedureView),
    scanner: scannerView(scanners),
    queue,
    copy: copy === null ? null : copyView(copy, { config, interrupted, card, clave }),
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
  authorising: 'signing',
  // To whoever stands there it is finished: the rest happens by itself.
  unsealed: 'delivering',
  extending: 'delivering',
  delivering: 'delivering',
  done: 'done',
  discarded: null,
  erased: null,
}

function copyView(
  copy: Document,
  { config, interrupted, card, clave }: Pick<ScreenState, 'config' | 'interrupted' | 'card' | 'clave'>,
): CopyView | null {
  const stage = stages[copy.stage.name]
  if (stage === null) return null
  return {
    id: copy.id,
    reference: copy.reference,
    language: copy.language,
    procedureId: copy.order.procedureId,
    asked: askedView(copy, config),
    stage,
    scanning: copy.stage.name === 'gathering' && copy.stage.scan === 'running',
    pages: pageViews(copy),
    fault: copy.hold?.code ?? null,
    sheetToFeed: sheetToFeed(copy.pages),
    size: sizeView(copy),
    part: copy.part && { number: copy.part.number, of: copy.part.of, hasNext: copy.part.nextId !== null },
    interrupted,
    card: stage === 'signing' ? card : null,
    ...(clave !== undefined && { clave }),
    result: resultView(copy, config),
  }
}

function askedView({ order }: Document, config: Config): AskedView | null {
  const { session, title, sourceNatures, signature } = order
  if (session === undefined) return null
  return {
    asker: { kind: 'program', name: clientName(config.api, session.client) },
    title,
    redirectUrl: session.redirectUrl ?? null,
    sourceNatures,
    signature: signature.mode,
  }
}

function pageViews({ pages }: Document): PageView[] {
  const sheets = copySheets(pages)
  return pages.map(page => {
    const { id, prepared, unusable, leftOut, under } = page
    const number = leftOut === null ? sheets.findIndex(sheet => sheet.includes(page)) + 1 : null
    const blank = prepared?.verdict.blank ?? false
    const turn = ((uprightTurn(page) - (prepared?.verdict.turn ?? 0) + 360) % 360) as PageView['turn']
    const joinable = fitsBesideAnother(page)
    return { id, number, ready: prepared !== null, blank, unusable, turn, leftOut, under, joinable }
  })
}

function sizeView({ pages, reduction, order }: Document): SizeView {
  const legend = order.document.legend !== 'none'
  const bytes = estimateBytes({ pages, reduction }, { signature: order.signature, legend })
  return { bytes: bytes ?? null, limitBytes: largestBytes(order), reduction }
}

function resultView(copy: Document, config: Config): ResultView | null {
  const { stage } = copy
  if (!('deliveries' in stage)) return null
  return {
    pages: copySheets(copy.pages).length,
    bytes: stage.copy.bytes,
    signer: stage.signature?.signer ?? null,
    cardUsed: copy.order.signature.mode !== 'seal' && stage.signature !== null && stage.signature.clave !== true,
    unsealed: stage.name === 'unsealed',
    finishedAt: stage.signature?.at ?? stage.approval.at,
    qr: receiptText(copy, config),
    deliveries: stage.deliveries.map(({ destinationId, state }) => ({ destinationId, state })),
    paper: copy.order.paper,
  }
}

/** The address where the copy can be checked, or the bare facts where the body has none. */
export function receiptText(copy: Document, config: Config): string {
  const link = verificationLink(copy, config.body)
  if (link !== undefined) return link
  return `${textIn(config.body.name, copy.language)} · ${copy.reference} · ${copy.openedAt}`
}
