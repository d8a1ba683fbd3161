// A text as a QR code (ISO/IEC 18004), drawn as vectors.

import qrcode from 'qrcode-generator'

/** Modules on each side that must stay light. */
const quietZone = 4

export interface QrPlace {
  /** Points; of the quiet zone, which is inside the side. */
  readonly left: number
  readonly bottom: number
  readonly side: number
}

/** Operators for one path of squares: error correction level M, the smallest version that holds the text. */
export function qrContent(text: string, { left, bottom, side }: QrPlace): string {
  const code = qrcode(0, 'M')
  code.addData(text)
  code.make()
  const modules = code.getModuleCount()
  const module = side / (modules + 2 * quietZone)
  const squares: string[] = []
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (code.isDark(row, column)) squares.push(`${column} ${modules - 1 - row} 1 1 re`)
    }
  }
  const origin = [left + quietZone * module, bottom + quietZone * module].map(decimal).join(' ')
  return `q 0 g ${decimal(module)} 0 0 ${decimal(module)} ${origin} cm ${squares.join(' ')} f Q`
}

function decimal(value: number): number {
  return Number(value.toFixed(4))
}
