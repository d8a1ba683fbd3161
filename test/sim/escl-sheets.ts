// What the simulated scanner sees when a sheet passes: the sheet's own JPEG bytes where they are what was asked for,
// else the same picture cropped, resampled and encoded as the job ticket wants it.

import sharp from 'sharp'
import type { Ticket } from './escl-documents.ts'

const scannerJpegQuality = 85
/** A sheet may be this much larger than the region asked for and still be sent as it is: millimetres do not divide. */
const regionTolerance = 0.01

/** One sheet of paper, as JPEG; its resolution is that of the JPEG's header, or 300 pixels per inch. */
export interface SheetImage {
  readonly front: Uint8Array
  /** Absent: the back is white. */
  readonly back?: Uint8Array
}

/** The images that a sheet gives in one pass, front first. */
export async function imagesOf(sheet: SheetImage, ticket: Ticket): Promise<readonly Uint8Array[]> {
  const front = await exposed(sheet.front, ticket)
  if (!ticket.duplex) return [front]
  return [front, await exposed(sheet.back ?? (await whiteBackOf(sheet.front)), ticket)]
}

async function exposed(jpeg: Uint8Array, ticket: Ticket): Promise<Uint8Array> {
  const { width, height, channels, density } = await sharp(jpeg).metadata()
  const stored = resolutionOf(density)
  const maxWidth = Math.round((ticket.width * stored) / 300)
  const maxHeight = Math.round((ticket.height * stored) / 300)
  const fits = width <= maxWidth * (1 + regionTolerance) && height <= maxHeight * (1 + regionTolerance)
  const gray = ticket.colourMode === 'Grayscale8'
  if (fits && stored === ticket.resolution && gray === (channels === 1)) return jpeg
  const crop = { left: 0, top: 0, width: Math.min(width, maxWidth), height: Math.min(height, maxHeight) }
  const scale = ticket.resolution / stored
  return sharp(jpeg)
    .extract(crop)
    .resize(Math.round(crop.width * scale), Math.round(crop.height * scale), { fit: 'fill' })
    .toColourspace(gray ? 'b-w' : 'srgb')
    .withMetadata({ density: ticket.resolution })
    .jpeg({ quality: scannerJpegQuality })
    .toBuffer()
}

async function whiteBackOf(front: Uint8Array): Promise<Uint8Array> {
  const { width, height, channels, density } = await sharp(front).metadata()
  const image = sharp({ create: { width, height, channels: 3, background: '#fcfcfa' } })
  const white = image.toColourspace(channels === 1 ? 'b-w' : 'srgb').withMetadata({ density: resolutionOf(density) })
  return white.jpeg({ quality: scannerJpegQuality }).toBuffer()
}

/** libvips reports 72 for a JPEG that states no density; no document is scanned as coarsely. */
function resolutionOf(density: number | undefined): number {
  return density === undefined || density <= 72 ? 300 : density
}
