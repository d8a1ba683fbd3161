// The Scanner contract over a SANE feeder like those that offices have, simulated below libsane: directly, and through
// Debian's saned.

import { setTimeout as soon } from 'node:timers/promises'
import { createScanners } from '../drivers/scanner/scanners.ts'
import { openWorkplace, sheetSettings } from './30.scan.setup.ts'
import { describeScanner, type FaultCase, type ScannerBench } from './contract/scanner.ts'
import { buildSaneFeeder, createSaneFeeder, type FeederScript, startSaned } from './sim/sane-feeder.ts'

/** Small images: what is tested here is not their content. */
const settings = { ...sheetSettings, resolution: 50 }

const faults: readonly (FaultCase & { readonly script: FeederScript })[] = [
  { name: 'a jam on page 2', code: 'SCANNER_JAM', pages: 1, script: { fail: 'read 2 6' } },
  {
    name: 'a double feed on page 2, which SANE calls a jam',
    code: 'SCANNER_DOUBLE_FEED',
    pages: 1,
    script: { fail: 'read 2 6', afterwards: 'double-feed' },
  },
  {
    name: 'a cover opened under page 2, which SANE calls a jam',
    code: 'SCANNER_COVER_OPEN',
    pages: 1,
    script: { fail: 'start 2 6', afterwards: 'cover-open' },
  },
  { name: 'an open cover', code: 'SCANNER_COVER_OPEN', pages: 0, script: { sensors: ['cover-open'] } },
  { name: 'an empty feeder with a sensor', code: 'FEEDER_EMPTY', pages: 0, script: { sensors: [] } },
  { name: 'an empty feeder whose sensor lies', code: 'FEEDER_EMPTY', pages: 0, script: { sheets: 0 } },
  { name: 'no documents within page 1', code: 'FEEDER_EMPTY', pages: 0, script: { fail: 'read 1 7' } },
  { name: 'a busy start', code: 'SCANNER_BUSY', pages: 0, script: { fail: 'start 1 3' } },
  { name: 'a scanner locked for transport', code: 'SCANNER_BUSY', pages: 0, script: { fail: 'start 1 13' } },
  { name: 'no permission', code: 'SCANNER_FAILED', pages: 0, script: { fail: 'open 0 11' } },
  { name: 'an I/O error on page 3', code: 'SCANNER_FAILED', pages: 2, script: { fail: 'read 3 9' } },
  { name: 'no memory for page 3', code: 'SCANNER_FAILED', pages: 2, script: { fail: 'start 3 10' } },
  { name: 'an end half way down page 2', code: 'SCANNER_FAILED', pages: 1, script: { fail: 'read 2 short' } },
  { name: 'a crash within page 2', code: 'SCANNER_FAILED', pages: 1, script: { fail: 'read 2 crash' } },
  { name: 'a crash at the start of page 3', code: 'SCANNER_FAILED', pages: 2, script: { fail: 'start 3 crash' } },
  { name: 'a crash while it is opened', code: 'SCANNER_FAILED', pages: 0, script: { fail: 'open 0 crash' } },
]

for (const way of ['directly', 'through saned'] as const) {
  describeScanner(`SANE feeder ${way}`, {
    deviceId: 'feeder',
    absentId: 'gone',
    settings,
    images: 3,
    pixels: { width: 413, height: 584 },
    duplex: true,
    refusesPaper: 'A3',
    // saned takes the crash on itself, and hands on no fault of opening but its own.
    faults: way === 'directly' ? faults : faults.slice(0, 9),
    open: () => openFeeder(way === 'through saned'),
  })
}

async function openFeeder(served: boolean): Promise<ScannerBench> {
  const workplace = openWorkplace()
  const feeder = createSaneFeeder(workplace.folder, await buildSaneFeeder(workplace.folder))
  const saned = served ? startSaned(feeder) : undefined
  const prefix = saned === undefined ? '' : `net:${saned.host}:`
  const { scratchFolder } = workplace
  const scanner = createScanners({
    devices: [
      { id: 'feeder', driver: 'sane', device: `${prefix}feeder:sim` },
      { id: 'gone', driver: 'sane', device: `${prefix}feeder:other` },
    ],
    scratchFolder,
    saneEnvironment:
      saned === undefined ? feeder.environment : workplace.sane({ 'dll.conf': 'net\n', 'net.conf': `${saned.host}\n` }),
  })
  for (let tries = 0; served && tries < 100 && (await scanner.list())[0]?.state !== 'ready'; tries += 1) await soon(50)
  return {
    scanner,
    scratchFolder,
    reload: () => feeder.set(),
    arrange: name => feeder.set(faults.find(fault => fault.name === name)?.script),
    close: async () => {
      await saned?.stop()
      await workplace.remove()
    },
  }
}
