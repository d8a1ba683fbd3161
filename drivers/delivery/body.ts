// The bytes on their way out, counted and hashed as they pass. Promises: a copy that is not the one that was signed
// never reaches a destination whole, and what is wrong with it is told apart from what is wrong with the network.

import { createHash } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import type { ByteStream } from '../../device/ports.ts'

export interface CheckedBody {
  readonly stream: ByteStream
  /** Lets go of a source that was never read; one that was begun lets go of itself. */
  readonly release: () => Promise<void>
}

/**
 * Reads one chunk ahead and withholds the last one until length and SHA-256 are seen to be right, so that even a
 * destination that checks nothing gets a short request instead of wrong bytes. Fails with BLOB_DAMAGED.
 */
export function checkedBody(
  source: ByteStream,
  expected: { readonly bytes: number; readonly sha256: string },
): CheckedBody {
  let begun = false

  async function* read(): AsyncGenerator<Uint8Array, void, void> {
    begun = true
    const hash = createHash('sha256')
    let bytes = 0
    let held: Uint8Array | undefined
    for await (const chunk of source) {
      if (chunk.length === 0) continue
      bytes += chunk.length
      if (bytes > expected.bytes) throw new Fault('BLOB_DAMAGED', `the copy is longer than its ${expected.bytes} bytes`)
      hash.update(chunk)
      if (held !== undefined) yield held
      held = chunk
    }
    if (bytes !== expected.bytes || hash.digest('hex') !== expected.sha256) {
      throw new Fault(
        'BLOB_DAMAGED',
        `the copy is not the one that was to be sent (${bytes} of ${expected.bytes} bytes)`,
      )
    }
    if (held !== undefined) yield held
  }

  return Object.freeze({
    stream: read(),
    release: async () => {
      if (!begun) await source[Symbol.asyncIterator]().return?.()
    },
  })
}
