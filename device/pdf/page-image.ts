// A picture that becomes part of what pages show (ISO 32000-1, 8.9.5).

import { Fault } from '../errors.ts'
import type { Draft } from './draft.ts'
import { sRgbProfile } from './icc.ts'
import { addColourSpace, addImage } from './image-object.ts'
import { chosenPages, type PageChoice } from './page-choice.ts'
import { paintOn } from './page-content.ts'
import { type PageRectangle, pageSpace, uprightIn } from './page-space.ts'
import { allowsTransparency } from './pdfa.ts'

export interface PageImageRequest {
  readonly pages: Exclude<PageChoice, 'append'>
  /** Filled whole, whatever the picture's proportions. */
  readonly rectangle: PageRectangle
  /** JPEG or PNG. */
  readonly image: Uint8Array
}

/** Paints the picture. Throws REQUEST_INVALID, PDF_UNREADABLE, IMAGE_UNREADABLE, IMAGE_TOO_LARGE. */
export async function addPageImage(draft: Draft, { pages, rectangle, image }: PageImageRequest): Promise<void> {
  if (!(rectangle.width > 0 && rectangle.height > 0)) {
    throw new Fault('REQUEST_INVALID', 'the rectangle of the image has no area')
  }
  const opaque = !(await allowsTransparency(draft.document))
  const { reference: object } = addImage(draft, image, { rgb: addColourSpace(draft, 3, sRgbProfile()), opaque })
  for (const page of await chosenPages(draft.document, pages)) {
    const space = await pageSpace(draft.document, page.dictionary)
    await paintOn(draft, page, { object, matrix: uprightIn(space, rectangle) })
  }
}
