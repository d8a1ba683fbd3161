// What the patches of the test target should look like: by the drawing (sRGB values that an office printer only comes
// near), or as somebody measured them on a printed sheet with an instrument. Two looks are compared here, patch by patch.

import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import { deltaE2000, type Lab, labOf, lightness } from './target-colour.ts'
import { gridSize, patches } from './target-layout.ts'
import type { TargetMeasurement } from './target-measurement.ts'

export interface PatchReference {
  readonly kind: 'nominal' | 'measured'
  readonly labs: ReadonlyMap<string, Lab>
  /** How much larger than drawn the printed sheet is, along the rows and the columns of the image. */
  readonly scaleX: number
  readonly scaleY: number
}

export const nominalReference: PatchReference = Object.freeze({
  kind: 'nominal',
  labs: new Map(patches.map(({ name, rgb }) => [name, labOf([rgb[0] * 255, rgb[1] * 255, rgb[2] * 255])])),
  scaleX: 1,
  scaleY: 1,
})

const closed = { additionalProperties: false }
/**
 * A file of measured values: a patch by its name as L*, a*, b* (D50), or as a density where it is grey; millimetres
 * between the centres of the corner marks where somebody measured them.
 */
const ReferenceFile = Type.Object(
  {
    patches: Type.Record(
      Type.String({ pattern: '^[a-zA-Z0-9]{1,20}$' }),
      Type.Union([
        Type.Tuple([
          Type.Number({ minimum: 0, maximum: 100 }),
          Type.Number({ minimum: -150, maximum: 150 }),
          Type.Number({ minimum: -150, maximum: 150 }),
        ]),
        Type.Object({ density: Type.Number({ minimum: 0, maximum: 4 }) }, closed),
      ]),
    ),
    widthMm: Type.Optional(Type.Number({ minimum: gridSize.width * 0.9, maximum: gridSize.width * 1.1 })),
    heightMm: Type.Optional(Type.Number({ minimum: gridSize.height * 0.9, maximum: gridSize.height * 1.1 })),
  },
  closed,
)

export type ReferenceValues = Static<typeof ReferenceFile>

/** The parsed file, or what is wrong with it. */
export function readReference(raw: unknown): ReferenceValues | string {
  if (!Value.Check(ReferenceFile, raw)) {
    const [first] = Value.Errors(ReferenceFile, raw)
    return `${first?.instancePath ?? ''} ${first?.message ?? 'is not understood'}`.trim()
  }
  const unknown = Object.keys(raw.patches).find(name => !patches.some(patch => patch.name === name))
  return unknown === undefined ? raw : `the sheet has no patch ${unknown}`
}

/** `turn` as the sheet lay on the image. */
export function measuredReference(values: ReferenceValues, turn: TargetMeasurement['turn']): PatchReference {
  const labs = Object.entries(values.patches).map(([name, value]): [string, Lab] => [
    name,
    'density' in value ? [lightness(10 ** -value.density), 0, 0] : value,
  ])
  const [across, down] = [
    (values.widthMm ?? gridSize.width) / gridSize.width,
    (values.heightMm ?? gridSize.height) / gridSize.height,
  ]
  const upright = turn === 0 || turn === 180
  // A sheet that is larger than drawn has more pixels between its marks than the scanner has an inch.
  return { kind: 'measured', labs: new Map(labs), scaleX: upright ? across : down, scaleY: upright ? down : across }
}

export interface Comparison {
  /** Exponent between the two, in linear light, over the greys of the middle; 1: the same tones. */
  readonly gamma: number | null
  /** Largest |ΔL*| of the greys, and mean CIEDE2000 of the colours. */
  readonly grayMax: number | null
  readonly colourMean: number | null
  /** Largest difference in a*, b* of the light greys. */
  readonly whiteBalance: number | null
}

const middleGray = { least: 15, most: 95 } as const
const balanceGrays = /^gray([0-6]0|0)$/

/** Each null where the measured image, or the reference, says nothing of it. */
export function compareColours(
  { patches: measured, channels }: TargetMeasurement,
  { labs }: PatchReference,
): Comparison {
  const pairs = measured.flatMap(({ name, lab }) => {
    const due = labs.get(name)
    return due === undefined ? [] : [{ name, lab, due }]
  })
  const grays = pairs.filter(({ name }) => name.startsWith('gray'))
  const colours = channels === 1 ? [] : pairs.filter(({ name }) => !name.startsWith('gray'))
  const most = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values))
  const mean = colours.reduce((sum, { lab, due }) => sum + deltaE2000(lab, due), 0) / colours.length
  const balance = channels === 1 ? [] : grays.filter(({ name }) => balanceGrays.test(name))
  return {
    gamma: gammaOf(grays),
    grayMax: most(grays.map(({ lab, due }) => Math.abs(lab[0] - due[0]))),
    colourMean: colours.length === 0 ? null : mean,
    whiteBalance: most(balance.map(({ lab, due }) => Math.hypot(lab[1] - due[1], lab[2] - due[2]))),
  }
}

/** The slope of log light against log light. */
function gammaOf(grays: readonly { readonly lab: Lab; readonly due: Lab }[]): number | null {
  const points = grays
    .filter(({ lab, due }) => [lab, due].every(one => one[0] > middleGray.least && one[0] < middleGray.most))
    .map(({ lab, due }) => ({ x: Math.log(luminance(due[0])), y: Math.log(luminance(lab[0])) }))
  if (points.length < 3) return null
  const [x, y] = [meanOf(points.map(point => point.x)), meanOf(points.map(point => point.y))]
  const spread = meanOf(points.map(point => (point.x - x) ** 2))
  return spread === 0 ? null : meanOf(points.map(point => (point.x - x) * (point.y - y))) / spread
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function luminance(l: number): number {
  return l > 8 ? ((l + 16) / 116) ** 3 : (l * 27) / 24389
}
