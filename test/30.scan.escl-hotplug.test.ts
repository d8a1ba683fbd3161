// Scanners that are switched off and on, renamed, replugged or served on another port by an ipp-usb that was restarted,
// between jobs and during them: every change shows at the next look, no page is lost, and nobody is taken for another.

import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ScanEnd, ScannedPage, Scanner } from '../device/ports.ts'
import { readAll } from '../drivers/http-body.ts'
import { createScanners } from '../drivers/scanner/scanners.ts'
import { createImpatientClock, drawSheets, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import { type EsclSimulator, startEsclSimulator } from './sim/escl.ts'
import type { DeviceDescription } from './sim/escl-documents.ts'
import * as presets from './sim/escl-presets.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { freePort } from './sim/free-port.ts'

const mine = { uuid: '5c4a4c57-0000-4000-8000-00000000000a', serial: 'MINE' }
const other = { uuid: '5c4a4c57-0000-4000-8000-00000000000b', serial: 'OTHER', makeAndModel: 'Other Scanner' }
const never = new AbortController().signal

let sheets: readonly SheetImage[]
let ports: readonly number[]
let scanner: Scanner
const plugged = new Set<EsclSimulator>()

beforeAll(async () => {
  sheets = await drawSheets(3)
})
beforeEach(async () => {
  ports = await Promise.all([freePort(), freePort(), freePort()])
  scanner = createScanners({
    devices: [{ id: 'mine', driver: 'escl', uuid: mine.uuid }],
    scratchFolder: '/nonexistent',
    clock: createImpatientClock(),
    discovery: { ports, environment: { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' } },
  })
})
afterEach(async () => {
  for (const simulator of plugged) await unplug(simulator)
})

async function plug(device: DeviceDescription, at: number, loaded = sheets): Promise<EsclSimulator> {
  const simulator = await startEsclSimulator({ sheets: loaded, device, port: ports[at] ?? 0 })
  plugged.add(simulator)
  return simulator
}

async function unplug(simulator: EsclSimulator): Promise<void> {
  plugged.delete(simulator)
  await simulator.stop()
}

const look = async () => (await scanner.list())[0]
const scan = () => scanner.scan('mine', sheetSettings, never)

/** The next page of a scan, read to its end. */
async function readPage(scanning: AsyncGenerator<ScannedPage, ScanEnd, void>): Promise<number> {
  const { value } = await scanning.next()
  if (value === undefined || !('image' in value)) throw new Error(`no page came: ${JSON.stringify(value)}`)
  await readAll(value.image)
  return value.number
}

describe('between jobs', () => {
  test('off and on shows at the next look', async () => {
    expect(await look()).toMatchObject({ state: 'absent', code: 'SCANNER_ABSENT' })
    const before = await plug(mine, 0)
    expect(await look()).toMatchObject({ state: 'ready', paperLoaded: true })
    await unplug(before)
    expect(await look()).toMatchObject({ state: 'absent', code: 'SCANNER_ABSENT' })
    expect((await take(scan())).end).toMatchObject({ end: 'fault', code: 'SCANNER_ABSENT' })
    await plug(mine, 0)
    expect(await look()).toMatchObject({ state: 'ready' })
  })

  test('another port and another name show at the next look, and the next scan goes there', async () => {
    const before = await plug(mine, 0)
    expect((await take(scan())).pages).toHaveLength(3)
    await unplug(before)
    const after = await plug({ ...mine, makeAndModel: 'Renamed Scanner' }, 2)
    expect(await look()).toMatchObject({ id: 'mine', state: 'ready', name: 'Renamed Scanner' })
    expect((await take(scan())).pages).toHaveLength(3)
    expect(after.stats().jobs).toBe(1)
  })

  test('a scan finds the new port without a look before', async () => {
    const before = await plug(mine, 0)
    expect((await take(scan())).pages).toHaveLength(3)
    await unplug(before)
    await plug(mine, 1)
    expect((await take(scan())).pages).toHaveLength(3)
  })

  test('another scanner on the old port is not taken for this one', async () => {
    const before = await plug(mine, 0)
    expect(await look()).toMatchObject({ state: 'ready' })
    await unplug(before)
    const stranger = await plug(other, 0)
    expect(await look()).toMatchObject({ state: 'absent' })
    expect((await take(scan())).end).toMatchObject({ code: 'SCANNER_ABSENT' })
    await plug(mine, 1)
    expect(await look()).toMatchObject({ state: 'ready', name: 'Compulsa Simulated Feeder 50' })
    expect((await take(scan())).pages).toHaveLength(3)
    expect(stranger.stats().jobs).toBe(0)
  })

  test('two scanners that have changed places are still who they are', async () => {
    const [a, b] = [await plug(mine, 0), await plug(other, 1)]
    expect(await look()).toMatchObject({ name: 'Compulsa Simulated Feeder 50' })
    await unplug(a)
    await unplug(b)
    await plug(other, 0)
    const after = await plug(mine, 1)
    expect((await take(scan())).pages).toHaveLength(3)
    expect(after.stats().jobs).toBe(1)
  })
})

describe('during a job', () => {
  test('unplugging between pages ends it with its pages, and the next job finds the scanner on another port', async () => {
    const before = await plug(mine, 0)
    const scanning = scan()
    expect([await readPage(scanning), await readPage(scanning)]).toEqual([1, 2])
    expect(await look()).toMatchObject({ state: 'busy' })
    await unplug(before)
    expect((await take(scanning)).end).toMatchObject({
      end: 'fault',
      code: 'SCANNER_UNPLUGGED',
      detail: expect.stringMatching(/^page 3: /),
    })
    expect(await look()).toMatchObject({ state: 'absent' })
    await plug(mine, 2, sheets.slice(2))
    expect(await look()).toMatchObject({ state: 'ready' })
    const { pages, end } = await take(scan())
    expect([pages.length, end]).toEqual([1, { end: 'empty', imagesCompleted: 1 }])
  })

  test('unplugging within a page breaks that page, and the sheets after it come from the new port', async () => {
    const before = await plug(mine, 0)
    before.set(presets.unpluggedMidPage(2))
    const { pages, broken, end } = await take(scan())
    expect([pages.length, broken.map(({ code }) => code)]).toEqual([1, ['SCANNER_UNPLUGGED']])
    expect(end).toMatchObject({ code: 'SCANNER_UNPLUGGED', detail: expect.stringMatching(/^page 2: /) })
    await unplug(before)
    await plug(mine, 1, sheets.slice(1))
    const after = await take(scan())
    const taken = [...pages, ...after.pages].map(({ bytes }) => Buffer.from(bytes))
    expect(taken.map((bytes, i) => bytes.equals(sheets[i]?.front ?? Buffer.of()))).toEqual([true, true, true])
  })

  test.each([
    ['paper', 1],
    ['none', 3],
  ])('a scanner that was off and on meanwhile, with %s left, does not pretend that all went well', async (_, taken) => {
    const before = await plug(mine, 0)
    // From a job that ended well it is known to remember its jobs.
    expect((await take(scan())).end).toMatchObject({ end: 'empty' })
    before.load(sheets)
    const scanning = scan()
    await readPage(scanning)
    await unplug(before)
    await plug(mine, 0, sheets.slice(taken))
    expect((await take(scanning)).end).toMatchObject({
      end: 'fault',
      code: 'SCANNER_UNPLUGGED',
      detail: expect.stringMatching(/^page 2: the scanner has forgotten the job/),
    })
  })

  test('a scanner of which nothing is known, off and on meanwhile with paper left, has at least failed', async () => {
    const before = await plug(mine, 0)
    const scanning = scan()
    await readPage(scanning)
    await unplug(before)
    await plug(mine, 0, sheets.slice(1))
    expect((await take(scanning)).end).toMatchObject({ end: 'fault', detail: expect.stringMatching(/^page 2: /) })
    expect((await take(scan())).pages).toHaveLength(2)
  })

  test('another scanner that answers on its port in the middle gets no job', async () => {
    const before = await plug(mine, 0)
    const scanning = scan()
    await readPage(scanning)
    await unplug(before)
    const stranger = await plug(other, 0)
    expect((await take(scanning)).end).toMatchObject({ end: 'fault' })
    expect(stranger.stats().jobs).toBe(0)
  })

  test('the next poll of an ipp-usb that is restarting sees absent, then ready', async () => {
    const before = await plug(mine, 0)
    const scanning = scan()
    await readPage(scanning)
    await unplug(before)
    await take(scanning)
    const states: (string | undefined)[] = [(await look())?.state]
    await plug(mine, 1)
    states.push((await look())?.state)
    expect(states).toEqual(['absent', 'ready'])
  })
})
