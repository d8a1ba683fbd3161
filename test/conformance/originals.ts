// What is signed in a conformance run: a PDF/A-2b as the kiosk makes it, a text and an XML document.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SignatureFormat } from '../../device/ades/request.ts'
import { whiteDocument } from '../pdf-fixtures.ts'

/** Has an Id, for the packagings that refer to one. */
const xmlOriginal =
  '<?xml version="1.0" encoding="UTF-8"?>\n<doc xmlns="urn:conformance" Id="content"><a b="&lt;&amp;">Certificació</a>\r\n</doc>\n'

export const xmlContentElement = 'urn:conformance:doc'

export interface Originals {
  /** Path. */
  of(format: SignatureFormat): string
  /** Of a signed file of the format. */
  extension(format: SignatureFormat): string
}

export async function writeOriginals(folder: string): Promise<Originals> {
  const paths = {
    PAdES: join(folder, 'original.pdf'),
    CAdES: join(folder, 'original.txt'),
    XAdES: join(folder, 'original.xml'),
  } as const
  await writeFile(paths.PAdES, await whiteDocument(2))
  await writeFile(paths.CAdES, 'Còpia autèntica\n'.repeat(1000))
  await writeFile(paths.XAdES, xmlOriginal)
  return Object.freeze({
    of: (format: SignatureFormat) => paths[format],
    extension: (format: SignatureFormat) => ({ PAdES: '.pdf', CAdES: '.csig', XAdES: '.xsig' })[format],
  })
}
