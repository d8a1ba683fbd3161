// The contract of the Scanner port (device/ports.ts), run over every driver: pages come in order and whole, every end
// is told, whatever is given up is given up at the device too, and nothing is left behind.

import { readdirSync, readlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../../device/errors.ts'
import type { ScanEnd, ScanFaultCode, ScannedPage, Scanner, ScanSettings } from '../../device/ports.ts'
import { readAll } from '../../drivers/http-body.ts'

/** A way to fail that the device under test can be brought into. */
export interface FaultCase {
  readonly name: string
  readonly code: ScanFaultCode
  /** Images that arrive whole before it. */
  readonly pages: number
  /** Another device of the same bench, where the fault is a matter of its configuration. */
  readonly deviceId?: string
}

export interface ScannerBench {
  readonly scanner: Scanner
  readonly scratchFolder: string
  /** Puts the paper back and the device in good order. */
  reload(): void
  /** Brings the device into the case of that name. */
  arrange(fault: string): void
  close(): Promise<void>
}

/** What is known of a device before it is opened. */
export interface ScannerTraits {
  readonly deviceId: string
  /** Configured, but not there. */
  readonly absentId: string
  /** As a scan of it usually is. */
  readonly settings: ScanSettings
  /** What such a scan yields. */
  readonly images: number
  readonly pixels: { readonly width: number; readonly height: number }
  readonly duplex: boolean
  /** A sheet that is larger than the device; absent: it has no area to choose. */
  readonly refusesPaper?: ScanSettings['paper']
  readonly faults: readonly FaultCase[]
  readonly open: () => Promise<ScannerBench>
}

/** A page with its bytes; one that broke while it was read is not among the pages. */
export interface TakenPage extends Omit<ScannedPage, 'image'> {
  readonly bytes: Uint8Array
}

export interface TakenScan {
  readonly pages: readonly TakenPage[]
  readonly broken: readonly Fault[]
  readonly end: ScanEnd
}

/** Reads a scan as its consumer does. */
export async function take(scan: AsyncGenerator<ScannedPage, ScanEnd, void>): Promise<TakenScan> {
  const pages: TakenPage[] = []
  const broken: Fault[] = []
  for (;;) {
    const next = await scan.next()
    if (next.done === true) return { pages, broken, end: next.value }
    const { image, ...page } = next.value
    try {
      pages.push({ ...page, bytes: await readAll(image) })
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      broken.push(thrown)
    }
  }
}

/** Runs the contract over one device. */
export function describeScanner(name: string, traits: ScannerTraits): void {
  describe(`Scanner contract: ${name}`, () => {
    const { deviceId, settings } = traits
    let bench: ScannerBench
    const never = new AbortController().signal
    const scan = (changes: Partial<ScanSettings> = {}, signal = never, id = deviceId) =>
      bench.scanner.scan(id, { ...settings, ...changes }, signal)
    const infoOf = async (id: string) => (await bench.scanner.list()).find(info => info.id === id)

    beforeAll(async () => {
      bench = await traits.open()
    })
    beforeEach(() => bench.reload())
    afterEach(async () => {
      expect(await readdir(bench.scratchFolder)).toEqual([])
      expect(processesIn(bench.scratchFolder)).toEqual([])
      expect(openFilesIn(bench.scratchFolder)).toEqual([])
    })
    afterAll(() => bench.close())

    test('lists the device as ready, with what it can do', async () => {
      const info = await infoOf(deviceId)
      expect(info).toMatchObject({ state: 'ready', duplex: traits.duplex })
      expect(info).not.toHaveProperty('code')
      expect(info?.sources).toContain(settings.source)
    })

    test('lists a device that is not there as absent, and a scan on it ends so', async () => {
      expect(await infoOf(traits.absentId)).toMatchObject({ state: 'absent', code: 'SCANNER_ABSENT' })
      const { pages, end } = await take(scan({}, never, traits.absentId))
      expect({ pages, end }).toMatchObject({ pages: [], end: { end: 'fault', code: 'SCANNER_ABSENT' } })
    })

    test('ends with SCANNER_ABSENT for a device that was never configured', async () => {
      const { end } = await take(scan({}, never, 'nobody'))
      expect(end).toMatchObject({ end: 'fault', code: 'SCANNER_ABSENT' })
    })

    test('yields every image whole and in order until the paper ends', async () => {
      const { pages, broken, end } = await take(scan())
      expect(broken).toEqual([])
      expect(pages.map(({ number }) => number)).toEqual(Array.from({ length: traits.images }, (_, i) => i + 1))
      expect(end.end).toBe('empty')
      for (const page of pages) {
        expect(page).toMatchObject({ side: 'front', resolution: settings.resolution })
        const { width, height } = await sharp(page.bytes).metadata()
        expect({ width, height }).toEqual(traits.pixels)
      }
    })

    test('stops after maxImages and says so', async () => {
      const { pages, end } = await take(scan({ maxImages: 1 }))
      expect(pages).toHaveLength(1)
      expect(end.end).toBe('limit')
      expect(await infoOf(deviceId)).toMatchObject({ state: 'ready' })
    })

    test('a flatbed gives one image', async () => {
      const { pages, end } = await take(scan({ source: 'flatbed' }))
      expect(pages).toHaveLength(1)
      expect(end.end).toBe('empty')
    })

    const refusals: readonly (readonly [string, Partial<ScanSettings>])[] = [
      ['a resolution', { resolution: 211 * 97 }],
      ['a number of images', { maxImages: 0 }],
      ...(traits.refusesPaper === undefined ? [] : [['a sheet', { paper: traits.refusesPaper }] as const]),
    ]
    test.each(refusals)('refuses %s that it cannot do', async (_, change) => {
      const { pages, end } = await take(scan(change))
      expect(pages).toEqual([])
      expect(end).toMatchObject({ end: 'fault', code: 'SCAN_SETTING_REFUSED' })
    })

    test('a second scan at the same time ends as busy, and the first goes on', async () => {
      const first = scan()
      const { value: page } = await first.next()
      expect(await infoOf(deviceId)).toMatchObject({ state: 'busy', code: 'SCANNER_BUSY' })
      const second = await take(scan())
      expect(second).toMatchObject({ pages: [], end: { end: 'fault', code: 'SCANNER_BUSY' } })
      if (page !== undefined && 'image' in page) await readAll(page.image)
      expect((await take(first)).end.end).toBe('empty')
    })

    test('does not start when it is aborted before', async () => {
      const reason = new Error('changed my mind')
      await expect(scan({}, AbortSignal.abort(reason)).next()).rejects.toBe(reason)
    })

    test('an abort between pages ends with its reason and frees the device', async () => {
      const controller = new AbortController()
      const reason = new Error('somebody left')
      const aborted = scan({}, controller.signal)
      const { value: page } = await aborted.next()
      if (page !== undefined && 'image' in page) await readAll(page.image)
      controller.abort(reason)
      await expect(aborted.next()).rejects.toBe(reason)
      await expect.poll(() => infoOf(deviceId)).toMatchObject({ state: 'ready' })
    })

    test('returning within a page frees the device', async () => {
      for await (const page of scan()) {
        for await (const chunk of page.image) {
          expect(chunk.length).toBeGreaterThan(0)
          break
        }
        break
      }
      await expect.poll(() => infoOf(deviceId)).toMatchObject({ state: 'ready' })
      bench.reload()
      expect((await take(scan({ maxImages: 1 }))).end.end).toBe('limit')
    })

    test.each(traits.faults)('$name ends with $code after $pages whole images', async fault => {
      bench.arrange(fault.name)
      const { pages, end } = await take(scan({}, never, fault.deviceId ?? deviceId))
      expect(end).toMatchObject({ end: 'fault', code: fault.code, detail: expect.stringMatching(/\w{3}/) })
      expect(pages).toHaveLength(fault.pages)
      for (const { bytes } of pages) await sharp(bytes).stats()
    })

    test('goes on after all of that', async () => {
      for (const { name, deviceId: other } of traits.faults) {
        if (other !== undefined) continue
        bench.arrange(name)
        expect((await take(scan())).end.end).toBe('fault')
        bench.reload()
        expect(await infoOf(deviceId)).toMatchObject({ state: 'ready' })
      }
      expect(await take(scan())).toMatchObject({ pages: { length: traits.images }, end: { end: 'empty' } })
    })
  })
}

/** Processes whose working folder lies in the given one, even if it was deleted: what a driver forgot to end. */
function processesIn(folder: string): readonly string[] {
  const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return processes.filter(name => linkTarget(`/proc/${name}/cwd`).startsWith(folder))
}

/** Files of that folder that this process holds open, even if they were deleted: what a driver forgot to close. */
function openFilesIn(folder: string): readonly string[] {
  return readdirSync('/proc/self/fd').filter(name => linkTarget(`/proc/self/fd/${name}`).startsWith(folder))
}

/** Empty for a process or file that is gone since the list was read. */
function linkTarget(path: string): string {
  try {
    return readlinkSync(path)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) return ''
    throw thrown
  }
}
