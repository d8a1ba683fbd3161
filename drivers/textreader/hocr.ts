// hOCR 1.2 as Tesseract writes it (its hocrrenderer), as far as the words, their boxes and their lines go. A program's
// output is foreign bytes like any other: whatever does not fit is TEXT_UNREADABLE, and no word of it is repeated.

import { Fault } from '../../device/errors.ts'
import type { PageText, TextLine, TextWord } from '../../device/ports.ts'

/** Far more than fit on an A3 sheet of fine print. */
const maxWords = 50_000
const maxWordLength = 500
const lineClasses = ['ocr_line', 'ocr_caption', 'ocr_header', 'ocr_textfloat']

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

type OpenLine = Omit<TextLine, 'words'> & { readonly words: TextWord[] }

/** The text of the one page that was `width` × `height` pixels; lines without words are left out. */
export function parseHocr(
  hocr: string,
  { width, height }: { readonly width: number; readonly height: number },
): PageText {
  if (!hocr.trimEnd().endsWith('</html>')) throw unfit('it breaks off')
  const page: Box = { left: 0, top: 0, right: width, bottom: height }
  const element = /<(?:div|span) class='(ocrx?_\w+)'[^>]*? title=(["'])(.*?)\2[^>]*>/g
  const lines: OpenLine[] = []
  let pages = 0
  let words = 0
  for (const found of hocr.matchAll(element)) {
    const [tag, name = '', , title = ''] = found
    if (name === 'ocr_page') {
      pages++
      checkPage(boxOf(title, page), page)
    } else if (lineClasses.includes(name)) lines.push(openLine(title, page))
    else if (name === 'ocrx_word') {
      const line = lines.at(-1)
      if (line === undefined || ++words > maxWords) throw unfit('a word out of place')
      const word = wordOf(title, textBehind(hocr, found.index + tag.length), page)
      if (word !== undefined) line.words.push(word)
    }
  }
  if (pages !== 1) throw unfit(`it has ${pages} pages`)
  return { width, height, lines: lines.filter(line => line.words.length > 0).map(atFirstWord) }
}

function openLine(title: string, page: Box): OpenLine {
  const box = boxOf(title, page)
  const size = Number(property(title, 'x_size')?.[0] ?? box.bottom - box.top)
  if (!(size > 0) || size > page.bottom - page.top) throw unfit('a line of an impossible size')
  const angle = Number(property(title, 'textangle')?.[0] ?? 0)
  const angleDegrees = ([0, 90, 180, 270] as const).find(quarter => quarter === (360 - angle) % 360)
  if (angleDegrees === undefined) throw unfit('a line at an impossible angle')
  const [slope, offset] = (property(title, 'baseline') ?? []).map(Number)
  const line = { words: [], size, angleDegrees }
  if (slope === undefined || offset === undefined || angleDegrees !== 0) return line
  if (!(Math.abs(slope) <= 1) || !(Math.abs(offset) <= page.bottom)) throw unfit('an impossible base line')
  // Measured from the lower left corner of the line's box; moved to its first word below, which may begin further right.
  return { ...line, baseline: { y: box.bottom + offset - slope * box.left, slope } }
}

/** The base line as it was opened is that at the page's left edge. */
function atFirstWord(line: OpenLine): TextLine {
  const { baseline, words } = line
  const first = words[0]
  if (baseline === undefined || first === undefined) return line
  return { ...line, baseline: { ...baseline, y: baseline.y + baseline.slope * first.left } }
}

/** Undefined for what Tesseract sets in place of pictures and rules: a box of blanks, or one without extent. */
function wordOf(title: string, text: string, page: Box): TextWord | undefined {
  const { left, top, right, bottom } = boxOf(title, page)
  const sure = Number(property(title, 'x_wconf')?.[0])
  if (!(sure >= 0 && sure <= 100)) throw unfit('a word without its confidence')
  if (text === '' || right === left || bottom === top) return undefined
  return { text, left, top, width: right - left, height: bottom - top, confidence: sure / 100 }
}

function textBehind(hocr: string, from: number): string {
  const end = hocr.indexOf('</span>', from)
  const source = hocr.slice(from, end)
  if (end < 0 || source.length > maxWordLength) throw unfit('a word without its end')
  return characters(source.replaceAll(/<\/?(?:strong|em)>/g, ''))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function characters(source: string): string {
  if (/[<>]/.test(source)) throw unfit('markup within a word')
  const text = source.replaceAll(/&([^;]*);?/g, (_, name: string) => {
    const character = entities[name]
    if (character === undefined) throw unfit('an unknown entity')
    return character
  })
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cn}\p{Z}]+/gu, ' ')
    .normalize('NFC')
    .trim()
}

function boxOf(title: string, page: Box): Box {
  const [left = -1, top = -1, right = -1, bottom = -1] = (property(title, 'bbox') ?? []).map(Number)
  const inside = left >= page.left && top >= page.top && right <= page.right && bottom <= page.bottom
  if (!inside || !(left <= right) || !(top <= bottom)) throw unfit('a box outside the page')
  return { left, top, right, bottom }
}

function checkPage(box: Box, page: Box): void {
  if (box.right !== page.right || box.bottom !== page.bottom) throw unfit('it is about another page')
}

/** The values of one property of a title, which are separated by semicolons. */
function property(title: string, name: string): readonly string[] | undefined {
  const found = title.split(';').find(part => part.trimStart().startsWith(`${name} `))
  return found?.trim().split(/\s+/).slice(1)
}

function unfit(why: string): Fault {
  return new Fault('TEXT_UNREADABLE', `the output of tesseract is not as agreed: ${why}`)
}
