// The parse worker: decodes foreign images in a process that holds nothing worth taking. An image that brings it down
// costs one call.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Imaging } from '../../device/ports.ts'
import { createPdfPages } from '../imaging/pdf-pages.ts'
import { createImaging } from '../imaging/sharp.ts'
import { createTargetImaging } from '../imaging/target.ts'
import { imagingHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'
import { pdfPagesHandlers } from './pdf-pages-handlers.ts'
import { targetHandlers } from './target-handlers.ts'

await hostWorker<NonNullable<Parameters<typeof createImaging>[0]>>(
  configuration =>
    new Map([
      ...imagingHandlers(lettingGo(createImaging(configuration))),
      ...targetHandlers(createTargetImaging()),
      ...pdfPagesHandlers(createPdfPages()),
    ]),
)

/**
 * Pixels lie outside the heap, and only a collection lets go of them. The runtime puts that off until dozens of megabytes
 * have come together; after each page it takes some milliseconds, for the heap is small.
 */
function lettingGo(imaging: Imaging): Imaging {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  return {
    async prepare(image, request, signal) {
      try {
        return await imaging.prepare(image, request, signal)
      } finally {
        setImmediate(collect)
      }
    },
  }
}
