// The test target as a PDF to print: one A4 page of vector drawing, every mark at its exact millimetre (target-layout.ts).
// Black and greys are DeviceGray, so that a printer sets them in black alone; nothing is anti-aliased or scaled by us.

import {
  code,
  corners,
  dotRadius,
  dots,
  encodeVersion,
  finder,
  linePairs,
  type Patch,
  type Point,
  patches,
  patchSide,
  type Square,
  sheet,
  squares,
  targetVersion,
} from '../image/target-layout.ts'
import { type SheetTexts, sheetTexts } from './target-sheet-texts.ts'
import { textString } from './text.ts'
import { indirectObject, latin1 } from './write.ts'

const pointsPerMillimetre = 72 / 25.4
/** Control points of a quarter circle, by its radius. */
const quarterCircle = 0.5522847498
const lineMillimetres = 3.6
const linesInGroup = 12
const textPoints = { title: 11, body: 7.5, label: 6 } as const

/** The whole file; `languages` choose the texts, `version` is another than ours in tests of the reader alone. */
export function targetSheet(languages: readonly string[], version = targetVersion): Uint8Array {
  const content = latin1(drawing(languages, version))
  const [width, height] = [sheet.width, sheet.height].map(side => round(side * pointsPerMillimetre))
  const objects = [
    `<< /Type /Catalog /Pages 2 0 R /Lang ${textString(languages[0] ?? 'en')} /ViewerPreferences << /PrintScaling /None >> >>`,
    '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>`,
    `<< /Length ${content.length} >>\nstream\n${Buffer.from(content).toString('latin1')}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    `<< /Title ${textString(`Compulsa test target ${version}`)} >>`,
  ]
  return file(objects)
}

function file(objects: readonly string[]): Uint8Array {
  let text = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'
  const offsets = objects.map((body, index) => {
    const offset = text.length
    text += indirectObject(index + 1, 0, body)
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const size = objects.length + 1
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`
  return latin1(
    `${text}${table}trailer\n<< /Size ${size} /Root 1 0 R /Info 6 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
  )
}

/** Millimetres from the upper left; the text alone is set upright again. */
function drawing(languages: readonly string[], version: number): string {
  const scale = round(pointsPerMillimetre)
  const marks = [
    ...corners.flatMap(finderMark),
    '0 g',
    ...dots.map(dot => disc(dot, dotRadius)),
    ...codeMarks(version),
    ...squares.map(square => turned(square)),
    ...patches.map(patchMark),
    '0 g',
    ...bars(linePairs.upright, false),
    ...bars(linePairs.level, true),
  ]
  const paint = `q\n${scale} 0 0 -${scale} 0 ${round(sheet.height * pointsPerMillimetre)} cm\n${marks.join('\n')}\nQ`
  return `${paint}\n${texts(languages, version).join('\n')}`
}

function finderMark(centre: Point): string[] {
  const { module, ring, gap, disc: inner } = finder
  return ['0 g', disc(centre, ring * module), '1 g', disc(centre, gap * module), '0 g', disc(centre, inner * module)]
}

function disc({ x, y }: Point, radius: number): string {
  const k = radius * quarterCircle
  const to = (...values: number[]) => `${values.map(round).join(' ')} c`
  return [
    `${round(x + radius)} ${round(y)} m`,
    to(x + radius, y + k, x + k, y + radius, x, y + radius),
    to(x - k, y + radius, x - radius, y + k, x - radius, y),
    to(x - radius, y - k, x - k, y - radius, x, y - radius),
    to(x + k, y - radius, x + radius, y - k, x + radius, y),
    'f',
  ].join('\n')
}

function codeMarks(version: number): string[] {
  return encodeVersion(version).flatMap((bit, index) =>
    bit === 1 ? [rectangle(code.left + index * code.cell, code.top, code.cell, code.height)] : [],
  )
}

function turned({ x, y, side, degrees }: Square): string {
  const angle = (degrees * Math.PI) / 180
  const [cosine, sine, half] = [Math.cos(angle), Math.sin(angle), side / 2]
  const at = (u: number, v: number) => `${round(x + u * cosine - v * sine)} ${round(y + u * sine + v * cosine)}`
  return `${at(-half, -half)} m ${at(half, -half)} l ${at(half, half)} l ${at(-half, half)} l f`
}

function patchMark({ x, y, kind, rgb, name }: Patch): string {
  // The lightest step is the paper itself.
  if (name === 'gray0') return ''
  const colour = kind === 'gray' ? `${round(rgb[0])} g` : `${rgb.map(round).join(' ')} rg`
  return `${colour}\n${rectangle(x - patchSide / 2, y - patchSide / 2, patchSide, patchSide)}`
}

/** A row of groups of lines, finest last. */
function bars(centre: Point, level: boolean): string[] {
  const { perMillimetre, side } = linePairs
  const pitch = side / perMillimetre.length
  return perMillimetre.flatMap((pairs, group) =>
    Array.from({ length: linesInGroup }, (_, index) => {
      const along = -side / 2 + group * pitch + 0.3
      const across = (index - linesInGroup / 2) / pairs
      const [length, width] = [pitch - 0.6, 0.5 / pairs]
      return level
        ? rectangle(centre.x + along, centre.y + across, length, width)
        : rectangle(centre.x + across, centre.y + along, width, length)
    }),
  )
}

function texts(languages: readonly string[], version: number): string[] {
  const chosen = languages.flatMap(language => sheetTexts[language] ?? [])
  const known = chosen.length === 0 ? Object.values(sheetTexts) : chosen
  const title = `${known.map(one => one.title).join(' · ')}   (Compulsa ${version})`
  const lines = known.flatMap((one: SheetTexts) => one.instructions)
  const left = corners[0].x - 4
  return [
    '0 g',
    writeLine(title, textPoints.title, left, 18),
    ...labels(),
    ...lines.map((line, index) => writeLine(line, textPoints.body, left, 272 + index * lineMillimetres)),
  ]
}

/** Line pairs a millimetre, beside each group; for the eye. */
function labels(): string[] {
  const { perMillimetre, side, upright, level } = linePairs
  const pitch = side / perMillimetre.length
  return perMillimetre.flatMap((pairs, group) => {
    const along = -side / 2 + (group + 0.5) * pitch
    return [
      writeLine(String(pairs), textPoints.label, upright.x - 8, upright.y + along + 0.7),
      writeLine(String(pairs), textPoints.label, level.x + along - 0.6, level.y - 5),
    ]
  })
}

function writeLine(text: string, size: number, x: number, y: number): string {
  const place = [x, sheet.height - y].map(value => round(value * pointsPerMillimetre)).join(' ')
  return `BT /F1 ${size} Tf ${place} Td <${winAnsi(text).toString('hex').toUpperCase()}> Tj ET`
}

/** WinAnsiEncoding (ISO 32000-1, D.2) is Latin-1 here but for the apostrophe. */
function winAnsi(text: string): Buffer {
  return Buffer.from(text.replaceAll('’', '\x92'), 'latin1')
}

function rectangle(x: number, y: number, width: number, height: number): string {
  return `${[x, y, width, height].map(round).join(' ')} re f`
}

/** A ten-thousandth of a millimetre or point; no exponent, which PDF does not know. */
function round(value: number): number {
  return Number(value.toFixed(5))
}
