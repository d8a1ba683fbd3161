// What a job costs does not grow with its phases: a file is gone through once, be it signed, extended and verified or not.

import { expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import type { RandomAccess } from '../device/ports.ts'
import { createWorld } from './59.pades.kit.ts'
import { createEngine, signJob } from './67.engine.kit.ts'

/** Many chunks of a scan. */
const contentBytes = 3_000_000

test('a detached CAdES signature of level LTA reads its content once, verification included', async () => {
  const world = await createWorld()
  const content = randomAccessOf(Buffer.alloc(contentBytes, 'content '))
  let read = 0
  const counted: RandomAccess = {
    size: content.size,
    read: (offset, length) => {
      read += length
      return content.read(offset, length)
    },
  }
  const job = signJob(world, { format: 'CAdES', packaging: 'detached', level: 'LTA' })
  const outcome = await createEngine(world).run(job, counted)
  expect(outcome).toMatchObject({ outcome: 'written', report: { indication: 'TOTAL-PASSED' } })
  expect(read).toBeLessThan(contentBytes * 1.01)
})
