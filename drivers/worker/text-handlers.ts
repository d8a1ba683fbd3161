// The text worker's side of remote-text.ts.

import { Buffer } from 'node:buffer'
import type { ByteStream, TextReader, TextReadRequest } from '../../device/ports.ts'
import type { CallContext, Handler, Handlers } from './serve.ts'

/** `languages`, and `read`: the image is the input, the text one item of JSON. */
export function textHandlers(reader: TextReader): Handlers {
  const read = async (params: unknown, { input, signal, emit }: CallContext) => {
    const text = await reader.read(input, params as TextReadRequest, signal)
    await emit(null, once(Buffer.from(JSON.stringify(text))))
    return null
  }
  return new Map<string, Handler>([
    ['languages', (_params, { signal }) => reader.languages(signal)],
    ['read', read],
  ])
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
