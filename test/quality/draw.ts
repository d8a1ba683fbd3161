// The parts that pages are drawn of, as SVG in millimetres.

import { seededRandom, wrapped } from '../sim/paper.ts'

export type Random = () => number

export { seededRandom, wrapped }

export const sans = 'DejaVu Sans'
export const serif = 'DejaVu Serif'
export const mono = 'DejaVu Sans Mono'
export const ink = '#1b1b1d'
export const pen = '#1c2f86'

export interface TextStyle {
  readonly font?: string
  readonly fill?: string
  readonly bold?: boolean
  readonly opacity?: number
}

/** One line of text; `size` is the font's in millimetres. */
export function textLine(x: number, y: number, size: number, text: string, style: TextStyle = {}): string {
  const { font = sans, fill = ink, bold = false, opacity = 1 } = style
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const weight = bold ? ' font-weight="bold"' : ''
  return `<text x="${x}" y="${y}" font-family="${font}" font-size="${size}" fill="${fill}" opacity="${opacity}"${weight}>${escaped}</text>`
}

export function rectangle(x: number, y: number, width: number, height: number, attributes: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" ${attributes}/>`
}

export function rule(x: number, y: number, length: number, stroke = '#444', width = 0.25): string {
  return `<path d="M${x} ${y}h${length}" stroke="${stroke}" stroke-width="${width}"/>`
}

/** A cursive scribble of so many strokes, about 2 mm each. */
export function handwriting(
  random: Random,
  at: { readonly x: number; readonly y: number },
  strokes: number,
  stroke: string,
  width: number,
): string {
  const path = [`M${at.x.toFixed(1)} ${at.y.toFixed(1)}`]
  for (let i = 0; i < strokes; i++) {
    const rise = -2 - random() * 5
    const across = (1 + random() * 2).toFixed(1)
    path.push(
      `c${(0.5 + random()).toFixed(1)} ${rise.toFixed(1)} ${(2 + random()).toFixed(1)} ${rise.toFixed(1)} ${across} ${((random() - 0.5) * 1.4).toFixed(1)}`,
    )
  }
  return `<path d="${path.join('')}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round"/>`
}

/** An office's stamp, a little crooked. */
export function stamp(random: Random, x: number, y: number, fill: string, opacity: number): string {
  const angle = ((random() - 0.5) * 14).toFixed(2)
  const number = String(10_000 + Math.floor(random() * 80_000))
  return `<g transform="translate(${x} ${y}) rotate(${angle})" opacity="${opacity}">
${rectangle(0, 0, 46, 20, `rx="1.5" fill="none" stroke="${fill}" stroke-width="0.7"`)}
${textLine(4, 5.6, 3, 'REGISTRE GENERAL', { fill, bold: true })}${textLine(4, 11.6, 4, '14 / 05 / 2026', { fill, bold: true })}
${textLine(4, 17, 2.9, `Entrada ${number}`, { fill })}</g>`
}

/** A round seal. */
export function seal(x: number, y: number, fill: string, opacity: number): string {
  return `<g opacity="${opacity}" fill="none" stroke="${fill}"><circle cx="${x}" cy="${y}" r="14" stroke-width="0.8"/>
<circle cx="${x}" cy="${y}" r="10" stroke-width="0.3"/><path d="M${x - 5} ${y + 4}l5-11 5 11z" stroke-width="0.8"/></g>`
}

/** A photograph: soft blobs of many tones. */
export function photograph(random: Random, x: number, y: number, width: number, height: number): string {
  const blobs = Array.from({ length: 40 }, () => {
    const level = Math.floor(20 + random() * 190)
    const colour = `rgb(${level},${Math.floor(level * (0.7 + random() * 0.3))},${Math.floor(level * (0.6 + random() * 0.4))})`
    const [rx, ry] = [(0.05 + random() * 0.25) * width, (0.05 + random() * 0.2) * height]
    return `<ellipse cx="${x + random() * width}" cy="${y + random() * height}" rx="${rx}" ry="${ry}" fill="${colour}" opacity="0.7"/>`
  })
  return `<svg x="${x}" y="${y}" width="${width}" height="${height}" viewBox="${x} ${y} ${width} ${height}">${rectangle(x, y, width, height, 'fill="#6a6257"')}${blobs.join('')}</svg>`
}
