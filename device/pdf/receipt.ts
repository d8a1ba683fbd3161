// The receipt of a copy as one A4 page to print: who made it, its code large enough to be read to somebody, the same as a QR code,
// and what else there is to know of it. Nothing that has to be kept: whoever loses it has lost a piece of paper.

import { embedFont, widthOf } from './embedded-font.ts'
import type { Font } from './font.ts'
import { createOutput, pendingObjects } from './output.ts'
import { qrContent } from './qr-content.ts'
import { textString } from './text.ts'
import { layOut } from './text-layout.ts'
import { latin1 } from './write.ts'

export interface Receipt {
  /** ISO 639-1. */
  readonly language: string
  readonly body: string
  readonly title: string
  readonly code: { readonly label: string; readonly text: string }
  readonly rows: readonly { readonly label: string; readonly text: string }[]
  readonly qr: string
  /** What whoever holds it is to do. */
  readonly note: string
}

const page = { width: 595, height: 842 }
const margin = 57
const qrSide = 142
const sizes = { body: 11, title: 20, label: 10, code: 26, text: 12 } as const
/** Numbers of the objects that everything else refers to. */
const numbers = { catalog: 1, pages: 2, page: 3, content: 4, firstFree: 5 }

/** The whole file. */
export function receiptPdf(receipt: Receipt, font: Font): Uint8Array {
  const { language, body, title, code, rows, note } = receipt
  const output = createOutput(numbers.firstFree)
  const pieces: Uint8Array[] = [output.put('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n')]
  const objects = pendingObjects(output)
  const said = [body, title, code.label, code.text, note, ...rows.flatMap(({ label, text }) => [label, text])]
  const embedded = embedFont(objects, font, said.join(''))
  const content = latin1(contentOf(receipt, font, embedded.show))
  pieces.push(...objects.write())
  const { catalog, pages, page: leaf, content: stream } = numbers
  const resources = `<< /Font << /F1 ${embedded.reference.number} 0 R >> >>`
  pieces.push(
    output.object(catalog, `<< /Type /Catalog /Pages ${pages} 0 R /Lang ${textString(language)} >>`),
    output.object(pages, `<< /Type /Pages /Count 1 /Kids [${leaf} 0 R] >>`),
    output.object(
      leaf,
      `<< /Type /Page /Parent ${pages} 0 R /MediaBox [0 0 ${page.width} ${page.height}] /Resources ${resources} /Contents ${stream} 0 R >>`,
    ),
    ...output.stream(stream, '', content),
    output.end(`/Root ${catalog} 0 R`),
  )
  return Buffer.concat(pieces)
}

function contentOf({ body, title, code, rows, qr, note }: Receipt, font: Font, show: (text: string) => string): string {
  const operators: string[] = []
  let y = page.height - margin
  const write = (text: string, size: number, room = page.width - 2 * margin) => {
    const { lines, leading } = layOut(text, part => widthOf(font, part), room, 10 * size, size)
    for (const line of lines) {
      y -= leading
      operators.push(`BT /F1 ${size} Tf ${margin} ${y.toFixed(2)} Td ${show(line)} Tj ET`)
    }
  }
  const beside = page.width - 3 * margin - qrSide
  write(body, sizes.body)
  y -= 6
  write(title, sizes.title)
  y -= 18
  const top = y
  write(code.label, sizes.label, beside)
  write(code.text, sizes.code, beside)
  for (const { label, text } of rows) {
    y -= 8
    write(label, sizes.label, beside)
    write(text, sizes.text, beside)
  }
  operators.push(qrContent(qr, { left: page.width - margin - qrSide, bottom: top - qrSide, side: qrSide }))
  y = Math.min(y, top - qrSide) - 12
  write(note, sizes.text)
  return `0 g\n${operators.join('\n')}`
}
