// The pages of a copy: what is known of each sheet's image, which of them go into the copy and how they stand there. Pages
// are never thrown away while the copy is gathered: what is left out can be put back.

import type { ErrorCode } from '../errors.ts'
import type { ImageType, PageEncoding, PageVerdict, Reduction, RenditionGeometry } from '../ports.ts'

/** Bytes in the store: name of the encrypted blob, size and SHA-256 (lower-case hex) of the plaintext. */
export interface StoredBlob {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

export type QuarterTurn = 0 | 90 | 180 | 270

export interface PreparedImage {
  readonly verdict: PageVerdict
  readonly preview: StoredBlob
  /** The blob that goes into the PDF: the scanner's own bytes, or a better encoding of them. */
  readonly rendition: RenditionGeometry & { readonly blob: StoredBlob; readonly encoding: PageEncoding }
  /** What the copy's size was to be brought down by when it was prepared. */
  readonly reduction: Reduction
}

/** Why a page does not go into the copy. `half-sheet`: its back never came, and the sheet is fed again. */
export type LeftOut = 'person' | 'blank' | 'half-sheet'

/** What was read on a page, for the layer of text behind its image; `blob` is null where it could not be read. */
export interface ReadText {
  readonly blob: StoredBlob | null
  /** The page lay so when it was read. */
  readonly turn: QuarterTurn
}

export interface Page {
  readonly id: string
  readonly image: StoredBlob
  readonly mediaType: ImageType
  readonly side: 'front' | 'back'
  /** 1-based, in the order in which the sheets of the copy were fed. */
  readonly sheet: number
  /** Pixels per inch asked of the scanner. */
  readonly resolution: number
  /** Quarter turn that the device is known to give such an image, undone where the text itself does not tell. */
  readonly fedTurn: 0 | 180
  /** The same, as the other backs of the copy show it. */
  readonly inferredTurn: 0 | 180
  readonly prepared: PreparedImage | null
  /** Why the image cannot be used; the sheet must be scanned again. */
  readonly unusable: ErrorCode | null
  /** Quarter turns clockwise chosen by a person, on top of what was found. */
  readonly turn: QuarterTurn
  readonly leftOut: LeftOut | null
  /** The page that this one shares a sheet of the copy with, standing below it: the other side of a card. */
  readonly under: string | null
  readonly text: ReadText | null
}

/** What a scan tells about a new page. */
export type StoredPage = Pick<Page, 'id' | 'image' | 'mediaType' | 'side' | 'resolution' | 'fedTurn'>

/** Bytes that a PDF/A of ours holds besides images: metadata and colour profile, and those of each page. */
const fixedBytes = 12_000
const bytesOfPage = 700
/** A legend's font and, on each page, its text and QR code. */
const legendBytes = { fixed: 30_000, page: 9_000 }
/** A signature with its chain; above B with time-stamps and revocation data, of which CRLs are the largest. */
const signatureBytes = { none: 0, B: 40_000, T: 60_000, above: 400_000 }

/** A page as the scan left it. Of a sheet fed again the number is the same. */
export function newPage(stored: StoredPage, pages: readonly Page[]): Page {
  const last = pages.findLast(page => page.leftOut !== 'half-sheet')
  const sameSheet = stored.side === 'back' && last !== undefined && last.side === 'front'
  const sheet = last === undefined ? 1 : sameSheet ? last.sheet : last.sheet + 1
  const unknown = { prepared: null, unusable: null, text: null } as const
  return { ...stored, ...unknown, sheet, inferredTurn: 0, turn: 0, leftOut: null, under: null }
}

/**
 * The pages after a feeding that stopped before its paper did. The front of a sheet whose back did not come is left out:
 * that sheet is fed again from its front.
 */
export function afterBrokenFeeding(pages: readonly Page[], duplex: boolean): readonly Page[] {
  const last = pages.at(-1)
  if (!duplex || last === undefined || last.side !== 'front' || last.leftOut !== null) return pages
  return [...pages.slice(0, -1), { ...last, leftOut: 'half-sheet' }]
}

/** The first sheet that has to be fed again after a feeding that stopped, 1-based. */
export function sheetToFeed(pages: readonly Page[]): number {
  const last = pages.findLast(page => page.leftOut !== 'half-sheet')
  return last === undefined ? 1 : last.sheet + 1
}

/** The sheets of the copy, each with the images on it from the top; `pages` are in the order of the copy. */
export function copySheets(pages: readonly Page[]): readonly (readonly [Page, ...Page[]])[] {
  const kept = pages.filter(page => page.leftOut === null)
  const above = (page: Page) => (page.under === null ? undefined : kept.find(one => one.id === page.under))
  return kept
    .filter(page => above(page) === undefined)
    .map(page => [page, ...kept.filter(one => one.under === page.id)] as const)
}

/** How many bytes the copy of an order may have. */
export function largestBytes({ document }: { readonly document: { readonly largestMegabytes: number } }): number {
  return document.largestMegabytes * 1_000_000
}

/** How large the signed copy will be at most, in bytes; undefined until every page is prepared for it. */
export function estimateBytes(
  { pages, reduction }: { readonly pages: readonly Page[]; readonly reduction: Reduction },
  { signature, legend }: { readonly signature: Signature; readonly legend: boolean },
): number | undefined {
  const kept = pages.filter(page => page.leftOut === null)
  let sum = fixedBytes + (legend ? legendBytes.fixed : 0) + signatureShare(signature)
  for (const { prepared, text } of kept) {
    if (prepared === null || prepared.reduction !== reduction) return undefined
    sum += prepared.rendition.blob.bytes + bytesOfPage + (text?.blob?.bytes ?? 0) + (legend ? legendBytes.page : 0)
  }
  return sum
}

interface Signature {
  readonly mode: string
  readonly level: string
}

function signatureShare({ mode, level }: Signature): number {
  if (mode === 'none') return signatureBytes.none
  if (level === 'B') return signatureBytes.B
  return level === 'T' ? signatureBytes.T : signatureBytes.above
}
