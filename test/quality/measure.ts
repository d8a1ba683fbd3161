// What our imaging makes of a scan, held against the truth about it.

import { Readable } from 'node:stream'
import { type Frame, frameAround } from '../../device/image/geometry.ts'
import type { Imaging, PreparedPage } from '../../device/ports.ts'
import { toleratedSkewDegrees } from '../../drivers/imaging/sharp.ts'
import type { Scan } from './scan.ts'

/** One scan judged. Millimetres and degrees; `undefined` where the measure does not apply. */
export interface Finding {
  readonly scan: Scan
  readonly page: PreparedPage
  readonly skewError: number
  /** Millimetres of the sheet that were cut off, at its worst side. */
  readonly cut: number
  /** Millimetres of lid that were left beside the sheet, at its worst side. */
  readonly left: number
  readonly cropped: boolean
  /** Milliseconds. */
  readonly took: number
}

/** Has a scan prepared and compares. */
export async function judge(imaging: Imaging, scan: Scan): Promise<Finding> {
  const started = performance.now()
  const page = await imaging.prepare(Readable.from([scan.jpeg]), {
    mediaType: 'image/jpeg',
    resolution: scan.resolution,
    colour: 'auto',
    deskew: true,
    crop: true,
    background: 'kept',
    reduction: 'none',
  })
  const took = performance.now() - started
  const { frame, degrees } = applied(page)
  const cropped = frame.width !== scan.width || frame.height !== scan.height
  const { cut, left } = borders(scan, frame, degrees)
  const skewError = Math.abs(degrees - (scan.request.skewDegrees ?? 0))
  return { scan, page, skewError, cut: cropped ? cut : 0, left, cropped, took }
}

/** What was undone and cut: by the page in the PDF, or in the pixels of an image that was encoded. */
function applied({ rendition, verdict }: PreparedPage): { readonly frame: Frame; readonly degrees: number } {
  if (rendition.kind === 'original') return { frame: rendition.frame, degrees: rendition.straightenDegrees }
  const degrees = Math.abs(verdict.skewDegrees) > toleratedSkewDegrees ? verdict.skewDegrees : 0
  return { frame: verdict.sheet, degrees }
}

/** How far the frame's sides lie within the sheet's, and beyond them; the part of the sheet that the image shows counts. */
function borders(scan: Scan, frame: Frame, degrees: number): { readonly cut: number; readonly left: number } {
  const shown = within(scan)
  const true_ = frameAround(shown, scan, degrees)
  const sides = [
    frame.left - true_.left,
    frame.top - true_.top,
    true_.left + true_.width - frame.left - frame.width,
    true_.top + true_.height - frame.top - frame.height,
  ].map(pixels => (pixels * 25.4) / scan.resolution)
  return { cut: Math.max(0, ...sides), left: Math.max(0, ...sides.map(side => -side)) }
}

/** The corners of the part of the sheet that lies in the image. */
function within({ corners, width, height }: Scan): readonly { x: number; y: number }[] {
  let shape = corners.map(({ x, y }) => ({ x, y }))
  const edges = [
    (p: { x: number; y: number }) => p.x,
    (p: { x: number; y: number }) => p.y,
    (p: { x: number; y: number }) => width - p.x,
    (p: { x: number; y: number }) => height - p.y,
  ]
  for (const depth of edges) {
    shape = shape.flatMap((here, i) => {
      const before = shape.at(i - 1) ?? here
      const [to, from] = [depth(here), depth(before)]
      if (to >= 0 === from >= 0) return to >= 0 ? [here] : []
      const share = from / (from - to)
      const crossing = { x: before.x + share * (here.x - before.x), y: before.y + share * (here.y - before.y) }
      return to >= 0 ? [crossing, here] : [crossing]
    })
  }
  return shape
}

/** The middle of the values, and the greatest. */
export function medianAndWorst(values: readonly number[]): readonly [median: number, worst: number] {
  const sorted = values.toSorted((a, b) => a - b)
  return [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0]
}
