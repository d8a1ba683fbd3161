// Where a visit stands, in named steps: "Step 2 of 5: Scan". A procedure that nobody signs here has one step less.

import type { ProcedureView } from '../device/http/view.ts'
import type { ScreenName } from './screen-for.ts'
import type { TextKey } from './text/texts.ts'

const steps = ['step.procedure', 'step.scan', 'step.check', 'step.sign', 'step.receipt'] as const

const stepOf: Readonly<Record<ScreenName, (typeof steps)[number] | null>> = {
  lost: null,
  welcome: null,
  maintenance: null,
  checking: null,
  checked: null,
  procedures: 'step.procedure',
  pickup: 'step.procedure',
  interrupted: null,
  paper: 'step.scan',
  scanning: 'step.scan',
  scanFault: 'step.scan',
  review: 'step.check',
  leftOut: 'step.check',
  tooLarge: 'step.check',
  nature: 'step.check',
  preparing: 'step.check',
  stopped: 'step.check',
  reader: 'step.sign',
  card: 'step.sign',
  cardFault: 'step.sign',
  certificate: 'step.sign',
  lastTry: 'step.sign',
  pin: 'step.sign',
  signing: 'step.sign',
  claveNumber: 'step.sign',
  claveWait: 'step.sign',
  clavePage: 'step.sign',
  receipt: 'step.receipt',
  onward: 'step.receipt',
  request: null,
  requestSigning: null,
  requestPaused: null,
  requestDone: null,
  cardOfficial: null,
  cardCatalogue: null,
  cardQuestion: null,
  cardIdentity: null,
  cardSummary: null,
  cardCode: null,
  cardOrder: null,
  cardPapers: null,
}

export interface StepView {
  readonly name: TextKey
  /** 1-based. */
  readonly step: number
  readonly steps: number
}

/** The step that a screen belongs to, or null for one outside the steps. */
export function stepFor(screen: ScreenName, signature: ProcedureView['signature']): StepView | null {
  const name = stepOf[screen]
  if (name === null) return null
  const walked = steps.filter(one => signature === 'local' || signature === 'clave' || one !== 'step.sign')
  return { name, step: walked.indexOf(name) + 1, steps: walked.length }
}
