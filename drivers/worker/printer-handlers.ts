// The print worker's side of the Printer port: a document is the input of its call.

import type { Printer, PrintRequest } from '../../device/ports.ts'
import type { Handler, Handlers } from './serve.ts'

/** What is printed, but for the bytes, which are the input. */
export type WirePrint = Omit<PrintRequest, 'body'>

/** `printer-info`, `printer-discover`, `print`, `print-job`, `print-find`, `print-cancel`. */
export function printerHandlers(printer: Printer): Handlers {
  const job = (params: unknown) => (params as { job: number }).job
  return new Map<string, Handler>([
    ['printer-info', (_params, { signal }) => printer.info(signal)],
    ['printer-discover', (_params, { signal }) => printer.discover(signal)],
    ['print', (params, { input, signal }) => printer.print({ ...(params as WirePrint), body: input }, signal)],
    ['print-job', async (params, { signal }) => (await printer.job(job(params), signal)) ?? null],
    [
      'print-find',
      async (params, { signal }) => (await printer.find((params as { jobName: string }).jobName, signal)) ?? null,
    ],
    [
      'print-cancel',
      async (params, { signal }) => {
        await printer.cancel(job(params), signal)
        return null
      },
    ],
  ])
}
