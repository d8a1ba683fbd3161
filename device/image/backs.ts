// Some duplex scanners hand over the backs of sheets upside down and do not say so. What one back tells about itself may
// not be enough to turn it; what the other backs of the same scan tell is: the device treats all of them alike.

import type { QuarterTurn } from './orientation.ts'

/** What was told of one page of a scan: which side of its sheet it is, and the turn that brings it upright. */
export interface SideVerdict {
  readonly side: 'front' | 'back'
  readonly turn: QuarterTurn
  readonly confident: boolean
}

/** So many pages of a side must have told their turn, and all of them the same one. */
const leastAgreeing = 3

/**
 * The turn of every page of one scan, in its order. A back that did not tell its own is turned as the other backs are,
 * where these agree on 180 and the fronts on 0, or on 0 and the fronts on 180; every other page keeps its own.
 */
export function settleBacks(pages: readonly SideVerdict[]): readonly QuarterTurn[] {
  const fronts = agreedTurn(pages, 'front')
  const backs = agreedTurn(pages, 'back')
  const opposite = (fronts === 0 && backs === 180) || (fronts === 180 && backs === 0)
  return pages.map(({ side, turn, confident }) => (opposite && side === 'back' && !confident ? backs : turn))
}

function agreedTurn(pages: readonly SideVerdict[], side: SideVerdict['side']): QuarterTurn | undefined {
  const told = pages.filter(page => page.side === side && page.confident)
  const turn = told[0]?.turn
  return told.length >= leastAgreeing && told.every(page => page.turn === turn) ? turn : undefined
}
