// The printer of a simulated site: what comes out of it lies as files in a folder.

import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SimulatedJob } from './ipp-printer.jobs.ts'
import { type IppPrinterOptions, type IppPrinterSimulator, startIppPrinter } from './ipp-printer.ts'

const extensions: Readonly<Record<string, string>> = { 'application/pdf': 'pdf', 'image/jpeg': 'jpg' }

/** Makes the folder if it is absent. */
export async function startSitePrinter(
  folder: string,
  options: IppPrinterOptions | true = {},
): Promise<IppPrinterSimulator> {
  await mkdir(folder, { recursive: true })
  const keep = ({ id, name, format, document }: SimulatedJob) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${name} ${id}.${extensions[format] ?? 'pwg'}`), document)
  }
  return startIppPrinter({ printed: keep, ...(options === true ? {} : options) })
}
