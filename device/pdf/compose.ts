// Page images into PDF/A-2b (ISO 19005-2), written front to back while the pages arrive: memory holds one chunk of one
// image. A JPEG goes in byte for byte. The same input makes the same bytes: the dates are given, /ID is a digest of the content.

import { createHash } from 'node:crypto'
import { Fault } from '../errors.ts'
import type { ByteStream, PageEncoding } from '../ports.ts'
import { sRgbProfile } from './icc.ts'
import { type JpegHeader, maxJpegHeaderBytes, parseJpegHeader } from './jpeg-header.ts'
import { pdfDate, textString } from './text.ts'
import { indirectObject, latin1 } from './write.ts'
import { type DocumentMetadata, xmpPacket } from './xmp.ts'

/** One page, turned for the reader but stored as it came. */
export interface PdfPage {
  /** `jpeg` as scanned, grey or RGB; `ccitt-g4` a bare T.6 stream in which black runs are ink. */
  readonly encoding: PageEncoding
  /** Pixels as stored. */
  readonly width: number
  readonly height: number
  /** Pixels per inch. */
  readonly resolution: number
  /** Clockwise skew of the stored image, in degrees, that the page undoes about its centre; it keeps its size. */
  readonly straightenDegrees: number
  /** Clockwise degrees that the stored image, straightened, is turned by to be upright. */
  readonly turn: 0 | 90 | 180 | 270
  readonly bytes: ByteStream
  /** What `bytes` add up to. */
  readonly byteLength: number
}

export interface ComposeRequest {
  readonly pages: AsyncIterable<PdfPage>
  readonly metadata: DocumentMetadata
}

/** PDF/A-2 has no larger integer, and offsets are integers (ISO 19005-2, 6.1.13). */
const maxFileBytes = 2_147_483_647
/** Smallest and largest side of a page (ISO 19005-2, 6.1.13); points. */
const pageSides = { least: 3, most: 14_400 }
const pointsPerInch = 72
/** A ten-thousandth of a point is far below a pixel, and no number needs an exponent, which PDF does not know. */
const matrixPlaces = 4
const objectNumbers = { catalog: 1, pages: 2, info: 3, metadata: 4, profile: 5, firstFree: 6 }
const binaryHeader = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'

/**
 * The document in chunks. Throws NO_PAGES, IMAGE_UNREADABLE (a JPEG that is none, is CMYK, or differs from what its page
 * says; a stream that is shorter or longer than `byteLength`) or IMAGE_TOO_LARGE (page side, file size).
 */
export async function* composePdf({ pages, metadata }: ComposeRequest): AsyncGenerator<Uint8Array> {
  const output = createOutput()
  yield output.put(binaryHeader)
  const kids: string[] = []
  for await (const page of pages) {
    kids.push(`${output.nextNumber() + 2} 0 R`)
    yield* pageObjects(output, page)
  }
  if (kids.length === 0) throw new Fault('NO_PAGES', 'there is no page to put into the document')
  yield output.object(objectNumbers.catalog, catalog(metadata))
  yield output.object(objectNumbers.pages, `<< /Type /Pages /Count ${kids.length} /Kids [${kids.join(' ')}] >>`)
  yield output.object(objectNumbers.info, information(metadata))
  yield* output.stream(objectNumbers.metadata, '/Type /Metadata /Subtype /XML', xmpPacket(metadata))
  yield* output.stream(objectNumbers.profile, '/N 3', sRgbProfile())
  yield output.end(`/Root ${objectNumbers.catalog} 0 R /Info ${objectNumbers.info} 0 R`)
}

/** The image, the content stream that shows it, and the page: three objects in this order. */
async function* pageObjects(output: Output, page: PdfPage): AsyncGenerator<Uint8Array> {
  output.claim(page.byteLength)
  const { source, dictionary } = await openImage(page)
  const image = output.takeNumber()
  const content = output.takeNumber()
  const leaf = output.takeNumber()
  const [width, height] = [points(page.width, page.resolution), points(page.height, page.resolution)]
  yield output.begin(image, `<< ${dictionary} /Length ${page.byteLength} >>\nstream\n`)
  let written = 0
  for await (const chunk of source) {
    written += chunk.length
    if (written > page.byteLength) break
    yield output.put(chunk)
  }
  if (written !== page.byteLength) {
    throw new Fault('IMAGE_UNREADABLE', `an image of ${page.byteLength} bytes came as ${written}`)
  }
  yield output.put('\nendstream\nendobj\n')
  yield* output.stream(content, '', latin1(showImage(width, height, page.straightenDegrees)))
  yield output.object(
    leaf,
    `<< /Type /Page /Parent ${objectNumbers.pages} 0 R /MediaBox [0 0 ${width} ${height}] /Rotate ${page.turn} ` +
      `/Resources << /XObject << /Im0 ${image} 0 R >> >> /Contents ${content} 0 R >>`,
  )
}

interface OpenImage {
  readonly source: ByteStream
  readonly dictionary: string
}

async function openImage(page: PdfPage): Promise<OpenImage> {
  const common = `/Type /XObject /Subtype /Image /Width ${page.width} /Height ${page.height}`
  if (page.encoding === 'ccitt-g4') {
    const parameters = `<< /K -1 /Columns ${page.width} /Rows ${page.height} /BlackIs1 false >>`
    return {
      source: page.bytes,
      dictionary: `${common} /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms ${parameters}`,
    }
  }
  const { header, source } = await peekJpeg(page.bytes)
  if (header.width !== page.width || header.height !== page.height) {
    const [said, found] = [`${page.width} x ${page.height}`, `${header.width} x ${header.height}`]
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

/**
 * Shows the image (ISO 32000-1, 8.3.3). One that is straightened lies turned over a white page, which also covers the
 * corners it leaves, and what sticks out is clipped. The page's own /Rotate turns it all, so that both add up.
 */
function showImage(width: number, height: number, straightenDegrees: number): string {
  if (straightenDegrees === 0) return `q\n${width} 0 0 ${height} 0 0 cm\n/Im0 Do\nQ`
  // User space has y upwards: there the turn against a clockwise skew has a positive angle.
  const angle = (straightenDegrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const linear = [width * cosine, width * sine, -height * sine, height * cosine]
  const offset = [(width - width * cosine + height * sine) / 2, (height - width * sine - height * cosine) / 2]
  const matrix = [...linear, ...offset].map(value => Number(value.toFixed(matrixPlaces)))
  return `q\n1 g 0 0 ${width} ${height} re W f\n${matrix.join(' ')} cm\n/Im0 Do\nQ`
}

/** A side in points, to a thousandth. */
function points(pixels: number, resolution: number): number {
  const side = (pixels / resolution) * pointsPerInch
  if (!(side >= pageSides.least))
    throw new Fault('IMAGE_UNREADABLE', `a page side of ${pixels} pixels at ${resolution} ppi`)
  if (side > pageSides.most) throw new Fault('IMAGE_TOO_LARGE', `a page side of ${pixels} pixels at ${resolution} ppi`)
  return Number(side.toFixed(3))
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

interface Output {
  readonly nextNumber: () => number
  readonly takeNumber: () => number
  /** Throws IMAGE_TOO_LARGE unless so many more bytes fit. */
  readonly claim: (length: number) => void
  /** Counts and digests what is then to be yielded. */
  readonly put: (content: string | Uint8Array) => Uint8Array
  /** Notes where the object starts; its body follows by `put`. */
  readonly begin: (number: number, head: string) => Uint8Array
  readonly object: (number: number, body: string) => Uint8Array
  readonly stream: (number: number, entries: string, data: Uint8Array) => Generator<Uint8Array>
  /** Cross-reference table and trailer; /ID is the digest of everything before. */
  readonly end: (trailer: string) => Uint8Array
}

function createOutput(): Output {
  const digest = createHash('sha256')
  const offsets: number[] = [0]
  let position = 0
  let free: number = objectNumbers.firstFree

  function put(content: string | Uint8Array): Uint8Array {
    const bytes = typeof content === 'string' ? latin1(content) : content
    claim(bytes.length)
    digest.update(bytes)
    position += bytes.length
    return bytes
  }

  function claim(length: number): void {
    if (position + length > maxFileBytes) {
      throw new Fault('IMAGE_TOO_LARGE', `the document exceeds ${maxFileBytes} bytes`)
    }
  }

  function object(number: number, body: string): Uint8Array {
    offsets[number] = position
    return put(indirectObject(number, 0, body))
  }

  function begin(number: number, head: string): Uint8Array {
    offsets[number] = position
    return put(`${number} 0 obj\n${head}`)
  }

  function* stream(number: number, entries: string, data: Uint8Array): Generator<Uint8Array> {
    yield begin(number, `<< ${entries} /Length ${data.length} >>\nstream\n`)
    yield put(data)
    yield put('\nendstream\nendobj\n')
  }

  function end(trailer: string): Uint8Array {
    const id = digest.copy().digest('hex').slice(0, 32).toUpperCase()
    const start = position
    const entries = offsets.slice(1).map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`)
    const size = offsets.length
    return put(
      `xref\n0 ${size}\n0000000000 65535 f \n${entries.join('')}` +
        `trailer\n<< /Size ${size} ${trailer} /ID [<${id}> <${id}>] >>\nstartxref\n${start}\n%%EOF\n`,
    )
  }

  return Object.freeze({ nextNumber: () => free, takeNumber: () => free++, claim, put, begin, object, stream, end })
}
