// A text as the dark modules of a QR code (ISO/IEC 18004), for drawing it as vectors.

import qrcode from 'qrcode-generator'

/** Modules on each side that must stay light. */
export const quietZone = 4

export interface QrModules {
  /** Without the quiet zone. */
  readonly modules: number
  readonly isDark: (row: number, column: number) => boolean
}

/** Error correction level M, the smallest version that holds the text. */
export function qrModules(text: string): QrModules {
  const code = qrcode(0, 'M')
  code.addData(text)
  code.make()
  return { modules: code.getModuleCount(), isDark: (row, column) => code.isDark(row, column) }
}
