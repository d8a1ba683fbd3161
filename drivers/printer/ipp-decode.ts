// An IPP message out of bytes that a printer sent (RFC 8010, 3.1): bounded, and refused as a whole where anything of it is
// not as it must be. What is not known here, values of other syntaxes say, is kept as octets.

import { Buffer } from 'node:buffer'
import {
  groupTags,
  type IppAttributes,
  type IppGroup,
  type IppMessage,
  type IppValue,
  stringTags,
  valueTags,
} from './ipp-message.ts'

/** The largest sets of real printers, databases of media, have some thousands of values. */
const maxValues = 50_000
/** Media in a database of media have three. */
const maxDepth = 8
/** Tags below are delimiters. */
const firstValueTag = 0x10

/** The bytes are no IPP message. */
export class IppMalformed extends Error {
  override readonly name = 'IppMalformed'
}

export interface DecodedIpp {
  readonly message: IppMessage
  /** What follows the message: the document of a request. */
  readonly data: Uint8Array
}

const stringKinds = new Map(
  Object.entries(stringTags).map(([kind, tag]): [number, keyof typeof stringTags] => [
    tag,
    kind as keyof typeof stringTags,
  ]),
)

/** Throws IppMalformed. */
export function decodeIpp(bytes: Uint8Array): DecodedIpp {
  const reader = createReader(bytes)
  const version = { major: reader.uint8(), minor: reader.uint8() }
  const [code, requestId] = [reader.uint16(), reader.uint32()]
  const groups: IppGroup[] = []
  let tag = reader.uint8()
  while (tag !== groupTags.end) {
    if (tag >= firstValueTag || tag === 0) throw new IppMalformed(`a group begins with ${tag}`)
    const attributes = new Map<string, readonly IppValue[]>()
    groups.push({ tag, attributes })
    tag = readAttributes(reader, attributes)
  }
  return { message: { version, code, requestId, groups }, data: reader.rest() }
}

/** The attributes of one group; gives the delimiter behind them. */
function readAttributes(reader: Reader, attributes: Map<string, readonly IppValue[]>): number {
  let values: IppValue[] | undefined
  for (;;) {
    const tag = reader.uint8()
    if (tag < firstValueTag) return tag
    const name = reader.string(reader.uint16())
    if (name !== '') {
      values = []
      // Of one that comes twice the first counts; printers in the field send such.
      if (!attributes.has(name)) attributes.set(name, values)
    } else if (values === undefined) throw new IppMalformed('a further value of no attribute')
    values.push(readValue(reader, tag, 0))
  }
}

function readValue(reader: Reader, tag: number, depth: number): IppValue {
  reader.count()
  const bytes = reader.bytes(reader.uint16())
  if (tag === valueTags.begCollection) {
    if (bytes.length > 0) throw new IppMalformed('a collection with a value of its own')
    return { kind: 'collection', value: readMembers(reader, depth + 1) }
  }
  if (tag === valueTags.endCollection || tag === valueTags.memberAttrName) {
    throw new IppMalformed('a member of no collection')
  }
  return plainValue(tag, bytes)
}

function readMembers(reader: Reader, depth: number): IppAttributes {
  if (depth > maxDepth) throw new IppMalformed(`collections in collections, more than ${maxDepth}`)
  const members = new Map<string, readonly IppValue[]>()
  let values: IppValue[] | undefined
  for (;;) {
    const tag = reader.uint8()
    if (reader.uint16() !== 0) throw new IppMalformed('a member of a collection with a name of its own')
    if (tag === valueTags.endCollection) {
      if (reader.uint16() !== 0) throw new IppMalformed('the end of a collection with a value')
      return members
    }
    if (tag === valueTags.memberAttrName) {
      reader.count()
      const name = reader.string(reader.uint16())
      values = []
      if (!members.has(name)) members.set(name, values)
    } else if (values === undefined || tag < firstValueTag) throw new IppMalformed('a value of no member')
    else values.push(readValue(reader, tag, depth))
  }
}

function plainValue(tag: number, bytes: Buffer): IppValue {
  const kind = stringKinds.get(tag)
  if (kind !== undefined) return { kind, value: bytes.toString('utf8') }
  switch (tag) {
    case valueTags.integer:
    case valueTags.enum:
      return { kind: tag === valueTags.enum ? 'enum' : 'integer', value: sized(bytes, 4).readInt32BE(0) }
    case valueTags.boolean: {
      const octet = sized(bytes, 1).readUInt8(0)
      if (octet > 1) throw new IppMalformed(`a boolean of ${octet}`)
      return { kind: 'boolean', value: octet === 1 }
    }
    case valueTags.resolution: {
      const [x, y] = [sized(bytes, 9).readInt32BE(0), bytes.readInt32BE(4)]
      return { kind: 'resolution', value: { x, y, units: bytes.readUInt8(8) } }
    }
    case valueTags.rangeOfInteger: {
      const [lower, upper] = [sized(bytes, 8).readInt32BE(0), bytes.readInt32BE(4)]
      return { kind: 'rangeOfInteger', value: { lower, upper } }
    }
    case valueTags.textWithLanguage:
      return { kind: 'text', value: withoutLanguage(bytes) }
    case valueTags.nameWithLanguage:
      return { kind: 'name', value: withoutLanguage(bytes) }
    default:
      return tag < valueTags.integer ? { kind: 'none', tag } : { kind: 'octets', tag, value: bytes }
  }
}

/** Both are in the value, each with its length (RFC 8010, 3.9). */
function withoutLanguage(bytes: Buffer): string {
  const reader = createReader(bytes)
  reader.string(reader.uint16())
  const text = reader.string(reader.uint16())
  if (reader.rest().length > 0) throw new IppMalformed('more than a language and a text')
  return text
}

function sized(bytes: Buffer, length: number): Buffer {
  if (bytes.length !== length) throw new IppMalformed(`a value of ${bytes.length} bytes for one of ${length}`)
  return bytes
}

interface Reader {
  uint8(): number
  uint16(): number
  uint32(): number
  bytes(length: number): Buffer
  string(length: number): string
  /** Notes one more value; throws where they are too many. */
  count(): void
  rest(): Buffer
}

function createReader(source: Uint8Array): Reader {
  const all = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  let at = 0
  let values = 0
  const bytes = (length: number) => {
    if (at + length > all.length) throw new IppMalformed(`it ends after ${all.length} bytes`)
    at += length
    return all.subarray(at - length, at)
  }
  return {
    uint8: () => bytes(1).readUInt8(0),
    uint16: () => bytes(2).readUInt16BE(0),
    uint32: () => bytes(4).readUInt32BE(0),
    bytes,
    string: length => bytes(length).toString('utf8'),
    count: () => {
      values += 1
      if (values > maxValues) throw new IppMalformed(`more than ${maxValues} values`)
    },
    rest: () => all.subarray(at),
  }
}
