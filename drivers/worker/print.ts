// The print worker: the configured printer, on loopback, at a private address or wherever the configuration says, and what is
// announced of printers. It sees the one document that it is told to print, no queue, no keys and no other network.

import { createIppPrinter, type IppPrinterOptions } from '../printer/ipp.ts'
import { hostWorker } from './host.ts'
import { printerHandlers } from './printer-handlers.ts'

await hostWorker<IppPrinterOptions>(configuration => printerHandlers(createIppPrinter(configuration)))
