// How eSCL jobs end: by the scanner's own limit with paper left, by a feeder that lies, by a count that does not agree, by
// every HTTP status that may mean an end or a pause. The pages before stay, and the end names the page that it struck.

import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { esclLimits } from '../drivers/scanner/escl-client.ts'
import { type EsclBench, type EsclBenchOptions, openEscl } from './30.scan.escl.kit.ts'
import { drawSheets, sheetSettings } from './30.scan.setup.ts'
import * as presets from './sim/escl-presets.ts'
import type { SheetImage } from './sim/escl-sheets.ts'

const benches: EsclBench[] = []
let sheets: readonly SheetImage[]

beforeAll(async () => {
  sheets = await drawSheets(3)
})
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.stop()
})

async function open(preset: presets.EsclPreset, more: Partial<EsclBenchOptions> = {}) {
  const bench = await openEscl({ sheets, preset, ...more })
  benches.push(bench)
  return bench
}

const stack = (count: number) => Array.from({ length: count }, (_, i) => sheets[i % 3] as SheetImage)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

describe('a scanner that ends every job', () => {
  test('after 50 images is given job after job until its feeder is empty', async () => {
    const bench = await open(presets.endsJobAfter(50), { sheets: stack(120) })
    const { pages, end } = await bench.scan()
    expect(pages.map(({ number }) => number)).toEqual(upTo(120))
    expect(pages.every(({ bytes }, i) => Buffer.compare(bytes, sheets[i % 3]?.front ?? Buffer.of()) === 0)).toBe(true)
    expect(end).toEqual({ end: 'empty', imagesCompleted: 120 })
    expect(bench.simulator.stats()).toMatchObject({ jobs: 3, deletes: 3, emptyFeederStarts: 0 })
  })

  test('with exactly as many sheets as a job may have is started once', async () => {
    const bench = await open(presets.endsJobAfter(3))
    expect((await bench.scan()).end).toEqual({ end: 'empty', imagesCompleted: 3 })
    expect(bench.simulator.stats()).toMatchObject({ jobs: 1, emptyFeederStarts: 0 })
  })

  test('goes on with the next front', async () => {
    const bench = await open(presets.endsJobAfter(4))
    const { pages, end } = await bench.scan({ duplex: true })
    expect(pages.map(({ number, side }) => `${number} ${side}`)).toEqual(
      ['front', 'back', 'front', 'back', 'front', 'back'].map((side, i) => `${i + 1} ${side}`),
    )
    expect(end).toEqual({ end: 'empty', imagesCompleted: 6 })
  })

  test('stops in a later job when there are enough images', async () => {
    const bench = await open(presets.endsJobAfter(2))
    expect((await bench.scan({ maxImages: 3 })).end).toEqual({ end: 'limit' })
    expect(bench.simulator.stats()).toMatchObject({ jobs: 2, images: 3, deletes: 2 })
  })

  test('and jams in a later one names the page of the whole scan', async () => {
    const bench = await open(presets.endsJobAfter(2))
    const scan = bench.scanner.scan('feeder', { ...sheetSettings, maxImages: 9 }, new AbortController().signal)
    for (let page = 1; page <= 2; page += 1) {
      const { value } = await scan.next()
      if (value === undefined || !('image' in value)) throw new Error('no page came')
      for await (const chunk of value.image) expect(chunk.length).toBeGreaterThan(0)
    }
    bench.simulator.set({ ...presets.endsJobAfter(2), stop: { page: 1, adfState: 'ScannerAdfJam' } })
    expect((await scan.next()).value).toMatchObject({ code: 'SCANNER_JAM', detail: expect.stringMatching(/^page 3: /) })
  })
})

describe('a feeder that says that it is loaded whatever lies in it', () => {
  test('and has a sensor leaves a doubt that somebody must look at', async () => {
    const bench = await open(presets.alwaysLoaded)
    const { pages, end } = await bench.scan()
    expect(pages).toHaveLength(3)
    expect(end).toEqual({
      end: 'fault',
      code: 'SCANNER_FAILED',
      detail: 'the scanner stopped with paper in its feeder',
    })
    expect(bench.simulator.stats().jobs).toBe(2)
  })

  test('for a moment only is not started again', async () => {
    const bench = await open(presets.lateSensor(2))
    expect((await bench.scan()).end).toEqual({ end: 'empty', imagesCompleted: 3 })
    expect(bench.clock.slept()).toEqual([1_000])
    expect(bench.simulator.stats()).toMatchObject({ jobs: 1, emptyFeederStarts: 0 })
  })

  test('and has none is believed when a further job gives nothing', async () => {
    const bench = await open(presets.alwaysLoaded, { device: { detectsPaper: false } })
    expect((await bench.scan()).end).toMatchObject({ end: 'empty' })
    expect(bench.simulator.stats().jobs).toBe(2)
  })

  test('and forgets its job may have been switched off between', async () => {
    const lost = { ...presets.alwaysLoaded, hidesJobs: true }
    expect((await (await open(lost)).scan()).end).toMatchObject({
      code: 'SCANNER_FAILED',
      detail: expect.stringMatching('paper in its feeder'),
    })
    expect((await (await open(lost, { device: { detectsPaper: false } })).scan()).end).toEqual({ end: 'empty' })
  })

  test('and gives pages without end is stopped', async () => {
    const more = { esclLimits: { ...esclLimits, maxImages: 20 } }
    const bench = await open(presets.endsJobAfter(3), { sheets: stack(40), more })
    const { pages, end } = await bench.scan()
    expect(pages).toHaveLength(20)
    expect(end).toEqual({
      end: 'fault',
      code: 'SCANNER_FAILED',
      detail: 'the scanner does not end: 20 images came in one scan',
    })
  })
})

describe('the scanner’s own count', () => {
  test('is told at a good end, over all jobs', async () => {
    const bench = await open({ ...presets.losesImages(1), jobLimit: { images: 2, how: 'completed' } })
    expect((await bench.scan()).end).toEqual({ end: 'empty', imagesCompleted: 5 })
  })

  test('of images that never arrived is told with a fault', async () => {
    const bench = await open(presets.jamsAndLoses(2, 1))
    expect((await bench.scan()).end).toMatchObject({
      code: 'SCANNER_JAM',
      detail: 'page 2: the scanner reports it during the scan; the scanner counts 2 images, 1 arrived',
    })
  })

  test('of what arrived adds nothing to a fault', async () => {
    const bench = await open(presets.jammedOnPage(2))
    expect((await bench.scan()).end).toMatchObject({ detail: 'page 2: the scanner reports it during the scan' })
  })
})

describe('an answer', () => {
  test('with Retry-After as a date counts from the scanner’s own clock', async () => {
    const bench = await open(presets.retryAfterDate(1, 4))
    expect((await bench.scan()).pages).toHaveLength(3)
    expect(bench.clock.slept()).toEqual([4_000, 4_000, 4_000, 4_000])
  })

  test('that asks to be asked again at once is given a moment', async () => {
    const bench = await open({ ...presets.notReady(1), retryAfterSeconds: 0 })
    expect((await bench.scan()).pages).toHaveLength(3)
    expect(bench.clock.slept()).toEqual([200, 200, 200, 200])
    const never = await open({ ...presets.notReady(Number.POSITIVE_INFINITY), retryAfterSeconds: 0 })
    expect((await never.scan()).end).toMatchObject({ code: 'SCANNER_TIMEOUT' })
  })

  test('without Retry-After is waited for as long as ever', async () => {
    const bench = await open({ ...presets.notReady(1), retryAfterSeconds: Number.NaN })
    expect((await bench.scan()).pages).toHaveLength(3)
    expect(bench.clock.slept()).toEqual([1_000, 1_000, 1_000, 1_000])
  })

  test('that refuses a job for a while, with a date, is waited for', async () => {
    const bench = await open({ ...presets.busyFor(2), retryAfterSeconds: 3, retryAfterDate: true })
    expect((await bench.scan()).pages).toHaveLength(3)
    expect(bench.clock.slept()).toEqual([3_000, 3_000])
  })

  test('to the status that is 503 is asked for again, but not for ever', async () => {
    expect((await (await open(presets.statusBusyFor(3))).scan()).pages).toHaveLength(3)
    const never = await open(presets.statusBusyFor(Number.POSITIVE_INFINITY))
    expect((await never.scan()).end).toMatchObject({ code: 'SCANNER_BUSY' })
    expect(await never.scanner.list()).toMatchObject([{ state: 'busy', code: 'SCANNER_BUSY' }])
  })

  test('that makes a job and does not say where ends the scan', async () => {
    const { pages, end } = await (await open(presets.noLocation)).scan()
    expect([pages, end]).toMatchObject([
      [],
      { code: 'SCANNER_FAILED', detail: 'the scanner did not say where its job is' },
    ])
  })

  test('that puts the job at an address without brackets is understood', async () => {
    expect((await (await open(presets.brokenLocation)).scan()).pages).toHaveLength(3)
  })
})

test('a scanner that can compress is asked for the least of it, and one that cannot is not asked', async () => {
  const can = await open(presets.ready, { device: { compression: [1, 5] } })
  await can.scan({ maxImages: 1 })
  expect(can.simulator.stats()).toMatchObject({ ticket: { compressionFactor: 1 }, refusals: [] })
  const cannot = await open(presets.ready)
  await cannot.scan({ maxImages: 1 })
  expect(cannot.simulator.stats().ticket).not.toHaveProperty('compressionFactor')
})
