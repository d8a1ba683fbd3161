// One document to the printer and what has become of it, over the real driver and the simulated printer; and the person before
// it, who is asked where nobody knows.

import { afterEach, describe, expect, it } from 'vitest'
import { createPrintDesk, type PrintErrand } from '../device/print-desk.ts'
import { type PrintProgress, printDocument } from '../device/printing.ts'
import { createIppPrinter } from '../drivers/printer/ipp.ts'
import { ippLimits } from '../drivers/printer/ipp-client.ts'
import { createLeapingClock } from './sim/clock.ts'
import { jobStates } from './sim/ipp-printer.jobs.ts'
import { type IppPrinterOptions, type IppPrinterSimulator, startIppPrinter } from './sim/ipp-printer.ts'

const started: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

const pdf = Buffer.from('%PDF-1.7\n1 0 obj << /Type /Page >>\n%%EOF')
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
/** Two pages; each is drawn as what is asked of it. */
const pdfPages = {
  printed: async (_pdf: unknown, number: number, form: object) =>
    number > 2 ? null : Buffer.from(`PwgRaster\0${number} ${JSON.stringify(form)}`),
}

/** `leapMs`: what passes of the clock every few milliseconds. */
async function open({ leapMs = 5_000, ...options }: IppPrinterOptions & { readonly leapMs?: number } = {}) {
  const printer = await startIppPrinter(options)
  started.push(printer)
  const clock = createLeapingClock()
  const limits = { ...ippLimits, deadlineMs: 400, documentIdleTimeoutMs: 400 }
  const driver = createIppPrinter({ device: { url: printer.url }, limits, discovery: { ports: [] } })
  // Nobody waits for the seconds between two looks.
  const passing = setInterval(() => clock.leap(leapMs), 15)
  started.push({ stop: async () => clearInterval(passing) })
  return { printer, parts: { printer: driver, pdfPages, clock, log } }
}

async function printed(site: Awaited<ReturnType<typeof open>>, signal = new AbortController().signal) {
  const told: PrintProgress[] = []
  const end = await printDocument(pdf, { ...site.parts, jobName: 'Compulsa 1', tell: one => told.push(one) }, signal)
  return { end, told, codes: [...new Set(told.map(one => one.code))] }
}

describe('a document', () => {
  it('is printed when the printer says so', async () => {
    const site = await open()
    const { end, told } = await printed(site)
    expect(end).toEqual({ end: 'printed' })
    expect(told.map(({ step }) => step).slice(0, 2)).toEqual(['preparing', 'sending'])
    expect(site.printer.printed()).toMatchObject([{ name: 'Compulsa 1', format: 'application/pdf' }])
  })

  it('goes as pages where the printer takes no PDF, and not at all where it takes one picture', async () => {
    const site = await open({ formats: ['image/pwg-raster'] })
    expect((await printed(site)).end).toEqual({ end: 'printed' })
    const form = '{"mediaType":"image/pwg-raster","resolution":300,"colour":"gray"}'
    const [job] = site.printer.printed()
    expect(Buffer.from(job?.document ?? []).toString()).toBe(`RaS2PwgRaster\0${1} ${form}PwgRaster\0${2} ${form}`)
    const photo = await open({ formats: ['image/jpeg'] })
    expect((await printed(photo)).end).toMatchObject({ end: 'failed', code: 'PRINTER_FORMAT' })
    const none = await open({ formats: ['application/vnd.hp-pcl'] })
    expect((await printed(none)).end).toMatchObject({ end: 'failed', code: 'PRINTER_FORMAT' })
  })

  it('whose answer was lost is found by its name, and not sent again', async () => {
    const site = await open({ createsJobs: false })
    site.printer.fault('printJob', { kind: 'lose' })
    expect((await printed(site)).end).toEqual({ end: 'printed' })
    expect([site.printer.asked('printJob'), site.printer.printed().length]).toEqual([1, 1])
  })

  it('whose printer goes away after it is waited for, and told as such', async () => {
    const site = await open({ createsJobs: false })
    site.printer.fault('printJob', { kind: 'lose' })
    site.printer.fault('getJobs', { kind: 'lose' })
    site.printer.fault('getJobAttributes', { kind: 'http', status: 503 })
    const { end, codes } = await printed(site)
    expect(end).toEqual({ end: 'printed' })
    expect(codes).toEqual([null, 'PRINTER_TIMEOUT', 'PRINTER_BUSY'])
    expect(site.printer.asked('printJob')).toBe(1)
  })

  it('that the printer knows nothing of may be printed or not', async () => {
    const site = await open({ createsJobs: false, forgets: true })
    site.printer.fault('printJob', { kind: 'lose' })
    expect((await printed(site)).end).toMatchObject({ end: 'unsure' })
    expect(site.printer.asked('printJob')).toBe(1)
  })

  it('that never arrived is withdrawn, and certainly not printed', async () => {
    const site = await open()
    site.printer.fault('sendDocument', { kind: 'http', status: 500 })
    expect((await printed(site)).end).toMatchObject({ end: 'failed', code: 'PRINTER_TIMEOUT' })
    expect(site.printer.jobs()).toMatchObject([{ state: jobStates.cancelled }])
  })

  it('that waits for paper goes on with it; nobody fetches any for long, and it is withdrawn', async () => {
    const site = await open({ leapMs: 500 })
    site.printer.set('media-empty')
    const first = printed(site)
    await expect.poll(() => site.printer.asked('getJobAttributes')).toBeGreaterThan(2)
    site.printer.set('ready')
    const { end, codes } = await first
    // It may be seen between the two: paper is in, and the printer has not gone on yet.
    expect([end.end, ...codes.slice(0, 2)]).toEqual(['printed', null, 'PRINTER_OUT_OF_PAPER'])
    const late = await open()
    late.printer.set('media-empty')
    expect((await printed(late)).end).toMatchObject({ end: 'failed', code: 'PRINTER_OUT_OF_PAPER' })
    expect(late.printer.jobs().map(one => one.state)).toEqual([jobStates.cancelled])
  })

  it('that is withdrawn does not come out, whether it is on its way or waits', async () => {
    const site = await open({ createsJobs: false, leapMs: 500 })
    site.printer.set('media-jam')
    const stop = new AbortController()
    const end = printed(site, stop.signal)
    await expect.poll(() => site.printer.asked('getJobAttributes')).toBeGreaterThan(0)
    stop.abort()
    expect((await end).end).toMatchObject({ end: 'failed', code: 'PRINT_CANCELLED' })
    site.printer.fault('printJob', { kind: 'silent' })
    const other = new AbortController()
    const second = printed(site, other.signal)
    await expect.poll(() => site.printer.asked('printJob')).toBe(2)
    other.abort()
    expect((await second).end.end).toMatch(/failed|unsure/)
    site.printer.set('ready')
    expect(site.printer.printed()).toEqual([])
  })

  it('that is withdrawn from a printer that does not answer may come out all the same', async () => {
    const site = await open({ leapMs: 500 })
    site.printer.set('media-jam')
    const stop = new AbortController()
    const end = printed(site, stop.signal)
    await expect.poll(() => site.printer.asked('getJobAttributes')).toBeGreaterThan(0)
    await site.printer.stop()
    stop.abort()
    expect((await end).end).toMatchObject({ end: 'unsure' })
  })

  it('that is held, given up or refused is told as such', async () => {
    const site = await open()
    site.printer.hold(true)
    const held = await printed(site)
    expect(held.end).toMatchObject({ end: 'failed', code: 'PRINT_HELD' })
    expect(held.codes).toContain('PRINT_HELD')
    site.printer.hold(false)
    site.printer.fault('sendDocument', { kind: 'break' })
    expect((await printed(site)).end).toMatchObject({ end: 'failed', code: 'PRINT_ABORTED' })
    site.printer.fault('validateJob', { kind: 'status', status: 0x040b })
    expect((await printed(site)).end).toMatchObject({ end: 'failed', code: 'PRINTER_REFUSED' })
  })
})

describe('the desk', () => {
  async function desk(options: IppPrinterOptions = {}) {
    const site = await open({ leapMs: 500, ...options })
    let serial = 0
    const ends: unknown[] = []
    const noting = {
      ...log,
      info: (_event: string, end: object = {}) => void ends.push((end as { code?: string }).code),
    }
    const made = createPrintDesk({ ...site.parts, log: noting, newReference: () => `N${++serial}` })
    started.push(made)
    const events: string[] = []
    let there = true
    const errand: PrintErrand = {
      what: 'form',
      pdf: async () => pdf,
      wanted: () => there,
      printed: () => void events.push('printed'),
    }
    const leave = () => {
      there = false
    }
    return { ...site, desk: made, errand, events, ends, leave }
  }
  const lost = (printer: IppPrinterSimulator) => {
    printer.fault('sendDocument', { kind: 'lose' })
    printer.fault('getJobAttributes', { kind: 'status', status: 0x0406 })
  }

  it('tells of one document at a time, until what came of it was read', async () => {
    const { desk: one, errand, events } = await desk()
    expect(one.view()).toBeNull()
    one.print(errand)
    expect(() => one.print(errand)).toThrow(/KIOSK_BUSY/)
    expect(() => one.close()).toThrow(/STAGE_CONFLICT/)
    await expect.poll(() => one.view()).toEqual({ what: 'form', step: 'printed', code: null, pages: null })
    expect(events).toEqual(['printed'])
    one.close()
    expect(one.view()).toBeNull()
  })

  it('asks whoever can look, and prints again only for them', async () => {
    const { desk: one, printer, errand, events } = await desk()
    lost(printer)
    one.print(errand)
    await expect.poll(() => one.view()).toMatchObject({ step: 'unsure', code: 'PRINT_UNSURE' })
    one.answer(false)
    expect([one.view(), events, printer.asked('sendDocument')]).toEqual([null, [], 1])
    expect(() => one.answer(true)).toThrow(/STAGE_CONFLICT/)
    lost(printer)
    one.print(errand)
    await expect.poll(() => one.view()).toMatchObject({ step: 'unsure' })
    one.answer(true)
    expect([one.view(), events, printer.asked('sendDocument')]).toEqual([null, ['printed'], 2])
  })

  it('withdraws what is cancelled, and what nobody waits for any more', async () => {
    const { desk: one, printer, errand, events, ends, leave } = await desk()
    printer.set('media-empty')
    one.print(errand)
    await expect.poll(() => one.view()).toMatchObject({ step: 'printing', code: 'PRINTER_OUT_OF_PAPER' })
    one.cancel()
    await expect.poll(() => one.view()).toBeNull()
    one.print(errand)
    await expect.poll(() => one.view()).toMatchObject({ step: 'printing' })
    leave()
    expect(one.view()).toBeNull()
    // Not because it had waited for too long.
    await expect.poll(() => ends).toEqual(['PRINT_CANCELLED', 'PRINT_CANCELLED'])
    expect(printer.jobs().map(job => job.state)).toEqual([jobStates.cancelled, jobStates.cancelled])
    printer.set('ready')
    expect([printer.printed(), events]).toEqual([[], []])
  })

  it('tells why what was to be printed could not be made', async () => {
    const { desk: one, errand } = await desk()
    const broken = async () => {
      throw new Error('no font')
    }
    one.print({ ...errand, pdf: broken })
    await expect.poll(() => one.view()).toMatchObject({ step: 'failed', code: 'INTERNAL' })
    one.close()
    expect(one.view()).toBeNull()
  })
})
