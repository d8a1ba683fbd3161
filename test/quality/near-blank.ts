// Sheets with next to nothing on them, which must never be taken for empty ones, and empty ones with the traces that paper
// has.

import { handwriting, mono, pen, type Random, rectangle, seal, seededRandom, stamp, textLine } from './draw.ts'
import { type Sheet, sheetOf, textPage } from './sheets.ts'

/** Each draws one mark somewhere on the sheet. */
const marks: Readonly<Record<string, (random: Random) => string>> = {
  'pencil note': random => handwriting(random, somewhere(random), 24, '#8d8d90', 0.45),
  'hard pencil': random => handwriting(random, somewhere(random), 18, '#a9a9ac', 0.35),
  'pencil tick': random => {
    const { x, y } = somewhere(random)
    return `<path d="M${x} ${y}l2 3 4-7" fill="none" stroke="#8d8d90" stroke-width="0.5"/>`
  },
  'faint red stamp': random => stamp(random, ...inside(random), '#b0303a', 0.35),
  'faint blue stamp': random => stamp(random, ...inside(random), '#27408f', 0.35),
  'faint grey stamp': random => stamp(random, ...inside(random), '#555555', 0.3),
  'faint seal': random => seal(...inside(random), '#7a3a8a', 0.35),
  'fax header': random =>
    textLine(14, 9, 2.9, `14/05/2026 10:${10 + Math.floor(random() * 49)}  FAX 93 555 01 00  P. 2/2`, { font: mono }),
  'dot-matrix line': random => dotted(random, 20 + random() * 40, 30 + random() * 220),
  'light-blue pen': random => handwriting(random, somewhere(random), 20, '#7fb4e0', 0.5),
  'yellow highlighter': random => {
    const [x, y] = inside(random)
    return rectangle(x, y, 60, 4.5, 'fill="#fff36b" opacity="0.85"')
  },
  'green highlighter': random => {
    const [x, y] = inside(random)
    return rectangle(x, y, 50, 4.5, 'fill="#b6f59a" opacity="0.85"')
  },
  'initial near the edge': random =>
    `<path d="M${8 + random() * 2} ${60 + random() * 150}q4 -8 5 0t-3 0" fill="none" stroke="${pen}" stroke-width="0.5"/>`,
  'page number': random => textLine(103, 285, 3.2, String(2 + Math.floor(random() * 90))),
  'blue signature': random => handwriting(random, somewhere(random), 9, pen, 0.5),
  'thin rule': random => `<path d="M40 ${40 + random() * 200}h120" stroke="#777" stroke-width="0.15"/>`,
  'typed word': random => textLine(...inside(random), 2.6, 'vist', { fill: '#444' }),
  'initial in the corner': random =>
    `<path d="M${190 + random() * 6} ${12 + random() * 6}q4 -8 5 0t-3 0" fill="none" stroke="#6a6a70" stroke-width="0.5"/>`,
  'embossed tint': random => rectangle(...inside(random), 40, 12, 'fill="#d8d8e6"'),
}

function somewhere(random: Random): { readonly x: number; readonly y: number } {
  return { x: 30 + random() * 100, y: 30 + random() * 230 }
}

function inside(random: Random): readonly [x: number, y: number] {
  return [25 + random() * 110, 30 + random() * 210]
}

/** A line as a worn ribbon prints it: dots of a third of a millimetre. */
function dotted(random: Random, x: number, y: number): string {
  const dots = Array.from({ length: 260 }, () => {
    const [column, row] = [Math.floor(random() * 220), Math.floor(random() * 7)]
    return `<circle cx="${(x + column * 0.36).toFixed(2)}" cy="${(y + row * 0.36).toFixed(2)}" r="0.15"/>`
  })
  return `<g fill="#6a6a70">${dots.join('')}</g>`
}

export const markKinds = Object.keys(marks)

/** A sheet with one mark of this kind. */
export function markedSheet(kind: string, seed: number): Sheet {
  const draw = marks[kind]
  if (draw === undefined) throw new Error(`no mark is called ${kind}`)
  return sheetOf(kind, draw(seededRandom(seed)), { lined: false })
}

/** An empty sheet; its traces (show-through, holes, dust, a fold, a shadow) come with the scan. */
export function emptySheet(paper = '#fbfaf6'): Sheet {
  return sheetOf('empty', '', { paper, blank: true, lined: false })
}

/** What shines through from the other side. */
export function otherSide(seed: number): string {
  return textPage(seed).svg
}
