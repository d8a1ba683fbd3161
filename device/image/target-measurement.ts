// What one scan of the test target measured, as it travels from the worker that looked at the image and as it is stored.
// Facts only; what is good enough is judged apart (target-judge.ts), against what was asked and what is expected.

import Type, { type Static } from 'typebox'

const closed = { additionalProperties: false }
const measure = (minimum: number, maximum: number) => Type.Number({ minimum, maximum })
const share = measure(0, 1)
const axis = Type.Object(
  {
    /** Line pairs a millimetre at which half, and a tenth, of the contrast is left (ISO 12233). */
    mtf50: measure(0, 1000),
    mtf10: measure(0, 1000),
    /** The frequency of a tenth, as a share of half the sampling rate. */
    efficiency: measure(0, 10),
    /** Twice the frequency of a tenth, an inch: what the scan resolves really, never more than its pixels. */
    effectivePpi: measure(0, 10_000),
    edges: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  closed,
)

export const targetMeasurement = Type.Object(
  {
    version: Type.Integer({ minimum: 0, maximum: 63 }),
    /** Pixels. */
    width: Type.Integer({ minimum: 1, maximum: 100_000 }),
    height: Type.Integer({ minimum: 1, maximum: 100_000 }),
    channels: Type.Enum([1, 3]),
    /** Clockwise quarter turns, in degrees, that bring the sheet upright, and its clockwise skew beside that. */
    turn: Type.Enum([0, 90, 180, 270]),
    skewDegrees: measure(-45, 45),
    geometry: Type.Object(
      {
        /** Pixels per inch along the rows and the columns of the image, the sheet being of its nominal size. */
        ppiX: measure(1, 10_000),
        ppiY: measure(1, 10_000),
        orthogonalityDegrees: measure(-45, 45),
        distortionMm: measure(0, 100),
        distortionRmsMm: measure(0, 100),
        marksSeen: Type.Integer({ minimum: 0, maximum: 1000 }),
        marks: Type.Integer({ minimum: 1, maximum: 1000 }),
      },
      closed,
    ),
    /** null where no edge lay so that it could be measured. */
    resolution: Type.Object({ x: Type.Union([axis, Type.Null()]), y: Type.Union([axis, Type.Null()]) }, closed),
    /** How far red and blue lie beside green at the worst place, pixels; null for grey images. */
    registration: Type.Union([Type.Object({ x: measure(0, 1000), y: measure(0, 1000) }, closed), Type.Null()]),
    patches: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: '^[a-zA-Z0-9]{1,20}$' }),
          rgb: Type.Tuple([measure(0, 255), measure(0, 255), measure(0, 255)]),
          lab: Type.Tuple([measure(-1, 101), measure(-200, 200), measure(-200, 200)]),
          /** Standard deviation of L*. */
          noise: measure(0, 100),
        },
        closed,
      ),
      { maxItems: 64 },
    ),
    paper: Type.Object({ darkest: measure(-1, 101), lightest: measure(-1, 101), noise: measure(0, 100) }, closed),
    clipping: Type.Object({ highlights: share, shadows: share }, closed),
    streaks: Type.Array(
      Type.Object({ fromLeftMm: measure(0, 10_000), widthMm: measure(0, 10_000), depth: measure(-255, 255) }, closed),
      { maxItems: 64 },
    ),
  },
  closed,
)

export type TargetMeasurement = Static<typeof targetMeasurement>
export type AxisResolution = Static<typeof axis>
