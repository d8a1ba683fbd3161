// The SANE driver where the contract is not enough: a backend that hangs or talks, an abort in the middle of a page, and
// a feeder that must not run on when nobody takes its pages.

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSaneScanner } from '../drivers/scanner/sane.ts'
import { createScanners } from '../drivers/scanner/scanners.ts'
import { airscanConfiguration, drawSheets, openWorkplace, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import { type EsclSimulator, startEsclSimulator } from './sim/escl.ts'
import { slow } from './sim/escl-presets.ts'
import type { SheetImage } from './sim/escl-sheets.ts'

const workplace = openWorkplace()
afterAll(() => workplace.remove())
const testBackend = workplace.sane({ 'dll.conf': 'test\n', 'test.conf': 'geometry_max 300.0\n' })
const never = new AbortController().signal

describe('a SANE device', () => {
  const device = (options: Record<string, string>, pageTimeoutMs?: number) =>
    createSaneScanner({
      id: 'test',
      device: 'test:0',
      options,
      scratchFolder: workplace.scratchFolder,
      environment: testBackend,
      ...(pageTimeoutMs === undefined ? {} : { pageTimeoutMs }),
    })

  test('that hangs within a page times out, and its process is ended', async () => {
    const hanging = device({ 'read-delay': 'yes', 'read-delay-duration': '200000', 'read-limit': 'yes' }, 300)
    const { pages, end } = await take(hanging.scan(sheetSettings, never))
    expect(pages).toEqual([])
    expect(end).toMatchObject({ end: 'fault', code: 'SCANNER_TIMEOUT' })
    expect(await readdir(workplace.scratchFolder)).toEqual([])
  })

  test('aborted within a page leaves no `.part` behind', async () => {
    const crawling = device({ 'read-delay': 'yes', 'read-delay-duration': '200000', 'read-limit': 'yes' })
    const controller = new AbortController()
    const reason = new Error('somebody left')
    const scanning = crawling.scan(sheetSettings, controller.signal).next()
    const partFiles = async () => {
      const names = await readdir(workplace.scratchFolder, { recursive: true })
      return names.filter(name => name.endsWith('.part')).length
    }
    await expect.poll(partFiles).toBe(1)
    controller.abort(reason)
    await expect(scanning).rejects.toBe(reason)
    expect(await readdir(workplace.scratchFolder)).toEqual([])
  })

  test.each([
    { 'fuzzy-parameters': 'yes' },
    { 'non-blocking': 'yes', 'select-fd': 'yes' },
    { 'read-limit': 'yes', 'read-limit-size': '4096' },
    { 'ppl-loss': '30' },
  ] as readonly Record<string, string>[])('that is odd in %o gives whole pages of the sheet', async options => {
    const settings = { ...sheetSettings, maxImages: 2, resolution: 50 }
    const { pages, end } = await take(device(options).scan(settings, never))
    expect(end).toEqual({ end: 'limit', imagesCompleted: 2 })
    const sizes = await Promise.all(pages.map(async ({ bytes }) => (await sharp(bytes).metadata()).height))
    expect(sizes).toEqual([584, 584])
    for (const { bytes } of pages) await sharp(bytes).stats()
  })

  test('moved by hand, whose length is known at the end only, gives a whole page', async () => {
    const settings = { ...sheetSettings, maxImages: 1, resolution: 50 }
    const { pages } = await take(device({ 'hand-scanner': 'yes' }).scan(settings, never))
    // 17 cm.
    expect((await sharp(pages[0]?.bytes).metadata()).height).toBe(334)
  })

  test('scans black and white with one bit where it has no mode for it', async () => {
    const { pages } = await take(device({}).scan({ ...sheetSettings, colour: 'bw', maxImages: 1 }, never))
    expect(pages[0]?.bytes.length).toBeLessThan(500_000)
  })

  test('may print words of its own among the page names', async () => {
    const folder = join(workplace.folder, 'bin')
    await mkdir(folder)
    const talkative = '#!/bin/sh\necho warming up\necho ../page-9.tiff\nexec /usr/bin/scanimage "$@"\n'
    await writeFile(join(folder, 'scanimage'), talkative, { mode: 0o755 })
    const environment = { ...testBackend, PATH: `${folder}:/usr/bin:/bin` }
    const { scratchFolder } = workplace
    const scanner = createSaneScanner({ id: 'test', device: 'test:0', scratchFolder, environment })
    const { pages, end } = await take(scanner.scan({ ...sheetSettings, maxImages: 2 }, never))
    expect({ pages: pages.length, end }).toMatchObject({ pages: 2, end: { end: 'limit', imagesCompleted: 2 } })
  })

  test('refuses an option whose name is none', () => {
    expect(() => device({ 'mode=Color --output-file': 'x' })).toThrow(/CONFIG_INVALID/)
  })
})

describe('a feeder', () => {
  const airscanOn = (simulator: EsclSimulator) =>
    createScanners({
      devices: [{ id: 'feeder', driver: 'sane' }],
      scratchFolder: workplace.scratchFolder,
      saneEnvironment: workplace.sane(airscanConfiguration(simulator.url)),
    })
  let sheets: readonly SheetImage[]
  beforeAll(async () => {
    const [sheet] = await drawSheets(1)
    sheets = sheet === undefined ? [] : Array(30).fill(sheet)
  })

  test('whose consumer leaves stops within the pages that were on their way', async () => {
    // More than any machine scans between the consumer's leaving and the news of it.
    const pile = Array.from({ length: 100 }, () => sheets).flat()
    const simulator = await startEsclSimulator({ sheets: pile })
    const scanner = airscanOn(simulator)
    for await (const page of scanner.scan('feeder', sheetSettings, never)) {
      for await (const chunk of page.image) if (chunk.length > 0) break
      break
    }
    const { jobs, deletes, images } = simulator.stats()
    await simulator.stop()
    expect({ jobs, deletes }).toEqual({ jobs: 1, deletes: 1 })
    expect(images).toBeLessThan(pile.length)
  })

  test('that is aborted within a page is told so at once', async () => {
    const simulator = await startEsclSimulator({ sheets, preset: slow(20_000) })
    const scanner = airscanOn(simulator)
    const controller = new AbortController()
    const reason = new Error('somebody left')
    const scanning = scanner.scan('feeder', sheetSettings, controller.signal).next()
    await expect.poll(() => simulator.stats().jobs, { timeout: 10_000 }).toBe(1)
    controller.abort(reason)
    // Well before an unwilling process would be ended.
    await Promise.all([
      expect(scanning).rejects.toBe(reason),
      expect.poll(() => simulator.stats().deletes, { timeout: 3_000 }).toBe(1),
    ])
    await simulator.stop()
  })

  test('that is aborted between pages is told so, though the scan is given up in the same moment', async () => {
    const simulator = await startEsclSimulator({ sheets })
    const scanner = airscanOn(simulator)
    const controller = new AbortController()
    const reason = new Error('somebody left')
    const scanning = scanner.scan('feeder', sheetSettings, controller.signal)
    await scanning.next()
    simulator.set(slow(20_000))
    controller.abort(reason)
    await expect(scanning.next()).rejects.toBe(reason)
    const { jobs, deletes } = simulator.stats()
    await simulator.stop()
    expect({ jobs, deletes }).toEqual({ jobs: 1, deletes: 1 })
  })

  test('whose consumer does not come back waits after eight pages', async () => {
    const simulator = await startEsclSimulator({ sheets })
    const scanner = airscanOn(simulator)
    const scanning = scanner.scan('feeder', sheetSettings, never)
    await scanning.next()
    // sane-airscan itself takes all there is; from then on only scanimage decides how many files there are.
    await expect.poll(() => simulator.stats().images, { timeout: 10_000 }).toBe(30)
    const counts: number[] = []
    const settled = async () => {
      const names = await readdir(workplace.scratchFolder, { recursive: true })
      counts.push(names.filter(name => name.endsWith('.tiff')).length)
      const latest = counts.slice(-10)
      return latest.length === 10 && new Set(latest).size === 1 ? latest[0] : undefined
    }
    // The one in the consumer's hands, and eight.
    await expect.poll(settled, { timeout: 10_000 }).toBe(9)
    await scanning.return({ end: 'limit' })
    await simulator.stop()
    expect(await readdir(workplace.scratchFolder)).toEqual([])
  })
})
