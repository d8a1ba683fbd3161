// The IPP driver over the simulated printer: what it makes of answers that are whole, cut, wrong or lost, and that nothing is
// ever printed twice.

import { afterEach, describe, expect, it } from 'vitest'
import type { PrintRequest } from '../device/ports.ts'
import { createIppPrinter } from '../drivers/printer/ipp.ts'
import { ippLimits } from '../drivers/printer/ipp-client.ts'
import { encodeIpp } from '../drivers/printer/ipp-encode.ts'
import type { IppMessage } from '../drivers/printer/ipp-message.ts'
import { answerTo, describedBy } from './sim/ipp-printer.attributes.ts'
import { jobStates } from './sim/ipp-printer.jobs.ts'
import { type IppPrinterOptions, type IppPrinterSimulator, startIppPrinter } from './sim/ipp-printer.ts'

const started: IppPrinterSimulator[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

const limits = { ...ippLimits, deadlineMs: 500, documentIdleTimeoutMs: 500 }
const document = Buffer.from('%PDF-1.7\n1 0 obj << /Type /Page >>\n2 0 obj << /Type /Page >>\n%%EOF')

async function open(options: IppPrinterOptions = {}) {
  const printer = await startIppPrinter(options)
  started.push(printer)
  return { printer, driver: createIppPrinter({ device: { url: printer.url }, limits, discovery: { ports: [] } }) }
}

function request(
  jobName = 'Compulsa A',
  mediaType: 'application/pdf' | 'image/jpeg' = 'application/pdf',
): PrintRequest {
  const form = mediaType === 'image/jpeg' ? { mediaType, resolution: 300 } : { mediaType }
  return {
    jobName,
    form,
    bytes: document.length,
    body: (async function* () {
      yield document.subarray(0, 20)
      yield document.subarray(20)
    })(),
  }
}

/** Looks until the job is over; each look lets another page out. */
async function ended(driver: ReturnType<typeof createIppPrinter>, job: number) {
  for (let looks = 0; looks < 20; looks += 1) {
    const found = await driver.job(job)
    if (found === undefined || ['completed', 'aborted', 'cancelled'].includes(found.state)) return found
  }
  throw new Error('the job does not end')
}

/** To a request that nobody made. */
const message: IppMessage = { version: { major: 2, minor: 0 }, code: 0x000b, requestId: 99, groups: [] }

describe('a document', () => {
  it.each([true, false])('is printed once, as it is (jobs created first: %s)', async createsJobs => {
    const { printer, driver } = await open({ createsJobs })
    const outcome = await driver.print(request())
    expect(outcome).toMatchObject({ outcome: 'sent', job: 1 })
    expect(await ended(driver, 1)).toMatchObject({ state: 'completed', code: null, pages: 2, flawed: false })
    expect(printer.printed()).toMatchObject([{ name: 'Compulsa A', format: 'application/pdf' }])
    expect(Buffer.from(printer.printed()[0]?.document ?? []).equals(document)).toBe(true)
    expect(printer.asked('printJob')).toBe(createsJobs ? 0 : 1)
  })

  it('does not go to a printer that takes no such thing, and the printer says what it takes', async () => {
    const { printer, driver } = await open({ formats: ['image/pwg-raster', 'image/jpeg'] })
    expect(await driver.print(request())).toMatchObject({ outcome: 'refused', code: 'PRINTER_FORMAT' })
    expect((await driver.info()).form).toEqual({ mediaType: 'image/pwg-raster', resolution: 300, colour: 'gray' })
    expect(printer.jobs()).toEqual([])
    const { driver: photo } = await open({ formats: ['image/jpeg'] })
    expect((await photo.info()).form).toEqual({ mediaType: 'image/jpeg', resolution: 300 })
    const { driver: none } = await open({ formats: ['application/vnd.hp-pcl'] })
    expect((await none.info()).form).toBeNull()
  })

  it('does not go to a printer that takes no jobs, or none now', async () => {
    const { printer, driver } = await open()
    printer.set('ready', false)
    expect(await driver.info()).toMatchObject({ code: 'PRINTER_NOT_ACCEPTING' })
    expect(await driver.print(request())).toMatchObject({ outcome: 'refused', code: 'PRINTER_NOT_ACCEPTING' })
    printer.set('ready')
    printer.fault('createJob', { kind: 'status', status: 0x0507 })
    expect(await driver.print(request())).toMatchObject({ outcome: 'refused', code: 'PRINTER_BUSY' })
    expect(printer.jobs()).toEqual([])
    printer.fault('sendDocument', { kind: 'status', status: 0x0507 })
    expect(await driver.print(request())).toMatchObject({ outcome: 'refused', code: 'PRINTER_BUSY' })
    expect(printer.jobs()).toMatchObject([{ state: jobStates.cancelled }])
  })

  it('that is cancelled does not come out, and cancelling it again is no fault', async () => {
    const { printer, driver } = await open()
    printer.set('media-empty')
    const outcome = await driver.print(request())
    expect(outcome).toMatchObject({ outcome: 'sent', job: 1 })
    expect(await driver.job(1)).toMatchObject({ state: 'stopped' })
    await driver.cancel(1)
    await driver.cancel(1)
    await driver.cancel(77)
    expect(await driver.job(1)).toMatchObject({ state: 'cancelled', code: 'PRINT_CANCELLED' })
    printer.set('ready')
    expect(await driver.job(1)).toMatchObject({ state: 'cancelled' })
    expect(printer.printed()).toEqual([])
    expect(await driver.job(77)).toBeUndefined()
  })
})

describe('what keeps a printer from printing', () => {
  it.each([
    ['media-empty', 'PRINTER_OUT_OF_PAPER'],
    ['media-jam', 'PRINTER_JAM'],
    ['cover-open', 'PRINTER_COVER_OPEN'],
    ['toner-empty', 'PRINTER_TONER'],
    ['output-area-full', 'PRINTER_OUTPUT_FULL'],
    ['paused', 'PRINTER_STOPPED'],
  ] as const)('%s is %s, and when it is mended the job goes on', async (condition, code) => {
    const { printer, driver } = await open()
    printer.set(condition)
    expect(await driver.info()).toMatchObject({ name: 'Compulsa Simulated Printer', state: 'stopped', code })
    expect(await driver.print(request())).toMatchObject({ outcome: 'sent' })
    expect(await driver.job(1)).toMatchObject({ state: 'stopped', code: 'PRINTER_STOPPED' })
    printer.set('ready')
    expect(await driver.info()).toMatchObject({ state: 'printing', code: null })
    expect(await ended(driver, 1)).toMatchObject({ state: 'completed' })
  })

  it('a job that is held is told as held', async () => {
    const { printer, driver } = await open()
    printer.hold(true)
    await driver.print(request())
    expect(await driver.job(1)).toMatchObject({ state: 'held', code: 'PRINT_HELD' })
  })

  it('is a state and no exception where nobody answers, or nobody who prints', async () => {
    const { printer, driver } = await open()
    await printer.stop()
    expect(await driver.info()).toMatchObject({ state: 'absent', code: 'PRINTER_ABSENT', form: null })
    expect(await driver.print(request())).toMatchObject({ outcome: 'refused', code: 'PRINTER_ABSENT' })
    await expect(driver.find('Compulsa A')).rejects.toMatchObject({ code: 'PRINTER_ABSENT' })
    const none = createIppPrinter({ discovery: { ports: [] } })
    expect(await none.info()).toMatchObject({ state: 'absent', code: 'PRINTER_ABSENT' })
  })
})

describe('an answer that is lost', () => {
  it.each([
    { kind: 'lose' },
    { kind: 'silent' },
    { kind: 'http', status: 500 },
    { kind: 'bytes', bytes: Buffer.from('<html>') },
  ] as const)('to a document whose job is numbered is asked for by its number: %o', async fault => {
    const { printer, driver } = await open()
    printer.fault('sendDocument', fault)
    expect(await driver.print(request())).toMatchObject({ outcome: 'unsure', job: 1 })
    const arrived = fault.kind === 'lose' || fault.kind === 'bytes'
    if (!arrived) expect(await driver.job(1)).toMatchObject({ state: 'incoming' })
    else expect(await ended(driver, 1)).toMatchObject({ state: 'completed' })
    expect(printer.printed()).toHaveLength(arrived ? 1 : 0)
    expect(printer.asked('sendDocument')).toBe(1)
  })

  it('to a job that goes with its document is looked for by its name, among those that are over too', async () => {
    const { printer, driver } = await open({ createsJobs: false })
    await driver.print(request('Compulsa 0'))
    await ended(driver, 1)
    printer.fault('printJob', { kind: 'lose' })
    const outcome = await driver.print(request())
    expect(outcome).toMatchObject({ outcome: 'unsure', code: 'PRINTER_TIMEOUT' })
    expect(outcome).not.toHaveProperty('job')
    expect(await driver.find('Compulsa A')).toMatchObject({ job: 2 })
    await ended(driver, 2)
    expect(await driver.find('Compulsa A')).toMatchObject({ job: 2, state: 'completed' })
    expect(await driver.find('Compulsa')).toBeUndefined()
    expect(printer.printed()).toHaveLength(2)
    const { driver: forgetful } = await open({ forgets: true })
    await forgetful.print(request())
    expect(await forgetful.find('Compulsa A')).toBeUndefined()
  })

  it('before any of the document went out leaves nothing in doubt', async () => {
    const { printer, driver } = await open()
    for (const operation of ['getPrinterAttributes', 'validateJob', 'createJob'] as const) {
      printer.fault(operation, { kind: 'lose' })
      expect(await driver.print(request()), operation).toMatchObject({ outcome: 'refused', code: 'PRINTER_TIMEOUT' })
    }
    expect(printer.printed()).toEqual([])
  })

  it('that breaks off within the document leaves a job that the printer gave up', async () => {
    const { printer, driver } = await open()
    printer.fault('sendDocument', { kind: 'break' })
    expect(await driver.print(request())).toMatchObject({ outcome: 'unsure', job: 1 })
    expect(await driver.job(1)).toMatchObject({ state: 'aborted', code: 'PRINT_ABORTED' })
    expect(printer.printed()).toEqual([])
  })

  it('at any of its bytes is never taken for another, and nothing is sent again', async () => {
    const { printer, driver } = await open({ createsJobs: false })
    const whole = encodeIpp(answerTo(message, 0)).length
    for (let count = 1; count < whole; count += 9) {
      printer.fault('printJob', { kind: 'cutAfter', count })
      expect(await driver.print(request(`Compulsa ${count}`)), String(count)).toMatchObject({ outcome: 'unsure' })
      expect(printer.asked('printJob')).toBe(printer.jobs().length)
    }
  })

  it('or is another’s, of another version or no answer at all, is no state of the printer', async () => {
    const { printer, driver } = await open()
    const facts = { uri: printer.url, makeAndModel: 'X', uuid: 'u', createsJobs: true, accepting: true }
    const attributes = describedBy({
      ...facts,
      formats: ['application/pdf'],
      state: 3,
      reasons: [],
      queued: 0,
      upSeconds: 1,
    })
    const good = answerTo({ ...message, requestId: 99 }, 0, [{ tag: 4, attributes }])
    const wrong = [
      good,
      { ...good, requestId: 3, version: { major: 9, minor: 0 } },
      { ...good, requestId: 3, groups: [] },
    ]
    for (const answer of wrong) {
      printer.fault('getPrinterAttributes', { kind: 'bytes', bytes: encodeIpp(answer) })
      expect(await driver.info()).toMatchObject({ state: 'absent', code: 'PRINTER_FAILED' })
    }
    printer.fault('getPrinterAttributes', { kind: 'bytes', bytes: Buffer.alloc(3 << 20) })
    expect(await driver.info()).toMatchObject({ state: 'absent', code: 'PRINTER_FAILED' })
    printer.fault('getPrinterAttributes', { kind: 'http', status: 401 })
    expect(await driver.info()).toMatchObject({ state: 'absent', code: 'PRINTER_REFUSED' })
    expect(await driver.info()).toMatchObject({ state: 'ready', code: null })
  })
})

describe('a printer that is known by who it is', () => {
  it('is found at whichever port of ipp-usb it answers, and another there is not taken for it', async () => {
    const uuid = '5c4a4c57-0000-4000-8000-0000000000bb'
    const other = await open()
    const mine = await open({ uuid, makeAndModel: 'Mine 2' })
    const ports = [other.printer, mine.printer].map(({ url }) => Number(new URL(url.replace('ipp:', 'http:')).port))
    const discovery = { ports, environment: { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent' } }
    const at = (device: object) => createIppPrinter({ device, limits, discovery })
    expect(await at({ uuid: `urn:uuid:${uuid.toUpperCase()}` }).info()).toMatchObject({ name: 'Mine 2' })
    expect(await at({ name: 'mine  2' }).info()).toMatchObject({ name: 'Mine 2' })
    expect(await at({ url: other.printer.url, uuid }).info()).toMatchObject({ name: 'Mine 2' })
    expect(await at({ name: 'Nobody' }).info()).toMatchObject({ state: 'absent', code: 'PRINTER_ABSENT' })
    expect(await at({ uuid }).discover()).toMatchObject([
      { name: 'Compulsa Simulated Printer', url: other.printer.url },
    ])
    await mine.printer.stop()
    expect(await at({ url: mine.printer.url, uuid }).info()).toMatchObject({ state: 'absent', code: 'PRINTER_ABSENT' })
  })
})
