// Sealed copies wait for a back office and a bucket whose links come and go every half minute: each has each of its copies exactly
// once, and the queue is empty, without anybody touching the kiosk. `make bench` does the same with ten thousand.

import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../device/config/file.ts'
import { systemRandom } from '../device/host.ts'
import { startAppliance } from '../device/main.ts'
import { openStore } from '../device/store/store.ts'
import { configurationFor, type Far, startFar, unlikeQueued } from './drain.kit.ts'
import { queueCopies } from './queued.kit.ts'
import { createLeapingClock } from './sim/clock.ts'

const halfMinuteMs = 30_000
const copies = { https: 40, s3: 15 }
let folder: string
let far: readonly Far[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-flapping-'))
  far = await Promise.all([startFar('https', folder), startFar('s3', folder)])
})

afterAll(async () => {
  await Promise.all(far.map(one => one.stop()))
  await rm(folder, { recursive: true })
})

it('each copy arrives exactly once through links that come and go', { timeout: 60_000 }, async () => {
  const configFile = join(folder, 'compulsa.json')
  writeFileSync(configFile, JSON.stringify(configurationFor(far)))
  const loaded = loadConfig({ configFile, dataFolder: join(folder, 'kiosk') })
  const clock = createLeapingClock()
  const queued = await queueCopies({ ...loaded, clock, copies, bytes: 8_192 })
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const link = (up: boolean) => Promise.all(far.map(one => one.link(up)))
  const arrived = async () => (await Promise.all(far.map(one => one.count()))).reduce((sum, one) => sum + one, 0)
  await link(false)
  const kiosk = await startAppliance(loaded, 0, { clock, random: systemRandom, log })
  const { dataFolder, deviceKeyFile } = loaded
  const reader = openStore({ folder: dataFolder, deviceKeyFile, clock, random: systemRandom, readOnly: true })
  try {
    // Up until some more have arrived, down for half a minute; then the links stay.
    for (const [up, more] of [
      [true, 5],
      [false, 0],
      [true, 5],
      [false, 0],
      [true, queued.length],
    ] as const) {
      await link(up)
      const wanted = Math.min(queued.length, (await arrived()) + more)
      await expect
        .poll(
          () => {
            clock.leap(halfMinuteMs)
            return arrived()
          },
          { timeout: 40_000, interval: 100 },
        )
        .toBeGreaterThanOrEqual(wanted)
    }
    await expect.poll(() => reader.list({ stages: ['delivering'] }).length, { timeout: 20_000 }).toBe(0)
    expect(reader.list({ stages: ['done'] })).toHaveLength(queued.length)
  } finally {
    reader.close()
    await kiosk.stop()
  }
  for (const { kind, effects } of far) expect(unlikeQueued(kind, await effects(), queued)).toEqual([])
})
