// A copy over what may be sent: the screen says so and nothing goes on before a person has chosen. Grey makes it smaller
// and can be taken back; several copies are signed and sent one after the other, each with its own pages.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program } from './cli.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { drawSheet } from './sim/paper.ts'
import { approve, copyReceived, feed, open, procedure } from './walk.kit.ts'

const execute = promisify(execFile)

describe('a copy of 1.7 MB where 1 MB may be sent', () => {
  let kiosk: Kiosk
  let fronts: Buffer[]
  beforeAll(async () => {
    fronts = await Promise.all([1, 2, 3].map(seed => drawSheet({ seed, kind: 'letter', resolution: 300 })))
    const limited = procedure('none', { digitisation: { resolution: 300 }, document: { largestMegabytes: 1 } })
    kiosk = await startKiosk({ sheets: fronts.map(front => ({ front })), config: { procedures: [limited] } })
  })
  afterAll(() => kiosk.stop())

  it('is not approved', async () => {
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    const { size } = kiosk.screen.copy()
    expect(size.limitBytes).toBe(1_000_000)
    expect(size.bytes).toBeGreaterThan(fronts.reduce((sum, front) => sum + front.length, 0))
    const answer = await kiosk.screen.post('/screen/copy/approve', { sourceNature: 'copy' })
    expect(answer).toMatchObject({ status: 409, body: { code: 'COPY_TOO_LARGE' } })
    expect(kiosk.screen.copy().stage).toBe('gathering')
  })

  it('is smaller in lower quality, and can have its pages back as they were', async () => {
    const before = kiosk.screen.copy().size.bytes ?? 0
    await kiosk.screen.post('/screen/copy/reduce', { reduction: 'lower-quality' })
    const reduced = await kiosk.screen.until(
      view => view.copy?.size.reduction === 'lower-quality' && view.copy.size.bytes !== null,
      'the pages are smaller',
    )
    expect(reduced.copy?.size.bytes).toBeLessThan(before)
    await kiosk.screen.post('/screen/copy/reduce', { reduction: 'none' })
    const restored = await kiosk.screen.until(
      view => view.copy?.size.reduction === 'none' && view.copy.size.bytes !== null,
      'the pages are as they were',
    )
    expect(restored.copy?.size.bytes).toBe(before)
  })

  it('becomes several copies, which are taken up one after the other', async () => {
    const first = kiosk.screen.copy().id
    expect(await kiosk.screen.post('/screen/copy/next')).toMatchObject({ status: 409 })
    expect(await kiosk.screen.post('/screen/copy/split')).toMatchObject({ status: 204 })
    await kiosk.screen.until(view => view.copy?.part !== null, 'the copy is split')
    expect(kiosk.screen.copy()).toMatchObject({ id: first, part: { number: 1, hasNext: true } })
    expect(kiosk.screen.copy().size.bytes).toBeLessThanOrEqual(1_000_000)
    const parts = kiosk.screen.copy().part?.of ?? 0
    expect(parts).toBeGreaterThan(1)
    const received: Buffer[] = []
    for (let number = 1; number <= parts; number++) {
      await approve(kiosk, 'copy')
      await kiosk.screen.until(view => view.copy?.stage === 'done', `copy ${number} is delivered`)
      received.push(...(await copyReceived(kiosk, number - 1)).images)
      if (number < parts) expect(await kiosk.screen.post('/screen/copy/next')).toMatchObject({ status: 204 })
      if (number < parts) await kiosk.screen.until(view => view.copy?.part?.number === number + 1, 'the next copy')
    }
    expect(received.map(image => fronts.findIndex(front => image.equals(front)))).toEqual([0, 1, 2])
    expect(kiosk.screen.copy().part).toMatchObject({ number: parts, hasNext: false })
  })
})

describe('copies that are left before they are all made', () => {
  it('go with the person, those that are finished stay', async () => {
    const sheets = await Promise.all(
      [1, 2, 3].map(async seed => ({ front: await drawSheet({ seed, kind: 'letter', resolution: 300 }) })),
    )
    const limited = procedure('none', { digitisation: { resolution: 300 }, document: { largestMegabytes: 1 } })
    const kiosk = await startKiosk({ sheets, config: { procedures: [limited] } })
    try {
      await open(kiosk, 'copy-none')
      await feed(kiosk)
      await kiosk.screen.post('/screen/copy/split')
      await kiosk.restart()
      await kiosk.screen.until(view => view.copy?.part?.number === 1, 'the first copy is in hand again')
      await approve(kiosk, 'copy')
      await kiosk.screen.until(view => view.copy?.stage === 'done', 'the first copy is delivered')
      await kiosk.screen.post('/screen/copy/next')
      await kiosk.screen.until(view => view.copy?.part?.number === 2, 'the next copy')
      await kiosk.screen.post('/screen/copy/leave')
      await kiosk.screen.until(view => view.copy === null, 'the visit is over')
      await kiosk.restart()
      await kiosk.screen.until(view => view.scanner.state === 'ready', 'a kiosk that is up')
      expect(kiosk.screen.view().copy).toBeNull()
      expect((await copyReceived(kiosk, 0)).images.length).toBeGreaterThan(0)
    } finally {
      await kiosk.stop()
    }
  })

  it('end the visit where an operator gave the next one up', async () => {
    const sheets = await Promise.all(
      [1, 2, 3].map(async seed => ({ front: await drawSheet({ seed, kind: 'letter', resolution: 300 }) })),
    )
    const limited = procedure('none', { digitisation: { resolution: 300 }, document: { largestMegabytes: 1 } })
    const kiosk = await startKiosk({ sheets, config: { procedures: [limited] } })
    try {
      await open(kiosk, 'copy-none')
      await feed(kiosk)
      await kiosk.screen.post('/screen/copy/split')
      await approve(kiosk, 'copy')
      const { copy } = await kiosk.screen.until(view => view.copy?.stage === 'done', 'the first copy is delivered')
      const data = ['--config', kiosk.site.configFile, '--data', kiosk.site.dataFolder]
      const compulsa = (...words: string[]) => execute(process.execPath, [program, 'queue', ...words, ...data])
      const listed: readonly { id: string }[] = JSON.parse((await compulsa('list', '--json')).stdout)
      for (const { id } of listed.filter(one => one.id !== copy?.id)) await compulsa('discard', id)
      expect(await kiosk.screen.post('/screen/copy/next')).toMatchObject({ status: 204 })
      await kiosk.screen.until(view => view.copy === null, 'the visit is over')
    } finally {
      await kiosk.stop()
    }
  })
})
