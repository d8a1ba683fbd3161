// `compulsa calibrate` as an operator uses it: the sheet printed, scanned from a simulated feeder that holds it, kept with
// its date by the verb or by the running appliance, compared with the scan that was accepted, and refused where it is none.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkStates, scanTarget } from '../device/calibration.ts'
import { type Config, parseConfig } from '../device/config/config.ts'
import { loadConfig } from '../device/config/file.ts'
import { Fault } from '../device/errors.ts'
import type { ScanEnd, ScannedPage } from '../device/ports.ts'
import { asScanned, drawTarget, encoded, gaussian, painted } from './38.target.kit.ts'
import { commandLine } from './cli.kit.ts'
import { power } from './power.kit.ts'
import { drawSheet } from './sim/paper.ts'

const line = commandLine()
let good: Buffer
let worse: Buffer
beforeAll(async () => {
  const noise = gaussian(3)
  const scan = painted(await drawTarget({ ppi: 200 }), value => asScanned(value) + noise())
  good = await encoded(scan, 'jpeg', 200)
  const dusty = painted(scan, (value, _channel, x) => (x === 600 ? value - 40 : value) * 0.975)
  worse = await encoded(dusty, 'png', 200)
})

const calibrate = (...args: string[]) => line.compulsa('calibrate', ...args, ...line.configured())
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await calibrate(...args, '--json')
  if (stdout === '') throw new Error(stderr)
  return { code, answer: JSON.parse(stdout) }
}

describe('the verb', () => {
  it('writes the sheet to print', async () => {
    const path = join(line.folder, 'sheet.pdf')
    expect(await calibrate('--sheet', path)).toMatchObject({ code: 0, stdout: expect.stringContaining('A4 at 100 %') })
    expect((await readFile(path)).subarray(0, 8).toString()).toBe('%PDF-1.7')
  })

  it('scans the sheet from the feeder and keeps what it measured', async () => {
    line.site.scanner.load([{ front: good }, { front: good }])
    const { code, answer } = await json('--device', 'feeder', '--dpi', '200', '--accept-baseline')
    expect(answer).toMatchObject({ verdict: 'ok', kept: true, baseline: true, source: 'adf', reference: 'nominal' })
    expect(answer.measurement.geometry.ppiX).toBeCloseTo(200, 1)
    expect(code).toBe(0)
    // One sheet is fed, the other stays.
    expect(line.site.scanner.stats()).toMatchObject({
      jobs: 1,
      images: 1,
      ticket: { colourMode: 'RGB24', duplex: false },
    })
  })

  it('exits 1 for a scanner outside its limits, and tells the streak and the drift', async () => {
    const path = join(line.folder, 'worse.png')
    await writeFile(path, worse)
    line.site.scanner.load([{ front: worse }])
    const { code, stdout, stderr } = await calibrate('--device', 'feeder', '--dpi', '200')
    expect(stdout).toMatch(/^streak 76\.\d mm from the left/m)
    expect(stdout).toMatch(/^fail +deepest streak along the feed/m)
    expect(stdout).toMatch(/^watch +largest change of a grey since the accepted scan/m)
    expect(stdout).toContain('nominal ones: what the printer adds')
    expect(stdout).toMatch(/^fail, kept$/m)
    expect(stderr).toMatch(/^CALIBRATION: /m)
    expect(code).toBe(1)
  })

  it('reads an image, takes values measured on the print, and accepts no bad scan to compare others with', async () => {
    const [image, reference] = [join(line.folder, 'worse.png'), join(line.folder, 'reference.json')]
    await writeFile(reference, JSON.stringify({ patches: { red: [20, 10, 10] } }))
    const words = ['--image', image, '--device', 'feeder', '--accept-baseline', '--reference', reference]
    const { code, answer } = await json(...words)
    expect(answer).toMatchObject({ askedPpi: 200, source: 'file', reference: 'measured', verdict: 'fail' })
    expect(answer).toMatchObject({ kept: false, baseline: false })
    expect(answer.items).toContainEqual(expect.objectContaining({ item: 'colour', verdict: 'fail' }))
    expect(code).toBe(1)
  })

  it('is told what is wrong with its words and files before anything is scanned', async () => {
    const nobodys = await calibrate('--image', join(line.folder, 'worse.png'), '--accept-baseline')
    expect(nobodys).toMatchObject({ code: 2, stderr: expect.stringContaining('--accept-baseline needs --device') })
    const path = join(line.folder, 'reference.json')
    await writeFile(path, JSON.stringify({ patches: { pink: [20, 10, 10] } }))
    const refused = await calibrate('--device', 'feeder', '--reference', path)
    expect(refused.stderr).toMatch(/^REQUEST_INVALID: .*the sheet has no patch pink/)
  })

  it('refuses by name what is no sheet, and a scanner that is none', async () => {
    line.site.scanner.load([{ front: await drawSheet({ seed: 4, kind: 'letter', resolution: 200 }) }])
    const letter = await calibrate('--device', 'feeder', '--dpi', '200')
    expect(letter).toMatchObject({ code: 1, stderr: expect.stringMatching(/^TARGET_NOT_FOUND: /m) })
    const nobody = await calibrate('--device', 'nobody')
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SCANNER_ABSENT: /m) })
  })
})

describe('beside a running appliance', () => {
  let kiosk: Awaited<ReturnType<typeof power>>
  beforeAll(async () => {
    kiosk = await power(line.site)
  })
  afterAll(() => kiosk.cut())

  it('the appliance keeps the check, and status tells of the last one', async () => {
    line.site.scanner.load([{ front: good }])
    const { answer } = await json('--device', 'feeder', '--dpi', '200')
    expect(answer).toMatchObject({ verdict: 'ok', kept: true, comparedWithBaseline: true })
    const listed = (await calibrate('list')).stdout.trim().split('\n')
    // What was refused before is not among them.
    expect(listed).toHaveLength(3)
    expect(listed[0]).toMatch(/^20\d\d-.*Z {2}feeder \(.*\), adf, 200 ppi: ok$/)
    expect(listed[2]).toMatch(/ok \(baseline\)$/)
    const audit = await line.compulsa('audit', 'list', ...line.configured())
    expect(audit.stdout.match(/scannerChecked/g)).toHaveLength(3)
    const status = JSON.parse((await line.compulsa('status', ...line.configured(), '--json')).stdout)
    expect(status.calibrations).toEqual([{ deviceId: 'feeder', at: expect.any(String), verdict: 'ok', due: false }])
  })
})

describe('a scan of the sheet', () => {
  it('gives the scanner up where the sheet is none', async () => {
    let givenUp = false
    const scanner = {
      list: async () => [],
      discover: async () => [],
      async *scan(): AsyncGenerator<ScannedPage, ScanEnd, void> {
        try {
          const image = (async function* () {})()
          yield { number: 1, side: 'front', mediaType: 'image/jpeg', resolution: 200, image }
        } finally {
          givenUp = true
        }
        return { end: 'limit' }
      },
    }
    const targets = { measure: () => Promise.reject(new Fault('TARGET_NOT_FOUND', 'no corner mark is seen')) }
    const asked = { deviceId: 'feeder', source: 'adf', resolution: 200 } as const
    await expect(scanTarget({ scanner, targets }, asked, new AbortController().signal)).rejects.toThrow(
      'TARGET_NOT_FOUND',
    )
    expect(givenUp).toBe(true)
  })
})

describe('the next check', () => {
  const config = { devices: { scanners: [{ id: 'feeder' }], calibrationDays: 180 } } as unknown as Config
  const checked = { deviceId: 'feeder', at: Date.parse('2026-01-01T00:00:00.000Z'), verdict: 'ok' }
  const day = 86_400_000

  it('is due after 180 days unless the configuration says otherwise', () => {
    const { config: loaded } = loadConfig({ configFile: line.site.configFile, dataFolder: line.folder })
    expect(loaded.devices.calibrationDays).toBe(180)
    const wrong = { ...loaded, devices: { ...loaded.devices, calibrationDays: 0 } }
    expect(() => parseConfig(wrong)).toThrow(/devices\.calibrationDays/)
  })

  it('is due for a scanner that was never checked, and after the days configured', () => {
    const from = checked.at
    expect(checkStates(config, [], from)).toEqual([{ deviceId: 'feeder', at: null, verdict: null, due: true }])
    expect(checkStates(config, [checked], from + 180 * day)).toMatchObject([{ due: false }])
    expect(checkStates(config, [checked], from + 180 * day + 1)).toMatchObject([
      { due: true, at: '2026-01-01T00:00:00.000Z' },
    ])
  })

  it('is told by doctor as a warning, which is no failure', async () => {
    const { stdout } = await line.compulsa(
      'doctor',
      '--config',
      line.site.configFile,
      '--data',
      join(line.folder, 'fresh'),
    )
    expect(stdout).toMatch(/^warning {2}calibration of feeder: never checked with the test target$/m)
    expect(stdout).toContain('mend: compulsa calibrate --device feeder')
  })
})
