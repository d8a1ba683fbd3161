// The text of a visible signature: lines in a box, by a font that is embedded, slanted, underlined and struck through as
// asked. Slanting and lines are drawn, so that one upright font does for all of them.

import { Fault } from '../errors.ts'
import type { Draft } from './draft.ts'
import { embedFont, widthOf } from './embedded-font.ts'
import { readFont } from './font.ts'
import { plain } from './numbers.ts'
import type { PdfReference } from './objects.ts'
import { layOut } from './text-layout.ts'

export interface ShownText {
  /** Paragraphs by line feeds; wrapped to the rectangle. */
  readonly text?: string
  /** A TrueType font program; needed with `text`. */
  readonly font?: Uint8Array
  /** Points, 12 without it; less where it does not fit. */
  readonly fontSize?: number
  readonly slanted?: boolean
  readonly underlined?: boolean
  readonly struckThrough?: boolean
  /** Red, green, blue, 0 to 255; black without it. */
  readonly colour?: readonly [number, number, number]
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const maxTextLength = 4_000
/** Tangent of the angle by which oblique faces lean. */
const slant = 0.2
/** Lower edges above the base line, and their thickness; em. */
const underlineAt = -0.16
const strikeAt = 0.24
const lineThickness = 0.06

/** The font, as an object of its own, and the operators that show the text by it as /F0 in /CS0. Throws REQUEST_INVALID. */
export function addText(
  draft: Draft,
  shown: ShownText,
  box: Box,
): { readonly font: PdfReference; readonly operators: string } {
  const { text = '', font, fontSize, slanted = false } = shown
  if (font === undefined) throw new Fault('REQUEST_INVALID', 'a text needs a font to be embedded')
  if (text.length > maxTextLength) throw new Fault('REQUEST_INVALID', `a text of ${text.length} characters`)
  if (fontSize !== undefined && !(fontSize > 0)) throw new Fault('REQUEST_INVALID', `a font size of ${fontSize}`)
  const program = readFont(font)
  const lean = slanted ? slant : 0
  // The last letter leans out of its width.
  const measure = (line: string) => widthOf(program, line) + lean
  const { lines, size, leading } = layOut(text, measure, box.width, box.height, fontSize)
  const embedded = embedFont(draft, program, lines.join(''))
  const ascent = (program.ascender / program.unitsPerEm) * size
  const placed = lines.map((line, index) => ({ line, y: box.y + box.height - ascent - index * leading }))
  const operators = [
    `q /CS0 cs ${(shown.colour ?? [0, 0, 0]).map(part => plain(part / 255)).join(' ')} sc`,
    `BT /F0 ${plain(size)} Tf`,
    ...placed.map(({ line, y }) => `1 0 ${lean} 1 ${plain(box.x)} ${plain(y)} Tm ${embedded.show(line)} Tj`),
    'ET',
    ...placed.flatMap(({ line, y }) => {
      const bar = (at: number) =>
        `${[box.x, y + at * size, widthOf(program, line) * size, lineThickness * size].map(plain).join(' ')} re f`
      return [...(shown.underlined ? [bar(underlineAt)] : []), ...(shown.struckThrough ? [bar(strikeAt)] : [])]
    }),
    'Q',
  ].join('\n')
  return { font: embedded.reference, operators }
}
