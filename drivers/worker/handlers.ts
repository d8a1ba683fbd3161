// The workers' side of remote.ts: calls in, a driver's answers out. Parameters come from the device, made from the same
// types, and are taken as they are; the trust goes that way only. A driver's pages and bytes pass through unbuffered.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type {
  Attachment,
  ByteStream,
  Delivery,
  DeliveryRequest,
  Imaging,
  PreparePageRequest,
  Scanner,
  ScanSettings,
} from '../../device/ports.ts'
import type { CallContext, Handler, Handlers } from './serve.ts'
import type { WirePreparedPage, WirePreparedPart } from './shapes.ts'

/** `list`, `discover` and `scan`: a page is an item with its image as bytes, the end of the scan is the result. */
export function scannerHandlers(scanner: Scanner): Handlers {
  return new Map<string, Handler>([
    ['list', (_params, { signal }) => scanner.list(signal)],
    ['discover', (_params, { signal }) => scanner.discover(signal)],
    ['scan', (params, context) => scanTo(scanner, params as { deviceId: string; settings: ScanSettings }, context)],
  ])
}

async function scanTo(
  scanner: Scanner,
  { deviceId, settings }: { readonly deviceId: string; readonly settings: ScanSettings },
  { signal, emit }: CallContext,
): Promise<unknown> {
  const pages = scanner.scan(deviceId, settings, signal)
  try {
    for (;;) {
      const { done, value } = await pages.next()
      if (done === true) return value
      const { image, ...page } = value
      await emit(page, image)
    }
  } finally {
    // Where the caller has gone, this is what cancels the job at the device.
    await pages.return({ end: 'empty' })
  }
}

/** What is delivered, but for the bytes, which are the input: the attachments' first, then the copy's. */
export interface WireDelivery extends Omit<DeliveryRequest, 'body' | 'attachments'> {
  readonly attachments: readonly { readonly kind: Attachment['kind']; readonly size: number }[]
}

/** `deliver`. */
export function deliveryHandlers(delivery: Delivery): Handlers {
  return new Map<string, Handler>([
    [
      'deliver',
      async (params, { input, signal }) => {
        const { attachments: announced, ...request } = params as WireDelivery
        const { attachments, body } = await parted(announced, input)
        return delivery.deliver({ ...request, ...(attachments.length > 0 && { attachments }), body }, signal)
      },
    ],
  ])
}

/** The attachments whole, and the copy still to come. */
async function parted(announced: WireDelivery['attachments'], input: ByteStream) {
  const source = input[Symbol.asyncIterator]()
  const attachments: Attachment[] = []
  let rest: Uint8Array = new Uint8Array()
  for (const { kind, size } of announced) {
    const pieces = [rest]
    let length = rest.byteLength
    while (length < size) {
      const { done, value } = await source.next()
      if (done === true) throw new Fault('FRAME_INVALID', `an attachment of ${length} of its ${size} bytes`)
      pieces.push(value)
      length += value.byteLength
    }
    const whole = Buffer.concat(pieces)
    attachments.push({ kind, bytes: whole.subarray(0, size) })
    rest = whole.subarray(size)
  }
  const body: ByteStream = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        if (rest.byteLength === 0) return source.next()
        const value = rest
        rest = new Uint8Array()
        return { done: false, value }
      },
      return: async () => source.return?.() ?? { done: true, value: undefined },
    }),
  }
  return { attachments, body }
}

/** `prepare`: the image is the input, preview and rendition are items, the verdict is the result. */
export function imagingHandlers(imaging: Imaging): Handlers {
  const prepare = async (params: unknown, { input, signal, emit }: CallContext): Promise<WirePreparedPage> => {
    const { verdict, preview, rendition } = await imaging.prepare(input, params as PreparePageRequest, signal)
    const tell = (part: WirePreparedPart['part'], bytes: Uint8Array) => emit({ part }, once(bytes))
    await tell('preview', preview)
    if (rendition.kind === 'original') return { verdict, rendition }
    const { bytes, ...announced } = rendition
    await tell('rendition', bytes)
    return { verdict, rendition: announced }
  }
  return new Map<string, Handler>([['prepare', prepare]])
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
