// The net worker's side of an extension service: what is sent is the call's input, the document first; what comes back are
// the bytes of its only item, with the service's name for the exchange.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, Extender, ExtensionDocument, ExtensionOrder } from '../../device/ports.ts'
import type { Handler, Handlers } from './serve.ts'

/** A document whose bytes are in the input, in the place of those. */
export type WireDocument = { readonly name: string } & ({ readonly size: number } | { readonly url: string })

export interface WireOrder extends Omit<ExtensionOrder, 'document' | 'original'> {
  readonly document: WireDocument
  readonly original?: WireDocument
}

/** `extend` and `enter`; without a configured service EXTENDER_ABSENT. */
export function extenderHandlers(extender: Extender | undefined): Handlers {
  const known = (): Extender => {
    if (extender === undefined) throw new Fault('EXTENDER_ABSENT', 'no extension service is configured')
    return extender
  }
  const extend: Handler = async (params, context) => {
    const { document, original, ...order } = params as WireOrder
    const sent = await collect(context.input, sizeOf(document) + sizeOf(original))
    const { reference, document: made } = await known().extend(
      {
        ...order,
        document: documentFrom(document, sent, 0),
        ...(original === undefined ? {} : { original: documentFrom(original, sent, sizeOf(document)) }),
      },
      context.signal,
    )
    await context.emit({ reference }, once(made))
    return null
  }
  const enter: Handler = async (_params, { signal }) => {
    await known().enter(signal)
    return null
  }
  return new Map([
    ['extend', extend],
    ['enter', enter],
  ])
}

export function sizeOf(document: WireDocument | undefined): number {
  return document !== undefined && 'size' in document ? document.size : 0
}

function documentFrom(document: WireDocument, sent: Uint8Array, from: number): ExtensionDocument {
  if ('url' in document) return document
  return { name: document.name, bytes: sent.subarray(from, from + document.size) }
}

async function collect(input: ByteStream, size: number): Promise<Buffer> {
  const all = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const piece of input) {
    if (filled + piece.byteLength > size) throw new Fault('FRAME_INVALID', `an input over its ${size} bytes`)
    all.set(piece, filled)
    filled += piece.byteLength
  }
  if (filled < size) throw new Fault('FRAME_INVALID', `an input of ${filled} of its ${size} bytes`)
  return all
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
