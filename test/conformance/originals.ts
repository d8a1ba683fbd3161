// What is signed in a conformance run: a PDF/A-2b as the kiosk makes it, with a layer of text, two images on one sheet, cut
// and turned, and a legend; a text and an XML document.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SignatureFormat } from '../../device/ades/request.ts'
import { a4 } from '../../device/document/sheet.ts'
import { composePdf } from '../../device/pdf/compose.ts'
import { readFont } from '../../device/pdf/font.ts'
import type { PageText } from '../../device/ports.ts'
import { eniMetadata, joined, listed, pageOf, whiteImage } from '../pdf-fixtures.ts'

/** Has an Id, for the packagings that refer to one. */
const xmlOriginal =
  '<?xml version="1.0" encoding="UTF-8"?>\n<doc xmlns="urn:conformance" Id="content"><a b="&lt;&amp;">Certificació</a>\r\n</doc>\n'

export const xmlContentElement = 'urn:conformance:doc'

const text: PageText = {
  width: 400,
  height: 400,
  lines: [
    {
      words: [
        { text: 'Còpia', left: 40, top: 50, width: 60, height: 20, confidence: 0.9 },
        { text: 'x\u{1f4c4}\u0007', left: 110, top: 50, width: 40, height: 20, confidence: 0.1 },
      ],
      size: 20,
      angleDegrees: 0,
      baseline: { y: 65, slope: 0.01 },
    },
  ],
}

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
  const frame = { left: -4, top: 20, width: 380, height: 260 }
  const cut = () => ({ ...whiteImage(), frame, straightenDegrees: 1.3, turn: 90 }) as const
  const pages = listed(pageOf({ ...whiteImage(), text }), { images: [cut(), cut()], sheet: a4 })
  const font = readFont(await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'))
  const lines = ['Còpia electrònica autèntica de document en paper · Ajuntament de Mostra', 'Data 2026-11-26 10:00 UTC']
  const legend = { lines, pageLine: 'Pàgina {page} de 2', link: 'https://seu.example.cat/verifica?csv=7K3M', font }
  await writeFile(paths.PAdES, await joined(composePdf({ pages, metadata: eniMetadata, legend })))
  await writeFile(paths.CAdES, 'Còpia autèntica\n'.repeat(1000))
  await writeFile(paths.XAdES, xmlOriginal)
  return Object.freeze({
    of: (format: SignatureFormat) => paths[format],
    extension: (format: SignatureFormat) => ({ PAdES: '.pdf', CAdES: '.csig', XAdES: '.xsig' })[format],
  })
}
