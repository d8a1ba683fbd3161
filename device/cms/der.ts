// Writes DER (ITU-T X.690): definite lengths, shortest form, SET OF in order. Writing only; foreign bytes are read in
// cms/parse.ts. Every function returns a whole TLV, so that values nest by plain calls and the same input always gives
// the same bytes.

/** Several byte strings as one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 | octets.length, ...octets]
}

/** Identifier and length of an element with a single-octet tag whose content stands elsewhere. */
export function headerOf(tag: number, contentLength: number): Uint8Array {
  return Uint8Array.from([tag, ...lengthOctets(contentLength)])
}

/** One TLV with a single-octet tag. */
export function tlv(tag: number, content: Uint8Array): Uint8Array {
  return concat([headerOf(tag, content.length), content])
}

/** SEQUENCE of the given elements. */
export function sequence(...elements: readonly Uint8Array[]): Uint8Array {
  return tlv(0x30, concat(elements))
}

/** X.690, 11.6: encodings compared as octet strings. No encoding is a prefix of another, so no padding is needed. */
function inSetOrder(elements: readonly Uint8Array[]): Uint8Array[] {
  return [...elements].sort((a, b) => Buffer.compare(a, b))
}

/** SET OF the given elements, sorted as X.690, 11.6 asks; another `tag` makes it IMPLICIT. */
export function setOf(elements: readonly Uint8Array[], tag = 0x31): Uint8Array {
  return tlv(tag, concat(inSetOrder(elements)))
}

/** OCTET STRING. */
export function octetString(content: Uint8Array): Uint8Array {
  return tlv(0x04, content)
}

/** UTF8String. */
export function utf8String(text: string): Uint8Array {
  return tlv(0x0c, Buffer.from(text))
}

/** Time (RFC 5652, 11.3) of milliseconds since 1970, whole seconds: UTCTime from 1950 to 2049, else GeneralizedTime. */
export function time(milliseconds: number): Uint8Array {
  const date = new Date(milliseconds)
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`
  const year = date.getUTCFullYear()
  return year >= 1950 && year <= 2049 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits))
}

/** INTEGER of a small non-negative number. */
export function smallInteger(value: number): Uint8Array {
  return tlv(0x02, Uint8Array.of(value))
}

/** NULL. */
export function nullValue(): Uint8Array {
  return Uint8Array.of(0x05, 0x00)
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tlv(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}

function base128(arc: number): number[] {
  const octets = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128))
  return octets
}

/** Context-specific constructed tag around whole TLVs: EXPLICIT of one, or IMPLICIT over a SEQUENCE's elements. */
export function contextual(number: number, ...elements: readonly Uint8Array[]): Uint8Array {
  return tlv(0xa0 | number, concat(elements))
}
