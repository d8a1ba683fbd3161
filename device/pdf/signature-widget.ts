// The widget of a signature field: a new one on a page, invisible or with an appearance, or the one that the document's own
// field has (ISO 32000-1, 12.5.6.19 and 12.7.4.5; ISO 19005-2, 6.3).

import { Fault } from '../errors.ts'
import { type AppearanceContent, addAppearance, addEmptyAppearance, type FormBefore, numbers } from './appearance.ts'
import type { Draft } from './draft.ts'
import { addField, addWidget } from './form.ts'
import { unreadable } from './limits.ts'
import {
  entry,
  nameEntry,
  type PdfDictionary,
  type PdfDirect,
  type PdfReference,
  pdfDictionary,
  withEntries,
} from './objects.ts'
import { boxOf, type PageRectangle, pageAt, pageSpace } from './page-space.ts'
import { allowsTransparency, pdfAPart } from './pdfa.ts'
import { textString } from './text.ts'
import { type PdfField, pagesOf } from './tree.ts'
import { serialise } from './write.ts'

/** A visible signature. */
export interface SignatureAppearance extends AppearanceContent {
  /** From 1, or from the end by -1; page and rectangle count for a new field only. */
  readonly page: number
  readonly rectangle: PageRectangle
}

/** /F: Print and Locked (ISO 32000-1, table 165). */
const printLocked = 132

/** Field and widget in one, on the first page unless an appearance says where. Throws REQUEST_INVALID, PDF_UNREADABLE. */
export async function addSignatureField(
  draft: Draft,
  fieldName: string,
  signature: PdfReference,
  appearance?: SignatureAppearance,
): Promise<void> {
  const { document } = draft
  const page = appearance ? await pageAt(document, appearance.page) : (await pagesOf(document).next()).value
  if (!page) throw unreadable('the document has no page')
  const field = draft.take()
  const shown = appearance ? await placed(draft, page.dictionary, appearance) : '/Rect [0 0 0 0]'
  draft.putSyntax(
    field,
    `<< /Type /Annot /Subtype /Widget /FT /Sig /T ${textString(fieldName)} /F ${printLocked} ${shown} ` +
      `/P ${serialise(page.reference)} /V ${serialise(signature)} >>`,
  )
  await addWidget(draft, page, field)
  await addField(draft, field)
}

async function placed(draft: Draft, page: PdfDictionary, appearance: SignatureAppearance): Promise<string> {
  const { rectangle } = appearance
  const space = await pageSpace(draft.document, page)
  const { x, y, width, height } = rectangle
  if (width === 0 && height === 0) throw new Fault('REQUEST_INVALID', 'a new visible signature needs a rectangle')
  const outside = x >= space.width || y >= space.height || x + width <= 0 || y + height <= 0
  if (outside || !(width > 0 && height > 0)) {
    const size = `${space.width} x ${space.height}`
    throw new Fault('REQUEST_INVALID', `the rectangle shows nothing on a page of ${size} points`)
  }
  const opaque = !(await allowsTransparency(draft.document))
  const form = addAppearance(draft, appearance, { width, height, rotate: space.rotate, opaque })
  return `/Rect ${serialise(numbers(space.toUserSpace(rectangle)))} /AP << /N ${serialise(form)} >>`
}

/**
 * Puts the signature into the document's own field. Its widget keeps its place and changes only where it is to show
 * something, or where PDF/A wants an appearance of what can be seen. Throws REQUEST_INVALID.
 */
export async function fillSignatureField(
  draft: Draft,
  { name, reference, dictionary }: PdfField,
  signature: PdfReference,
  content?: AppearanceContent,
): Promise<void> {
  if (!reference) throw new Fault('REQUEST_INVALID', `the field ${name} is no object of its own`)
  draft.put(reference, withEntries(dictionary, { V: signature }))
  const place = await widgetOf(draft, reference, dictionary)
  const widget = await draft.resolve(place)
  if (widget.kind !== 'dictionary' || place.kind !== 'reference') return
  const box = await boxOf(draft.document, await draft.resolve(entry(widget, 'Rect')))
  const form = box && (await appearanceIn(draft, widget, box, content))
  if (form) draft.put(place, withEntries(widget, { AP: pdfDictionary({ N: form }) }))
}

/** The field itself, or the first of its widgets. */
async function widgetOf(draft: Draft, reference: PdfReference, field: PdfDictionary): Promise<PdfDirect> {
  if (nameEntry(field, 'Subtype') === 'Widget') return reference
  const kids = await draft.resolve(entry(field, 'Kids'))
  return (kids.kind === 'array' ? kids.items[0] : undefined) ?? reference
}

async function appearanceIn(
  draft: Draft,
  widget: PdfDictionary,
  [left, bottom, right, top]: readonly [number, number, number, number],
  content: AppearanceContent | undefined,
): Promise<PdfReference | undefined> {
  const [across, up] = [right - left, top - bottom]
  if (!content) {
    const bare = !widget.entries.has('AP') && (await pdfAPart(draft.document)) !== undefined
    return bare ? addEmptyAppearance(draft, across, up) : undefined
  }
  const page = await draft.resolve(entry(widget, 'P'))
  const rotate = page.kind === 'dictionary' ? (await pageSpace(draft.document, page)).rotate : 0
  const [width, height] = rotate === 90 || rotate === 270 ? [up, across] : [across, up]
  const before = await formBefore(draft, widget, { width, height })
  const opaque = !(await allowsTransparency(draft.document))
  return addAppearance(draft, content, { width, height, rotate, opaque, ...(before && { before }) })
}

/** What is kept of the appearance that the widget has. */
async function formBefore(
  draft: Draft,
  widget: PdfDictionary,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<FormBefore | undefined> {
  const appearances = await draft.resolve(entry(widget, 'AP'))
  const form = appearances.kind === 'dictionary' ? await draft.resolve(entry(appearances, 'N')) : appearances
  if (form.kind !== 'stream') return undefined
  const box = entry(form.dictionary, 'BBox')
  const corners = (await boxOf(draft.document, await draft.resolve(box))) ?? []
  const isSame = [0, 0, width, height].every((wanted, index) => Math.abs(wanted - (corners[index] ?? NaN)) < 0.01)
  return { ...(isSame && { box }), deflated: nameEntry(form.dictionary, 'Filter') === 'FlateDecode' }
}
