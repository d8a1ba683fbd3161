// SFTP version 3 (draft-ietf-secsh-filexfer-02) as bytes, pure: requests made, answers read. Only what a delivery needs, with
// OpenSSH's fsync and statvfs (OpenSSH PROTOCOL, 4). An answer that cannot be read throws RangeError.

import { Buffer } from 'node:buffer'

/** Largest answer that is read: what servers send of a file at once is far below. */
export const maxPacketBytes = 256 * 1024

const type = {
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  fstat: 8,
  remove: 13,
  mkdir: 14,
  stat: 17,
  rename: 18,
  extended: 200,
}
const openFlags = { read: 0x01, write: 0x02, create: 0x08, truncate: 0x10 }

/** SSH_FX_ codes (7) that make a difference here. */
export const statusCode = { ok: 0, eof: 1, noSuchFile: 2, permissionDenied: 3, failure: 4, unsupported: 8 } as const

export interface FileAttributes {
  readonly bytes: number
  /** Seconds since 1970. */
  readonly modifiedAt: number
}

export type Answer =
  | { readonly kind: 'status'; readonly code: number }
  | { readonly kind: 'handle'; readonly handle: Buffer }
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'attributes'; readonly attributes: FileAttributes }
  | { readonly kind: 'extended'; readonly payload: Buffer }

/** A request without its length and number. */
export interface Request {
  readonly type: number
  readonly payload: Buffer
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
const string = (value: string | Uint8Array) => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([u32(bytes.length), bytes])
}
const made = (kind: number, ...parts: readonly Uint8Array[]): Request => ({ type: kind, payload: Buffer.concat(parts) })
const noAttributes = u32(0)

/** SSH_FXP_INIT: version 3. */
export const initPacket = Buffer.concat([u32(5), Buffer.of(1), u32(3)])

export const request = Object.freeze({
  openToRead: (path: string) => made(type.open, string(path), u32(openFlags.read), noAttributes),
  openToWrite: (path: string) => {
    const flags = openFlags.write | openFlags.create | openFlags.truncate
    return made(type.open, string(path), u32(flags), noAttributes)
  },
  close: (handle: Buffer) => made(type.close, string(handle)),
  read: (handle: Buffer, offset: number, length: number) => made(type.read, string(handle), u64(offset), u32(length)),
  write: (handle: Buffer, offset: number, data: Uint8Array) =>
    made(type.write, string(handle), u64(offset), string(data)),
  fstat: (handle: Buffer) => made(type.fstat, string(handle)),
  stat: (path: string) => made(type.stat, string(path)),
  remove: (path: string) => made(type.remove, string(path)),
  makeFolder: (path: string) => made(type.mkdir, string(path), noAttributes),
  /** Fails where the new name is taken (6.5), unlike OpenSSH's posix-rename. */
  rename: (from: string, to: string) => made(type.rename, string(from), string(to)),
  sync: (handle: Buffer) => made(type.extended, string('fsync@openssh.com'), string(handle)),
  space: (path: string) => made(type.extended, string('statvfs@openssh.com'), string(path)),
})

/** The request as it goes out under its number. */
export function packetOf({ type: kind, payload }: Request, id: number): Buffer {
  return Buffer.concat([u32(payload.length + 5), Buffer.of(kind), u32(id), payload])
}

/** SSH_FXP_VERSION: the names of the extensions. */
export function readVersion(packet: Buffer): ReadonlySet<string> {
  if (packet[0] !== 2 || packet.readUInt32BE(1) !== 3) throw new RangeError('the server does not speak SFTP version 3')
  const names = new Set<string>()
  let at = 5
  while (at < packet.length) {
    const name = readString(packet, at)
    names.add(name.toString('latin1'))
    at += 4 + name.length
    at += 4 + readString(packet, at).length
  }
  return names
}

/** The number of the request and what is answered. */
export function readAnswer(packet: Buffer): { readonly id: number; readonly answer: Answer } {
  return { id: packet.readUInt32BE(1), answer: answerIn(packet) }
}

function answerIn(packet: Buffer): Answer {
  switch (packet[0]) {
    case 101:
      return { kind: 'status', code: packet.readUInt32BE(5) }
    case 102:
      return { kind: 'handle', handle: readString(packet, 5) }
    case 103:
      return { kind: 'data', data: readString(packet, 5) }
    case 105:
      return { kind: 'attributes', attributes: readAttributes(packet, 5) }
    case 201:
      return { kind: 'extended', payload: packet.subarray(5) }
    default:
      throw new RangeError(`an answer of the unknown type ${packet[0]}`)
  }
}

function readString(packet: Buffer, at: number): Buffer {
  const length = packet.readUInt32BE(at)
  if (at + 4 + length > packet.length) throw new RangeError('a string longer than its packet')
  return packet.subarray(at + 4, at + 4 + length)
}

function readAttributes(packet: Buffer, start: number): FileAttributes {
  const flags = packet.readUInt32BE(start)
  let at = start + 4
  const bytes = (flags & 1) === 0 ? -1 : Number(packet.readBigUInt64BE(at))
  if ((flags & 1) !== 0) at += 8
  if ((flags & 2) !== 0) at += 8
  if ((flags & 4) !== 0) at += 4
  return { bytes, modifiedAt: (flags & 8) === 0 ? 0 : packet.readUInt32BE(at + 4) }
}

/** Bytes that the user may still write by a `statvfs@openssh.com` answer: f_frsize · f_bavail. */
export function freeBytes(payload: Buffer): number {
  return Number(payload.readBigUInt64BE(8) * payload.readBigUInt64BE(32))
}

/** Packets out of a stream, without their lengths. Throws RangeError for one that is too long. */
export async function* packetsIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
    while (held.length >= 4) {
      const length = held.readUInt32BE(0)
      if (length < 5 || length > maxPacketBytes) throw new RangeError(`a packet of ${length} bytes`)
      if (held.length < 4 + length) break
      yield held.subarray(4, 4 + length)
      held = held.subarray(4 + length)
    }
  }
}
