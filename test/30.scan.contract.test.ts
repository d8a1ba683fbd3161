// The Scanner contract over both drivers: eSCL against the simulated scanner, SANE against libsane's own `test` and
// `pnm` backends, and SANE once more through Debian's sane-airscan against the same simulated scanner.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createScanners, type ScannerDevice } from '../drivers/scanner/scanners.ts'
import {
  airscanConfiguration,
  createImpatientClock,
  drawSheets,
  openWorkplace,
  sheetPixels,
  sheetSettings,
} from './30.scan.setup.ts'
import { describeScanner, type FaultCase, type ScannerBench } from './contract/scanner.ts'
import { startEsclSimulator } from './sim/escl.ts'
import * as presets from './sim/escl-presets.ts'

/** Nothing listens there. */
const deadUrl = 'http://127.0.0.1:9/eSCL'

const esclPresets: Readonly<Record<string, presets.EsclPreset>> = {
  'a jam on page 3 of 5': presets.jammedOnPage(3),
  'a double feed on page 2': presets.doubleFeedOnPage(2),
  'a scanner unplugged within page 2': presets.unpluggedMidPage(2),
  'a connection that ends within page 2': presets.cutShortOnPage(2),
  'a page without a body': presets.emptyBodyOnPage(2),
  'an open cover': presets.coverOpen,
  'an open door': presets.doorOpen,
  'an empty feeder': presets.emptyFeeder,
  'a busy scanner': presets.busy,
  'a scanner out of order': presets.outOfOrder,
  'a job aborted before page 4': presets.abortedOnPage(4),
  'a job cancelled at the scanner before page 2': presets.cancelledOnPage(2),
}

describeScanner('eSCL', {
  deviceId: 'feeder',
  absentId: 'gone',
  settings: sheetSettings,
  images: 5,
  pixels: sheetPixels,
  duplex: true,
  refusesPaper: 'A3',
  faults: [
    { name: 'a jam on page 3 of 5', code: 'SCANNER_JAM', pages: 2 },
    { name: 'a double feed on page 2', code: 'SCANNER_DOUBLE_FEED', pages: 1 },
    { name: 'a scanner unplugged within page 2', code: 'SCANNER_UNPLUGGED', pages: 1 },
    { name: 'a connection that ends within page 2', code: 'SCANNER_UNPLUGGED', pages: 1 },
    { name: 'a page without a body', code: 'SCANNER_JAM', pages: 1 },
    { name: 'an open cover', code: 'SCANNER_COVER_OPEN', pages: 0 },
    { name: 'an empty feeder', code: 'FEEDER_EMPTY', pages: 0 },
    { name: 'a busy scanner', code: 'SCANNER_BUSY', pages: 0 },
    { name: 'a scanner out of order', code: 'SCANNER_FAILED', pages: 0 },
    { name: 'a job aborted before page 4', code: 'SCANNER_FAILED', pages: 3 },
    { name: 'a job cancelled at the scanner before page 2', code: 'SCANNER_FAILED', pages: 1 },
  ],
  open: () =>
    openOnSimulator(url => [
      { id: 'feeder', driver: 'escl', url, serial: 'SIM0001' },
      { id: 'gone', driver: 'escl', url: deadUrl },
    ]),
})

describeScanner('SANE through sane-airscan', {
  deviceId: 'feeder',
  absentId: 'gone',
  settings: sheetSettings,
  images: 5,
  pixels: sheetPixels,
  duplex: true,
  refusesPaper: 'A3',
  faults: [
    { name: 'a jam on page 3 of 5', code: 'SCANNER_JAM', pages: 2 },
    { name: 'a scanner unplugged within page 2', code: 'SCANNER_UNPLUGGED', pages: 1 },
    { name: 'an open door', code: 'SCANNER_COVER_OPEN', pages: 0 },
    { name: 'an empty feeder', code: 'FEEDER_EMPTY', pages: 0 },
  ],
  open: () =>
    openOnSimulator(() => [
      { id: 'feeder', driver: 'sane', device: 'airscan:e0:sim' },
      { id: 'gone', driver: 'sane', device: 'airscan:e0:other' },
    ]),
})

async function openOnSimulator(devicesAt: (url: string) => readonly ScannerDevice[]): Promise<ScannerBench> {
  const workplace = openWorkplace()
  const sheets = await drawSheets(5)
  const simulator = await startEsclSimulator({ sheets })
  const scanner = createScanners({
    devices: devicesAt(simulator.url),
    scratchFolder: workplace.scratchFolder,
    saneEnvironment: workplace.sane(airscanConfiguration(simulator.url)),
    clock: createImpatientClock(),
  })
  return {
    scanner,
    scratchFolder: workplace.scratchFolder,
    reload: () => {
      simulator.set(presets.ready)
      simulator.load(sheets)
    },
    arrange: fault => simulator.set(esclPresets[fault] ?? presets.ready),
    close: async () => {
      await simulator.stop()
      await workplace.remove()
    },
  }
}

const readReturnValues: readonly (FaultCase & { readonly status: string })[] = [
  { name: 'a jam', code: 'SCANNER_JAM', pages: 0, deviceId: 'jam', status: 'JAMMED' },
  { name: 'an open cover', code: 'SCANNER_COVER_OPEN', pages: 0, deviceId: 'cover', status: 'COVER_OPEN' },
  { name: 'an empty feeder (exit status 0)', code: 'FEEDER_EMPTY', pages: 0, deviceId: 'empty', status: 'NO_DOCS' },
  { name: 'a busy device', code: 'SCANNER_BUSY', pages: 0, deviceId: 'busy', status: 'DEVICE_BUSY' },
  {
    name: 'an I/O error of a device that is there',
    code: 'SCANNER_FAILED',
    pages: 0,
    deviceId: 'io',
    status: 'IO_ERROR',
  },
  {
    name: 'a header without a picture (exit status 0)',
    code: 'SCANNER_FAILED',
    pages: 0,
    deviceId: 'eof',
    status: 'EOF',
  },
]

describeScanner('SANE test backend', {
  deviceId: 'test',
  absentId: 'gone',
  settings: sheetSettings,
  // The test backend's feeder holds ten sheets, whenever it is opened.
  images: 10,
  // It rounds millimetres down.
  pixels: { width: 1653, height: 2338 },
  duplex: false,
  refusesPaper: 'A3',
  faults: readReturnValues,
  open: async () => {
    const workplace = openWorkplace()
    const faulty = readReturnValues.map(({ deviceId = '', status }) => ({
      id: deviceId,
      driver: 'sane' as const,
      device: 'test:0',
      options: { 'read-return-value': `SANE_STATUS_${status}` },
    }))
    const scanner = createScanners({
      devices: [{ id: 'test', driver: 'sane' }, { id: 'gone', driver: 'sane', device: 'test:7' }, ...faulty],
      scratchFolder: workplace.scratchFolder,
      saneEnvironment: workplace.sane({ 'dll.conf': 'test\n', 'test.conf': 'geometry_max 300.0\n' }),
    })
    const nothing = () => undefined
    return {
      scanner,
      scratchFolder: workplace.scratchFolder,
      reload: nothing,
      arrange: nothing,
      close: workplace.remove,
    }
  },
})

describeScanner('SANE pnm backend', {
  deviceId: 'pnm',
  absentId: 'gone',
  settings: { ...sheetSettings, source: 'flatbed' },
  images: 1,
  pixels: { width: 60, height: 40 },
  duplex: false,
  faults: [
    { name: 'a jam', code: 'SCANNER_JAM', pages: 0, deviceId: 'jam' },
    { name: 'a file that is not there', code: 'SCAN_SETTING_REFUSED', pages: 0, deviceId: 'nofile' },
  ],
  open: async () => {
    const workplace = openWorkplace()
    const filename = join(workplace.folder, 'sheet.pgm')
    writeFileSync(filename, Buffer.concat([Buffer.from('P5\n60 40\n255\n'), Buffer.alloc(60 * 40, 0x80)]))
    const device = (id: string, options: Record<string, string>) => ({
      id,
      driver: 'sane' as const,
      device: 'pnm:0',
      options,
    })
    const scanner = createScanners({
      devices: [
        device('pnm', { filename }),
        device('jam', { filename, 'status-jammed': 'yes' }),
        device('nofile', { filename: `${filename}.none` }),
        { id: 'gone', driver: 'sane', device: 'pnm:7' },
      ],
      scratchFolder: workplace.scratchFolder,
      saneEnvironment: workplace.sane({ 'dll.conf': 'pnm\n' }),
    })
    const nothing = () => undefined
    return {
      scanner,
      scratchFolder: workplace.scratchFolder,
      reload: nothing,
      arrange: nothing,
      close: workplace.remove,
    }
  },
})
