// An IPP message as bytes (RFC 8010, 3.1).

import { Buffer } from 'node:buffer'
import {
  groupTags,
  type IppAttributes,
  type IppMessage,
  type IppResolution,
  type IppValue,
  stringTags,
  valueTags,
} from './ipp-message.ts'

/** Lengths are signed on the wire. */
const maxLength = 0x7fff

/** Throws RangeError for a name or a value that is too long, and for an attribute without a value. */
export function encodeIpp({ version, code, requestId, groups }: IppMessage): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt8(version.major, 0)
  head.writeUInt8(version.minor, 1)
  head.writeUInt16BE(code, 2)
  head.writeUInt32BE(requestId, 4)
  const pieces: Buffer[] = [head]
  for (const { tag, attributes } of groups) {
    pieces.push(Buffer.of(tag))
    for (const [name, values] of attributes) putAttribute(pieces, name, values)
  }
  pieces.push(Buffer.of(groupTags.end))
  return Buffer.concat(pieces)
}

function putAttribute(pieces: Buffer[], name: string, values: readonly IppValue[]): void {
  if (values.length === 0) throw new RangeError(`${name} has no value`)
  for (const [index, value] of values.entries()) {
    const [tag, bytes] = bytesOf(value)
    put(pieces, tag, index === 0 ? name : '', bytes)
    if (value.kind === 'collection') putMembers(pieces, value.value)
  }
}

/** Members go as pairs of a name and a value, both with an empty name of their own (RFC 8010, 3.1.7). */
function putMembers(pieces: Buffer[], members: IppAttributes): void {
  for (const [name, values] of members) {
    put(pieces, valueTags.memberAttrName, '', Buffer.from(name, 'utf8'))
    for (const value of values) {
      const [tag, bytes] = bytesOf(value)
      put(pieces, tag, '', bytes)
      if (value.kind === 'collection') putMembers(pieces, value.value)
    }
  }
  put(pieces, valueTags.endCollection, '', Buffer.alloc(0))
}

function put(pieces: Buffer[], tag: number, name: string, bytes: Uint8Array): void {
  const named = Buffer.from(name, 'utf8')
  if (named.length > maxLength || bytes.length > maxLength) throw new RangeError(`${name} is too long for IPP`)
  const head = Buffer.alloc(3)
  head.writeUInt8(tag, 0)
  head.writeUInt16BE(named.length, 1)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length, 0)
  pieces.push(head, named, length, Buffer.from(bytes))
}

function bytesOf(one: IppValue): readonly [tag: number, bytes: Uint8Array] {
  switch (one.kind) {
    case 'integer':
    case 'enum':
      return [valueTags[one.kind], int32(one.value)]
    case 'boolean':
      return [valueTags.boolean, Buffer.of(one.value ? 1 : 0)]
    case 'resolution':
      return [valueTags.resolution, resolutionBytes(one.value)]
    case 'rangeOfInteger':
      return [valueTags.rangeOfInteger, Buffer.concat([int32(one.value.lower), int32(one.value.upper)])]
    case 'collection':
      return [valueTags.begCollection, Buffer.alloc(0)]
    case 'octets':
      return [one.tag, one.value]
    case 'none':
      return [one.tag, Buffer.alloc(0)]
    default:
      return [stringTags[one.kind], Buffer.from(one.value, 'utf8')]
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value, 0)
  return bytes
}

function resolutionBytes({ x, y, units }: IppResolution): Buffer {
  return Buffer.concat([int32(x), int32(y), Buffer.of(units)])
}
