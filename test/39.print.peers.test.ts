// Printing with programs that are not ours: the driver, in its worker, at CUPS' printer of software, and CUPS' own test client at
// the simulated printer.

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import type { Printer, PrintForm } from '../device/ports.ts'
import { openRooms, type Rooms } from '../device/rooms.ts'
import { whiteDocument } from './pdf-fixtures.ts'
import { formPdf } from './sim/cardshop.answers.ts'
import { startCups } from './sim/cupsd.ts'
import { type EvePrinter, type EvePrinterOptions, startEvePrinter } from './sim/eve-printer.ts'
import { startIppPrinter } from './sim/ipp-printer.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function open(options: EvePrinterOptions): Promise<{ eve: EvePrinter; rooms: Rooms; printer: Printer }> {
  const eve = await startEvePrinter(options)
  onTestFinished(() => eve.stop())
  return { eve, ...roomsWith(eve.url) }
}

function roomsWith(url: string): { readonly rooms: Rooms; readonly printer: Printer } {
  const config = parseConfig({
    body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
    devices: { printer: { url } },
    procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
  })
  const rooms = openRooms(config, '/nowhere', { clock: systemClock, random: systemRandom, log })
  onTestFinished(() => rooms.stop())
  return { rooms, printer: rooms.printer() }
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

async function sent(printer: Printer, bytes: Uint8Array, form: PrintForm = { mediaType: 'application/pdf' }) {
  const outcome = await printer.print({ jobName: 'Compulsa 7F', form, bytes: bytes.length, body: once(bytes) })
  if (outcome.outcome !== 'sent') throw new Error(JSON.stringify(outcome))
  return outcome.job
}

describe('at ippeveprinter', () => {
  it('a PDF arrives as it is; paper runs out and is put in; a job is cancelled; what cannot be printed is given up', async () => {
    const wait = 'echo "STATE: +media-empty-error" >&2; until [ -e paper ]; do sleep 0.05; done'
    const script = `[ -e broken ] && exit 1\n${wait}\necho "STATE: -media-empty" >&2`
    const formats = ['application/pdf', 'image/pwg-raster', 'image/jpeg']
    const { eve, printer } = await open({ formats, command: { script } })
    expect(await printer.info()).toMatchObject({ state: 'ready', code: null, form: { mediaType: 'application/pdf' } })
    const pdf = await whiteDocument(2)
    const job = await sent(printer, pdf)
    await expect.poll(() => printer.info()).toMatchObject({ code: 'PRINTER_OUT_OF_PAPER' })
    expect(await printer.job(job)).toMatchObject({ state: 'printing' })
    const busy = await printer.print({ jobName: 'B', form: { mediaType: 'application/pdf' }, body: once(pdf) })
    expect(busy).toMatchObject({ outcome: 'refused', code: 'PRINTER_BUSY' })
    writeFileSync(join(eve.folder, 'paper'), '')
    await expect.poll(() => printer.job(job)).toMatchObject({ state: 'completed', code: null })
    expect(eve.documents()[0]?.equals(pdf)).toBe(true)
    await expect.poll(() => printer.info()).toMatchObject({ state: 'ready', code: null })
    expect(await printer.find('Compulsa 7F')).toMatchObject({ job, state: 'completed' })
    expect(await printer.find('Compulsa 7')).toBeUndefined()
    expect(await printer.job(99)).toBeUndefined()
    rmSync(join(eve.folder, 'paper'))
    const second = await sent(printer, pdf)
    await expect.poll(() => printer.info()).toMatchObject({ code: 'PRINTER_OUT_OF_PAPER' })
    await printer.cancel(second)
    await printer.cancel(second)
    // It lets its command come to an end first.
    writeFileSync(join(eve.folder, 'paper'), '')
    await expect.poll(() => printer.job(second)).toMatchObject({ state: 'cancelled', code: 'PRINT_CANCELLED' })
    writeFileSync(join(eve.folder, 'broken'), '')
    await expect.poll(() => printer.info()).toMatchObject({ state: 'ready' })
    const third = await sent(printer, pdf)
    await expect.poll(() => printer.job(third)).toMatchObject({ state: 'aborted', code: 'PRINT_ABORTED' })
  })

  it('a printer without PDF gets pages that CUPS reads as pages of A4', async () => {
    const { eve, rooms, printer } = await open({
      formats: ['image/pwg-raster', 'image/jpeg'],
      command: { script: 'CONTENT_TYPE=image/pwg-raster /usr/sbin/ippeveps "$1" > page.ps' },
    })
    const { form } = await printer.info()
    expect(form).toEqual({ mediaType: 'image/pwg-raster', resolution: 300, colour: 'gray' })
    if (form === null || form.mediaType === 'application/pdf') throw new Error('no pages')
    const page = await rooms.pdfPages().printed(once(formPdf), 1, form)
    expect(await rooms.pdfPages().printed(once(formPdf), 2, form)).toBeNull()
    const job = await sent(printer, Buffer.concat([Buffer.from('RaS2'), page ?? new Uint8Array()]), form)
    await expect.poll(() => printer.job(job)).toMatchObject({ state: 'completed', pages: 1 })
    expect(eve.said()).toContain('Page 1: 2480x3508x8')
    // Letters, and not a white page: ink of ASCII85 beside what stands for white.
    expect(readFileSync(join(eve.folder, 'page.ps'), 'latin1').length).toBeGreaterThan(100_000)
  })
})

it('a CUPS queue prints when its printer has printed, tells what that lacks, and lets a job be cancelled', async () => {
  const far = await startIppPrinter({ pageMs: 100 })
  onTestFinished(() => far.stop())
  const cups = await startCups(far.url)
  onTestFinished(() => cups.stop())
  const { printer } = roomsWith(cups.url)
  expect(await printer.info()).toMatchObject({ state: 'ready', code: null, form: { mediaType: 'application/pdf' } })
  const pdf = await whiteDocument(2)
  far.set('media-empty')
  const job = await sent(printer, pdf)
  await expect.poll(() => printer.info(), { timeout: 15_000 }).toMatchObject({ code: 'PRINTER_OUT_OF_PAPER' })
  expect(await printer.job(job)).toMatchObject({ state: 'printing' })
  far.set('ready')
  await expect.poll(() => printer.job(job), { timeout: 20_000 }).toMatchObject({ state: 'completed', code: null })
  expect(far.printed().map(one => Buffer.from(one.document).equals(pdf))).toEqual([true])
  expect(await printer.find('Compulsa 7F')).toMatchObject({ job, state: 'completed' })
  far.set('media-jam')
  const second = await sent(printer, pdf)
  await printer.cancel(second)
  await expect.poll(() => printer.job(second), { timeout: 15_000 }).toMatchObject({ state: 'cancelled' })
  expect(far.printed()).toHaveLength(1)
}, 60_000)

it('ipptool finds the simulated printer to be one by RFC 8011', async () => {
  const printer = await startIppPrinter()
  onTestFinished(() => printer.stop())
  const folder = mkdtempSync(join(tmpdir(), 'compulsa-ipptool-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'document.pdf')
  writeFileSync(file, await whiteDocument(1))
  expect(existsSync('/usr/share/cups/ipptool/ipp-1.1.test')).toBe(true)
  // Its last test needs a document that Debian does not carry, so its exit says nothing.
  const args = ['-tI', '-d', 'filetype=application/pdf', '-f', file, printer.url, 'ipp-1.1.test']
  const { stdout } = await promisify(execFile)('ipptool', args).catch((thrown: { stdout: string }) => thrown)
  expect(stdout).toMatch(/37 tests, 29 passed, 0 failed, 8 skipped/)
})
