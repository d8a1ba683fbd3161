// The test target: what lies where on the printed sheet, in millimetres from the upper left corner of A4 upright, y down.
// The sheet's printer (device/pdf/target-sheet.ts) and its reader (target.ts) share this one table. A change of any place
// or colour is a new version, which the marks on the sheet tell.

export interface Point {
  readonly x: number
  readonly y: number
}

/** A square that is turned clockwise by `degrees` about its centre. */
export interface Square extends Point {
  readonly side: number
  readonly degrees: number
}

/** One printed colour: red, green, blue as sRGB, 0 to 1. */
export type Rgb = readonly [number, number, number]

export interface Patch extends Point {
  readonly name: string
  readonly kind: 'gray' | 'colour'
  readonly rgb: Rgb
}

export const targetVersion = 1
export const sheet = { width: 210, height: 297 } as const

/** The outermost marks stay on the image when the sheet lies turned by 7 degrees, or on the area of a Letter sheet. */
const grid = { left: 20, top: 36, columns: 6, rows: 8, width: 170, height: 225 } as const
export const gridSize = { width: grid.width, height: grid.height } as const
const cellWidth = grid.width / grid.columns
const cellHeight = grid.height / grid.rows

/**
 * Corner marks: a ring and a disc whose stripes through the centre are 1:1:3:1:1 in every direction, as in a QR code's
 * finder (ISO/IEC 18004, 6.3.3). Radii in modules.
 */
export const finder = { module: 1.2, ring: 3.5, gap: 2.5, disc: 1.5 } as const
/** In the order upper left, upper right, lower right, lower left. */
export const corners: readonly [Point, Point, Point, Point] = [
  { x: grid.left, y: grid.top },
  { x: grid.left + grid.width, y: grid.top },
  { x: grid.left + grid.width, y: grid.top + grid.height },
  { x: grid.left, y: grid.top + grid.height },
]

export const dotRadius = 1.2
/** The grid between the corner marks: seven columns, and twice as many rows, since a feeder stretches along its way. */
export const dots: readonly Point[] = Array.from({ length: grid.rows * 2 + 1 }, (_, row) =>
  Array.from({ length: grid.columns + 1 }, (_, column) => ({
    x: grid.left + column * cellWidth,
    y: grid.top + (row * cellHeight) / 2,
  })),
)
  .flat()
  .filter(dot => !corners.some(corner => corner.x === dot.x && corner.y === dot.y))

/** The centre of a cell of the grid. */
function cell(column: number, row: number): Point {
  return { x: grid.left + (column + 0.5) * cellWidth, y: grid.top + (row + 0.5) * cellHeight }
}

export const squareSide = 16
/** Both turns everywhere that counts: whatever way the sheet lies skewed, one of them is far enough from the pixel rows. */
export const squares: readonly Square[] = (
  [
    [0, 0, 5],
    [5, 0, -5],
    [2, 3, 5],
    [3, 3, -5],
    [0, 7, -5],
    [5, 7, 5],
  ] as const
).map(([column, row, degrees]) => ({ ...cell(column, row), side: squareSide, degrees }))

export const patchSide = 20
const graySteps = 11
const grays: readonly Patch[] = Array.from({ length: graySteps }, (_, step) => {
  const value = 1 - step / (graySteps - 1)
  return {
    ...cell(step % grid.columns, 1 + Math.floor(step / grid.columns)),
    name: `gray${step * 10}`,
    kind: 'gray',
    rgb: [value, value, value],
  }
})
const colours: readonly Patch[] = (
  [
    ['red', 0, 4, [0.78, 0.12, 0.12]],
    ['green', 1, 4, [0.1, 0.55, 0.2]],
    ['blue', 2, 4, [0.12, 0.2, 0.62]],
    ['cyan', 3, 4, [0, 0.6, 0.8]],
    ['magenta', 4, 4, [0.78, 0.1, 0.5]],
    ['yellow', 5, 4, [0.95, 0.85, 0.1]],
    ['skin', 0, 5, [0.82, 0.64, 0.54]],
    ['blueInk', 1, 5, [0.2, 0.3, 0.7]],
    ['redStamp', 2, 5, [0.85, 0.3, 0.35]],
  ] as const
).map(([name, column, row, rgb]) => ({ ...cell(column, row), name, kind: 'colour', rgb }))
/** The ladder of greys from paper (gray0) to full ink (gray100), then the colours. */
export const patches: readonly Patch[] = [...grays, ...colours]

/** Line pairs a millimetre, for the eye. */
export const linePairs = {
  perMillimetre: [2, 3, 4, 5, 6, 8],
  upright: cell(3, 5),
  level: cell(4, 5),
  side: 20,
} as const

/** White all over: where paper is looked at for noise. */
export const paperFields: readonly Point[] = [0, 1, 2, 3, 4, 5].map(column => cell(column, 6))

/** Places of bare paper between the dots of the grid's columns, over the whole sheet: half a row below each dot. */
export const paperPlaces: readonly Point[] = Array.from({ length: grid.rows * 2 }, (_, row) =>
  Array.from({ length: grid.columns + 1 }, (_, column) => ({
    x: grid.left + column * cellWidth,
    y: grid.top + ((row + 0.5) * cellHeight) / 2,
  })),
).flat()

/** The row of marks that tells the version, between the second and the third dot of the first row. */
export const code = { left: grid.left + cellWidth + 2.5, top: grid.top - 2, cell: 1.4, height: 4 } as const

const sync = [1, 1, 0, 1]
const versionBits = 6
const checkBits = 6
export const codeLength = sync.length + versionBits + checkBits

/** A dark mark is 1. */
export function encodeVersion(version: number): readonly number[] {
  return [...sync, ...bits(version, versionBits), ...bits(check(version), checkBits)]
}

/** The version that the marks tell, or undefined where they are no row of ours. */
export function decodeVersion(marks: readonly number[]): number | undefined {
  const version = marks.slice(sync.length, sync.length + versionBits).reduce((sum, bit) => sum * 2 + bit, 0)
  return encodeVersion(version).every((bit, index) => bit === marks[index]) ? version : undefined
}

function bits(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (value >> (count - 1 - index)) & 1)
}

/** Any two versions differ in it, and it is never the version itself. */
function check(version: number): number {
  return (version * 37 + 21) & 63
}

/** No ink within so many millimetres of a place that counts as bare paper. */
const paperMargin = 1.5
/** A sheet's borders may be shadowed, and are not always on the image. */
const edge = 6
const headTop = grid.top - 6
const footTop = grid.top + grid.height + 6

export interface PaperMask {
  readonly cellsPerMm: number
  /** Cells in a row, which is as wide as the sheet. */
  readonly across: number
  /** 1 where bare paper lies; row by row. */
  readonly cells: Uint8Array
}

/** Where bare paper lies on the sheet; its edges, head and foot, which hold text, never count. */
export function paperMask(cellsPerMm = 2): PaperMask {
  const across = sheet.width * cellsPerMm
  const cells = new Uint8Array(across * sheet.height * cellsPerMm)
  const paint = ({ left, top, right, bottom }: Box, value: 0 | 1) => {
    for (let row = Math.floor(top * cellsPerMm); row < Math.ceil(bottom * cellsPerMm); row++) {
      cells.fill(value, row * across + Math.floor(left * cellsPerMm), row * across + Math.ceil(right * cellsPerMm))
    }
  }
  paint({ left: edge, top: headTop, right: sheet.width - edge, bottom: footTop }, 1)
  for (const box of inked) paint(box, 0)
  return { cellsPerMm, across, cells }
}

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

function around({ x, y }: Point, halfWidth: number, halfHeight = halfWidth): Box {
  const [w, h] = [halfWidth + paperMargin, halfHeight + paperMargin]
  return { left: x - w, top: y - h, right: x + w, bottom: y + h }
}

const inked: readonly Box[] = [
  ...corners.map(corner => around(corner, finder.ring * finder.module)),
  ...dots.map(dot => around(dot, dotRadius)),
  ...squares.map(square => around(square, squareSide * 0.55)),
  ...patches.filter(({ name }) => name !== 'gray0').map(patch => around(patch, patchSide / 2)),
  ...[linePairs.upright, linePairs.level].map(place => around(place, linePairs.side / 2)),
  around(
    { x: code.left + (codeLength * code.cell) / 2, y: code.top + code.height / 2 },
    (codeLength * code.cell) / 2,
    code.height / 2,
  ),
]
