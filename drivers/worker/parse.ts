// The parse worker: decodes foreign images, one after the other, in a process that holds nothing worth taking. An image
// that brings it down costs one call.

import { createImaging } from '../imaging/sharp.ts'
import { createTargetImaging } from '../imaging/target.ts'
import { imagingHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'
import { targetHandlers } from './target-handlers.ts'

await hostWorker<NonNullable<Parameters<typeof createImaging>[0]>>(
  configuration =>
    new Map([...imagingHandlers(createImaging(configuration)), ...targetHandlers(createTargetImaging())]),
)
