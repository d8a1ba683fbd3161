// The simulated scanner and our eSCL driver against somebody else's client: the same sheets are scanned by Debian's
// sane-airscan and by us, and show the same picture. sane-airscan also proves the simulator a scanner at all.

import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scanner, ScanSettings } from '../device/ports.ts'
import { createScanners, type ScannerDevice } from '../drivers/scanner/scanners.ts'
import { airscanConfiguration, drawSheets, openWorkplace, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import { type EsclSimulator, startEsclSimulator } from './sim/escl.ts'
import * as presets from './sim/escl-presets.ts'
import type { SheetImage } from './sim/escl-sheets.ts'

/** Two decoders of one JPEG round differently; grey levels. */
const largestMeanDifference = 1.5
/** The peer cuts or fills up to the area that it asked for. */
const largestSizeDifference = 3

const workplace = openWorkplace()
let sheets: readonly SheetImage[]
let simulator: EsclSimulator
let scanner: Scanner

beforeAll(async () => {
  sheets = await drawSheets(2)
  simulator = await startEsclSimulator({ sheets })
  scanner = createScanners({
    devices: [
      { id: 'ours', driver: 'escl', url: simulator.url },
      { id: 'peer', driver: 'sane', device: 'airscan:e0:sim' },
    ],
    scratchFolder: workplace.scratchFolder,
    saneEnvironment: workplace.sane(airscanConfiguration(simulator.url)),
  })
})
afterAll(async () => {
  await simulator.stop()
  await workplace.remove()
})

const scan = async (deviceId: string, changes: Partial<ScanSettings>) => {
  simulator.load(sheets)
  return take(scanner.scan(deviceId, { ...sheetSettings, ...changes }, new AbortController().signal))
}

test.each([
  ['as the sheet is stored', {}, true],
  ['in grey', { colour: 'gray' }, false],
  ['at half the resolution', { resolution: 100 }, false],
  ['on both sides', { duplex: true }, true],
  ['on the flatbed', { source: 'flatbed' }, true],
] as const)('sane-airscan and we get the same pages %s', async (_, changes, ownBytes) => {
  const ours = await scan('ours', changes)
  const peers = await scan('peer', changes)
  expect(simulator.stats().refusals).toEqual([])
  expect(ours.pages.map(({ number, side }) => ({ number, side }))).toEqual(
    peers.pages.map(({ number, side }) => ({ number, side })),
  )
  expect([ours.end.end, peers.end.end]).toEqual(['empty', 'empty'])
  for (const [i, page] of ours.pages.entries()) {
    const sheet = sheets[page.side === 'front' && 'duplex' in changes ? i / 2 : i]
    if (ownBytes && page.side === 'front') expect(Buffer.compare(page.bytes, sheet?.front ?? Buffer.of())).toBe(0)
    await expectSamePicture(page.bytes, peers.pages[i]?.bytes ?? Buffer.of())
  }
})

test.each([
  ['whose job has a relative address', presets.relativeLocation, {}],
  ['that takes jobs from localhost only', presets.wantsHost('localhost'), { makeAndModel: 'HP LaserJet MFP M630' }],
  ['that wants the port in Host', presets.wantsHost('with-port'), { makeAndModel: 'EPSON ET-3950 Series' }],
  ['that can compress', presets.ready, { compression: [1, 9] as const }],
  ['whose feeder ends a job after one page', presets.endsJobAfter(1), {}],
])('sane-airscan and we scan from a scanner %s', async (_, preset, device) => {
  const odd = await startEsclSimulator({ sheets, preset, device })
  const devices: readonly ScannerDevice[] = [
    { id: 'ours', driver: 'escl', url: odd.url },
    { id: 'peer', driver: 'sane', device: 'airscan:e0:sim' },
  ]
  const saneEnvironment = workplace.sane(airscanConfiguration(odd.url))
  const both = createScanners({ devices, scratchFolder: workplace.scratchFolder, saneEnvironment })
  try {
    for (const { id } of devices) {
      odd.load(sheets)
      const { pages, end } = await take(both.scan(id, sheetSettings, new AbortController().signal))
      // The peer does not begin another job: that is what is ours.
      const limited = id === 'peer' && preset.jobLimit !== undefined
      expect([id, pages.length, end.end]).toEqual([id, limited ? 1 : 2, 'empty'])
    }
    expect(odd.stats().refusals).toEqual([])
  } finally {
    await odd.stop()
  }
})

async function expectSamePicture(ours: Uint8Array, peers: Uint8Array): Promise<void> {
  const [a, b] = [await sharp(ours).metadata(), await sharp(peers).metadata()]
  expect(Math.abs(a.width - b.width)).toBeLessThanOrEqual(largestSizeDifference)
  expect(Math.abs(a.height - b.height)).toBeLessThanOrEqual(largestSizeDifference)
  const area = { left: 0, top: 0, width: Math.min(a.width, b.width), height: Math.min(a.height, b.height) }
  const gray = (image: Uint8Array) => sharp(image).extract(area).flatten().grayscale().raw().toBuffer()
  const [one, other] = [await gray(ours), await gray(peers)]
  let sum = 0
  for (let i = 0; i < one.length; i += 1) sum += Math.abs((one[i] ?? 0) - (other[i] ?? 255))
  expect(sum / one.length).toBeLessThan(largestMeanDifference)
}
