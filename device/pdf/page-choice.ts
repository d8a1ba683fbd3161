// Which pages something is shown on: all, a list of ranges counted from either end, or a new page behind the last one. A
// number beyond either end stands for the page there, as AutoFirma has it; what was counted on once may have lost pages.

import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { type PdfPageNode, pagesOf } from './tree.ts'

/** First and last page, from 1, or from the end by -1. */
export type PageRange = readonly [first: number, last: number]

/** `append`: a blank page that is added at the end. */
export type PageChoice = 'all' | 'append' | readonly PageRange[]

/**
 * The pages that are meant, each once and in their order, the last one where no range names any; none for `append`.
 * Throws REQUEST_INVALID for a document without pages.
 */
export async function chosenPages(document: PdfDocument, choice: PageChoice): Promise<readonly PdfPageNode[]> {
  if (choice === 'append') return []
  const pages: PdfPageNode[] = []
  for await (const page of pagesOf(document)) pages.push(page)
  if (pages.length === 0) throw new Fault('REQUEST_INVALID', 'the document has no page to show anything on')
  if (choice === 'all') return pages
  const within = choice.map(([first, last]) => [numberOf(first, pages.length), numberOf(last, pages.length)] as const)
  const chosen = pages.filter((_, index) => within.some(([first, last]) => first <= index + 1 && index + 1 <= last))
  return chosen.length > 0 ? chosen : pages.slice(-1)
}

/** From 1, however it was counted. */
function numberOf(counted: number, pages: number): number {
  const fromStart = counted < 0 ? counted + pages + 1 : counted
  return Math.min(Math.max(fromStart, 1), pages)
}
