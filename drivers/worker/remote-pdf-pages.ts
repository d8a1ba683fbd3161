// The PdfPages port over the channel to the parse worker.

import type { ByteStream, PageForm, PdfPages } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { bytesOf } from './one-item.ts'
import type { WirePrintedPage } from './pdf-pages-handlers.ts'
import { withSignal } from './remote.ts'

const maxImageBytes = 8 << 20
/** Packed at worst; such a page is noise all over. */
const maxPrintedBytes = 128 << 20

/** A PdfPages in the parse worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remotePdfPages(channel: PortChannel): PdfPages {
  const asked = async (method: string, params: unknown, pdf: ByteStream, most: number, signal?: AbortSignal) => {
    const image = await bytesOf(channel, channel.call(method, params, { ...withSignal(signal), input: pdf }), most)
    return image.byteLength === 0 ? null : image
  }
  return Object.freeze({
    page: (pdf: ByteStream, number: number, signal?: AbortSignal) =>
      asked('drawPdfPage', number, pdf, maxImageBytes, signal),
    printed: (pdf: ByteStream, number: number, form: PageForm, signal?: AbortSignal) => {
      const params: WirePrintedPage = { number, form }
      return asked('printPdfPage', params, pdf, maxPrintedBytes, signal)
    },
  })
}
