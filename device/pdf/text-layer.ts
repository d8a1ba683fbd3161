// The text that was read on a page, laid invisibly over its image: found, selected and copied where it is seen, and shown
// by nothing (text rendering mode 3; ISO 32000-1, 9.3.6). One word is one string, as wide as the word's box; the blank
// between two words fills the gap, so that readers that go by characters part words as those that go by places do.

import type { PageText, TextLine } from '../ports.ts'
import { invisibleMetrics, invisibleString } from './invisible-font.ts'

/** What a page's resources call the font of invisible-font.ts. */
export const invisibleFontName = 'F0'

/** Where on the page the image lies that the text was read from: upright, its lower left corner and its size in points. */
export interface TextPlace {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Four places of a point are below what any device resolves, and no number needs an exponent, which PDF does not know. */
const places = 4
/**
 * A word gives way to the next where less than this share of the line's size is between them: readers that go by places
 * would take both for one.
 */
const leastBlank = 0.2
const blank = invisibleString(' ').source
/** No size and no gap is zero, whatever a reader says; points. */
const leastSize = 0.1

const thousand = 1000

/**
 * Content operators in a group of their own, to follow those of the image; empty where there is no text. The page's
 * resources name the font `/F0`.
 */
export function textLayer(text: PageText, { x, y, width, height }: TextPlace): string {
  if (text.lines.length === 0) return ''
  const scale = { across: width / text.width, down: height / text.height }
  const lines = text.lines.map(line => showLine(placeLine(line, scale), height))
  return ['q', `1 0 0 1 ${numbers(x, y)} cm`, 'BT', '3 Tr', ...lines, 'ET', 'Q'].join('\n')
}

/** A line as its words lie along it, in points: `base` and each `start` are distances from the page's upper left corner. */
interface PlacedLine {
  /** Clockwise, radians. */
  readonly angle: number
  readonly size: number
  /** Of the base line, at right angles to the line, downwards for one that is level. */
  readonly base: number
  readonly words: readonly { readonly text: string; readonly start: number; readonly length: number }[]
}

interface Scale {
  readonly across: number
  readonly down: number
}

function placeLine({ words, size, angleDegrees, baseline }: TextLine, { across, down }: Scale): PlacedLine {
  const upended = angleDegrees === 90 || angleDegrees === 270
  const angle = (angleDegrees * Math.PI) / 180 + Math.atan(((baseline?.slope ?? 0) * down) / across)
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const boxes = words.map(({ text, left, top, width, height }) => {
    const [x, y] = [(left + width / 2) * across, (top + height / 2) * down]
    const [length, thickness] = upended ? [height * down, width * across] : [width * across, height * down]
    return { text, length, start: x * cosine + y * sine - length / 2, foot: y * cosine - x * sine + thickness / 2 }
  })
  const points = Math.max(leastSize, size * (upended ? across : down))
  const descent = (-invisibleMetrics.descent / thousand) * points
  const foot = Math.max(...boxes.map(box => box.foot)) - descent
  const standing = baseline && baseline.y * down * cosine - (words[0]?.left ?? 0) * across * sine
  return { angle, size: points, base: standing ?? foot, words: boxes }
}

function showLine({ angle, size, base, words }: PlacedLine, height: number): string {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const origin = words[0]?.start ?? 0
  const [x, y] = [origin * cosine - base * sine, origin * sine + base * cosine]
  const stretched = (length: number, codes: number) =>
    numbers((100 * length) / ((codes * size * invisibleMetrics.advance) / thousand))
  const shown = words.map((word, index) => {
    const { codes, source } = invisibleString(word.text)
    const step = index === 0 ? '' : `${numbers(word.start - (words[index - 1]?.start ?? 0))} 0 Td `
    const next = words[index + 1]
    if (next === undefined) return `${step}${stretched(word.length, codes)} Tz ${source} Tj`
    const room = next.start - word.start
    const length = Math.max(Math.min(word.length, room - leastBlank * size), word.length / 2)
    const gap = Math.max(room - length, leastSize)
    return `${step}${stretched(length, codes)} Tz ${source} Tj ${stretched(gap, 1)} Tz ${blank} Tj`
  })
  const matrix = numbers(cosine, -sine, sine, cosine, x, height - y)
  return [`/${invisibleFontName} ${numbers(size)} Tf ${matrix} Tm`, ...shown].join('\n')
}

function numbers(...values: readonly number[]): string {
  return values.map(value => String(Number(value.toFixed(places)))).join(' ')
}
