// The pure parts of the SANE driver: the options of backends that are not at hand, scanimage's own words, and files that
// are not what they seem.

import { describe, expect, test } from 'vitest'
import type { ScanSettings } from '../device/ports.ts'
import { capabilitiesOf, parseOptions, planArgs } from '../drivers/scanner/sane-options.ts'
import { createJournal, endingOf, isPageName, parseDevices } from '../drivers/scanner/sane-output.ts'
import { tiffIsWhole } from '../drivers/scanner/tiff-header.ts'
import { sheetSettings } from './30.scan.setup.ts'

describe('options', () => {
  const fujitsu = `
All options specific to device \`fujitsu:fi-7160:1':
  Scan Mode:
    --source ADF Front|ADF Back|ADF Duplex [ADF Front]
        Selects the scan source (such as a document-feeder).
    --mode Lineart|Gray|Color [Lineart]
        Selects the scan mode (e.g., lineart, monochrome, or color).
    --resolution 50..600dpi (in steps of 1) [600]
        Sets the resolution of the scanned image.
  Geometry:
    --page-width 0..221.121mm (in steps of 0.0211639) [215.872]
    --page-height 0..876.695mm (in steps of 0.0211639) [292]
    -l 0..215.872mm (in steps of 0.0211639) [0]
    -t 0..279.364mm (in steps of 0.0211639) [0]
    -x 0..215.872mm (in steps of 0.0211639) [215.872]
    -y 0..279.364mm (in steps of 0.0211639) [279.364]
  Sensors:
    --page-loaded[=(yes|no)] [yes] [hardware]
    --cover-open[=(yes|no)] [no] [hardware]
`
  const epson = `
    --mode Binary|Gray|Color [Binary]
    --depth 8|16 [inactive]
    --resolution 75|150|200|300|600dpi [75]
    --source Flatbed|Automatic Document Feeder [Flatbed]
    --adf-mode Simplex|Duplex [Simplex]
    -x 0..215.9mm [215.9]
    -y 0..297.18mm [297.18]
`
  const pnm = `
    --filename <string> [/tmp/input.ppm]
    --resolution auto||75|90|200|300dpi [75]
    --grayify[=(yes|no)] [no]
    --read-only <int> [0] [read-only]
`
  const args = (output: string, changes: Partial<ScanSettings>) => {
    const planning = planArgs(parseOptions(output), { ...sheetSettings, ...changes })
    return 'args' in planning ? planning.args.join(' ') : planning.refused.detail
  }

  test.each([
    ['fujitsu', fujitsu, { sources: ['adf'], duplex: true, paperLoaded: true }],
    ['epson', epson, { sources: ['adf', 'flatbed'], duplex: true }],
    ['pnm', pnm, { sources: ['flatbed'], duplex: false }],
  ] as const)('of %s tell what it can do', (_, output, capabilities) => {
    expect(capabilitiesOf(parseOptions(output))).toEqual(capabilities)
  })

  test.each([
    [
      'epson',
      epson,
      { duplex: true, colour: 'bw' },
      '--source=Automatic Document Feeder --adf-mode=Duplex --mode=Binary --resolution=200 -x 210 -y 297',
    ],
    ['epson', epson, { source: 'flatbed' }, '--source=Flatbed --mode=Color --resolution=200 -x 210 -y 297'],
    ['epson', epson, { resolution: 400 }, 'no resolution of 400 ppi'],
    ['epson', epson, { paper: 'A3' }, 'A3 is larger than the scanner takes'],
    ['pnm', pnm, { source: 'flatbed', colour: 'gray' }, '--grayify=yes --resolution=200'],
    ['pnm', pnm, {}, 'the scanner has no feeder'],
    ['fujitsu', fujitsu, { source: 'flatbed' }, 'the scanner has no flatbed'],
    [
      'fujitsu',
      fujitsu,
      { paper: 'A5', duplex: true },
      '--source=ADF Duplex --mode=Color --resolution=200 --page-width=148 --page-height=210 -l 0 -t 0 -x 148 -y 210',
    ],
    [
      'fujitsu',
      fujitsu,
      { paper: 'A5' },
      '--source=ADF Front --mode=Color --resolution=200 --page-width=148 --page-height=210 -l 0 -t 0 -x 148 -y 210',
    ],
  ] as const)('of %s: %#', (_, output, changes, expected) => {
    expect(args(output, changes)).toBe(expected)
  })
})

describe('what scanimage says', () => {
  test.each([
    [1, 'scanimage: open of device x failed: Invalid argument', 'SCANNER_ABSENT'],
    [1, 'scanimage: open of device x failed: Device busy', 'SCANNER_BUSY'],
    [1, 'scanimage: no SANE devices found', 'SCANNER_ABSENT'],
    [1, 'scanimage: setting of option --mode failed (Invalid argument)', 'SCAN_SETTING_REFUSED'],
    [3, 'scanimage: sane_start: Device busy', 'SCANNER_BUSY'],
    [6, 'scanimage: sane_read: Document feeder jammed', 'SCANNER_JAM'],
    [8, 'scanimage: sane_start: Scanner cover is open', 'SCANNER_COVER_OPEN'],
    [10, 'scanimage: sane_start: Out of memory', 'SCANNER_FAILED'],
  ])('exit %i with "%s" is %s', (code, line, expected) => {
    expect(endingOf(code, [line, 'Batch terminated, 0 pages scanned'])).toMatchObject({ end: 'fault', code: expected })
  })

  test('exit 0 and exit 7 can both mean that the feeder is empty', () => {
    const line = 'scanimage: sane_read: Document feeder out of documents'
    expect(endingOf(0, [line])).toEqual({ end: 'no-documents' })
    expect(endingOf(7, [line])).toEqual({ end: 'no-documents' })
    expect(endingOf(0, [])).toEqual({ end: 'done' })
  })

  test('counts for more than how the process ended, once the batch is over', () => {
    const over = 'Batch terminated, 2 pages scanned'
    expect(endingOf(undefined, [over])).toEqual({ end: 'done' })
    const jam = 'scanimage: sane_read: Document feeder jammed'
    expect(endingOf(undefined, [jam, over])).toMatchObject({ end: 'fault', code: 'SCANNER_JAM' })
    const signal = ['scanimage: received signal 13', 'scanimage: trying to stop scanner']
    expect(endingOf(0, [jam, over, ...signal])).toMatchObject({ end: 'fault', code: 'SCANNER_JAM' })
    expect(endingOf(undefined, ['Scanning page 3'])).toMatchObject({ end: 'fault', code: 'SCANNER_FAILED' })
    expect(endingOf(139, ['Scanning page 3'])).toMatchObject({ end: 'fault', code: 'SCANNER_FAILED' })
  })

  test('is kept in bounds', () => {
    const journal = createJournal()
    for (let i = 0; i < 1000; i += 1) journal.add(`Scanned page ${i}. (scanner status = 5)`)
    expect(journal.completed()).toBe(1000)
    expect(journal.lines().length).toBeLessThan(100)
  })

  test('names devices and pages', () => {
    expect(parseDevices('fujitsu:fi-7160:1\tFUJITSU fi-7160\nwarning\n')).toEqual([
      { device: 'fujitsu:fi-7160:1', model: 'FUJITSU fi-7160' },
    ])
    expect(['page-1.tiff', '../page-1.tiff', 'page-1.tiff.part', 'hello'].map(isPageName)).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})

describe('a TIFF file', () => {
  /** Little-endian, one strip of ten bytes behind the directory. */
  const tiff = (() => {
    const bytes = Buffer.alloc(8 + 2 + 3 * 12 + 4 + 10)
    bytes.write('II*\0', 'latin1')
    bytes.writeUInt32LE(8, 4)
    bytes.writeUInt16LE(3, 8)
    const entry = (at: number, tag: number, value: number) => {
      bytes.writeUInt16LE(tag, at)
      bytes.writeUInt16LE(4, at + 2)
      bytes.writeUInt32LE(1, at + 4)
      bytes.writeUInt32LE(value, at + 8)
    }
    entry(10, 257, 2)
    entry(22, 273, 50)
    entry(34, 279, 10)
    return bytes
  })()

  test('is whole when its strips lie inside', () => {
    expect(tiffIsWhole(tiff, tiff.length)).toBe(true)
  })

  test.each([
    ['one byte is missing', tiff, tiff.length - 1],
    ['there is nothing', Buffer.alloc(0), 0],
    ['only the beginning is there', tiff.subarray(0, 20), 20],
    ['it is something else', Buffer.from('%PDF-1.7 nothing to see here'), 1000],
    ['its directory lies outside', Buffer.from('49492a00ffffff7f', 'hex'), 8],
  ])('is not whole when %s', (_, head, size) => {
    expect(tiffIsWhole(head, size)).toBe(false)
  })
})
