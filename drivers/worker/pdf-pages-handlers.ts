// The parse worker's side of the PdfPages port: the document is the call's input, the image its only item, empty behind the
// last page.

import type { PageForm, PdfPages } from '../../device/ports.ts'
import { tellBytes } from './one-item.ts'
import type { Handler, Handlers } from './serve.ts'

/** What is asked for of one page. */
export interface WirePrintedPage {
  readonly number: number
  readonly form: PageForm
}

/** `drawPdfPage`, whose parameter is the page's number, and `printPdfPage`. */
export function pdfPagesHandlers(pages: PdfPages): Handlers {
  const draw: Handler = async (params, context) =>
    tellBytes(context, (await pages.page(context.input, Number(params), context.signal)) ?? new Uint8Array())
  const print: Handler = async (params, context) => {
    const { number, form } = params as WirePrintedPage
    return tellBytes(context, (await pages.printed(context.input, number, form, context.signal)) ?? new Uint8Array())
  }
  return new Map([
    ['drawPdfPage', draw],
    ['printPdfPage', print],
  ])
}
