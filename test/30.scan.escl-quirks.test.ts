// The quirk table, row by row: a simulated scanner that behaves like the model is scanned from under the model's name,
// and is not, or not well, under another. What all scanners may do is tried under no model's name.

import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ScanSettings } from '../device/ports.ts'
import { hostOf } from '../drivers/scanner/escl-client.ts'
import { noQuirks, quirksOf, quirkTable } from '../drivers/scanner/escl-quirks.ts'
import { type EsclBench, type EsclBenchOptions, openEscl } from './30.scan.escl.kit.ts'
import { drawSheets } from './30.scan.setup.ts'
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

async function open(makeAndModel: string, preset: presets.EsclPreset, more: Partial<EsclBenchOptions> = {}) {
  const { device, ...rest } = more
  const bench = await openEscl({ sheets, preset, device: { makeAndModel, ...device }, ...rest })
  benches.push(bench)
  return bench
}

const stack = (count: number) => Array.from({ length: count }, () => sheets[0] as SheetImage)
const empty = (imagesCompleted: number) => ({ end: 'empty', imagesCompleted })
const ordinary = 'ACME Feeder 1'

describe('the table', () => {
  const model = (makeAndModel: string, manufacturer = '', server = '') => ({ makeAndModel, manufacturer, server })

  test.each([
    [model('Brother MFC-L2710DW series'), { pagePauseMs: 1_000 }],
    [model('DS-940DW'), { pagePauseMs: 1_000 }],
    [model('EPSON WF-2930 Series'), { hostHeader: 'with-port', imagesPerJob: 1 }],
    [model('ET-8550 Series', 'EPSON'), { hostHeader: 'with-port' }],
    [model('EPSON XP-7100 Series'), { hostHeader: 'with-port', backs: 'turned' }],
    [model('HP LaserJet MFP M630'), { hostHeader: 'localhost' }],
    [model('HP Color LaserJet MFP M480', 'HP', 'HP_Compact_Server'), { hostHeader: 'localhost' }],
    [model('Xerox B215 Multifunction Printer'), { gone: 'not-ready', cleansUp: false }],
    [model('Xerox(R) B235 MFP'), {}],
    [model('Xerox WorkCentre 3345'), { startsUnproven: false }],
    [model('Canon MF410 Series'), { startsUnproven: false }],
    [model('Kyocera ECOSYS M2040dn'), { feederProcessing: 'empty' }],
    [model('Canon iR2625/2630'), { maxResolution: 300 }],
    [model('RICOH MP 501'), { imagesPerJob: 50, emptyDecisionMs: 15_000 }],
    [model('HP ScanJet Pro 4500 fn1', 'HP', 'nginx'), {}],
    [model(''), {}],
  ])('knows %j', (known, differs) => {
    expect(quirksOf(known)).toEqual({ ...noQuirks, ...differs })
  })

  test('says of every row why it is there, and has none without effect', () => {
    for (const { why, differs } of quirkTable) {
      expect(why.length).toBeGreaterThan(20)
      expect(
        Object.entries(differs).every(([field, value]) => noQuirks[field as keyof typeof noQuirks] !== value),
      ).toBe(true)
      expect(differs).not.toEqual({})
    }
  })
})

describe('a scanner', () => {
  test.each([
    ['Brother MFC-L2710DW series', 3],
    [ordinary, 1],
  ])('that calls a hasty client’s feeder empty: %s gives %i of 3 pages', async (model, pages) => {
    // Time passes by sleeping, and a quarter of a second while a sheet is read.
    let ms = 0
    const slow = sheets.map(({ front }) => ({
      get front() {
        ms += 240
        return front
      },
    }))
    const clock = {
      now: () => ms,
      sleep: async (pauseMs: number) => {
        ms += pauseMs
      },
    }
    const bench = await open(model, presets.hastyIsEmpty(80), { sheets: slow, more: { clock }, now: () => ms })
    expect((await bench.scan()).pages).toHaveLength(pages)
  })

  test('that wants the port in Host gets it also where it goes without saying', async () => {
    const bench = await open('EPSON ET-3950 Series', presets.wantsHost('with-port'))
    expect((await bench.scan()).pages).toHaveLength(3)
    expect(hostOf(new URL('http://192.168.1.9/eSCL'), 'with-port')).toBe('192.168.1.9:80')
    expect(hostOf(new URL('https://[fd00::9]/eSCL'), 'with-port')).toBe('[fd00::9]:443')
    expect(hostOf(new URL('http://192.168.1.9/eSCL'), 'plain')).toBe('192.168.1.9')
  })

  test.each([
    ['HP Color LaserJet FlowMFP M578', undefined, 3],
    ['HP PageWide Color MFP P77960', 'HP_Compact_Server', 3],
    [ordinary, 'nginx', 0],
  ])('that takes jobs from localhost only: %s (%s) gives %i pages', async (model, serverName, pages) => {
    const bench = await open(model, presets.wantsHost('localhost'), serverName === undefined ? {} : { serverName })
    const { pages: taken, end } = await bench.scan()
    expect(taken).toHaveLength(pages)
    if (pages === 0) expect(end).toMatchObject({ code: 'SCANNER_FAILED', detail: expect.stringContaining('403') })
  })

  test.each([404, 410] as const)(
    'that says %i before every page is waited for, and its ended job left alone',
    async status => {
      const bench = await open('Xerox B205', { ...presets.goneBeforePages(2, status), location: 'broken-ipv6' })
      const { pages, end } = await bench.scan()
      expect([pages.length, end]).toEqual([3, empty(3)])
      expect(bench.simulator.stats()).toMatchObject({ jobs: 1, deletes: 0 })
    },
  )

  test('that says 410 before every page and is no such model has ended its job', async () => {
    const bench = await open(ordinary, presets.goneBeforePages(2, 410))
    const { pages, end } = await bench.scan()
    expect(pages).toEqual([])
    expect(end).toMatchObject({ end: 'fault' })
    expect(bench.simulator.stats().deletes).toBe(1)
  })

  test('whose ended jobs are left alone has those deleted that are given up', async () => {
    const bench = await open('Xerox B205', presets.ready)
    expect((await bench.scan({ maxImages: 1 })).end).toEqual({ end: 'limit' })
    expect(bench.simulator.stats().deletes).toBe(1)
  })

  test.each([
    ['Xerox WorkCentre 3345', 0, 'FEEDER_EMPTY'],
    ['MF410 Series', 0, 'FEEDER_EMPTY'],
    [ordinary, 1, 'SCANNER_JAM'],
  ])(
    'that jams without paper and does not say what lies there: %s is started %i times',
    async (model, starts, code) => {
      const bench = await open(model, { ...presets.jamsWhenEmpty, adfState: 'ScannerAdfContemplating' }, { sheets: [] })
      expect((await bench.scan()).end).toMatchObject({ end: 'fault', code })
      expect(bench.simulator.stats().emptyFeederStarts).toBe(starts)
    },
  )

  test('that would jam without paper is started when it says that paper lies there', async () => {
    expect((await (await open('MF410 Series', presets.ready)).scan()).end).toEqual(empty(3))
  })

  test.each([
    ['Kyocera ECOSYS M2040dn', empty(3)],
    [ordinary, { end: 'fault', code: 'SCANNER_FAILED', detail: 'page 4: the job ended with 409' }],
  ])('that calls its empty feeder `processing`: %s ends with %j', async (model, end) => {
    const bench = await open(model, presets.processingWhenEmpty)
    expect((await bench.scan()).end).toEqual(end)
    if (end.end === 'empty') expect(await bench.scanner.list()).toMatchObject([{ state: 'ready', paperLoaded: false }])
  })

  test('that drops the connection behind the headers of a new job is scanned from', async () => {
    expect((await (await open(ordinary, presets.dropsBody)).scan()).end).toEqual(empty(3))
  })

  test('that does one sheet a job, and takes its time to find the next, is scanned from to its end', async () => {
    const device = { feederCapacity: 1 }
    const bench = await open('EPSON WF-2930 Series', presets.oneSheetAJob(4), { device })
    const { pages, end } = await bench.scan()
    expect([pages.map(({ number }) => number), end]).toEqual([[1, 2, 3], empty(3)])
    expect(bench.simulator.stats()).toMatchObject({ jobs: 3, deletes: 3, emptyFeederStarts: 0 })
  })

  test('that announces more resolution than it has', async () => {
    const bench = await open('iR2625/2630', presets.ready)
    expect((await bench.scan({ resolution: 600 })).end).toMatchObject({
      code: 'SCAN_SETTING_REFUSED',
      detail: expect.stringContaining('offers 100, 150, 200, 300'),
    })
  })

  test.each([
    ['RICOH MP 501', 55, { end: 'empty', imagesCompleted: 55 }],
    [ordinary, 50, { end: 'fault', code: 'SCANNER_FAILED', detail: 'page 51: the scanner aborted the job' }],
  ])('that breaks jobs off at 50 pages: %s gives %i of 55', async (model, pages, end) => {
    const bench = await open(model, presets.abortsJobAfter(50), { sheets: stack(55) })
    const taken = await bench.scan()
    expect([taken.pages.length, taken.end]).toEqual([pages, end])
  })

  test.each([
    ['RICOH Aficio MP 201', 3],
    [ordinary, 1],
  ])('that needs twelve seconds to know its feeder: %s gives %i of 3 pages', async (model, pages) => {
    const bench = await open(model, presets.prematureEndOnPage(2, 12))
    expect((await bench.scan()).pages).toHaveLength(pages)
  })
})

describe('backs', () => {
  const turns = async (
    model: string,
    backs?: 'upright' | 'turned',
    settings: Partial<ScanSettings> = { duplex: true },
  ) => {
    const bench = await open(model, presets.ready, backs === undefined ? {} : { configured: { backs } })
    return (await bench.scan({ ...settings, maxImages: 3 })).pages.map(({ turn }) => turn ?? 0)
  }

  test('of a two-pass feeder arrive upside down, and are marked so', async () => {
    expect(await turns('EPSON ET-3950 Series')).toEqual([0, 180, 0])
    expect(await turns('EPSON ET-3950 Series', undefined, { duplex: false })).toEqual([0, 0, 0])
    expect(await turns(ordinary)).toEqual([0, 0, 0])
  })

  test('are as the configuration says, whatever the model', async () => {
    expect(await turns(ordinary, 'turned')).toEqual([0, 180, 0])
    expect(await turns('EPSON ET-3950 Series', 'upright')).toEqual([0, 0, 0])
  })
})
