// A scanner that does everything wrong in a known way: lays the sheet crooked, turned or beside the middle on a lid of
// some tone, adds noise, shading, dust, holes, folds and what shines through, and tells the truth about it.

import sharp from 'sharp'
import { rectangle, seededRandom } from './draw.ts'
import type { Sheet } from './sheets.ts'

export type Lid = 'none' | 'black' | 'dark' | 'grey' | 'white'

/** How a sheet is scanned; what is absent is not done. Angles are clockwise degrees, lengths millimetres. */
export interface ScanRequest {
  readonly sheet: Sheet
  readonly seed: number
  readonly resolution: number
  readonly skewDegrees?: number
  readonly turn?: 0 | 90 | 180 | 270
  /** `none`: the scanner shows the sheet alone, and paper white where it lies crooked. */
  readonly lid?: Lid
  /** What the scanner sees; the sheet's own size where absent. */
  readonly area?: { readonly width: number; readonly height: number }
  /** Where the middle of the sheet lies off the middle of the area. */
  readonly off?: { readonly x: number; readonly y: number }
  readonly noise?: number
  /** Share of the light that is lost toward one corner. */
  readonly shading?: number
  /** A dark gutter along the left side, as from a bound book. */
  readonly gutter?: boolean
  readonly through?: string
  readonly throughOpacity?: number
  readonly holes?: boolean
  readonly fold?: number
  readonly dust?: number
  readonly roundedCorners?: number
  readonly colour?: 'color' | 'gray'
  readonly quality?: number
}

/** A position in pixels. */
export interface Corner {
  readonly x: number
  readonly y: number
}

export interface Scan {
  readonly jpeg: Buffer
  readonly width: number
  readonly height: number
  readonly resolution: number
  /** The sheet's true corners in the image, clockwise; some may lie outside. */
  readonly corners: readonly Corner[]
  readonly request: ScanRequest
}

const lids: Readonly<Record<Lid, string>> = {
  none: '#f6f5f1',
  black: '#121214',
  dark: '#3a3a3c',
  grey: '#c8c8c9',
  white: '#ececec',
}

/** Scans a sheet. */
export async function scan(request: ScanRequest): Promise<Scan> {
  const { sheet, resolution } = request
  const lying = request.turn === 90 || request.turn === 270
  const own = lying ? { width: sheet.height, height: sheet.width } : sheet
  const area = request.area ?? own
  const pixels = (millimetres: number) => Math.round((millimetres * resolution) / 25.4)
  const [width, height] = [pixels(area.width), pixels(area.height)]
  const svg = Buffer.from(areaSvg(request, area, width, height))
  const drawn = sharp(svg, { limitInputPixels: 200_000_000, unlimited: true }).flatten({ background: '#fff' })
  const image = request.colour === 'gray' ? drawn.toColourspace('b-w') : drawn
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  expose(data, { width, height, channels: info.channels }, request)
  const raw = { width, height, channels: info.channels }
  const options = { quality: request.quality ?? 80, chromaSubsampling: '4:2:0' }
  const jpeg = await sharp(data, { raw }).withMetadata({ density: resolution }).jpeg(options).toBuffer()
  return { jpeg, width, height, resolution, corners: cornersOf(request, area), request }
}

function placement(request: ScanRequest, area: { readonly width: number; readonly height: number }) {
  const { off = { x: 0, y: 0 }, turn = 0, skewDegrees = 0 } = request
  return { x: area.width / 2 + off.x, y: area.height / 2 + off.y, degrees: turn + skewDegrees }
}

function cornersOf(request: ScanRequest, area: { readonly width: number; readonly height: number }): readonly Corner[] {
  const { sheet, resolution } = request
  const { x, y, degrees } = placement(request, area)
  const angle = (degrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const [w, h] = [sheet.width / 2, sheet.height / 2]
  return [
    [-w, -h],
    [w, -h],
    [w, h],
    [-w, h],
  ].map(([dx = 0, dy = 0]) => ({
    x: ((x + cosine * dx - sine * dy) * resolution) / 25.4,
    y: ((y + sine * dx + cosine * dy) * resolution) / 25.4,
  }))
}

function areaSvg(request: ScanRequest, area: { width: number; height: number }, width: number, height: number): string {
  const { sheet, lid = 'none', roundedCorners = 0 } = request
  const { x, y, degrees } = placement(request, area)
  const place = `translate(${x} ${y}) rotate(${degrees}) translate(${-sheet.width / 2} ${-sheet.height / 2})`
  const round = roundedCorners > 0 ? ` rx="${roundedCorners}"` : ''
  const paper = rectangle(0, 0, sheet.width, sheet.height, `fill="${sheet.paper}"${round}`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${area.width} ${area.height}">
<defs><clipPath id="sheet">${rectangle(0, 0, sheet.width, sheet.height, round)}</clipPath></defs>
<rect width="100%" height="100%" fill="${lids[lid]}"/>${shadow(request, x, y, degrees)}
<g transform="${place}">${paper}<g clip-path="url(#sheet)">${shownThrough(request)}${sheet.svg}</g>${damage(request)}</g></svg>`
}

/** On a light lid a sheet is seen by its shadow alone, which falls to the image's lower right wherever the sheet lies. */
function shadow({ sheet, lid = 'none' }: ScanRequest, x: number, y: number, degrees: number): string {
  if (lid === 'black' || lid === 'dark') return ''
  const place = `rotate(${degrees}) translate(${-sheet.width / 2} ${-sheet.height / 2})`
  const layer = (off: number, grow: number, opacity: number) =>
    `<g transform="translate(${x + off * 0.5} ${y + off}) ${place}">${rectangle(-grow, -grow, sheet.width + 2 * grow, sheet.height + 2 * grow, `fill="#000" opacity="${opacity}"`)}</g>`
  return layer(0.45, 0.25, 0.06) + layer(0.35, 0.1, 0.1) + layer(0.2, 0.05, 0.12)
}

function shownThrough({ sheet, through, throughOpacity = 0.035 }: ScanRequest): string {
  if (through === undefined) return ''
  return `<g transform="translate(${sheet.width} 0) scale(-1 1)" opacity="${throughOpacity}">${through}</g>`
}

function damage(request: ScanRequest): string {
  const { sheet, lid = 'none', fold = 0, dust = 0, seed } = request
  const random = seededRandom(seed ^ 0x0d17)
  const parts: string[] = []
  if (request.holes === true) {
    const fill = lid === 'none' ? '#83827e' : lids[lid]
    const middle = sheet.height / 2
    for (const y of [middle - 40, middle + 40]) parts.push(`<circle cx="12" cy="${y}" r="2.9" fill="${fill}"/>`)
  }
  if (fold > 0) {
    const [w, f] = [sheet.width, fold]
    parts.push(`<path d="M${w - f - 1.5} -1.5H${w + 1.5}V${f + 1.5}z" fill="${lids[lid]}"/>`)
    parts.push(`<path d="M${w - f} 0V${f}H${w}z" fill="#ebe9e2" stroke="#b9b7b0" stroke-width="0.2"/>`)
  }
  for (let i = 0; i < dust; i++) {
    const [x, y] = [random() * sheet.width, random() * sheet.height]
    parts.push(`<circle cx="${x}" cy="${y}" r="${0.08 + random() * 0.14}" fill="#77756f"/>`)
  }
  return parts.join('')
}

/** Light, noise and what the sensor does. */
function expose(data: Buffer, size: { width: number; height: number; channels: number }, request: ScanRequest): void {
  const { noise = 2, shading = 0, gutter = false, seed } = request
  const random = seededRandom(seed ^ 0x5eed)
  const table = Int8Array.from({ length: 1 << 16 }, () =>
    Math.round((random() + random() + random() - 1.5) * 2 * noise),
  )
  const { width, height, channels } = size
  const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength)
  const gutterPixels = width * 0.04
  for (let y = 0, at = 0; y < height; y++) {
    let noisy = Math.floor(random() * table.length)
    for (let x = 0; x < width; x++) {
      const dimmed = shading * ((x / width + y / height) / 2)
      const bound = gutter ? 0.45 * Math.exp(-x / gutterPixels) : 0
      const light = (1 - dimmed) * (1 - bound)
      for (let i = 0; i < channels; i++, at++) {
        pixels[at] = (pixels[at] as number) * light + (table[noisy++ & 0xffff] as number)
      }
    }
  }
}
