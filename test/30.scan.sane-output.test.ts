// The pure parts of the SANE driver behind a scan: scanimage's own words, and files that are not what they seem.

import { describe, expect, test } from 'vitest'
import { createJournal, endingOf, isWriteFailure, pageName, parseDevices } from '../drivers/scanner/sane-output.ts'
import { tiffIsWhole } from '../drivers/scanner/tiff-header.ts'

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
    [1, 'scanimage: open of device x failed: Error during device I/O', 'SCANNER_ABSENT'],
    [1, 'scanimage: open of device x failed: Scanner cover is open', 'SCANNER_COVER_OPEN'],
    [1, 'scanimage: open of device x failed: Out of memory', 'SCANNER_FAILED'],
    [1, 'scanimage: open of device x failed: Access to resource has been denied', 'SCANNER_FAILED'],
    [1, 'scanimage: attempted to set inactive option page-width', 'SCAN_SETTING_REFUSED'],
    [1, 'scanimage: sane_start: Operation not supported', 'SCANNER_FAILED'],
    [2, 'scanimage: sane_read: Operation was canceled', 'SCANNER_FAILED'],
    [4, 'scanimage: sane_start: Invalid argument', 'SCAN_SETTING_REFUSED'],
    [9, 'scanimage: sane_read: Error during device I/O', 'SCANNER_FAILED'],
    [11, 'scanimage: sane_start: Access to resource has been denied', 'SCANNER_FAILED'],
    [12, 'scanimage: sane_start: Unknown SANE status code 12', 'SCANNER_BUSY'],
    [13, 'scanimage: sane_start: Hardware is locked', 'SCANNER_BUSY'],
    [12, 'scanimage: sane_start: Scanner is warming up', 'SCANNER_BUSY'],
    [14, 'scanimage: sane_start: Unknown SANE status code 14', 'SCANNER_FAILED'],
  ])('exit %i with "%s" is %s', (code, line, expected) => {
    expect(endingOf(code, [line, 'Batch terminated, 0 pages scanned'])).toMatchObject({ end: 'fault', code: expected })
  })

  test.each([
    [1, 'SCANNER_FAILED'],
    [2, 'SCANNER_FAILED'],
    [3, 'SCANNER_BUSY'],
    [4, 'SCAN_SETTING_REFUSED'],
    [6, 'SCANNER_JAM'],
    [8, 'SCANNER_COVER_OPEN'],
    [9, 'SCANNER_FAILED'],
    [10, 'SCANNER_FAILED'],
    [11, 'SCANNER_FAILED'],
  ])('exit %i without a word is %s', (code, expected) => {
    expect(endingOf(code, ['Scanning page 1'])).toMatchObject({ end: 'fault', code: expected })
  })

  test('an I/O error is worth another look, and a refusal names the group that may open scanners', () => {
    expect(endingOf(9, ['scanimage: sane_read: Error during device I/O'])).toMatchObject({ unclear: 'broken' })
    for (const number of [550444816, -1885614320]) {
      const gone = `scanimage: sane_get_parameters: Unknown SANE status code ${number}`
      expect(endingOf(16, [gone])).toMatchObject({ code: 'SCANNER_FAILED', unclear: 'broken' })
    }
    const denied = endingOf(11, ['scanimage: sane_start: Access to resource has been denied'])
    expect(denied).toMatchObject({ detail: expect.stringContaining('group "scanner"') })
  })

  test('tells a page that could not be written', () => {
    const said = ['cannot open page-3.tiff.part', 'cannot close image file', 'cannot rename a to b']
    expect(said.every(isWriteFailure)).toBe(true)
    expect(isWriteFailure('Scanning page 3')).toBe(false)
  })

  test('exit 0 and exit 7 can both mean that the feeder is empty', () => {
    const line = 'scanimage: sane_read: Document feeder out of documents'
    expect(endingOf(0, [line])).toEqual({ end: 'no-documents' })
    expect(endingOf(7, [line])).toEqual({ end: 'no-documents' })
    expect(endingOf(7, [])).toEqual({ end: 'no-documents' })
    expect(endingOf(5, ['scanimage: sane_start: End of file reached'])).toEqual({ end: 'no-documents' })
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
    expect(pageName(12)).toBe('page-12.tiff')
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
