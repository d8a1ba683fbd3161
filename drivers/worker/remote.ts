// The ports as the device uses them, each over a channel to the worker that hosts the driver. Every answer is checked
// against its shape; a worker that answers otherwise is cut off at once, which its launcher takes as a death. Aborting
// a signal ends the wait here and cancels the call there.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type {
  Attachment,
  ByteStream,
  Delivery,
  DeliveryRequest,
  Imaging,
  PreparedPage,
  PreparePageRequest,
  ScanEnd,
  ScannedPage,
  Scanner,
  ScanSettings,
} from '../../device/ports.ts'
import { type Conversation, distrust, type PortChannel } from './channel.ts'
import type { WireDelivery } from './handlers.ts'
import {
  checked,
  deliveryOutcome,
  discoveredScanners,
  preparedPage,
  preparedPart,
  scanEnd,
  scannedPage,
  scannerInfos,
} from './shapes.ts'

const maxPreviewBytes = 8 * 1024 * 1024
const maxRenditionBytes = 64 * 1024 * 1024

/** A Scanner in the scan worker. Beside what the port says, `list` and `scan` throw WORKER_LOST and FRAME_INVALID. */
export function remoteScanner(channel: PortChannel): Scanner {
  async function* scan(
    deviceId: string,
    settings: ScanSettings,
    signal: AbortSignal,
  ): AsyncGenerator<ScannedPage, ScanEnd, void> {
    const conversation = channel.call('scan', { deviceId, settings }, { signal })
    try {
      for (;;) {
        const { done, value } = await conversation.next()
        if (done === true) return distrust(channel, () => checked(scanEnd, value, 'end of scan'))
        const page = distrust(channel, () => checked(scannedPage, value.value, 'page'))
        yield { ...page, image: value.bytes }
      }
    } finally {
      await conversation.return(undefined)
    }
  }
  const list = async (signal?: AbortSignal) => {
    const asked = channel.call('list', null, withSignal(signal))
    return answerOf(channel, asked, answer => checked(scannerInfos, answer, 'scanners'))
  }
  const discover = async (signal?: AbortSignal) => {
    const asked = channel.call('discover', null, withSignal(signal))
    return answerOf(channel, asked, answer => checked(discoveredScanners, answer, 'discovered scanners'))
  }
  return Object.freeze({ list, discover, scan })
}

/** A Delivery in the net worker. */
export function remoteDelivery(channel: PortChannel): Delivery {
  return Object.freeze({
    deliver: async ({ body, attachments = [], ...request }: DeliveryRequest, signal: AbortSignal) => {
      const announced: WireDelivery = {
        ...request,
        attachments: attachments.map(({ kind, bytes: { byteLength } }) => ({ kind, size: byteLength })),
      }
      const asked = channel.call('deliver', announced, {
        signal,
        input: attachments.length === 0 ? body : joined(attachments, body),
      })
      return answerOf(channel, asked, answer => checked(deliveryOutcome, answer, 'delivery'))
    },
  })
}

/** Attachments go ahead of the copy, so that it can pass through. */
async function* joined(attachments: readonly Attachment[], body: ByteStream): ByteStream {
  const copy = body[Symbol.asyncIterator]()
  try {
    for (const { bytes } of attachments) yield bytes
    for (let next = await copy.next(); next.done !== true; next = await copy.next()) yield next.value
  } finally {
    await copy.return?.()
  }
}

/** An Imaging in the parse worker; previews over 8 MiB and renditions over 64 MiB are FRAME_INVALID. */
export function remoteImaging(channel: PortChannel): Imaging {
  const prepare = async (
    image: ByteStream,
    request: PreparePageRequest,
    signal?: AbortSignal,
  ): Promise<PreparedPage> => {
    const conversation = channel.call('prepare', request, { ...withSignal(signal), input: image })
    try {
      return await collectPage(channel, conversation)
    } finally {
      await conversation.return(undefined)
    }
  }
  return Object.freeze({ prepare })
}

async function collectPage(channel: PortChannel, conversation: Conversation): Promise<PreparedPage> {
  let preview: Uint8Array | undefined
  let bytes: Uint8Array | undefined
  for (;;) {
    const { done, value } = await conversation.next()
    if (done === true) {
      const { verdict, rendition } = distrust(channel, () => checked(preparedPage, value, 'prepared page'))
      if (preview !== undefined && rendition.kind === 'original') return { verdict, preview, rendition }
      if (preview !== undefined && rendition.kind === 'encoded' && bytes !== undefined) {
        return { verdict, preview, rendition: { ...rendition, bytes } }
      }
      return distrust(channel, () => refuse('a prepared page without its bytes'))
    }
    const { part } = distrust(channel, () => checked(preparedPart, value.value, 'part of a page'))
    if (part === 'preview') preview = await collect(channel, value.bytes, maxPreviewBytes)
    else bytes = await collect(channel, value.bytes, maxRenditionBytes)
  }
}

async function collect(channel: PortChannel, bytes: ByteStream, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of bytes) {
    size += piece.byteLength
    if (size > maxBytes) distrust(channel, () => refuse(`a part of a page over ${maxBytes} bytes`))
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The result of a call that has no items to tell. */
export async function answerOf<T>(
  channel: PortChannel,
  conversation: Conversation,
  check: (answer: unknown) => T,
): Promise<T> {
  const { done, value } = await conversation.next()
  if (done === true) return distrust(channel, () => check(value))
  await conversation.return(undefined)
  return distrust(channel, () => refuse('an item where only a result was due'))
}

/** For what a worker must not say; to be thrown within `distrust`. */
export function refuse(detail: string): never {
  throw new Fault('FRAME_INVALID', detail)
}

export function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
