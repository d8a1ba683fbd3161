// The Printer port through a channel to its worker: what a driver says arrives as it was said, and what none says is not believed.

import { describe, expect, it } from 'vitest'
import type { Printer, PrinterInfo, PrintJob, PrintOutcome } from '../device/ports.ts'
import { printerHandlers } from '../drivers/worker/printer-handlers.ts'
import { remotePrinter } from '../drivers/worker/remote-printer.ts'
import { channelTo } from './20.worker.said.ts'

const info: PrinterInfo = {
  ...{ name: 'A printer', state: 'stopped', code: 'PRINTER_JAM', low: ['toner'] },
  form: { mediaType: 'image/pwg-raster', resolution: 600, colour: 'rgb' },
}
const job: PrintJob = { job: 7, state: 'printing', code: null, pages: 3, flawed: false }
const found = [{ name: 'B', url: 'ipp://127.0.0.1:60000/ipp/print', uuid: 'u' }]

function printer(more: Partial<Printer> = {}): Printer {
  return {
    info: async () => info,
    discover: async () => found,
    print: async () => ({ outcome: 'sent', job: 7 }),
    job: async () => job,
    find: async () => undefined,
    cancel: async () => undefined,
    ...more,
  }
}

describe('a remote printer', () => {
  it('says what the driver says, and hands over the document', async () => {
    const asked: unknown[] = []
    const print: Printer['print'] = async ({ body, ...request }) => {
      const pieces: Uint8Array[] = []
      for await (const piece of body) pieces.push(piece)
      asked.push({ ...request, document: Buffer.concat(pieces).toString() })
      return { outcome: 'unsure', code: 'PRINTER_TIMEOUT', detail: 'no answer', job: 7 }
    }
    const cancel = async (number: number) => void asked.push(number)
    const remote = remotePrinter(await channelTo(printerHandlers(printer({ print, cancel }))))
    expect(await remote.info()).toEqual(info)
    expect(await remote.discover()).toEqual(found)
    expect([await remote.job(7), await remote.find('X')]).toEqual([job, undefined])
    const body = (async function* () {
      yield Buffer.from('%PDF')
      yield Buffer.from('-1.7')
    })()
    const request = { jobName: 'X', form: { mediaType: 'application/pdf' } as const, bytes: 8, body }
    expect(await remote.print(request)).toMatchObject({ outcome: 'unsure', job: 7 })
    await remote.cancel(7)
    const { body: _body, ...told } = request
    expect(asked).toEqual([{ ...told, document: '%PDF-1.7' }, 7])
  })

  it.each([
    ['a printer with a state of its own', { info: async () => ({ ...info, state: 'on fire' }) as never }],
    ['a printer with more to say', { info: async () => ({ ...info, uri: 'ipp://x' }) as never }],
    ['a name of several lines', { info: async () => ({ ...info, name: 'a\nb' }) }],
    ['a job without a number', { job: async () => ({ ...job, job: 0 }) }],
    [
      'a code that is no printer’s',
      { print: async () => ({ outcome: 'refused', code: 'DISK_FULL', detail: '' }) as never },
    ],
  ] as const)('is not believed: %s', async (_, more: Partial<Printer>) => {
    const remote = remotePrinter(await channelTo(printerHandlers(printer(more))))
    const body = (async function* () {})()
    const calls: readonly (() => Promise<unknown>)[] = [
      remote.info,
      () => remote.job(7),
      (): Promise<PrintOutcome> => remote.print({ jobName: 'X', form: { mediaType: 'application/pdf' }, body }),
    ]
    const call = calls[['info', 'job', 'print'].findIndex(name => name in more)]
    await expect(call?.()).rejects.toMatchObject({ code: 'FRAME_INVALID' })
  })
})
