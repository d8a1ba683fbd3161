// The SANE driver over a feeder like those that offices have, simulated below libsane, where the contract is not enough:
// options that wait for each other, sensors, replugging, full disks, and backends that crash, hang and flood at each call.

import { mkdtempSync, readdirSync, readlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ScanFaultCode } from '../device/ports.ts'
import { run } from '../drivers/exec.ts'
import { createSaneScanner, type SaneOptionsOfDevice } from '../drivers/scanner/sane.ts'
import { createImpatientClock, openWorkplace, sheetSettings } from './30.scan.setup.ts'
import { take } from './contract/scanner.ts'
import { buildSaneFeeder, createSaneFeeder, type SaneFeeder, startSaned } from './sim/sane-feeder.ts'

const never = new AbortController().signal
/** Small images: what is tested here is not their content. */
const settings = { ...sheetSettings, resolution: 50 }

describe('a SANE feeder', () => {
  const workplace = openWorkplace()
  const { scratchFolder } = workplace
  let feeder: SaneFeeder
  beforeAll(async () => {
    feeder = createSaneFeeder(workplace.folder, await buildSaneFeeder(workplace.folder))
  })
  afterEach(async () => {
    expect(await readdir(scratchFolder)).toEqual([])
    expect(programsIn(scratchFolder)).toEqual([])
  })
  afterAll(() => workplace.remove())
  const device = (changes: Partial<SaneOptionsOfDevice> = {}) =>
    createSaneScanner({ id: 'feeder', device: 'feeder', scratchFolder, environment: feeder.environment, ...changes })
  const pagesSeen = () => feeder.log().filter(line => line.startsWith('page '))

  test('is asked for the sheet as it is, though its options wait for each other', async () => {
    feeder.set({ sheets: 1 })
    const { end } = await take(device().scan({ ...settings, duplex: true }, never))
    expect(end).toEqual({ end: 'empty', imagesCompleted: 2 })
    const stand = 'source=ADF Duplex mode=Color resolution=50 df-action=Stop df-thickness=1 df-recovery=Off swskip=0.0'
    expect(pagesSeen()).toEqual([1, 2].map(number => `page ${number} ${stand} pixels=413x584`))
  })

  test('leaves to the operator what the configuration sets', async () => {
    feeder.set({ sheets: 1 })
    await take(device({ options: { swskip: '5', 'df-action': 'Continue' } }).scan(settings, never))
    expect(pagesSeen()[0]).toContain('df-action=Continue df-thickness=1 df-recovery=Off swskip=5.0')
  })

  test('on its glass neither waits for paper nor has options of the feeder', async () => {
    feeder.set({ sensors: [] })
    const { pages, end } = await take(device().scan({ ...settings, source: 'flatbed', colour: 'bw' }, never))
    expect({ pages: pages.length, end: end.end }).toEqual({ pages: 1, end: 'empty' })
    expect(pagesSeen()[0]).toContain('source=Flatbed mode=Lineart resolution=50 df-action=Default df-thickness=0')
  })

  test('whose two-sided feeding is an option of the chosen feeder is asked for it', async () => {
    feeder.set({ sheets: 1, style: 'switch' })
    const scanner = device()
    expect(await scanner.info()).toMatchObject({ sources: ['adf', 'flatbed'], duplex: true })
    for (const duplex of [true, false]) {
      const { pages } = await take(scanner.scan({ ...settings, duplex }, never))
      expect(pages.map(({ side }) => side)).toEqual(duplex ? ['front', 'back'] : ['front'])
    }
  })

  test('is not started while it is empty or open', async () => {
    feeder.set({ sensors: [] })
    await take(device().scan(settings, never))
    feeder.set({ sensors: ['page-loaded', 'cover-open'] })
    const { end } = await take(device().scan(settings, never))
    expect(end).toMatchObject({ code: 'SCANNER_COVER_OPEN' })
    expect(pagesSeen()).toEqual([])
  })

  test('says that its button is pressed, and that its cover is open', async () => {
    feeder.set({ sensors: ['page-loaded', 'scan'] })
    expect(await device().info()).toMatchObject({ state: 'ready', buttonPressed: true, paperLoaded: true })
    feeder.set({ sensors: ['cover-open'] })
    expect(await device().info()).toMatchObject({
      state: 'fault',
      code: 'SCANNER_COVER_OPEN',
      buttonPressed: false,
      paperLoaded: false,
    })
  })

  test('that one program at a time may open is looked at in turns, before and during a scan', async () => {
    feeder.set({ openingMs: 100 })
    const scanner = device()
    const scanning = scanner.scan(settings, never)
    const looks = [scanner.info(), scanner.info()]
    const first = scanning.next()
    expect((await Promise.all(looks)).map(({ state }) => state)).toEqual(['ready', 'ready'])
    expect((await first).done).toBe(false)
    expect((await take(scanning)).end.end).toBe('empty')
  })

  test.each([
    ['is waited for', 3, { end: 'empty', imagesCompleted: 3 }],
    ['is waited for no longer than a minute', Number.POSITIVE_INFINITY, { end: 'fault', code: 'SCANNER_BUSY' }],
  ])('that warms up %s', async (_, warmAfter, end) => {
    feeder.set({ fail: 'start 1 12' })
    const impatient = createImpatientClock()
    const sleep = async (ms: number, signal?: AbortSignal) => {
      await impatient.sleep(ms, signal)
      if (impatient.slept().length === warmAfter) feeder.set()
    }
    const scanner = device({ clock: { ...impatient, sleep } })
    expect((await take(scanner.scan(settings, never))).end).toMatchObject(end)
    expect(impatient.slept()).toEqual(Array(Math.min(warmAfter, 11)).fill(5_000))
  })

  test('is given up while it is looked at by others', async () => {
    feeder.set({ openingMs: 500 })
    const scanner = device()
    const controller = new AbortController()
    const reason = new Error('somebody left')
    const looking = scanner.info()
    const scanning = scanner.scan(settings, controller.signal).next()
    controller.abort(reason)
    await expect(scanning).rejects.toBe(reason)
    expect(await looking).toMatchObject({ state: 'ready' })
    expect(await scanner.info()).toMatchObject({ state: 'ready' })
  })

  test('that is replugged within a scan is unplugged first and found under its new name then', async () => {
    // More than are fetched ahead, whatever the machine does meanwhile.
    feeder.set({ sheets: 500 })
    const scanner = device()
    await scanner.info()
    const scanning = scanner.scan(settings, never)
    await scanning.next()
    feeder.set({ device: 'sim:2', fail: 'start 2 9' })
    expect((await take(scanning)).end).toMatchObject({ code: 'SCANNER_UNPLUGGED' })
    feeder.set({ device: 'sim:2' })
    expect(await scanner.info()).toMatchObject({ state: 'ready' })
    expect((await take(scanner.scan(settings, never))).pages).toHaveLength(3)
  })

  test('that is known by its whole name is looked for under that name only', async () => {
    feeder.set()
    const scanner = device({ device: 'feeder:sim:1' })
    expect(await scanner.info()).toMatchObject({ state: 'ready' })
    feeder.set({ device: 'sim:1:2' })
    expect(await scanner.info()).toMatchObject({ state: 'absent' })
    feeder.set()
    expect(await scanner.info()).toMatchObject({ state: 'ready' })
  })

  test('that is pulled out so hard that its backend crashes is unplugged, and ready when it is back', async () => {
    feeder.set({ sheets: 500 })
    const scanner = device()
    const scanning = scanner.scan(settings, never)
    await scanning.next()
    feeder.set({ device: '', fail: 'read 2 crash' })
    expect((await take(scanning)).end).toMatchObject({ code: 'SCANNER_UNPLUGGED' })
    expect(await scanner.info()).toMatchObject({ state: 'absent' })
    feeder.set({ device: 'sim:7' })
    expect(await scanner.info()).toMatchObject({ state: 'ready' })
  })

  test('that crashes or hangs while it is closed has delivered its pages all the same', async () => {
    const impatient = device({ closeTimeoutMs: 200 })
    for (const fail of ['close 2 crash', 'close 2 hang', 'cancel 2 hang', 'close 2 chatter']) {
      feeder.set({ sheets: 2, fail })
      const { pages, end } = await take(impatient.scan(settings, never))
      expect({ fail, pages: pages.length, end }).toEqual({ fail, pages: 2, end: { end: 'empty', imagesCompleted: 2 } })
    }
  })

  test.each<readonly [string, number, ScanFaultCode]>([
    ['read 2 hang', 1, 'SCANNER_TIMEOUT'],
    ['start 2 hang', 1, 'SCANNER_TIMEOUT'],
    ['open 0 hang', 0, 'SCANNER_TIMEOUT'],
    ['open 0 flood', 0, 'SCANNER_FAILED'],
    ['open 0 chatter', 0, 'SCANNER_FAILED'],
    ['start 2 flood', 1, 'SCANNER_FAILED'],
    ['read 2 chatter', 1, 'SCANNER_FAILED'],
  ])('that does "%s" is ended in bounded time, and %i pages are kept', async (fail, kept, code) => {
    feeder.set({ fail })
    // Short only where nothing but the hanging call is waited for.
    const hangs = (call: string, ms: number) => (fail.startsWith(call) && fail.endsWith('hang') ? ms : 20_000)
    const pageTimeoutMs = Math.min(hangs('read', 2_500), hangs('start', 2_500))
    const bounded = device({ pageTimeoutMs, lookTimeoutMs: hangs('open', 300), closeTimeoutMs: 200 })
    const startedAt = performance.now()
    const { pages, end } = await take(bounded.scan(settings, never))
    expect({ pages: pages.length, end }).toMatchObject({ pages: kept, end: { end: 'fault', code } })
    expect(performance.now() - startedAt).toBeLessThan(18_000)
  })

  test('that hangs is left at once when the scan is aborted, and told so', async () => {
    for (const fail of ['start 1 hang', 'read 1 hang', 'open 0 hang']) {
      feeder.set({ fail })
      const controller = new AbortController()
      const reason = new Error('somebody left')
      const scanning = device({ closeTimeoutMs: 200 }).scan(settings, controller.signal).next()
      await expect.poll(() => feeder.log().some(line => line.endsWith('hang'))).toBe(true)
      const abortedAt = performance.now()
      controller.abort(reason)
      await expect(scanning).rejects.toBe(reason)
      expect(performance.now() - abortedAt).toBeLessThan(8_000)
    }
  })

  test('is told to cancel by an interrupt, once', async () => {
    feeder.set({ sheets: 500 })
    const controller = new AbortController()
    const reason = new Error('somebody left')
    const scanning = device().scan(settings, controller.signal)
    await scanning.next()
    controller.abort(reason)
    await expect(scanning.next()).rejects.toBe(reason)
    const ending = feeder.log().filter(line => line === 'cancel' || line === 'close')
    expect(ending.slice(-2)).toEqual(['cancel', 'close'])
    expect(pagesSeen().length).toBeLessThan(12)
  })

  test.each([
    ['room', 'size=2m', { pages: 1, code: 'told empty', left: [] }],
    ['inode', 'nr_inodes=2', { pages: 0, code: 'thrown DISK_FULL', left: [] }],
  ])('whose page finds no %s on the disk says so, and gives back what it took', async (_, size, second) => {
    feeder.set({ sheets: 1 })
    const folder = mkdtempSync(join(workplace.folder, 'full-'))
    const mountAndRun = `mount -t tmpfs -o ${size} tmpfs "$1" && shift && exec "$0" "$@"`
    const { SANE_CONFIG_DIR = '', LD_LIBRARY_PATH = '' } = feeder.environment
    const child = new URL('30.scan.sane.child.ts', import.meta.url).pathname
    const args = [mountAndRun, process.execPath, folder, child, folder, SANE_CONFIG_DIR, LD_LIBRARY_PATH]
    const { stdout } = await run('unshare', ['-rm', 'sh', '-c', ...args])
    const told = new TextDecoder().decode(stdout).trim().split('\n')
    expect(told.map(line => JSON.parse(line))).toEqual([{ pages: 0, code: 'thrown DISK_FULL', left: [] }, second])
  })

  test('whose saned dies within a page is unplugged, and ready when saned is back', async () => {
    feeder.set({ sheets: 500 })
    const saned = startSaned(feeder, 1)
    const environment = workplace.sane({ 'dll.conf': 'net\n', 'net.conf': `${saned.host}\n` })
    // SANE's net backend complains in one of three ways or waits for ever.
    const scanner = device({
      device: `net:${saned.host}:feeder`,
      environment,
      pageTimeoutMs: 5_000,
      closeTimeoutMs: 200,
    })
    await expect.poll(async () => (await scanner.info()).state).toBe('ready')
    const scanning = scanner.scan(settings, never)
    await scanning.next()
    await saned.stop()
    expect((await take(scanning)).end).toEqual({
      end: 'fault',
      code: 'SCANNER_UNPLUGGED',
      detail: expect.stringContaining('open of device'),
    })
    const again = startSaned(feeder, 1)
    await expect.poll(async () => (await scanner.info()).state).toBe('ready')
    await again.stop()
  })

  test('whose backend leaves a daemon behind ends all the same', async () => {
    feeder.set({ sheets: 1, fail: 'cancel 1 linger' })
    const { end } = await take(device().scan(settings, never))
    expect(end).toEqual({ end: 'empty', imagesCompleted: 1 })
  })

  test('whose pages are large is not fetched ahead of what memory holds', async () => {
    feeder.set({ sheets: 30 })
    const scanning = device().scan({ ...settings, resolution: 300 }, never)
    await scanning.next()
    const counts: number[] = []
    const settled = () => {
      counts.push(pagesSeen().length)
      const latest = counts.slice(-10)
      return latest.length === 10 && new Set(latest).size === 1 ? latest[0] : undefined
    }
    // The one in the consumer's hands, and five of 26 MB.
    await expect.poll(settled, { timeout: 10_000 }).toBe(6)
    await scanning.return({ end: 'limit' })
  })

  test('through a cut of its scan leaves another that works', async () => {
    feeder.set()
    const scanner = device()
    for await (const page of scanner.scan(settings, never)) if (page.number === 1) break
    expect((await take(scanner.scan(settings, never))).end).toEqual({ end: 'empty', imagesCompleted: 3 })
  })
})

/** Processes whose working folder lies in the given one, even if it was deleted. */
function programsIn(folder: string): readonly string[] {
  return readdirSync('/proc').filter(name => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readlinkSync(`/proc/${name}/cwd`).startsWith(folder)
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown) return false
      throw thrown
    }
  })
}
