// Page images into PDF/A-2b (ISO 19005-2), written front to back while the pages arrive: memory holds one chunk of one
// image. A JPEG goes in byte for byte. The same input makes the same bytes: the dates are given, /ID is a digest of the content.

import { deflateSync } from 'node:zlib'
import { Fault } from '../errors.ts'
import type { ByteStream, PageEncoding, PageText } from '../ports.ts'
import { type EmbeddedFont, embedFont } from './embedded-font.ts'
import { sRgbProfile } from './icc.ts'
import { embedInvisibleFont } from './invisible-font.ts'
import { type JpegHeader, maxJpegHeaderBytes, parseJpegHeader } from './jpeg-header.ts'
import { type Legend, layOutLegend, legendCharacters } from './legend.ts'
import type { PdfReference } from './objects.ts'
import { createOutput, type Output, pendingObjects } from './output.ts'
import { type ImageGeometry, layOutPage, type Place, type Size, showImage, trueSize } from './placement.ts'
import { pdfDate, textString } from './text.ts'
import { invisibleFontName, textLayer } from './text-layer.ts'
import { latin1 } from './write.ts'
import { type DocumentMetadata, xmpPacket } from './xmp.ts'

/** An image of a page, stored as it came. */
export interface PdfImage extends ImageGeometry {
  /** `jpeg` as scanned, grey or RGB; `ccitt-g4` a bare T.6 stream in which black runs are ink. */
  readonly encoding: PageEncoding
  readonly bytes: ByteStream
  /** What `bytes` add up to. */
  readonly byteLength: number
  /** What was read on the upright image; laid over it invisibly. */
  readonly text?: PageText
}

export interface PdfPage {
  /** From top to bottom. */
  readonly images: readonly [PdfImage, ...PdfImage[]]
  /** Points; absent: the page is as large as its one image. */
  readonly sheet?: Size
}

export interface ComposeRequest {
  readonly pages: AsyncIterable<PdfPage>
  readonly metadata: DocumentMetadata
  readonly legend?: Legend
}

const objectNumbers = { catalog: 1, pages: 2, info: 3, metadata: 4, profile: 5, firstFree: 6 }
const binaryHeader = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'

/**
 * The document in chunks. Throws NO_PAGES, IMAGE_UNREADABLE (a JPEG that is none, is CMYK, or differs from what its page
 * says; a stream that is shorter or longer than `byteLength`) or IMAGE_TOO_LARGE (page side, file size).
 */
export async function* composePdf({ pages, metadata, legend }: ComposeRequest): AsyncGenerator<Uint8Array> {
  const output = createOutput(objectNumbers.firstFree)
  yield output.put(binaryHeader)
  const fonts = pendingObjects(output)
  const margin = legend && { legend, font: embedFont(fonts, legend.font, legendCharacters(legend)) }
  yield* fonts.write()
  const layers = createLayers(output)
  const kids: string[] = []
  for await (const page of pages) {
    const leaf = yield* pageObjects({ output, margin, layers }, page, kids.length + 1)
    kids.push(`${leaf} 0 R`)
  }
  if (kids.length === 0) throw new Fault('NO_PAGES', 'there is no page to put into the document')
  yield* layers.write()
  yield output.object(objectNumbers.catalog, catalog(metadata))
  yield output.object(objectNumbers.pages, `<< /Type /Pages /Count ${kids.length} /Kids [${kids.join(' ')}] >>`)
  yield output.object(objectNumbers.info, information(metadata))
  yield* output.stream(objectNumbers.metadata, '/Type /Metadata /Subtype /XML', xmpPacket(metadata))
  yield* output.stream(objectNumbers.profile, '/N 3', sRgbProfile())
  yield output.end(`/Root ${objectNumbers.catalog} 0 R /Info ${objectNumbers.info} 0 R`)
}

interface Margin {
  readonly legend: Legend
  readonly font: EmbeddedFont
}

/** The font of the text layers, embedded where there is one: its number is taken then, and it is written at the end. */
interface Layers {
  font(): PdfReference
  write(): Generator<Uint8Array>
}

function createLayers(output: Output): Layers {
  const pending = pendingObjects(output)
  let font: PdfReference | undefined
  return Object.freeze({
    font: () => {
      font ??= embedInvisibleFont(pending)
      return font
    },
    write: pending.write,
  })
}

interface Target {
  readonly output: Output
  readonly margin: Margin | undefined
  readonly layers: Layers
}

/** The images, the content stream that shows them, and the page, whose object number is handed back. */
async function* pageObjects(
  { output, margin, layers }: Target,
  { images, sheet }: PdfPage,
  number: number,
): AsyncGenerator<Uint8Array, number> {
  const sizes = images.map(trueSize)
  const across = sheet ?? sizes[0] ?? { width: 0 }
  const legend = margin && layOutLegend(margin.legend, across, number)
  const layout = layOutPage(sizes, legend?.height ?? 0, sheet, margin?.legend.margin ?? 'added')
  const references: number[] = []
  for (const image of images) references.push(yield* imageObject(output, image))
  const names = references.map((_, index) => `Im${index}`)
  const shown = images.map((image, index) => showImage(names[index] ?? '', image, layout.places[index] ?? origin))
  const read = images.map((image, index) => layerOf(image, layout.places[index] ?? origin)).filter(one => one !== '')
  const written = legend && margin ? [legend.content(margin.font)] : []
  const content = output.takeNumber()
  const operators = latin1([...shown, ...read, ...written].join('\n'))
  if (read.length === 0) yield* output.stream(content, '', operators)
  else yield* output.stream(content, '/Filter /FlateDecode', deflateSync(operators))
  const leaf = output.takeNumber()
  const objects = names.map((name, index) => `/${name} ${references[index]} 0 R`).join(' ')
  const fonts = [
    ...(margin === undefined ? [] : [`/F1 ${margin.font.reference.number} 0 R`]),
    ...(read.length === 0 ? [] : [`/${invisibleFontName} ${layers.font().number} 0 R`]),
  ]
  const font = fonts.length === 0 ? '' : ` /Font << ${fonts.join(' ')} >>`
  yield output.object(
    leaf,
    `<< /Type /Page /Parent ${objectNumbers.pages} 0 R /MediaBox [0 0 ${side(layout.width)} ${side(layout.height)}] ` +
      `/Resources << /XObject << ${objects} >>${font} >> /Contents ${content} 0 R >>`,
  )
  return leaf
}

function layerOf(image: PdfImage, { x, y, scale }: Place): string {
  if (image.text === undefined) return ''
  const { width, height } = trueSize(image)
  return textLayer(image.text, { x, y, width: width * scale, height: height * scale })
}

const origin: Place = { x: 0, y: 0, scale: 1 }

function side(points: number): number {
  return Number(points.toFixed(3))
}

async function* imageObject(output: Output, image: PdfImage): AsyncGenerator<Uint8Array, number> {
  output.claim(image.byteLength)
  const { source, dictionary } = await openImage(image)
  const number = output.takeNumber()
  yield output.begin(number, `<< ${dictionary} /Length ${image.byteLength} >>\nstream\n`)
  let written = 0
  for await (const chunk of source) {
    written += chunk.length
    if (written > image.byteLength) break
    yield output.put(chunk)
  }
  if (written !== image.byteLength) {
    throw new Fault('IMAGE_UNREADABLE', `an image of ${image.byteLength} bytes came as ${written}`)
  }
  yield output.put('\nendstream\nendobj\n')
  return number
}

interface OpenImage {
  readonly source: ByteStream
  readonly dictionary: string
}

async function openImage(image: PdfImage): Promise<OpenImage> {
  const common = `/Type /XObject /Subtype /Image /Width ${image.width} /Height ${image.height}`
  if (image.encoding === 'ccitt-g4') {
    const parameters = `<< /K -1 /Columns ${image.width} /Rows ${image.height} /BlackIs1 false >>`
    return {
      source: image.bytes,
      dictionary: `${common} /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms ${parameters}`,
    }
  }
  const { header, source } = await peekJpeg(image.bytes)
  if (header.width !== image.width || header.height !== image.height) {
    const [said, found] = [`${image.width} x ${image.height}`, `${header.width} x ${header.height}`]
    throw new Fault('IMAGE_UNREADABLE', `a page of ${said} pixels came with a JPEG of ${found}`)
  }
  const space = header.components === 1 ? '/DeviceGray' : '/DeviceRGB'
  const transform =
    header.colorTransform === undefined ? '' : ` /DecodeParms << /ColorTransform ${header.colorTransform} >>`
  return { source, dictionary: `${common} /ColorSpace ${space} /BitsPerComponent 8 /Filter /DCTDecode${transform}` }
}

/** Reads as far as the frame header; the stream that is handed back starts at the beginning again. */
async function peekJpeg(bytes: ByteStream): Promise<{ readonly header: JpegHeader; readonly source: ByteStream }> {
  const iterator = bytes[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  for (;;) {
    const header = parseJpegHeader(head)
    if (header) return { header, source: rejoin(head, iterator) }
    const next = await iterator.next()
    if (next.done || head.length > maxJpegHeaderBytes) {
      await iterator.return?.()
      throw new Fault('IMAGE_UNREADABLE', 'the JPEG has no frame header')
    }
    head = Buffer.concat([head, next.value])
  }
}

async function* rejoin(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

function catalog({ language }: DocumentMetadata): string {
  const { pages, metadata, profile } = objectNumbers
  return [
    `<< /Type /Catalog /Pages ${pages} 0 R /Metadata ${metadata} 0 R /Lang ${textString(language)}`,
    '/ViewerPreferences << /DisplayDocTitle true >>',
    '/OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB)',
    `/RegistryName (http://www.color.org) /Info (sRGB IEC61966-2.1) /DestOutputProfile ${profile} 0 R >>] >>`,
  ].join('\n')
}

/** /Info says what the XMP says (ISO 19005-2, 6.6.3). */
function information({ title, creator, subject, producer, createdAt }: DocumentMetadata): string {
  const texts = { Title: title, Author: creator, Subject: subject, Creator: producer, Producer: producer }
  const entries = Object.entries(texts).flatMap(([key, text]) =>
    text === undefined ? [] : [`/${key} ${textString(text)}`],
  )
  const date = pdfDate(createdAt)
  return `<< ${entries.join('\n')}\n/CreationDate (${date}) /ModDate (${date}) >>`
}
