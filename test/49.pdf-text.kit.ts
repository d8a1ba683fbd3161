// Documents of nothing but text layers, and what poppler makes of them.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ObjectSink } from '../device/pdf/embedded-font.ts'
import { embedInvisibleFont } from '../device/pdf/invisible-font.ts'
import { pdfInteger, pdfReference, withEntries } from '../device/pdf/objects.ts'
import { invisibleFontName, type TextPlace, textLayer } from '../device/pdf/text-layer.ts'
import { serialise } from '../device/pdf/write.ts'
import type { PageText } from '../device/ports.ts'
import { classicPdf, inFolder } from './pdf-fixtures.ts'

const execute = promisify(execFile)

export interface LayeredPage {
  readonly text: PageText
  readonly place: TextPlace
}

/** One page each, as large as its image and what lies left of it and below. */
export function layeredPdf(...pages: readonly LayeredPage[]): Buffer {
  const { sink, bodies } = numberedFrom(3)
  const font = embedInvisibleFont(sink)
  const firstPage = 3 + bodies.length
  const kids = pages.map((_, index) => `${firstPage + 2 * index} 0 R`)
  return classicPdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${kids.join(' ')}] >>`,
    ...bodies,
    ...pages.flatMap(({ text, place }, index) => {
      const content = textLayer(text, place)
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${place.x + place.width} ${place.y + place.height}] ` +
          `/Resources << /Font << /${invisibleFontName} ${font.number} 0 R >> >> /Contents ${firstPage + 2 * index + 1} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ]
    }),
  ])
}

/** A sink whose objects have the numbers from `first` on; their bodies in that order. */
export function numberedFrom(first: number): { readonly sink: ObjectSink; readonly bodies: readonly string[] } {
  const bodies: string[] = []
  const take = () => pdfReference(first + bodies.push('null') - 1)
  const sink: ObjectSink = {
    take,
    put: ({ number }, value) => {
      bodies[number - first] = serialise(value)
    },
    addStream: (dictionary, data) => {
      const reference = take()
      const head = serialise(withEntries(dictionary, { Length: pdfInteger(data.length) }))
      bodies[reference.number - first] = `${head}\nstream\n${Buffer.from(data).toString('latin1')}\nendstream`
      return reference
    },
  }
  return { sink, bodies }
}

/** A word as poppler finds it: millimetres from the upper left corner of the page as it is shown. */
export interface FoundWord {
  readonly text: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** Per page. */
export async function wordsIn(pdf: Uint8Array): Promise<readonly (readonly FoundWord[])[]> {
  const html = await popplerText(pdf, '-bbox')
  const pages = html.split('<page ').slice(1)
  const word = /<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)<\/word>/g
  return pages.map(page =>
    [...page.matchAll(word)].map(([, ...cells]) => {
      const [left = 0, top = 0, right = 0, bottom = 0] = cells.slice(0, 4).map(points => (Number(points) / 72) * 25.4)
      return { text: unescaped(cells[4] ?? ''), left, right, top, bottom }
    }),
  )
}

const unescaped = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

export async function popplerText(pdf: Uint8Array, ...options: readonly string[]): Promise<string> {
  return inFolder(async folder => {
    const file = join(folder, 'file.pdf')
    await writeFile(file, pdf)
    const { stdout, stderr } = await execute('pdftotext', [...options, file, '-'])
    if (stderr !== '') throw new Error(stderr)
    return stdout
  })
}
