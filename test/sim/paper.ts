// Sheets of paper as a document scanner sees them: letters and forms of an invented town hall, nearly empty sheets and
// empty ones, as JPEG of an A4 sheet with the density in its JFIF header. The same request gives the same bytes on one
// installation; seeds choose names, numbers, paragraphs and stains. Fonts: Debian's fonts-dejavu-core.

import sharp from 'sharp'
import { type Language, sheetTexts } from './paper.texts.ts'

/** `pencil` is one handwritten note, `stamp` one faint entry stamp, `fax-header` one printed line; `blank` has nothing. */
export type SheetKind = 'letter' | 'form' | 'blank' | 'pencil' | 'stamp' | 'fax-header'

/** How a sheet is printed and how it went through the feeder; angles are clockwise degrees. */
export interface SheetRequest {
  readonly seed: number
  readonly kind: SheetKind
  /** Pixels per inch. */
  readonly resolution: number
  readonly skewDegrees?: number
  /** How far the sheet lay turned in the feeder; a quarter turn makes the image landscape. */
  readonly turn?: 0 | 90 | 180 | 270
  /** `gray` is a scan in grey: a JPEG of one component. Colour where absent. */
  readonly colour?: 'color' | 'gray'
  readonly text?: Language
}

type Random = () => number

const sheetMillimetres = { width: 210, height: 297 }
const scannerJpegQuality = 78
/** Sensor noise and paper grain, in grey levels either side. */
const noiseLevels = 3
const noiseTableSize = 1 << 16
const serif = 'DejaVu Serif'
const sans = 'DejaVu Sans'
const accent = '#7a1420'
const stampInk = '#27408f'
const penInk = '#1c2f86'

/** One scanned sheet: JPEG bytes, A4 at the asked resolution. */
export async function drawSheet(request: SheetRequest): Promise<Buffer> {
  const turn = request.turn ?? 0
  const sideways = turn === 90 || turn === 270
  const across = Math.round((sheetMillimetres.width * request.resolution) / 25.4)
  const down = Math.round((sheetMillimetres.height * request.resolution) / 25.4)
  const [width, height] = sideways ? [down, across] : [across, down]
  const svg = Buffer.from(sheetSvg(request, width, height))
  const gray = request.colour === 'gray'
  const page = sharp(svg, { limitInputPixels: 200_000_000 }).flatten({ background: '#fff' })
  const { data, info } = await (gray ? page.toColourspace('b-w') : page).raw().toBuffer({ resolveWithObject: true })
  grain(data, width * info.channels, request.seed)
  const raw = { width, height, channels: info.channels }
  const jpeg = await sharp(data, { raw }).jpeg({ quality: scannerJpegQuality, chromaSubsampling: '4:2:0' }).toBuffer()
  return withDensity(jpeg, request.resolution)
}

/** The words that are printed on the sheet and stamped on it, handwriting left out. */
export function printedWords(request: SheetRequest): readonly string[] {
  const lines = sheetSvg(request, 1, 1).matchAll(/<text [^>]*>([^<]*)<\/text>/g)
  return [...lines].flatMap(([, text = '']) => text.replaceAll('&lt;', '<').replaceAll('&amp;', '&').split(/\s+/))
}

/** Random numbers in [0, 1) that a seed repeats. */
export function seededRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Adds noise in place; every line starts elsewhere in one table, so that no pattern shows. */
function grain(pixels: Buffer, lineBytes: number, seed: number): void {
  const random = seededRandom(seed ^ 0x5eed)
  const table = new Int8Array(noiseTableSize)
  for (let i = 0; i < table.length; i++) {
    table[i] = Math.round((random() + random() + random() - 1.5) * 1.3 * noiseLevels)
  }
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.byteLength)
  for (let start = 0; start < clamped.length; start += lineBytes) {
    let at = Math.floor(random() * noiseTableSize)
    const end = Math.min(start + lineBytes, clamped.length)
    for (let i = start; i < end; i++) {
      clamped[i] = (clamped[i] as number) + (table[at++ & (noiseTableSize - 1)] as number)
    }
  }
}

/** Puts a JFIF header with pixels per inch behind the start marker; libvips writes none (JFIF 1.02, application segment 0). */
function withDensity(jpeg: Buffer, resolution: number): Buffer {
  const density = [resolution >> 8, resolution & 0xff]
  const jfif = [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 2, 1, ...density, ...density, 0, 0]
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from(jfif), jpeg.subarray(2)])
}

function sheetSvg(request: SheetRequest, width: number, height: number): string {
  const turn = request.turn ?? 0
  const sideways = turn === 90 || turn === 270
  const [across, down] = sideways ? [297, 210] : [210, 297]
  const quarter = `translate(${across / 2} ${down / 2}) rotate(${turn + (request.skewDegrees ?? 0)}) translate(-105 -148.5)`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${across} ${down}">
<defs><linearGradient id="paper" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#fbfaf5"/>
<stop offset="1" stop-color="#f6f4ed"/></linearGradient></defs>
<rect width="100%" height="100%" fill="#f1f1f0"/>
<g transform="${quarter}"><rect x="0.4" y="0.5" width="210" height="297" fill="#dcdbd6"/>
<rect width="210" height="297" fill="url(#paper)"/>${content(request)}</g></svg>`
}

function content(request: SheetRequest): string {
  const random = seededRandom(request.seed)
  const language = request.text ?? 'ca'
  switch (request.kind) {
    case 'letter':
      return letter(random, language)
    case 'form':
      return form(random, language)
    case 'blank':
      return blank(random, request.seed, language)
    case 'pencil':
      return handwriting(random, 40 + random() * 60, 60 + random() * 140, 26, '#8d8d90', 0.45)
    case 'stamp':
      return entryStamp(random, language, 45 + random() * 90, 50 + random() * 160, 0.42)
    case 'fax-header':
      return line(
        14,
        9,
        2.9,
        `${dateOf(random)} 10:${twoDigits(random, 60)}  FAX 93 555 0${twoDigits(random, 100)}  P. 2/2`,
        'DejaVu Sans Mono',
      )
  }
}

/** Odd seeds let the other side shine through; of four seeds the last two were punched for a binder. */
function blank(random: Random, seed: number, language: Language): string {
  const other =
    seed % 2 === 1 ? `<g transform="translate(210 0) scale(-1 1)" opacity="0.035">${letter(random, language)}</g>` : ''
  const holes =
    seed % 4 >= 2 ? [108.5, 188.5].map(y => `<circle cx="12" cy="${y}" r="2.9" fill="#83827e"/>`).join('') : ''
  return other + holes
}

function letter(random: Random, language: Language): string {
  const texts = sheetTexts[language]
  const person = pick(random, texts.people)
  const officer = pick(
    random,
    texts.people.filter(name => name !== person),
  )
  const rows: string[] = [head(language), footer(random, language)]
  const reference = `${2020 + Math.floor(random() * 7)}/${String(100 + Math.floor(random() * 9800)).padStart(5, '0')}`
  rows.push(line(22, 52, 3.2, `${texts.file}: ${reference}`, sans, 'font-weight="bold"'))
  rows.push(line(22, 57.5, 3.2, `${texts.subject}: ${pick(random, texts.subjects)}`, sans))
  const address = [person, pick(random, texts.streets), texts.town]
  for (const [i, text] of address.entries()) rows.push(line(124, 69 + i * 5, 3.5, text, serif))
  let y = 94
  const paragraphs = [texts.greeting, ...shuffled(random, texts.paragraphs).slice(0, 5), texts.remedy, texts.closing]
  for (const paragraph of paragraphs) {
    for (const text of wrapped(paragraph, 93)) {
      rows.push(line(22, y, 3.35, text, serif))
      y += 5.1
    }
    y += 2.6
  }
  rows.push(line(22, y + 2, 3.35, `${texts.place}, ${dateOf(random)}`, serif))
  rows.push(signature(random, 30, y + 14), line(22, y + 27, 3.35, officer, serif))
  rows.push(line(22, y + 32, 3.1, texts.office, serif, 'font-style="italic"'))
  rows.push(entryStamp(random, language, 138, y + 4, 0.75))
  return rows.join('')
}

function form(random: Random, language: Language): string {
  const texts = sheetTexts[language]
  const rows: string[] = [head(language), footer(random, language)]
  rows.push(`<rect x="20" y="48" width="170" height="10" fill="${accent}"/>`)
  rows.push(line(24, 54.8, 4.6, texts.formTitle, sans, 'font-weight="bold" fill="#fff"'))
  let y = 64
  for (const [title, fields] of texts.sections) {
    rows.push(
      `<rect x="20" y="${y}" width="170" height="6" fill="#dfdcd2"/>`,
      line(22, y + 4.2, 3.1, title, sans, 'font-weight="bold"'),
    )
    y += 6
    for (const [label, ...answers] of fields) {
      rows.push(`<rect x="20" y="${y}" width="170" height="11" fill="none" stroke="#55534d" stroke-width="0.25"/>`)
      rows.push(line(22, y + 3.6, 2.3, label, sans, 'fill="#55534d"'))
      rows.push(line(24 + random() * 3, y + 9, 4, pick(random, answers), serif, `font-style="italic" fill="${penInk}"`))
      y += 11
    }
    y += 4
  }
  for (const [i, text] of texts.choices.entries()) {
    rows.push(`<rect x="22" y="${y + i * 7}" width="4" height="4" fill="none" stroke="#222" stroke-width="0.3"/>`)
    rows.push(line(29, y + 3.3 + i * 7, 3.1, text, sans))
    if (random() < 0.6)
      rows.push(`<path d="M21.6 ${y + 1 + i * 7}l2 3 4-6" fill="none" stroke="${penInk}" stroke-width="0.6"/>`)
  }
  y += texts.choices.length * 7 + 4
  rows.push(`<rect x="110" y="${y}" width="80" height="26" fill="none" stroke="#55534d" stroke-width="0.25"/>`)
  rows.push(line(112, y + 3.6, 2.3, texts.signHere, sans, 'fill="#55534d"'), signature(random, 124, y + 15))
  rows.push(line(22, y + 5, 3.1, `${texts.place}, ${dateOf(random)}`, sans))
  rows.push(entryStamp(random, language, 26, y + 9, 0.6))
  return rows.join('')
}

function head(language: Language): string {
  const texts = sheetTexts[language]
  const shield = `<g transform="translate(22 16)"><path d="M0 0h17v11c0 6-4 9-8.5 11C4 20 0 17 0 11z" fill="#e8b93c" stroke="#222" stroke-width="0.4"/>
<path d="M2.4 0.2v17M6.6 0.2v20.8M10.8 0.2v20.6M15 0.2v16" stroke="${accent}" stroke-width="1.8"/>
<path d="M0.2 9c3-2 5 2 8.4 0s5.4-2 8.2 0v3.6c-3-2-5 2-8.2 0s-5.400-2-8.4 0z" fill="#2d62a8" stroke="#fff" stroke-width="0.4"/></g>`
  return `${shield}${line(44, 24, 6.2, texts.body, serif, `font-weight="bold" fill="${accent}"`)}
${line(44, 30, 3.5, texts.department, sans, 'fill="#333"')}${line(44, 35, 2.7, texts.bodyAddress, sans, 'fill="#555"')}
<path d="M20 42h170" stroke="${accent}" stroke-width="0.5"/>`
}

function footer(random: Random, language: Language): string {
  const bars: string[] = []
  for (let x = 22; x < 66; x += 0.5 + random()) bars.push(`M${x.toFixed(2)} 276v8`)
  return `<path d="M20 272h170" stroke="#999" stroke-width="0.25"/><path d="${bars.join('')}" stroke="#111" stroke-width="0.4"/>
${line(72, 279, 2.4, sheetTexts[language].footer, sans, 'fill="#444"')}${line(72, 283, 2.4, 'www.riudevall.example  ·  010', sans, 'fill="#444"')}`
}

function entryStamp(random: Random, language: Language, x: number, y: number, opacity: number): string {
  const texts = sheetTexts[language]
  const angle = (random() - 0.5) * 14
  const number = String(10_000 + Math.floor(random() * 80_000))
  return `<g transform="translate(${x} ${y}) rotate(${angle.toFixed(2)})" opacity="${opacity}">
<rect width="46" height="20" rx="1.5" fill="none" stroke="${stampInk}" stroke-width="0.7"/>
${line(4, 5.6, 3, texts.stampTop, sans, `font-weight="bold" fill="${stampInk}"`)}
${line(4, 11.6, 4, dateOf(random, true), sans, `font-weight="bold" fill="${stampInk}"`)}
${line(4, 17, 2.9, `${texts.stampEntry} ${number}`, sans, `fill="${stampInk}"`)}</g>`
}

function signature(random: Random, x: number, y: number): string {
  return `${handwriting(random, x, y, 9, penInk, 0.5)}<path d="M${x - 6} ${y + 4}q24 ${-6 - random() * 4} 46 -2" fill="none" stroke="${penInk}" stroke-width="0.5"/>`
}

/** A cursive scribble of so many strokes, about 2 mm each. */
function handwriting(random: Random, x: number, y: number, strokes: number, ink: string, width: number): string {
  const path = [`M${x.toFixed(1)} ${y.toFixed(1)}`]
  for (let i = 0; i < strokes; i++) {
    const rise = -2 - random() * 5
    path.push(
      `c${(0.5 + random()).toFixed(1)} ${rise.toFixed(1)} ${(2 + random()).toFixed(1)} ${rise.toFixed(1)} ${(1 + random() * 2).toFixed(1)} ${((random() - 0.5) * 1.4).toFixed(1)}`,
    )
  }
  return `<path d="${path.join('')}" fill="none" stroke="${ink}" stroke-width="${width}" stroke-linecap="round"/>`
}

function line(x: number, y: number, size: number, text: string, font: string, attributes = ''): string {
  const ink = attributes.includes('fill=') ? '' : 'fill="#1b1b1d"'
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x}" y="${y}" font-family="${font}" font-size="${size}" ${ink} ${attributes}>${escaped}</text>`
}

/** Breaks words into lines of at most so many characters. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > columns) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T
}

function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  return items
    .map(item => [random(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item)
}

function twoDigits(random: Random, below: number): string {
  return String(Math.floor(random() * below)).padStart(2, '0')
}

function dateOf(random: Random, stamped = false): string {
  const day = String(1 + Math.floor(random() * 28)).padStart(2, '0')
  const month = String(1 + Math.floor(random() * 12)).padStart(2, '0')
  return stamped ? `${day} / ${month} / 2026` : `${day}/${month}/2026`
}
