// Office sheets with one mark each that must not lose its colour or its grey, and a scanner that adds to them what real
// ones do: noise, blur, JPEG, sensor rows apart from one another, yellowed paper. Fixed seeds, the same bytes every time.

import sharp from 'sharp'
import type { ByteStream } from '../device/ports.ts'
import { seededRandom } from './sim/paper.ts'

/** A5, so that a test draws it quickly; millimetres. */
const sheet = { width: 148, height: 210 }

/** What one scanner does to a sheet. */
export interface Scanning {
  readonly resolution: number
  /** Grey levels either side. */
  readonly noise: number
  readonly quality: number
  readonly subsampling: '4:2:0' | '4:4:4'
  /** Pixels by which the red and the blue row lie off the green one, down and up. */
  readonly rowsApart: number
  /** Grey levels by which blue is weaker on the paper. */
  readonly yellowed: number
  /** Radius of the optics' blur, in pixels. */
  readonly blur: number
}

const usual: Scanning = {
  resolution: 200,
  noise: 3,
  quality: 80,
  subsampling: '4:2:0',
  rowsApart: 0,
  yellowed: 0,
  blur: 0.6,
}

/** Scanners by name. */
export const scanners = {
  usual,
  strongly: { ...usual, quality: 60 },
  gently: { ...usual, noise: 1, quality: 95, subsampling: '4:4:4' },
  noisy: { ...usual, noise: 7, quality: 75 },
  apart: { ...usual, rowsApart: 0.6 },
  yellowed: { ...usual, yellowed: 14 },
} as const satisfies Record<string, Scanning>

const stamp = (x: number, y: number, ink: string, opacity: number) =>
  `<g opacity="${opacity}" fill="none" stroke="${ink}" transform="translate(${x} ${y}) rotate(-8)"><rect width="44" height="18" stroke-width="0.7"/>` +
  `<text x="3" y="7" font-size="4" fill="${ink}" stroke="none">REGISTRE ENTRADA</text><text x="3" y="14" font-size="4" fill="${ink}" stroke="none">12 NOV 2026 E-1234</text></g>`
const pen = 'M80 190c5-14 8-14 7-4s6-12 9-8 1 9 6 2 7-6 12-3 9-2 12-4'
const stroke = (path: string, ink: string, width: number) =>
  `<path d="${path}" fill="none" stroke="${ink}" stroke-width="${width}"/>`
const box = (x: number, y: number, width: number, height: number, fill: string) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" style="mix-blend-mode:multiply"/>`
const ring = (radius: number, ink: string, width: number) =>
  `<circle cx="110" cy="185" r="${radius}" fill="none" stroke="${ink}" stroke-width="${width}" opacity="0.55"/>`

/** Marks whose colour must never be lost. */
export const colouredMarks: Readonly<Record<string, string>> = {
  'a red stamp': stamp(80, 180, '#c8202c', 0.8),
  'a blue stamp over text': stamp(40, 90, '#27408f', 0.6),
  'a violet stamp': stamp(80, 180, '#6a2c91', 0.7),
  'a faint red stamp': stamp(80, 182, '#c8202c', 0.3),
  'a faint blue stamp': stamp(80, 182, '#27408f', 0.3),
  'a faint violet stamp': stamp(80, 182, '#6a2c91', 0.3),
  'a signature in blue': stroke(pen, '#1c2f86', 0.5),
  'a signature with a thin blue pen': stroke(pen, '#3a4fa0', 0.3),
  'a signature in blue-black': stroke(pen, '#1a2050', 0.5),
  'a tick in blue': stroke('M60 188l2 3 4-6', '#1c2f86', 0.5),
  'a seal': ring(12, '#27408f', 0.6) + ring(9, '#27408f', 0.5),
  'a small red seal': ring(6, '#b03030', 0.4),
  'yellow highlighter': box(20, 35, 30, 5, '#fff35c'),
  'pale pink highlighter': box(20, 35, 20, 5, '#ffdce8'),
  'pale blue rows': [0, 12, 24].map(y => box(14, 150 + y, 120, 6, '#e3edfa')).join(''),
  'a logo of 5 mm': box(14, 8, 5, 5, '#2d62a8'),
  'a logo of 5 mm in four colours':
    box(14, 8, 2.5, 2.5, '#d33') +
    box(16.5, 8, 2.5, 2.5, '#3a3') +
    box(14, 10.5, 2.5, 2.5, '#33d') +
    box(16.5, 10.5, 2.5, 2.5, '#dd3'),
  'a small red stamp at the margin':
    '<text x="2" y="110" font-size="3" fill="#c8202c" opacity="0.7" transform="rotate(-90 5 110)">COPIA 12</text>',
  'a red number': '<text x="110" y="12" font-size="4" fill="#c03030">N 0012345</text>',
  'a red rule': stroke('M14 195h120', '#7a1420', 0.4),
}

/** Papers whose colour must never be lost. */
export const colouredPapers = { pink: '#ffdfe6', green: '#dff3dc', blue: '#dce9f8', yellow: '#fff3a8' } as const

/** Grey marks that black and white would swallow, or blacken. */
export const greyMarks: Readonly<Record<string, string>> = {
  pencil: stroke(pen, '#7d7d80', 0.5),
  'faint pencil': stroke(pen, '#b4b4b6', 0.4),
  'a faint grey stamp': stamp(80, 182, '#404040', 0.25),
  'a grey stamp over text': stamp(40, 90, '#505050', 0.3),
  'grey shading': box(14, 182, 120, 8, '#e4e4e4'),
  'pale shading under text': box(14, 35, 120, 30, '#f0f0f0'),
  'grey text': '<text x="14" y="186" font-size="4" fill="#8a8a8a">Text en gris que no es pot perdre</text>',
  'a gradient':
    '<linearGradient id="g"><stop offset="0" stop-color="#fff"/><stop offset="1" stop-color="#000"/></linearGradient><rect x="14" y="180" width="60" height="12" fill="url(#g)"/>',
  'a dark photograph':
    '<radialGradient id="g"><stop offset="0" stop-color="#666"/><stop offset="1" stop-color="#0c0c0c"/></radialGradient><rect x="100" y="176" width="26" height="24" fill="url(#g)"/>',
  'a screened photograph': Array.from({ length: 1600 }, (_, i) => {
    const [x, y] = [i % 40, Math.floor(i / 40)]
    return `<circle cx="${100 + x / 2}" cy="${176 + y / 2}" r="${(0.1 + 0.18 * Math.abs(Math.sin(x / 9) * Math.cos(y / 7))).toFixed(2)}"/>`
  }).join(''),
  'strong show-through':
    '<text transform="translate(148 0) scale(-1 1)" x="14" y="186" font-size="4" opacity="0.12">De la altra banda del full</text>',
  'highlighter scanned in grey': box(20, 35, 30, 5, '#dadada'),
}

/** Black on white, and nothing lost in black and white. */
export const blackMarks: Readonly<Record<string, string>> = {
  'text alone': '',
  'a table': [0, 10, 20, 30].map(y => stroke(`M14 ${150 + y}h120`, '#141414', 0.35)).join(''),
  'a black bar':
    '<rect x="14" y="182" width="120" height="8" fill="#111"/><text x="18" y="188" font-size="5" fill="#fff">TITOL</text>',
  'a black seal':
    '<g fill="none" stroke="#141414" stroke-width="0.6"><circle cx="110" cy="185" r="9"/><circle cx="110" cy="185" r="6"/></g>',
}

/** A page of text with a mark, as SVG. */
export function sheetWith(mark: string, paper = '#fcfcfb'): string {
  const words =
    'La persona interessada ha presentat la documentacio requerida dins del termini establert per la norma. '
  const lines = Array.from({ length: 24 }, (_, i) => {
    const text = (words + words).slice((i * 13) % 60, ((i * 13) % 60) + 62)
    return `<text x="14" y="${24 + i * 5}" font-size="3.5" font-family="DejaVu Serif">${text}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${sheet.width} ${sheet.height}" font-family="DejaVu Sans" fill="#141414"><rect width="100%" height="100%" fill="${paper}"/>${lines.join('')}${mark}</svg>`
}

/** The sheet as that scanner sees it: a JPEG. */
export async function scanned(svg: string, scanning: Scanning): Promise<Buffer> {
  const [width, height] = [sheet.width, sheet.height].map(side => Math.round((side * scanning.resolution) / 25.4))
  const sized = svg.replace('<svg ', `<svg width="${width}" height="${height}" `)
  const drawn = sharp(Buffer.from(sized)).flatten({ background: '#fff' }).blur(scanning.blur)
  const { data, info } = await drawn.raw().toBuffer({ resolveWithObject: true })
  const pixels = sensed(data, info.width, scanning)
  return sharp(pixels, { raw: { width: info.width, height: info.height, channels: 3 } })
    .withMetadata({ density: scanning.resolution })
    .jpeg({ quality: scanning.quality, chromaSubsampling: scanning.subsampling })
    .toBuffer()
}

function sensed(data: Buffer, width: number, { noise, rowsApart, yellowed }: Scanning): Buffer {
  const random = seededRandom(7)
  const grain = Float32Array.from({ length: 1 << 16 }, () => (random() + random() + random() - 1.5) * 2 * noise)
  const lineBytes = width * 3
  const pixels = new Uint8ClampedArray(data.length)
  const rows = [rowsApart, 0, -rowsApart]
  const tints = [1 - yellowed / 1500, 1 - yellowed / 700, 1 - yellowed / 255]
  for (let at = 0, from = 0; at < data.length; at++) {
    if (at % lineBytes === 0) from = Math.floor(random() * grain.length)
    const channel = at % 3
    const apart = rows[channel] as number
    const near = data[at + Math.floor(apart) * lineBytes] ?? 255
    const next = data[at + Math.floor(apart + 1) * lineBytes] ?? 255
    const level = near + (next - near) * (apart - Math.floor(apart))
    pixels[at] = level * (tints[channel] as number) + (grain[from++ & 0xffff] as number)
  }
  return Buffer.from(pixels.buffer)
}

/** Bytes as they come over a channel. */
export async function* streamOf(bytes: Uint8Array, chunkBytes = 50_000): ByteStream {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}
