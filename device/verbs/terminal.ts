// The terminal that a verb was started at: a line that a person types, and a QR code in its letters.

import { createInterface } from 'node:readline'
import { Fault } from '../errors.ts'
import { type QrModules, qrModules, quietZone } from '../pdf/qr-modules.ts'

/** Whether somebody can type. */
export function isTerminal(): boolean {
  return process.stdin.isTTY
}

/** The next line. Throws the signal's reason, and INTERRUPTED where the terminal ends. */
export function typedLine(signal: AbortSignal): Promise<string> {
  // Not as a terminal of its own, in which Ctrl-C would be a letter.
  const lines = createInterface({ input: process.stdin, terminal: false })
  return new Promise<string>((resolve, reject) => {
    const gone = () => reject(signal.reason)
    signal.addEventListener('abort', gone, { once: true })
    if (signal.aborted) gone()
    lines.once('line', resolve)
    lines.once('close', () => reject(new Fault('INTERRUPTED', 'the terminal was closed')))
  }).finally(() => {
    lines.removeAllListeners()
    lines.close()
    process.stdin.pause()
  })
}

/** Black on white whatever the terminal's colours are, two modules in a letter. */
const colours = '\u001b[30;107m'
const plain = '\u001b[0m'
const letters = [' ', '▄', '▀', '█'] as const

/** The lines of a QR code, where stderr is a terminal that is wide enough; none otherwise. */
export function qrLines(text: string): readonly string[] {
  const code = qrModules(text)
  const width = code.modules + 2 * quietZone
  return process.stderr.isTTY && process.stderr.columns >= width ? drawn(code, width) : []
}

function drawn({ modules, isDark }: QrModules, width: number): readonly string[] {
  const dark = (row: number, column: number) => {
    const [y, x] = [row - quietZone, column - quietZone]
    return y >= 0 && x >= 0 && y < modules && x < modules && isDark(y, x)
  }
  const letter = (row: number, column: number) =>
    letters[(dark(row, column) ? 2 : 0) + (dark(row + 1, column) ? 1 : 0)] ?? ' '
  return Array.from({ length: Math.ceil(width / 2) }, (_, line) => {
    const row = Array.from({ length: width }, (_, column) => letter(line * 2, column)).join('')
    return `${colours}${row}${plain}`
  })
}
