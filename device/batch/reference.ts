// What a `datareference` is: the Base64 of the document itself, or of the place where it is. Only what nobody signs is taken
// for a place: an http, https or file URL, an absolute path, or one of Windows.

import { Fault } from '../errors.ts'
import type { DocumentSource } from './batch.ts'

/** Longer text is a document. */
const maxPlaceLength = 2048

/** Where the document is: in the text itself, where no `places` are looked for. Throws REQUEST_INVALID for what is neither Base64 nor a URL. */
export function sourceIn(text: string, places: boolean): DocumentSource {
  // A colon is no character of Base64: AutoFirma's schema allows the address as it is.
  if (places && /^(https?|file):\/\//i.test(text)) return placeOf(text)
  const body = checkedBase64(text)
  const bytes = Math.floor((body.length * 3) / 4)
  const place = places && bytes <= maxPlaceLength ? placeIn(Buffer.from(body, 'base64')) : undefined
  return place ?? { kind: 'data', bytes }
}

/** The document in a text that `sourceIn` has found to be `data`. */
export function documentIn(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}

/**
 * Standard or URL alphabet, with or without padding and line breaks, of which what is given back has none. Without decoding
 * it, which takes memory, and lets pass what the alphabet does not.
 */
function checkedBase64(text: string): string {
  const bare = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(bare)) throw new Fault('REQUEST_INVALID', 'is no Base64')
  const padding = bare.indexOf('=')
  const body = padding < 0 ? bare : bare.slice(0, padding)
  // One character of Base64 is no octet, and padding goes up to four.
  if (body.length % 4 === 1 || (padding >= 0 && bare.length % 4 !== 0))
    throw new Fault('REQUEST_INVALID', 'is Base64 that was cut off')
  return body
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
