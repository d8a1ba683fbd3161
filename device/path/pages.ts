// The pages step: image → verdict, preview and the bytes that go into the copy. An image that needs no other encoding
// keeps the scanner's own bytes.

import { resolutionFloor } from '../config/config.ts'
import type { Document, DocumentEvent } from '../document/document.ts'
import type { Page } from '../document/page.ts'
import { Fault } from '../errors.ts'
import type { Imaging, PreparedPage } from '../ports.ts'
import { type Blobs, streamOf } from './step.ts'

export interface PagesTools {
  readonly imaging: Imaging
  readonly blobs: Blobs
}

/** The first page that nothing is known about yet, or that is to be made smaller than it is. */
export function unsettledPage({ pages, reduction }: Document): Page | undefined {
  return pages.find(page => page.unusable === null && page.leftOut !== 'person' && !isPrepared(page, reduction))
}

/** Whether the page can go into the copy as it is. */
export function isPrepared({ prepared }: Page, reduction: Document['reduction']): boolean {
  return prepared !== null && prepared.reduction === reduction
}

/** `pagePrepared`, or `pageUnusable` for an image that nothing can be made of; other faults are thrown. */
export async function preparePage(
  document: Document,
  page: Page,
  tools: PagesTools,
  signal: AbortSignal,
): Promise<DocumentEvent> {
  const { colour, deskew, crop, background } = document.order.digitisation
  const { mediaType, resolution } = page
  const { reduction } = document
  try {
    const image = tools.blobs.read(document.id, page.image.name)
    const request = { mediaType, resolution, colour, deskew, crop, background, reduction }
    const prepared = await tools.imaging.prepare(image, request, signal)
    if (prepared.verdict.resolution < resolutionFloor)
      return { type: 'pageUnusable', pageId: page.id, code: 'RESOLUTION_TOO_LOW' }
    return await storePrepared(document, page, prepared, tools.blobs)
  } catch (thrown) {
    if (thrown instanceof Fault && (thrown.code === 'IMAGE_UNREADABLE' || thrown.code === 'IMAGE_TOO_LARGE')) {
      return { type: 'pageUnusable', pageId: page.id, code: thrown.code }
    }
    throw thrown
  }
}

async function storePrepared(
  { id: documentId, reduction }: Document,
  page: Page,
  { verdict, preview, rendition }: PreparedPage,
  blobs: Blobs,
): Promise<DocumentEvent> {
  const { encoding, width, height, straightenDegrees, frame } = rendition
  const blob = rendition.kind === 'original' ? page.image : await blobs.write(documentId, streamOf(rendition.bytes))
  const stored = await blobs.write(documentId, streamOf(preview))
  return {
    type: 'pagePrepared',
    pageId: page.id,
    prepared: {
      verdict,
      preview: stored,
      rendition: { blob, encoding, width, height, straightenDegrees, frame },
      reduction,
    },
  }
}
