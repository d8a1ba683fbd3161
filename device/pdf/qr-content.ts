// A text as a QR code, drawn as vectors on a page.

import { qrModules, quietZone } from './qr-modules.ts'

export interface QrPlace {
  /** Points; of the quiet zone, which is inside the side. */
  readonly left: number
  readonly bottom: number
  readonly side: number
}

/** Operators for one path of squares. */
export function qrContent(text: string, { left, bottom, side }: QrPlace): string {
  const { modules, isDark } = qrModules(text)
  const module = side / (modules + 2 * quietZone)
  const squares: string[] = []
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (isDark(row, column)) squares.push(`${column} ${modules - 1 - row} 1 1 re`)
    }
  }
  const origin = [left + quietZone * module, bottom + quietZone * module].map(decimal).join(' ')
  return `q 0 g ${decimal(module)} 0 0 ${decimal(module)} ${origin} cm ${squares.join(' ')} f Q`
}

function decimal(value: number): number {
  return Number(value.toFixed(4))
}
