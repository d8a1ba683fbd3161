// The eSCL driver above the simulated scanner where the contract is not enough: what it asks for, what it waits for,
// what it believes, and that the scanner's own bytes arrive.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Scanner, ScanSettings } from '../device/ports.ts'
import { createScanners } from '../drivers/scanner/scanners.ts'
import { createImpatientClock, drawSheets, openWorkplace, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import { type EsclSimulator, startEsclSimulator } from './sim/escl.ts'
import * as presets from './sim/escl-presets.ts'
import type { SheetImage } from './sim/escl-sheets.ts'

const workplace = openWorkplace()
let sheets: readonly SheetImage[]
let simulator: EsclSimulator
let clock: ReturnType<typeof createImpatientClock>
let scanner: Scanner

const scan = (changes: Partial<ScanSettings> = {}, signal = new AbortController().signal) =>
  scanner.scan('feeder', { ...sheetSettings, ...changes }, signal)

beforeAll(async () => {
  sheets = await drawSheets(3)
})
beforeEach(async () => {
  simulator = await startEsclSimulator({ sheets })
  clock = createImpatientClock()
  const devices = [{ id: 'feeder', driver: 'escl' as const, url: simulator.url }]
  scanner = createScanners({ devices, scratchFolder: workplace.scratchFolder, clock })
  return () => simulator.stop()
})
afterAll(() => workplace.remove())

/** Of this process, at either end. */
const openSockets = () => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length

async function drain(image: AsyncIterator<Uint8Array>): Promise<void> {
  while ((await image.next()).done !== true);
}

describe('pages', () => {
  test('are the bytes that the scanner made, and as many as it says', async () => {
    const { pages, end } = await take(scan())
    expect(pages).toHaveLength(3)
    for (const [i, page] of pages.entries()) expect(Buffer.compare(page.bytes, sheets[i]?.front ?? Buffer.of())).toBe(0)
    expect(end).toEqual({ end: 'empty', imagesCompleted: 3 })
    expect(simulator.stats()).toMatchObject({ jobs: 1, images: 3, deletes: 1, refusals: [] })
  })

  test('of both sides come front first', async () => {
    const { pages, end } = await take(scan({ duplex: true }))
    expect(pages.map(({ side }) => side)).toEqual(['front', 'back', 'front', 'back', 'front', 'back'])
    expect(end).toEqual({ end: 'empty', imagesCompleted: 6 })
  })

  test('can be left unread', async () => {
    const left = scan()
    const numbers: number[] = []
    for (;;) {
      const next = await left.next()
      if (next.done === true) break
      numbers.push(next.value.number)
    }
    expect(numbers.length).toBeGreaterThan(0)
    await expect.poll(openSockets).toBe(0)
    expect(simulator.stats().deletes).toBe(1)
  })

  test('of a scan that is given up unread hold no connection', async () => {
    const left = scan()
    await left.next()
    await left.return({ end: 'limit' })
    await expect.poll(openSockets).toBe(0)
  })
})

describe('the job ticket', () => {
  test.each([
    [{}, { source: 'Feeder', duplex: false, colourMode: 'RGB24', resolution: 200, width: 2480, height: 3508 }],
    [{ colour: 'gray' }, { colourMode: 'Grayscale8' }],
    [{ colour: 'bw' }, { colourMode: 'Grayscale8' }],
    [{ colour: 'auto' }, { colourMode: 'RGB24' }],
    [{ paper: 'A5' }, { width: 1748, height: 2480 }],
    [{ paper: 'letter' }, { width: 2550, height: 3300 }],
    [{ duplex: true }, { duplex: true }],
    [
      { source: 'flatbed', duplex: true },
      { source: 'Platen', duplex: false },
    ],
  ] as const)('for %j asks for %j', async (changes, ticket) => {
    const { end } = await take(scan({ ...changes, maxImages: 1 }))
    expect(end.end).toBe('limit')
    expect(simulator.stats()).toMatchObject({ ticket, refusals: [] })
  })
})

describe('a scanner', () => {
  test('with an empty feeder is never started', async () => {
    simulator.load([])
    expect((await take(scan())).end).toMatchObject({ code: 'FEEDER_EMPTY' })
    expect(simulator.stats()).toMatchObject({ jobs: 0, emptyFeederStarts: 0 })
  })

  test('that calls its empty feeder `processing` is not started either', async () => {
    simulator.set({ name: 'kyocera', adfState: 'ScannerAdfProcessing' })
    expect((await take(scan())).end).toMatchObject({ code: 'FEEDER_EMPTY' })
    expect(simulator.stats().jobs).toBe(0)
  })

  test.each([presets.wrongHost, presets.relativeLocation, presets.unheardOf, presets.endsWithConflict])(
    'that is $name is scanned from to its end',
    async preset => {
      simulator.set(preset)
      const { pages, end } = await take(scan())
      expect(pages).toHaveLength(3)
      expect(end).toEqual({ end: 'empty', imagesCompleted: 3 })
    },
  )

  test('that is busy for a while is waited for', async () => {
    simulator.set(presets.busyFor(3))
    expect((await take(scan())).pages).toHaveLength(3)
    expect(clock.slept()).toEqual([1000, 1000, 1000])
  })

  test('that this appliance scans from already is not asked, and not waited for', async () => {
    const first = scan()
    await first.next()
    expect((await take(scan())).end).toMatchObject({ code: 'SCANNER_BUSY' })
    expect(clock.slept()).toEqual([])
    const { requests } = simulator.stats()
    expect(await scanner.list()).toMatchObject([
      { state: 'busy', code: 'SCANNER_BUSY', name: 'Compulsa Simulated Feeder 50' },
    ])
    expect(simulator.stats().requests).toBe(requests)
    await first.return({ end: 'limit' })
  })

  test('that stays busy is waited for no longer than ten seconds', async () => {
    simulator.set(presets.busy)
    expect((await take(scan())).end).toMatchObject({ code: 'SCANNER_BUSY' })
    expect(clock.slept().length).toBe(10)
  })

  test('that is not ready is asked again after the time that it names', async () => {
    simulator.set(presets.notReady(2))
    expect((await take(scan())).pages).toHaveLength(3)
    // Twice before each of three pages, and before it says that there are no more.
    expect(clock.slept()).toEqual(Array(8).fill(1000))
  })

  test('that names an hour is asked again after ten seconds', async () => {
    simulator.set(presets.notReady(1, 3600))
    expect((await take(scan())).pages).toHaveLength(3)
    expect(new Set(clock.slept())).toEqual(new Set([10_000]))
  })

  test('that never gets ready times out', async () => {
    simulator.set(presets.notReady(Number.POSITIVE_INFINITY))
    expect((await take(scan())).end).toMatchObject({ code: 'SCANNER_TIMEOUT' })
    expect(simulator.stats().deletes).toBe(1)
  })

  test('that says too early that it has no more is not believed while paper lies in its feeder', async () => {
    simulator.set(presets.prematureEndOnPage(2, 2))
    const { pages, end } = await take(scan())
    expect(pages).toHaveLength(3)
    expect(end).toMatchObject({ end: 'empty', imagesCompleted: 3 })
  })

  test('that stops for good with paper in its feeder has failed', async () => {
    simulator.set(presets.prematureEndOnPage(2, Number.POSITIVE_INFINITY))
    const { pages, end } = await take(scan())
    expect(pages).toHaveLength(1)
    expect(end).toMatchObject({ end: 'fault', code: 'SCANNER_FAILED' })
  })

  test.each([
    [presets.abortedOnPage(2), 'page 2: the scanner aborted the job'],
    [presets.cancelledOnPage(2), 'page 2: the job was cancelled at the scanner'],
    [presets.goneOnPage(2), 'page 2: the job ended with 410'],
  ])('whose job is $name has not come to a good end, though it says that there is no more', async (preset, detail) => {
    simulator.set(preset)
    const { pages, end } = await take(scan())
    expect(pages).toHaveLength(1)
    expect(end).toEqual({ end: 'fault', code: 'SCANNER_FAILED', detail })
  })

  test('that finds its feeder empty only when it is started says so', async () => {
    simulator.load([])
    simulator.set(presets.pretendsLoaded)
    expect((await take(scan())).end).toMatchObject({ end: 'fault', code: 'FEEDER_EMPTY' })
  })

  test('that is no scanner at all has failed', async () => {
    const url = simulator.url.replace('eSCL', 'printer')
    const devices = [{ id: 'feeder', driver: 'escl' as const, url }]
    scanner = createScanners({ devices, scratchFolder: workplace.scratchFolder, clock })
    expect((await take(scan())).end).toMatchObject({ code: 'SCANNER_FAILED', detail: expect.stringContaining('404') })
    expect(await scanner.list()).toMatchObject([{ state: 'fault', code: 'SCANNER_FAILED' }])
  })

  test('that jams goes on with the jammed sheet when it is put back', async () => {
    simulator.set(presets.jammedOnPage(2))
    const before = await take(scan())
    simulator.set(presets.ready)
    const after = await take(scan())
    const taken = [...before.pages, ...after.pages].map(({ bytes }) => Buffer.from(bytes))
    expect(taken.map((bytes, i) => bytes.equals(sheets[i]?.front ?? Buffer.of()))).toEqual([true, true, true])
  })
})

describe('a page that breaks', () => {
  test.each([presets.unpluggedMidPage(2), presets.cutShortOnPage(2)])(
    'when the scanner is $name throws out of its stream and ends the scan',
    async preset => {
      simulator.set(preset)
      const { pages, broken, end } = await take(scan())
      expect(pages.map(({ number }) => number)).toEqual([1])
      expect(broken.map(({ code }) => code)).toEqual(['SCANNER_UNPLUGGED'])
      expect(end).toMatchObject({ end: 'fault', code: 'SCANNER_UNPLUGGED' })
    },
  )
})

test('a scanner unplugged between two pages ends the scan as unplugged', async () => {
  const scanning = scan()
  const { value } = await scanning.next()
  if (value === undefined || !('image' in value)) throw new Error('no page came')
  await drain(value.image[Symbol.asyncIterator]())
  await simulator.stop()
  expect((await take(scanning)).end).toMatchObject({ end: 'fault', code: 'SCANNER_UNPLUGGED' })
})

describe('an abort', () => {
  test('within a page breaks the stream with its reason and cancels the job at once', async () => {
    const controller = new AbortController()
    const reason = new Error('somebody left')
    const aborted = scan({}, controller.signal)
    const { value } = await aborted.next()
    if (value === undefined || !('image' in value)) throw new Error('no page came')
    const image = value.image[Symbol.asyncIterator]()
    await image.next()
    controller.abort(reason)
    // Without another call to the scan: the feeder is running while the consumer is away.
    await expect.poll(() => simulator.stats().deletes).toBe(1)
    await expect(drain(image)).rejects.toBe(reason)
    await expect(aborted.next()).rejects.toBe(reason)
    expect(simulator.stats().deletes).toBe(1)
  })

  test('between the making of a job and its answer gives the job up', async () => {
    const controller = new AbortController()
    const reason = new Error('somebody left')
    simulator.set({
      ...presets.ready,
      // Asked for when the job is made and its place not yet said.
      get location() {
        controller.abort(reason)
        return 'absolute' as const
      },
    })
    await expect(scan({}, controller.signal).next()).rejects.toBe(reason)
    expect(simulator.stats()).toMatchObject({ jobs: 1, images: 0, deletes: 1 })
  })

  test('while the scanner is slow ends the wait', async () => {
    simulator.set(presets.slow(20_000))
    const controller = new AbortController()
    const reason = new Error('somebody left')
    const waiting = scan({}, controller.signal).next()
    await expect.poll(() => simulator.stats().jobs).toBe(1)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect.poll(() => simulator.stats().deletes).toBe(1)
  })
})

describe('the list', () => {
  test.each([
    [presets.ready, { state: 'ready', paperLoaded: true, sources: ['adf', 'flatbed'], duplex: true }],
    [presets.emptyFeeder, { state: 'ready', paperLoaded: false }],
    [presets.busy, { state: 'busy', code: 'SCANNER_BUSY' }],
    [presets.coverOpen, { state: 'fault', code: 'SCANNER_COVER_OPEN' }],
    [presets.outOfOrder, { state: 'fault', code: 'SCANNER_FAILED' }],
    [presets.unheardOf, { state: 'ready' }],
  ])('shows a scanner that is $name', async (preset, info) => {
    simulator.set(preset)
    expect(await scanner.list()).toEqual([expect.objectContaining({ id: 'feeder', driver: 'escl', ...info })])
  })

  test('shows a scanner that was unplugged as absent, and again when it is back', async () => {
    simulator.set(presets.unpluggedMidPage(1))
    await take(scan())
    expect(await scanner.list()).toMatchObject([{ state: 'absent', code: 'SCANNER_ABSENT' }])
    simulator.set(presets.ready)
    expect(await scanner.list()).toMatchObject([{ state: 'ready', name: 'Compulsa Simulated Feeder 50' }])
  })
})
