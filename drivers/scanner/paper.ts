// The sheets that a scan can be asked for, and how much of one a device may cut off. Shared by all scanner drivers, so
// that the same request gives the same area whatever the technology.

import type { ScanSettings } from '../../device/ports.ts'

/** Width and height in millimetres, upright: ISO 216 and ANSI Y14.1. */
export const paperMillimetres: Readonly<
  Record<Exclude<ScanSettings['paper'], 'auto'>, readonly [width: number, height: number]>
> = {
  A3: [297, 420],
  A4: [210, 297],
  A5: [148, 210],
  letter: [215.9, 279.4],
}

/** A4 feeders often state a width or length a hair under the sheet's; what is lost there lies outside any print. */
export const paperSlackMillimetres = 3

/** The longest sheet that is asked for without a size: a long receipt. Some feeders would take metres, and picture them all. */
export const longestMillimetres = 600
