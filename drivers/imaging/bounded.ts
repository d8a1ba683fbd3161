// Reads an image into memory, and no more of it than the appliance accepts.

import { Fault } from '../../device/errors.ts'
import type { ByteStream } from '../../device/ports.ts'

/** The whole stream; throws IMAGE_TOO_LARGE after `mostBytes`, or the signal's reason. The stream is closed in every case. */
export async function readBounded(stream: ByteStream, mostBytes: number, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  signal?.throwIfAborted()
  for await (const chunk of stream) {
    signal?.throwIfAborted()
    length += chunk.length
    if (length > mostBytes) throw new Fault('IMAGE_TOO_LARGE', `more than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
