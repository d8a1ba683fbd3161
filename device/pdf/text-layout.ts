// Lines of text in a box: broken at spaces, in a word only where the word is wider than the box, and as large as asked for
// and as it fits. Pure arithmetic over the widths of a font.

/** Width of a text in em. */
export type Measure = (text: string) => number

export interface TextLayout {
  readonly lines: readonly string[]
  /** Points. */
  readonly size: number
  readonly leading: number
}

const largestSize = 12
const smallestSize = 4
const sizeStep = 0.5
const leadingFactor = 1.2

/**
 * The layout of `text` in a box of `width` × `height` points, at the size wished for or the next smaller one that fits;
 * lines that do not fit at the smallest size are left out.
 */
export function layOut(text: string, measure: Measure, width: number, height: number, wished?: number): TextLayout {
  const fits = (size: number) => Math.max(1, Math.floor(height / (size * leadingFactor)))
  for (let size = Math.min(wished ?? largestSize, Math.max(height, smallestSize)); ; size -= sizeStep) {
    const lines = linesOf(text, measure, width / size)
    const last = size - sizeStep < smallestSize
    if (lines.length <= fits(size) || last) {
      return { lines: lines.slice(0, fits(size)), size, leading: size * leadingFactor }
    }
  }
}

function linesOf(text: string, measure: Measure, width: number): string[] {
  return text.split(/\r\n|\r|\n/).flatMap(paragraph => wrapped(paragraph, measure, width))
}

function wrapped(paragraph: string, measure: Measure, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(/\s+/u).filter(part => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (measure(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = broken(word, measure, width)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) ?? ''
  }
  return [...lines, line]
}

/** A word in pieces that fit, one character at least in each. */
function broken(word: string, measure: Measure, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of word) {
    if (piece !== '' && measure(piece + character) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}
