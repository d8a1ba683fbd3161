// The parse worker's side of the PdfPages port: the document is the call's input, the image its only item, empty behind the
// last page.

import type { PdfPages } from '../../device/ports.ts'
import { tellBytes } from './one-item.ts'
import type { Handler, Handlers } from './serve.ts'

/** `drawPdfPage`; the parameter is the page's number. */
export function pdfPagesHandlers(pages: PdfPages): Handlers {
  const draw: Handler = async (params, context) =>
    tellBytes(context, (await pages.page(context.input, Number(params), context.signal)) ?? new Uint8Array())
  return new Map([['drawPdfPage', draw]])
}
