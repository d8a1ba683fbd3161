// The widget of a signature field: a new one on a page, invisible or with an appearance, or the one that the document's own
// field has (ISO 32000-1, 12.5.6.19 and 12.7.4.5; ISO 19005-2, 6.3).

import { Fault } from '../errors.ts'
import {
  type AppearanceContent,
  addAppearance,
  addEmptyAppearance,
  type FormBefore,
  fitted,
  turned,
} from './appearance.ts'
import type { Draft } from './draft.ts'
import { addField, addWidget } from './form.ts'
import { unreadable } from './limits.ts'
import { addBlankPage } from './new-page.ts'
import { numbers } from './numbers.ts'
import {
  entry,
  nameEntry,
  type PdfDictionary,
  type PdfDirect,
  type PdfReference,
  pdfDictionary,
  withEntries,
} from './objects.ts'
import { chosenPages, type PageChoice } from './page-choice.ts'
import { type Painting, paintOn } from './page-content.ts'
import { boxOf, type PageRectangle, type PageSpace, pageAt, pageSpace } from './page-space.ts'
import { allowsTransparency, pdfAPart } from './pdfa.ts'
import { textString } from './text.ts'
import { type PdfField, type PdfPageNode, pagesOf } from './tree.ts'
import { serialise } from './write.ts'

/** A visible signature. */
export interface SignatureAppearance extends AppearanceContent {
  /** One that has to be there, from 1 or from the end by -1, or a choice; page and rectangle count for a new field only. */
  readonly page: number | PageChoice
  readonly rectangle: PageRectangle
}

/** /F: Print and Locked (ISO 32000-1, table 165). */
const printLocked = 132

export interface NewField {
  readonly name: string
  readonly signature: PdfReference
  readonly appearance?: SignatureAppearance
  /** Whether pages may still change, as they may not once anybody has signed them. */
  readonly mayPaint: boolean
}

/**
 * Field and widget in one, on the first page unless an appearance says where. A signature field never has more than one
 * annotation (ISO 32000-1, 12.7.4.5): on further pages the appearance is painted, in the same revision. Throws
 * REQUEST_INVALID, PDF_UNREADABLE.
 */
export async function addSignatureField(draft: Draft, wanted: NewField): Promise<void> {
  const { name, signature, appearance, mayPaint } = wanted
  const { page, further, shown } = appearance ? await placed(draft, appearance) : await nowhere(draft)
  const field = draft.take()
  draft.putSyntax(
    field,
    `<< /Type /Annot /Subtype /Widget /FT /Sig /T ${textString(name)} /F ${printLocked} ${shown} ` +
      `/P ${serialise(page.reference)} /V ${serialise(signature)} >>`,
  )
  await addWidget(draft, page, field)
  await addField(draft, field)
  if (!mayPaint) return
  for (const { page: other, ...painting } of further) await paintOn(draft, other, painting)
}

interface Placed {
  readonly page: PdfPageNode
  /** /Rect and what is in it. */
  readonly shown: string
  readonly further: readonly ({ readonly page: PdfPageNode } & Painting)[]
}

async function nowhere({ document }: Draft): Promise<Placed> {
  const page = (await pagesOf(document).next()).value
  if (!page) throw unreadable('the document has no page')
  return { page, shown: '/Rect [0 0 0 0]', further: [] }
}

/** Wherever the rectangle shows something; what leaves the first of the pages is cut off for all of them. */
async function placed(draft: Draft, appearance: SignatureAppearance): Promise<Placed> {
  const { rectangle } = appearance
  if (rectangle.width === 0 && rectangle.height === 0) {
    throw new Fault('REQUEST_INVALID', 'a new visible signature needs a rectangle')
  }
  const pages = await pagesFor(draft, appearance.page)
  const found = await Promise.all(
    pages.map(async page => ({ page, space: await pageSpace(draft.document, page.dictionary) })),
  )
  const [first, ...others] = found.filter(({ space }) => touches(rectangle, space))
  if (!first) {
    const size = found.map(({ space }) => `${space.width} x ${space.height}`)[0]
    throw new Fault('REQUEST_INVALID', `the rectangle shows nothing on a page of ${size} points`)
  }
  const shown = cutOff(rectangle, first.space)
  const form = await formsFor(draft, appearance, shown)
  const corners = numbers(first.space.toUserSpace(shown))
  return {
    page: first.page,
    shown: `/Rect ${serialise(corners)} /AP << /N ${serialise(form(first.space))} >>`,
    further: others.map(({ page, space }) => {
      const box = turned({ ...shown, rotate: space.rotate }, appearance.rotation)
      return { page, object: form(space), matrix: fitted(box, space.toUserSpace(shown)) }
    }),
  }
}

/** One form for each way that pages are turned. */
async function formsFor(draft: Draft, appearance: SignatureAppearance, { width, height }: PageRectangle) {
  const opaque = !(await allowsTransparency(draft.document))
  const forms = new Map<number, PdfReference>()
  return ({ rotate }: PageSpace): PdfReference => {
    const form = forms.get(rotate) ?? addAppearance(draft, appearance, { width, height, rotate, opaque })
    forms.set(rotate, form)
    return form
  }
}

async function pagesFor(draft: Draft, chosen: SignatureAppearance['page']): Promise<readonly PdfPageNode[]> {
  if (typeof chosen === 'number') return [await pageAt(draft.document, chosen)]
  return chosen === 'append' ? [await addBlankPage(draft)] : chosenPages(draft.document, chosen)
}

function touches({ x, y, width, height }: PageRectangle, space: PageSpace): boolean {
  const outside = x >= space.width || y >= space.height || x + width <= 0 || y + height <= 0
  return !outside && width > 0 && height > 0
}

function cutOff({ x, y, width, height }: PageRectangle, space: PageSpace): PageRectangle {
  return { x, y, width: Math.min(width, space.width - x), height: Math.min(height, space.height - y) }
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
  const before = await formBefore(draft, widget, turned({ width, height, rotate }, content.rotation))
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
