// Which way up a page stands in the copy, and whether two of them have room on one sheet: what compose, screen and rules
// have to agree on.

import type { Page, QuarterTurn } from './page.ts'

/** ISO 216, points; upright. */
export const a4: { readonly width: number; readonly height: number } = Object.freeze({ width: 595.276, height: 841.89 })

const pointsPerInch = 72
/** Free paper that an image of several on a sheet keeps on every side; points. */
const roomAround = 14

/**
 * Clockwise degrees from the stored image to the reader: what its text tells, else what is known of the device or shown by
 * the other backs; and what a person chose on top.
 */
export function uprightTurn({ prepared, turn, fedTurn, inferredTurn }: Page): QuarterTurn {
  const verdict = prepared?.verdict
  const found = verdict?.turnConfident === true ? verdict.turn : Math.max(fedTurn, inferredTurn)
  return ((found + turn) % 360) as QuarterTurn
}

/** Whether a page is so small that two such stand one below the other on A4 at their true size. */
export function fitsBesideAnother(page: Page): boolean {
  if (page.prepared === null) return false
  const { rendition, verdict } = page.prepared
  const [across, down] = uprightTurn(page) % 180 === 0 ? ['width', 'height'] : ['height', 'width']
  const points = (side: 'width' | 'height') => (rendition.frame[side] / verdict.resolution) * pointsPerInch
  const fits = (side: string | undefined, room: number) => points(side === 'width' ? 'width' : 'height') <= room
  return fits(across, a4.width - 2 * roomAround) && fits(down, a4.height / 2 - 2 * roomAround)
}
