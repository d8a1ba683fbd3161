// Extra parameters as they come over a wire: Java properties text in Base64 (AOUtil.base642Properties of clienteafirma).
// The text is UTF-8, whatever java.util.Properties says of streams; AutoFirma's batch reads it as ISO 8859-1 a second
// time and so breaks every accent, which is not repeated here.

import { Fault } from '../errors.ts'
import { parseProperties } from './java-properties.ts'

/** Before a name and its equals sign, perhaps behind more of the same, or at the end; bounded, since the text is foreign. */
const writtenLineEnd = /\\n(?=(?:\\n|\s){0,8}(?:$|[A-Za-z][\w.]{0,80}[ \t]{0,8}=))/g

/** Characters of the Base64 text: a signature's picture is in it, a document is not. */
const maxText = 16 << 20

export interface ExtraTextOptions {
  /**
   * A backslash and an `n` end a line before the text is parsed, as in AutoFirma's local batch; but only where a further
   * parameter or nothing follows: elsewhere they are the escape of Java properties, a line of a visible text.
   */
  readonly literalNewlines?: boolean
}

/** The parameters of a Base64 or Base64URL text, with or without padding; throws REQUEST_INVALID for anything else. */
export function parseExtraParams(
  base64: string,
  { literalNewlines = false }: ExtraTextOptions = {},
): ReadonlyMap<string, string> {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(octetsOf(base64))
  return parseProperties(literalNewlines ? text.trim().replaceAll(writtenLineEnd, '\n') : text)
}

/** Letters of either alphabet in whole octets; line breaks are passed over (RFC 2045, 6.8; RFC 4648, 5). */
function octetsOf(base64: string): Uint8Array {
  if (base64.length > maxText) throw new Fault('REQUEST_INVALID', `extra parameters of more than ${maxText} characters`)
  const letters = base64.replace(/[\r\n]/g, '')
  const [data = ''] = /^[A-Za-z0-9+/_-]*/.exec(letters) ?? []
  const padding = letters.slice(data.length)
  const padded = padding === '' ? data.length % 4 !== 1 : /^={1,2}$/.test(padding) && letters.length % 4 === 0
  if (!padded) throw new Fault('REQUEST_INVALID', 'extra parameters are no Base64')
  return Buffer.from(data.replace(/-/g, '+').replace(/_/g, '/'), 'base64')
}
