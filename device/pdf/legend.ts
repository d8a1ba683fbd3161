// The visible legend of a copy (RD 203/2021, art. 21 and 49): lines of text and a QR code in a margin of their own, never
// over the image of the paper. Laid out for each page's width; its height is what its text needs.

import { type EmbeddedFont, widthOf } from './embedded-font.ts'
import type { Font } from './font.ts'
import type { Size } from './placement.ts'
import { qrContent } from './qr-content.ts'
import { layOut } from './text-layout.ts'

export interface Legend {
  readonly lines: readonly string[]
  /** Last line, `{page}` filled in; absent: pages are not counted. */
  readonly pageLine?: string
  /** What the QR code holds; absent: there is none. */
  readonly link?: string
  readonly font: Font
  /** Whether the margin is added to the page or taken from its sheet; `added` where absent. */
  readonly margin?: 'added' | 'within'
}

export interface LegendMargin {
  /** Points. */
  readonly height: number
  /** Operators for a margin whose lower left corner is the page's. */
  readonly content: (font: EmbeddedFont) => string
}

const fontSize = 7
const padding = 8
/** 19 mm: a module of the longest address is still 0.35 mm. */
const qrSide = 54
/** What an office printer may leave white at the edge of a sheet: 5 mm. */
const edge = 14
/** Tall enough for any legend; layOut() shrinks the text only beyond it. */
const mostHeight = 720
const grey = 0.45

/** Everything that the legend may show, for the subset of its font. */
export function legendCharacters({ lines, pageLine = '' }: Legend): string {
  return [...lines, pageLine, '0123456789'].join('')
}

/** The legend of one page of the given width. */
export function layOutLegend(legend: Legend, page: Pick<Size, 'width'>, number: number): LegendMargin {
  const { font, link } = legend
  const last = legend.pageLine?.replaceAll('{page}', String(number))
  const text = [...legend.lines, ...(last === undefined ? [] : [last])].join('\n')
  const qr = link === undefined ? 0 : qrSide + padding
  const room = Math.max(3 * fontSize, page.width - 2 * edge - qr)
  const { lines, size, leading } = layOut(text, part => widthOf(font, part), room, mostHeight, fontSize)
  const height = Math.max(link === undefined ? 0 : qrSide, lines.length * leading) + padding + edge
  const content = (embedded: EmbeddedFont) =>
    [
      `q ${grey} G 0.5 w ${edge} ${decimal(height - 1)} m ${decimal(page.width - edge)} ${decimal(height - 1)} l S Q`,
      ...(link === undefined ? [] : [qrContent(link, { left: edge, bottom: height - padding - qrSide, side: qrSide })]),
      `BT 0 g /F1 ${size} Tf ${decimal(leading)} TL ${decimal(edge + qr)} ${decimal(height - padding - size)} Td`,
      ...lines.map(line => `${embedded.show(line)} Tj T*`),
      'ET',
    ].join('\n')
  return { height, content }
}

function decimal(value: number): number {
  return Number(value.toFixed(4))
}
