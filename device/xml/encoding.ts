// The characters of an XML document from its bytes, by byte order mark and XML declaration (XML 1.0, 2.8, 4.3.3 and
// appendix F), and the way back from a place among the characters to its byte. What is not clearly in one of the
// encodings of xml/node.ts is refused: a reader that guesses sees another document than the signer did.

import { Fault } from '../errors.ts'
import type { XmlDocument } from './node.ts'

type XmlEncoding = XmlDocument['encoding']

export interface DecodedXml {
  /** Without the byte order mark. */
  readonly text: string
  readonly encoding: XmlEncoding
  /** Characters of the XML declaration; 0 where there is none. */
  readonly declaration: number
  /** Byte that a character begins at. Asks must not go backwards. */
  byteAt(index: number): number
}

const labels: Readonly<Record<string, XmlEncoding | 'utf-16' | 'us-ascii'>> = {
  'utf-8': 'utf-8',
  'us-ascii': 'us-ascii',
  'utf-16': 'utf-16',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'iso-8859-1': 'iso-8859-1',
  'iso-8859-15': 'iso-8859-15',
  'windows-1252': 'windows-1252',
}

const marks: readonly (readonly [XmlEncoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

const space = '[\\t\\n\\r ]'
const equals = `${space}*=${space}*`
const xmlDeclaration = new RegExp(
  `^<\\?xml${space}+version${equals}(?:"([^"]*)"|'([^']*)')` +
    `(?:${space}+encoding${equals}(?:"([A-Za-z][\\w.-]*)"|'([A-Za-z][\\w.-]*)'))?` +
    `(?:${space}+standalone${equals}(?:"(?:yes|no)"|'(?:yes|no)'))?${space}*\\?>`,
)
const maxDeclaration = 1024

/** Throws XML_UNREADABLE for an encoding that is unknown or contradicted, and for bytes that are none of it. */
export function decodeXml(bytes: Uint8Array): DecodedXml {
  const mark = marks.find(([, octets]) => octets.every((octet, index) => bytes[index] === octet))
  const skipped = mark?.[1].length ?? 0
  const declared = mark?.[0].startsWith('utf-16') === true ? undefined : declarationOf(latin1(bytes, skipped)).encoding
  const encoding = mark?.[0] ?? (declared === 'us-ascii' ? 'iso-8859-1' : (declared ?? 'utf-8'))
  if (encoding === 'utf-16' || (mark === undefined && encoding.startsWith('utf-16'))) {
    throw unreadable('UTF-16 without a byte order mark')
  }
  const text = decoded(bytes.subarray(skipped), encoding)
  const { length, encoding: told } = declarationOf(text.slice(0, maxDeclaration))
  if (told !== undefined && mark !== undefined && told !== encoding && !encoding.startsWith(`${told}`)) {
    throw unreadable(`${told} declared behind the byte order mark of ${encoding}`)
  }
  if (told === 'us-ascii' && /[^\0-\x7f]/.test(text)) throw unreadable('bytes that are not US-ASCII')
  return { text, encoding, declaration: length, byteAt: byteOffsets(text, encoding, bytes.length, skipped) }
}

function latin1(bytes: Uint8Array, from: number): string {
  return Buffer.from(bytes.subarray(from, from + maxDeclaration)).toString('latin1')
}

function declarationOf(text: string): { length: number; encoding?: XmlEncoding | 'utf-16' | 'us-ascii' } {
  if (!/^<\?xml[\t\n\r ]/.test(text)) return { length: 0 }
  const [whole, doubleVersion, singleVersion, double, single] = xmlDeclaration.exec(text) ?? []
  if (whole === undefined) throw unreadable('the XML declaration is malformed')
  const version = doubleVersion ?? singleVersion
  if (version !== '1.0') throw unreadable('another version of XML than 1.0')
  const label = (double ?? single)?.toLowerCase()
  if (label === undefined) return { length: whole.length }
  const encoding = Object.hasOwn(labels, label) ? labels[label] : undefined
  if (encoding === undefined) throw unreadable(`encoding ${label}`)
  return { length: whole.length, encoding }
}

function decoded(bytes: Uint8Array, encoding: XmlEncoding): string {
  if (encoding === 'iso-8859-1') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  try {
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!text.isWellFormed()) throw new TypeError('unpaired surrogate')
    return text
  } catch (cause) {
    throw new Fault('XML_UNREADABLE', `bytes that are not ${encoding}`, { cause })
  }
}

function byteOffsets(text: string, encoding: XmlEncoding, size: number, skipped: number): (index: number) => number {
  if (encoding.startsWith('utf-16')) return index => skipped + 2 * index
  if (encoding !== 'utf-8' || text.length === size - skipped) return index => skipped + index
  let character = 0
  let byte = skipped
  return index => {
    if (index < character) throw new RangeError('byte offsets are asked for in ascending order')
    for (; character < index; character += 1) byte += utf8Octets(text.charCodeAt(character))
    return byte
  }
}

/** Of one code unit; a surrogate pair is two of two. */
function utf8Octets(unit: number): number {
  if (unit < 0x80) return 1
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3
}

/**
 * XML markup as bytes in the encoding of the document that it goes into. What ASCII has not goes as character references
 * into anything but UTF-8, so names in it have to be ASCII.
 */
export function encodeMarkup(markup: string, encoding: XmlEncoding): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(markup)
  const ascii = markup.replace(
    /[^\0-\x7f]/gu,
    character => `&#x${character.codePointAt(0)?.toString(16).toUpperCase()};`,
  )
  if (!encoding.startsWith('utf-16')) return Buffer.from(ascii, 'latin1')
  const units = Buffer.from(ascii, 'utf16le')
  return encoding === 'utf-16be' ? units.swap16() : units
}

function unreadable(why: string): Fault {
  return new Fault('XML_UNREADABLE', why)
}
