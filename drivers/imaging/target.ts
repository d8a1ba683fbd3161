// The target imaging port: a foreign image is decoded as any page is (sharp.ts) and measured by the pure rules. Hosted by
// the parse worker.

import { measureTarget } from '../../device/image/target.ts'
import type { ByteStream, TargetImaging, TargetReading } from '../../device/ports.ts'
import { readBounded } from './bounded.ts'
import { openImage } from './libvips.ts'
import { defaultMaxBytes, defaultMaxPixels } from './sharp.ts'

export function createTargetImaging(): TargetImaging {
  return Object.freeze({
    async measure(image: ByteStream, signal?: AbortSignal): Promise<TargetReading> {
      const source = await openImage(await readBounded(image, defaultMaxBytes, signal), defaultMaxPixels)
      signal?.throwIfAborted()
      const page = await source.pixels()
      signal?.throwIfAborted()
      return { measurement: measureTarget(page), headerPpi: source.density ?? null }
    },
  })
}
