// The start of the path above a queue in memory: every document is taken up, though one of them cannot be read.

import { setImmediate as tick } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { createPath, type PathParts } from '../device/path.ts'
import { createLeapingClock } from './sim/clock.ts'

it('a document that is damaged is told of, and the newer ones are looked at', async () => {
  const found: string[] = []
  const told: unknown[] = []
  const parts = {
    config: { destinations: [] },
    clock: createLeapingClock(),
    random: { fraction: () => 0 },
    log: { info: () => {}, warn: () => {}, error: (event: string, fields: object) => told.push({ event, ...fields }) },
    queue: {
      subscribe: () => () => {},
      list: ({ stages }: { readonly stages: readonly string[] }) =>
        stages.length === 1 ? [] : [{ id: 'newer' }, { id: 'damaged' }, { id: 'oldest' }],
      find(id: string) {
        found.push(id)
        if (id === 'damaged') throw new Fault('DATABASE_DAMAGED', 'its row does not open')
        return undefined
      },
    },
  }
  const path = createPath(parts as unknown as PathParts)
  path.start()
  await tick()
  await path.stop()
  expect(found).toEqual(['oldest', 'damaged', 'newer'])
  expect(told).toMatchObject([{ document: 'damaged', code: 'DATABASE_DAMAGED' }])
})
