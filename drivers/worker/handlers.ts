// The workers' side of remote.ts: calls in, a driver's answers out. Parameters come from the device, made from the same
// types, and are taken as they are; the trust goes that way only. A driver's pages and bytes pass through unbuffered.

import type {
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

/** `deliver`, whose input is the copy. */
export function deliveryHandlers(delivery: Delivery): Handlers {
  return new Map<string, Handler>([
    [
      'deliver',
      (params, { input, signal }) =>
        delivery.deliver({ ...(params as Omit<DeliveryRequest, 'body'>), body: input }, signal),
    ],
  ])
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
