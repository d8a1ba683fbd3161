// Where millimetres of the sheet lie on the image: an affine map fitted to marks that were seen, and what it says of the
// scanner. Image coordinates are continuous: the first pixel's centre is at 0.5, 0.5.

import type { Point } from './target-layout.ts'

/** x' = a x + b y + c, y' = d x + e y + f. */
export interface Affine {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
}

export interface Pair {
  /** Millimetres on the sheet. */
  readonly sheet: Point
  /** Pixels on the image. */
  readonly image: Point
}

export function apply({ a, b, c, d, e, f }: Affine, { x, y }: Point): Point {
  return { x: a * x + b * y + c, y: d * x + e * y + f }
}

export function invert({ a, b, c, d, e, f }: Affine): Affine {
  const determinant = a * e - b * d
  const [ia, ib, id, ie] = [e / determinant, -b / determinant, -d / determinant, a / determinant]
  return { a: ia, b: ib, c: -(ia * c + ib * f), d: id, e: ie, f: -(id * c + ie * f) }
}

/** The least squares map from sheet to image; three pairs or more that lie on no line. */
export function fitAffine(pairs: readonly Pair[]): Affine {
  const mean = (pick: (pair: Pair) => number) => pairs.reduce((sum, pair) => sum + pick(pair), 0) / pairs.length
  const [x, y] = [mean(({ sheet }) => sheet.x), mean(({ sheet }) => sheet.y)]
  const [u, v] = [mean(({ image }) => image.x), mean(({ image }) => image.y)]
  const about = (pick: (pair: Pair) => number) => pairs.reduce((sum, pair) => sum + pick(pair), 0)
  const xx = about(({ sheet }) => (sheet.x - x) ** 2)
  const xy = about(({ sheet }) => (sheet.x - x) * (sheet.y - y))
  const yy = about(({ sheet }) => (sheet.y - y) ** 2)
  const row = (pick: (pair: Pair) => number, centre: number): [number, number, number] => {
    const sx = about(pair => (pair.sheet.x - x) * pick(pair))
    const sy = about(pair => (pair.sheet.y - y) * pick(pair))
    const determinant = xx * yy - xy * xy
    const [p, q] = [(sx * yy - sy * xy) / determinant, (sy * xx - sx * xy) / determinant]
    return [p, q, centre - p * x - q * y]
  }
  const [a, b, c] = row(({ image }) => image.x - u, u)
  const [d, e, f] = row(({ image }) => image.y - v, v)
  return { a, b, c, d, e, f }
}

export interface ScaleAndTurn {
  /** Pixels per inch along the rows and along the columns of the image. */
  readonly ppiX: number
  readonly ppiY: number
  /** How far the angle between rows and columns, measured on the sheet, is from a right one. */
  readonly orthogonalityDegrees: number
  /** Clockwise quarter turns, in degrees, that bring the sheet upright. */
  readonly turn: 0 | 90 | 180 | 270
  /** What the sheet is turned clockwise beside that. */
  readonly skewDegrees: number
}

const millimetresPerInch = 25.4
const degrees = 180 / Math.PI

export function scaleAndTurn(map: Affine): ScaleAndTurn {
  const back = invert(map)
  const [pixelX, pixelY] = [Math.hypot(back.a, back.d), Math.hypot(back.b, back.e)]
  const cosine = (back.a * back.b + back.d * back.e) / (pixelX * pixelY)
  // Seen along the rows, which a line sensor keeps; the columns bend with the feed.
  const turned = -Math.atan2(back.d, back.a) * degrees
  const quarters = Math.round(turned / 90)
  return {
    ppiX: millimetresPerInch / pixelX,
    ppiY: millimetresPerInch / pixelY,
    orthogonalityDegrees: 90 - Math.acos(Math.min(1, Math.max(-1, cosine))) * degrees,
    turn: quarterTurn(-quarters),
    skewDegrees: turned - quarters * 90,
  }
}

function quarterTurn(quarters: number): 0 | 90 | 180 | 270 {
  return ([0, 90, 180, 270] as const)[((quarters % 4) + 4) % 4] ?? 0
}
