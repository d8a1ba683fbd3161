// The authority is taken out of the configuration while a copy waits for its time-stamp: the copy keeps the level that was
// ordered when it was opened, and is held rather than delivered below it.

import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askOperator, signedForArchive, trustOf, untilPostponed, untilSent } from './extend.kit.ts'
import type { Kiosk } from './kiosk.kit.ts'
import { procedure } from './walk.kit.ts'

describe('a copy that waits for an authority which is configured no more', () => {
  let kiosk: Kiosk
  let id: string
  let before: string
  beforeAll(async () => {
    kiosk = await signedForArchive(one => trustOf(one).fault('tsa', 'reset'))
    await untilPostponed(kiosk)
    id = kiosk.screen.copy().id
    before = await readFile(kiosk.site.configFile, 'utf8')
    const { timestamping: _gone, ...config } = JSON.parse(before)
    await writeFile(kiosk.site.configFile, JSON.stringify({ ...config, procedures: [procedure('local')] }))
    await kiosk.restart()
    kiosk.clock.leap(60_000)
  })
  afterAll(() => kiosk.stop())

  it('is held, and nothing is delivered', async () => {
    await kiosk.screen.until(view => view.queue.stopped === 1, 'the copy is held')
    expect(kiosk.logged.some(line => line.includes('TSA_ABSENT'))).toBe(true)
    expect(kiosk.site.receiver.attempts()).toBe(0)
  })

  it('goes on to its level when there is an authority again', async () => {
    await writeFile(kiosk.site.configFile, before)
    trustOf(kiosk).fault('tsa', undefined)
    await kiosk.restart()
    await askOperator(kiosk, id, 'retry')
    await kiosk.screen.until(view => view.queue.stopped === 0, 'it goes on')
    await untilSent(kiosk)
    expect(kiosk.site.receiver.received()).toMatchObject([{ metadata: { signatureLevel: 'LTA' } }])
  })
})
