// The document worker: signs, extends and verifies one foreign file at a time, in a process that holds no keys and reaches
// no network. A file that brings it down or keeps it too long costs one job.

import { randomBytes } from 'node:crypto'
import { perform } from '../../device/ades/engine.ts'
import { documentHandlers } from './document-handlers.ts'
import { hostWorker } from './host.ts'

const random = (octets: number) => new Uint8Array(randomBytes(octets))

await hostWorker(() => documentHandlers((job, tools) => perform(job, { ...tools, clock: Date, random })))
