// Is the scanner good enough? Each thing that a scan of the test target measured, held against a named limit: `ok`,
// `watch` (still good copies, somebody should look at it) or `fail`. The digitisation norm asks for 200 pixels an inch and
// true proportions (NTI Digitalización, IV.2, V) and gives no other figures; the other limits lean on ISO 19264-1 level C
// and the two lowest grades of FADGI 2023, and are wider where an office printer made the sheet.

import type { AxisResolution, TargetMeasurement } from './target-measurement.ts'
import { type Comparison, compareColours, type PatchReference } from './target-reference.ts'

export type Verdict = 'ok' | 'watch' | 'fail'

/** What was measured, for a program; the words for it are the reader's. */
export type ItemName =
  | 'resolutionFloor'
  | 'scaleX'
  | 'scaleY'
  | 'aspect'
  | 'orthogonality'
  | 'skew'
  | 'distortion'
  | 'sharpnessX'
  | 'sharpnessY'
  | 'registration'
  | 'toneOrder'
  | 'gamma'
  | 'gray'
  | 'colour'
  | 'whiteBalance'
  | 'noise'
  | 'uniformity'
  | 'clipping'
  | 'streaks'
  | 'driftScale'
  | 'driftSharpness'
  | 'driftGray'
  | 'driftColour'

export interface JudgedItem {
  readonly item: ItemName
  readonly verdict: Verdict
  /** In the item's unit; null where it could not be measured. */
  readonly value: number | null
  readonly unit: 'ppi' | '%' | '°' | 'mm' | 'px' | 'ΔL*' | 'ΔE00' | 'Δa*b*' | 'γ' | 'L*' | 'levels' | 'steps'
  /** Up to this it is `ok`, and up to this `watch`; null where the reference is none that would make it fail. */
  readonly okUpTo: number
  readonly watchUpTo: number | null
}

export interface Judgement {
  readonly verdict: Verdict
  readonly items: readonly JudgedItem[]
}

export interface Expectation {
  /** Pixels per inch that the scanner was asked for. */
  readonly askedPpi: number
  readonly reference: PatchReference
  /** A scan accepted before, by the same scanner, source and resolution. */
  readonly baseline?: TargetMeasurement
}

/** NTI Digitalización, IV.2; a scanner's clock may be out by this share. */
const leastPpi = 200
const ppiTolerance = 0.01

const limits = {
  resolutionFloor: ['%', 0, 0],
  scaleX: ['%', 1, 2],
  scaleY: ['%', 1, 2],
  aspect: ['%', 0.5, 1],
  orthogonality: ['°', 0.1, 0.3],
  skew: ['°', 1, 3],
  distortion: ['mm', 0.3, 0.6],
  sharpnessX: ['%', 30, 40],
  sharpnessY: ['%', 30, 40],
  registration: ['px', 0.5, 1],
  toneOrder: ['steps', 0, 0],
  gamma: ['γ', 0.15, 0.3],
  gray: ['ΔL*', 4, 6],
  colour: ['ΔE00', 5, 6.5],
  whiteBalance: ['Δa*b*', 5, 8],
  noise: ['L*', 2.2, 4],
  uniformity: ['L*', 4, 8],
  clipping: ['%', 50, 101],
  streaks: ['levels', 3, 10],
  driftScale: ['%', 0.3, 0.6],
  driftSharpness: ['%', 15, 30],
  driftGray: ['ΔL*', 2, 4],
  driftColour: ['ΔE00', 2, 4],
} as const satisfies Record<ItemName, readonly [JudgedItem['unit'], number, number]>

/** A sheet of an office printer says how a scanner changes, not what colours are: beyond these, `watch`, never `fail`. */
const printedLimits: Partial<Record<ItemName, number>> = { gamma: 0.5, gray: 15, colour: 15, whiteBalance: 8 }
/** Of two greys beside each other in the ladder, L* apart at least; printed ink may run full before its last step. */
const leastStep = 0.5

export function judgeTarget(measured: TargetMeasurement, expected: Expectation): Judgement {
  const { reference, baseline } = expected
  const toReference = compareColours(measured, reference)
  const printed = reference.kind === 'nominal'
  const items = [
    ...geometryItems(measured, expected),
    ...sharpnessItems(measured),
    item('toneOrder', swappedSteps(measured)),
    ...colourItems(toReference, printed),
    item('noise', measured.paper.noise),
    item('uniformity', measured.paper.lightest - measured.paper.darkest),
    item('clipping', 100 * Math.max(measured.clipping.highlights, measured.clipping.shadows)),
    item('streaks', Math.max(0, ...measured.streaks.map(({ depth }) => Math.abs(depth)))),
    ...(baseline === undefined ? [] : driftItems(measured, baseline)),
  ]
  return { verdict: worstOf(items.map(one => one.verdict)), items }
}

export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.includes('watch') ? 'watch' : 'ok'
}

function item(name: ItemName, value: number | null, printed = false): JudgedItem {
  const [unit, ok, watch] = limits[name]
  const wide = printed ? printedLimits[name] : undefined
  const [okUpTo, watchUpTo] = wide === undefined ? [ok, watch] : [wide, null]
  const shown = value === null ? null : Number(value.toFixed(3))
  return { item: name, verdict: verdictOf(shown, okUpTo, watchUpTo), value: shown, unit, okUpTo, watchUpTo }
}

function verdictOf(value: number | null, okUpTo: number, watchUpTo: number | null): Verdict {
  if (value === null) return 'watch'
  if (value <= okUpTo) return 'ok'
  return watchUpTo === null || value <= watchUpTo ? 'watch' : 'fail'
}

function geometryItems({ geometry, skewDegrees }: TargetMeasurement, { askedPpi, reference }: Expectation) {
  const [ppiX, ppiY] = [geometry.ppiX / reference.scaleX, geometry.ppiY / reference.scaleY]
  const off = (value: number, due: number) => 100 * Math.abs(value / due - 1)
  const missing = Math.max(0, leastPpi * (1 - ppiTolerance) - Math.min(ppiX, ppiY))
  return [
    item('resolutionFloor', (100 * missing) / leastPpi),
    item('scaleX', off(ppiX, askedPpi)),
    item('scaleY', off(ppiY, askedPpi)),
    item('aspect', off(ppiX, ppiY)),
    item('orthogonality', Math.abs(geometry.orthogonalityDegrees)),
    item('skew', Math.abs(skewDegrees)),
    item('distortion', geometry.distortionMm),
  ]
}

/** What is missing of the resolving power that the pixels could give: 100 % less the sampling efficiency. */
function sharpnessItems({ resolution, registration }: TargetMeasurement): JudgedItem[] {
  const missing = (axis: AxisResolution | null) => (axis === null ? null : Math.max(0, 100 * (1 - axis.efficiency)))
  return [
    item('sharpnessX', missing(resolution.x)),
    item('sharpnessY', missing(resolution.y)),
    ...(registration === null ? [] : [item('registration', Math.max(registration.x, registration.y))]),
  ]
}

function colourItems(to: Comparison, printed: boolean): JudgedItem[] {
  return [
    ...(to.gamma === null ? [] : [item('gamma', Math.abs(to.gamma - 1), printed)]),
    ...(to.grayMax === null ? [] : [item('gray', to.grayMax, printed)]),
    ...(to.colourMean === null ? [] : [item('colour', to.colourMean, printed)]),
    ...(to.whiteBalance === null ? [] : [item('whiteBalance', to.whiteBalance, printed)]),
  ]
}

/** Steps of the grey ladder that are not darker than the one before, its two ends left out. */
function swappedSteps({ patches }: TargetMeasurement): number {
  const ladder = patches.filter(({ name }) => /^gray\d+$/.test(name)).map(({ lab }) => lab[0])
  const inner = ladder.slice(1, -1)
  return inner.filter((lightness, index) => index > 0 && (inner[index - 1] ?? 0) - lightness < leastStep).length
}

function driftItems(measured: TargetMeasurement, baseline: TargetMeasurement): JudgedItem[] {
  const change = (now: number, then: number) => 100 * Math.abs(now / then - 1)
  // The sheet may lie turned another way now; a scanner's axes stay.
  const scale = (['ppiX', 'ppiY'] as const).map(axis => change(measured.geometry[axis], baseline.geometry[axis]))
  const loss = (['x', 'y'] as const).flatMap(axis => {
    const [now, then] = [measured.resolution[axis], baseline.resolution[axis]]
    return now === null || then === null ? [] : [Math.max(0, 100 * (1 - now.mtf50 / then.mtf50))]
  })
  const colours = compareColours(measured, baselineReference(baseline))
  return [
    item('driftScale', Math.max(...scale)),
    ...(loss.length === 0 ? [] : [item('driftSharpness', Math.max(...loss))]),
    ...(colours.grayMax === null ? [] : [item('driftGray', colours.grayMax)]),
    ...(colours.colourMean === null ? [] : [item('driftColour', colours.colourMean)]),
  ]
}

function baselineReference({ patches }: TargetMeasurement): PatchReference {
  return { kind: 'measured', labs: new Map(patches.map(({ name, lab }) => [name, lab])), scaleX: 1, scaleY: 1 }
}
