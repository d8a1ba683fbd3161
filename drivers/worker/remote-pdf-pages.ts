// The PdfPages port over the channel to the parse worker.

import type { ByteStream, PdfPages } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { bytesOf } from './one-item.ts'
import { withSignal } from './remote.ts'

const maxImageBytes = 8 << 20

/** A PdfPages in the parse worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remotePdfPages(channel: PortChannel): PdfPages {
  return Object.freeze({
    async page(pdf: ByteStream, number: number, signal?: AbortSignal) {
      const asked = channel.call('drawPdfPage', number, { ...withSignal(signal), input: pdf })
      const image = await bytesOf(channel, asked, maxImageBytes)
      return image.byteLength === 0 ? null : image
    },
  })
}
