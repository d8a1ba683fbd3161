// The text worker: renders one page after the other and has its text read, behind everything else that the machine does.
// The program that reads inherits the priority and dies with the worker. It holds no keys and no queue.

import { constants, setPriority } from 'node:os'
import { restrain } from '../imaging/libvips.ts'
import { renderPage } from '../imaging/render.ts'
import { createTesseract } from '../textreader/tesseract.ts'
import { hostWorker } from './host.ts'
import { textHandlers } from './text-handlers.ts'

setPriority(constants.priority.PRIORITY_LOW)
restrain()

await hostWorker<object>(() => textHandlers(createTesseract({ render: renderPage })))
