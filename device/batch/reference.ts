// What a `datareference` is: the Base64 of the document itself, or of the place where it is. Only what nobody signs is taken
// for a place: an http, https or file URL, an absolute path, or one of Windows.

import { Fault } from '../errors.ts'
import type { DocumentSource } from './batch.ts'

export interface Reference {
  readonly source: DocumentSource
  /** The document, where it is `data`. */
  readonly data: Uint8Array
}

/** Longer text is a document. */
const maxPlaceLength = 2048

/** Throws REQUEST_INVALID for what is neither Base64 nor a URL. */
export function readReference(text: string): Reference {
  // A colon is no character of Base64: AutoFirma's schema allows the address as it is.
  if (/^(https?|file):\/\//i.test(text)) return { source: placeOf(text), data: new Uint8Array() }
  const data = base64(text)
  const place = data.length <= maxPlaceLength ? placeIn(data) : undefined
  return place === undefined ? { source: { kind: 'data', bytes: data.length }, data } : { source: place, data }
}

/** Standard or URL alphabet, with or without padding and line breaks. */
function base64(text: string): Buffer {
  const bare = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(bare)) throw new Fault('REQUEST_INVALID', 'is no Base64')
  const body = bare.replace(/=+$/, '')
  // One character of Base64 is no octet, and padding goes up to four.
  if (body.length % 4 === 1 || (bare.length > body.length && bare.length % 4 !== 0))
    throw new Fault('REQUEST_INVALID', 'is Base64 that was cut off')
  return Buffer.from(body, 'base64')
}

const place = /^(?:(?:https?|file):\/\/|[A-Za-z]:[\\/]|[\\/])[^\r\n]+$/i

function placeIn(data: Uint8Array): DocumentSource | undefined {
  const head = data[0]
  if (head === undefined || head < 0x21 || head > 0x7a) return undefined
  const text = Buffer.from(data).toString('utf8')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: text of a place has none
  if (text.includes('\ufffd') || /[\x00-\x1f\x7f]/.test(text) || !place.test(text)) return undefined
  return placeOf(text)
}

function placeOf(text: string): DocumentSource {
  if (!/^https?:/i.test(text)) return { kind: 'file', path: text }
  if (!URL.canParse(text) || text.length > maxPlaceLength) throw new Fault('REQUEST_INVALID', 'is no usable URL')
  return { kind: 'url', url: new URL(text).href }
}
