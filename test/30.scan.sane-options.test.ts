// What real SANE devices say of themselves, and what they are asked for in turn. The recordings are of devices that are
// not at hand; the arguments are written out, because an option more or less is a page less or a page altered.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ScanSettings } from '../device/ports.ts'
import { namedAlike } from '../drivers/scanner/sane-device.ts'
import { capabilitiesOf, parseOptions, sensorsOf } from '../drivers/scanner/sane-options.ts'
import { planArgs, prepareArgs } from '../drivers/scanner/sane-plan.ts'
import { sheetSettings } from './30.scan.setup.ts'

const recorded = new URL('recordings/sane/', import.meta.url).pathname
const recording = (name: string) => parseOptions(readFileSync(`${recorded}${name}.txt`, 'utf8'))

const pnm = parseOptions(`
    --filename <string> [/tmp/input.ppm]
    --resolution auto||75|90|200|300dpi [75]
    --grayify[=(yes|no)] [no]
    --read-only <int> [0] [read-only]
`)

/** All arguments of a scan, or why there is none; `prepared` is what the device says once the first of them are set. */
function argsOf(
  name: string,
  changes: Partial<ScanSettings> = {},
  { prepared = name, chosen = [] as readonly string[] } = {},
): string {
  const settings = { ...sheetSettings, resolution: 300, ...changes }
  const flags = new Set(chosen)
  const first = prepareArgs(recording(name), settings, flags)
  const rest = planArgs(recording(prepared), settings, flags)
  if ('refused' in first) return first.refused.detail
  return 'refused' in rest ? rest.refused.detail : [...first.args, ...rest.args].join(' ')
}

describe('a recorded device', () => {
  const both = ['adf', 'flatbed']
  const capabilities: Readonly<Record<string, unknown>> = {
    'airscan-es-580w': { sources: ['adf'], duplex: true },
    avision: { sources: both, duplex: false },
    'brother4-mfc': { sources: both, duplex: true },
    'brother5-ads': { sources: ['adf'], duplex: true },
    canon_dr: { sources: ['adf'], duplex: true },
    'epjitsu-s1300i': { sources: ['adf'], duplex: true, paperLoaded: false },
    'epson2-gt-20000': { sources: both, duplex: true },
    'epsonds-es-580w': { sources: ['adf'], duplex: true },
    'fujitsu-fi-7260': { sources: both, duplex: true, paperLoaded: false },
    'fujitsu-fi-7260-prepared': { sources: both, duplex: true, paperLoaded: true },
    'genesys-lide-100': { sources: ['flatbed'], duplex: false },
    'hpaio-psc-1600': { sources: ['flatbed'], duplex: false },
    kvs1025: { sources: ['adf'], duplex: true },
    'pixma-mx920': { sources: both, duplex: true },
    plustek: { sources: ['flatbed'], duplex: false },
    umax1220u: { sources: ['flatbed'], duplex: false },
    utsushi: { sources: ['flatbed'], duplex: false },
  }

  test('is here with its capabilities, each of them', () => {
    const names = readdirSync(recorded).flatMap(name => (name.endsWith('.txt') ? [name.slice(0, -4)] : []))
    expect(Object.fromEntries(names.map(name => [name, capabilitiesOf(recording(name))]))).toEqual(capabilities)
  })

  test('has sensors and a button, or does not', () => {
    const seen = { paperLoaded: true, coverOpen: false, doubleFeed: false, button: false }
    expect(sensorsOf(recording('fujitsu-fi-7260-prepared'))).toEqual(seen)
    expect(sensorsOf(recording('epjitsu-s1300i'))).toEqual({ paperLoaded: false, coverOpen: false, button: true })
    // There it is a setting, not a sensor.
    expect(sensorsOf(recording('kvs1025'))).toEqual({})
  })

  test('keeps brackets that belong to a word', () => {
    expect(recording('brother4-mfc').get('--mode')).toMatchObject({
      values: ['Black & White', 'Gray[Error Diffusion]', 'True Gray', '24bit Color[Fast]'],
      current: '24bit Color[Fast]',
    })
  })
})

describe('hostile words', () => {
  test.each([
    ['notes without end', `    --mode Color${' [a]'.repeat(250_000)}`],
    ['brackets without end', `    --mode ${'['.repeat(500_000)}${']'.repeat(500_000)}`],
    ['dots without end', `    -x ${'.'.repeat(500_000)}!`],
    ['dots to the limit', `    -x ${'.'.repeat(4000)}! [1]`],
    ['options without end', Array.from({ length: 20_000 }, (_, i) => `    --o${i} ${i}..9 [1]`).join('\n')],
  ])('with %s are read in no time', (_, output) => {
    const startedAt = performance.now()
    expect(capabilitiesOf(parseOptions(output)).duplex).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

describe('a scan', () => {
  const a4 = '-l 0 -t 0 -x 210 -y 297'
  const a4Page = `--page-width=210 --page-height=297 ${a4}`
  const adf = (word: string) => `--source=Automatic Document Feeder${word}`

  test.each<readonly [string, Partial<ScanSettings>, string]>([
    ['airscan-es-580w', { duplex: true }, `--source=ADF Duplex --mode=Color --resolution=300 ${a4}`],
    ['avision', { colour: 'gray' }, `--source=ADF Front --mode=Gray --resolution=300 ${a4}`],
    ['avision', { source: 'flatbed' }, `--source=Normal --mode=Color --resolution=300 ${a4}`],
    ['brother4-mfc', { colour: 'gray' }, `${adf('(left aligned)')} --mode=True Gray --resolution=300 ${a4}`],
    [
      'brother4-mfc',
      { duplex: true },
      `${adf('(left aligned,Duplex)')} --mode=24bit Color[Fast] --resolution=300 ${a4}`,
    ],
    [
      'brother4-mfc',
      { colour: 'bw', source: 'flatbed' },
      `--source=FlatBed --mode=Black & White --resolution=300 ${a4}`,
    ],
    [
      'brother5-ads',
      {},
      `${adf('(left aligned)')} --mode=24bit Color[Fast] --resolution=300 --AutoDeskew=no --SkipBlankPage=no --MultifeedDetection=yes ${a4}`,
    ],
    ['canon_dr', { duplex: true }, `--source=ADF Duplex --mode=Color --resolution=300 --df-thickness=yes ${a4Page}`],
    [
      'epjitsu-s1300i',
      { colour: 'bw' },
      '--source=ADF Front --mode=Lineart --resolution=300 --page-width=210 --page-height=297 -t 0',
    ],
    ['epson2-gt-20000', { duplex: true }, `${adf('')} --adf-mode=Duplex --mode=Color --resolution=300 ${a4}`],
    ['epson2-gt-20000', {}, `${adf('')} --adf-mode=Simplex --mode=Color --resolution=300 ${a4}`],
    [
      'epson2-gt-20000',
      { paper: 'A3' },
      `${adf('')} --adf-mode=Simplex --mode=Color --resolution=300 -l 0 -t 0 -x 297 -y 420`,
    ],
    ['epsonds-es-580w', { colour: 'gray' }, `--source=ADF Front --mode=Gray --depth=8 --resolution=300 ${a4}`],
    [
      'genesys-lide-100',
      { source: 'flatbed' },
      `--mode=Color --depth=8 --resolution=300 --swdespeck=no --swskip=0 ${a4}`,
    ],
    [
      'hpaio-psc-1600',
      { source: 'flatbed' },
      '--source=Flatbed --mode=Color --resolution=300 --compression=None -l 0 -t 0 -x 210 -y 296.926',
    ],
    [
      'kvs1025',
      { duplex: true, colour: 'gray' },
      `--duplex=yes --mode=gray --resolution=300 --double-feed=yes --feeder-mode=continuous ${a4}`,
    ],
    [
      'kvs1025',
      { colour: 'bw' },
      `--duplex=no --mode=bw --resolution=300 --double-feed=yes --feeder-mode=continuous ${a4}`,
    ],
    ['pixma-mx920', { duplex: true }, `--source=ADF Duplex --mode=Color --resolution=300 ${a4}`],
    ['plustek', { source: 'flatbed' }, `--mode=Color --depth=8 --resolution=300 ${a4}`],
    ['umax1220u', { source: 'flatbed', colour: 'bw' }, `--gray=yes --resolution=300 ${a4}`],
    [
      'utsushi',
      { source: 'flatbed', colour: 'bw' },
      `--mode=Monochrome --resolution=300 --blank-threshold=0 --transfer-format=RAW ${a4}`,
    ],
  ])('on %s %o', (name, changes, expected) => {
    expect(argsOf(name, changes)).toBe(expected)
  })

  test.each<readonly [string, Partial<ScanSettings>, string]>([
    ['canon_dr', { source: 'flatbed' }, 'the scanner has no flatbed'],
    ['genesys-lide-100', {}, 'the scanner has no feeder'],
    ['avision', { duplex: true }, 'the scanner has no two-sided feeder'],
    ['airscan-es-580w', { resolution: 200 }, 'no resolution of 200 ppi'],
    ['canon_dr', { paper: 'A3' }, 'A3 is larger than the scanner takes: 216 × 356 mm'],
    ['plustek', { source: 'flatbed', paper: 'A3' }, 'A3 is larger than the scanner takes: 215 × 297 mm'],
  ])('on %s %o is refused', (name, changes, expected) => {
    expect(argsOf(name, changes)).toBe(expected)
  })

  test('on a feeder whose options wait for each other uses what it says once it is prepared', () => {
    const prepared = { prepared: 'fujitsu-fi-7260-prepared' }
    expect(argsOf('fujitsu-fi-7260', { duplex: true }, prepared)).toBe(
      `--source=ADF Duplex --mode=Color --df-action=Stop --resolution=300 --df-thickness=yes --df-recovery=Off ${a4Page}`,
    )
    expect(argsOf('fujitsu-fi-7260', { paper: 'A3' }, prepared)).toMatch(/^A3 is larger .* 225 × 2750 mm$/)
    expect(argsOf('fujitsu-fi-7260', { paper: 'auto' }, prepared)).toMatch(
      /--page-width=22[\d.]+ --page-height=600 -l 0 -t 0 -x 22[\d.]+ -y 600$/,
    )
    expect(argsOf('plustek', { source: 'flatbed', paper: 'auto' })).toMatch(/-x 215[\d.]* -y 29[67][\d.]*$/)
    expect(argsOf('fujitsu-fi-7260', { source: 'flatbed' })).toBe(
      `--source=Flatbed --mode=Color --resolution=300 -l 0 -t 0 -x 210 -y 296.972`,
    )
  })

  test('leaves to the operator what the operator has set', () => {
    const chosen = ['--df-action', '--df-recovery', '--df-thickness']
    expect(argsOf('fujitsu-fi-7260', {}, { prepared: 'fujitsu-fi-7260-prepared', chosen })).toBe(
      `--source=ADF Front --mode=Color --resolution=300 ${a4Page}`,
    )
  })

  test('on a device that reads files knows no source, no mode and no area', () => {
    const settings = { ...sheetSettings, colour: 'gray', source: 'flatbed' } as const
    expect(prepareArgs(pnm, settings, new Set())).toEqual({ args: ['--grayify=yes'] })
    expect(planArgs(pnm, settings, new Set())).toEqual({ args: ['--resolution=200'] })
  })
})

describe('a configured name', () => {
  const listed = ['net:host:genesys:libusb:001:009', 'genesys:libusb:003:011', 'fujitsu:fi-7160:12345', 'test:0'].map(
    device => ({ device, model: 'm' }),
  )
  test.each([
    [undefined, 'net:host:genesys:libusb:001:009'],
    ['genesys', 'genesys:libusb:003:011'],
    ['genesys:libusb:001:004', 'genesys:libusb:003:011'],
    ['fujitsu:fi-7160', 'fujitsu:fi-7160:12345'],
    ['fujitsu:fi-716', undefined],
    ['fujitsu:fi-7160:99999', undefined],
    ['test:1', undefined],
    ['epson2:libusb:001:004', undefined],
  ])('%s means %s', (configured, expected) => {
    expect(namedAlike(configured, listed)?.device).toBe(expected)
  })

  test('with a place on the bus means none of two alike', () => {
    const two = ['brother4:bus1;dev2', 'brother4:bus1;dev3'].map(device => ({ device, model: 'm' }))
    expect(namedAlike('brother4:bus4;dev9', two)).toBeUndefined()
    expect(namedAlike('brother4:bus4;dev9', two.slice(1))?.device).toBe('brother4:bus1;dev3')
  })
})
