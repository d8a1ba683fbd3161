// Opens a CMS file as people hand it in: DER, BER, or PEM (RFC 7468, 5.5 and 9). What comes out is the file in its binary
// form, which every offset is about, and its SignedData taken apart.

import { randomAccessOf } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { type ParsedSignedData, readSignedDataFrom } from './parse.ts'

export interface OpenedCms {
  /** In binary form: the file itself, or what its PEM stands for. */
  readonly file: RandomAccess
  readonly signedData: ParsedSignedData
}

const pemStart = /^\s*-----BEGIN (CMS|PKCS7|PKCS #7 SIGNED DATA)-----/
const pemBlock = /-----BEGIN [^-]+-----([A-Za-z0-9+/=\s]+)-----END [^-]+-----/
/** A larger signature comes in binary form, which needs not be held in memory. */
const maxPemOctets = 1 << 27
const firstOctets = 256

/** Throws CMS_UNREADABLE. */
export async function openCms(file: RandomAccess): Promise<OpenedCms> {
  const binary = await unarmoured(file)
  const parsed = await readSignedDataFrom(binary)
  if (parsed.outcome === 'malformed') throw new Fault('CMS_UNREADABLE', parsed.detail)
  return { file: binary, signedData: parsed.signedData }
}

async function unarmoured(file: RandomAccess): Promise<RandomAccess> {
  const first = Buffer.from(await file.read(0, Math.min(firstOctets, file.size))).toString('latin1')
  if (!pemStart.test(first)) return file
  if (file.size > maxPemOctets) throw new Fault('CMS_UNREADABLE', `PEM of ${file.size} octets`)
  const text = Buffer.from(await file.read(0, file.size)).toString('latin1')
  const base64 = pemBlock.exec(text)?.[1]
  if (base64 === undefined) throw new Fault('CMS_UNREADABLE', 'PEM without an end')
  return randomAccessOf(new Uint8Array(Buffer.from(base64, 'base64')))
}
