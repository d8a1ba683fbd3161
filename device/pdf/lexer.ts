// Tokens of a PDF (ISO 32000-1, 7.2 and 7.3) out of a window of its bytes. A token that could go on behind the window's
// end is never guessed at: ShortWindow asks for a larger window instead. Anything that is no token is PDF_UNREADABLE;
// a lenient lexer, for documents that nobody has signed, mends it as most readers do and says that it did.

import { unreadable } from './limits.ts'
import type { PdfInteger, PdfName, PdfReal, PdfString } from './objects.ts'

export type Token =
  | PdfInteger
  | PdfReal
  | PdfName
  | PdfString
  | { readonly kind: 'delimiter'; readonly text: '[' | ']' | '<<' | '>>' }
  | { readonly kind: 'keyword'; readonly text: string }
  | { readonly kind: 'end' }

/** The window ended before the token did. */
export class ShortWindow extends Error {
  override readonly name = 'ShortWindow'
}

/** Bytes of a source from `base` on; `last` when the source ends with them. */
export interface Window {
  readonly bytes: Uint8Array
  readonly base: number
  readonly last: boolean
  /** Mends what is no token instead of giving up. */
  readonly lenient?: boolean
}

export interface Lexer {
  /** Offset in the source of the next byte. */
  position(): number
  seek(position: number): void
  next(): Token
  /** The next byte without white space skipped, consumed; undefined at the end. */
  byte(): number | undefined
  /** The next bytes as they stand, not consumed: `length` of them, fewer at the end of the source. */
  ahead(length: number): Uint8Array
  readonly lenient: boolean
  /** A lenient caller tells that it mended something itself. */
  mend(): void
  /** Whether anything so far was other than ISO 32000 has it. */
  mended(): boolean
}

const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13 && byte !== 11) || byte === 0
const delimiters = new Set([...'()<>[]{}/%'].map(character => character.charCodeAt(0)))
const isRegular = (byte: number) => !isSpace(byte) && !delimiters.has(byte)
const numberShape = /^[+-]?(\d+\.?\d*|\.\d+)$/

/** One cursor over one window; longer than a function should be because all of these share its position. */
export function createLexer(window: Window): Lexer {
  const { bytes, base, last, lenient = false } = window
  let at = 0
  let mended = false

  function peek(ahead = 0): number | undefined {
    const byte = bytes[at + ahead]
    if (byte === undefined && !last) throw new ShortWindow()
    return byte
  }

  function skipSpace(): void {
    for (let byte = peek(); byte !== undefined; byte = peek()) {
      if (byte === 0x25) {
        for (let end = peek(); end !== undefined && end !== 10 && end !== 13; end = peek()) at++
      } else if (isSpace(byte)) at++
      else return
    }
  }

  function regularRun(): string {
    const start = at
    for (let byte = peek(); byte !== undefined && isRegular(byte); byte = peek()) at++
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, at - start).toString('latin1')
  }

  function next(): Token {
    skipSpace()
    const start = at
    const byte = peek()
    if (byte === undefined) return { kind: 'end' }
    if (isRegular(byte)) return wordToken(regularRun(), start)
    at++
    switch (byte) {
      case 0x2f:
        return { kind: 'name', value: unescapeName(regularRun()) }
      case 0x5b:
        return { kind: 'delimiter', text: '[' }
      case 0x5d:
        return { kind: 'delimiter', text: ']' }
      case 0x28:
        return stringToken('literal', literalBytes(), start)
      case 0x3c:
        if (peek() !== 0x3c) return hexToken(start)
        at++
        return { kind: 'delimiter', text: '<<' }
      case 0x3e:
        if (peek() !== 0x3e) break
        at++
        return { kind: 'delimiter', text: '>>' }
    }
    if (!lenient) throw unreadable(`byte 0x${byte.toString(16)} at ${base + start} begins no object`)
    mended = true
    return { kind: 'keyword', text: String.fromCharCode(byte) }
  }

  function wordToken(text: string, start: number): Token {
    if (!/^[+\-.\d]/.test(text)) return { kind: 'keyword', text }
    if (numberShape.test(text)) return numberToken(text)
    if (!lenient) throw unreadable(`no number at ${base + start}`)
    mended = true
    return numberToken(nearestNumber(text))
  }

  function stringToken(form: PdfString['form'], content: Uint8Array, start: number): PdfString {
    return { kind: 'string', bytes: content, form, span: { start: base + start, end: base + at } }
  }

  function hexToken(start: number): PdfString {
    const end = bytes.indexOf(0x3e, at)
    if (end < 0 && !last) throw new ShortWindow()
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.max(0, end - at)).toString('latin1')
    // Decoding ends at whatever is no digit. Most strings, and a signature's thousands of digits, have nothing else.
    const decoded = Buffer.from(text, 'hex')
    if (end >= 0 && decoded.length * 2 === text.length) {
      at = end + 1
      return stringToken('hex', decoded, start)
    }
    const written = text.replace(/[\0\t\n\f\r ]+/g, '')
    const digits = lenient ? written.replace(/[^\da-fA-F]/g, '') : written
    if (end < 0 || !/^[\da-fA-F]*$/.test(digits)) throw unreadable(`no hexadecimal string at ${base + start}`)
    mended ||= digits !== written
    at = end + 1
    const even = digits.length % 2 === 0
    const content = Buffer.from(even ? digits : `${digits}0`, 'hex')
    return stringToken(even && digits.length === text.length ? 'hex' : 'loose-hex', content, start)
  }

  function literalBytes(): Uint8Array {
    const parts: Uint8Array[] = []
    let plain = at
    for (let open = 1; ; ) {
      const byte = peek()
      at++
      if (byte === undefined) throw unreadable(`the string before ${base + at} has no end`)
      if (byte === 0x28) open++
      if (byte === 0x29) open--
      if (open > 0 && byte !== 0x5c && byte !== 13) continue
      parts.push(bytes.subarray(plain, at - 1))
      if (open === 0) return new Uint8Array(Buffer.concat(parts))
      parts.push(Uint8Array.from(byte === 13 ? lineFeed() : escaped()))
      plain = at
    }
  }

  /** Every end-of-line inside a string is one line feed. */
  function lineFeed(): readonly number[] {
    if (peek() === 10) at++
    return [10]
  }

  /** The bytes that a backslash and what follows it stand for (ISO 32000-1, table 3). */
  function escaped(): readonly number[] {
    const byte = peek()
    at++
    if (byte === undefined) throw unreadable(`the string before ${base + at} has no end`)
    if (byte === 13 && peek() === 10) at++
    if (byte === 13 || byte === 10) return []
    const control = 'nrtbf'.indexOf(String.fromCharCode(byte))
    if (control >= 0) return ['\n\r\t\b\f'.charCodeAt(control)]
    if (!isOctal(byte)) return [byte]
    let value = byte - 0x30
    for (let digits = 1; digits < 3; digits++) {
      const digit = peek()
      if (digit === undefined || !isOctal(digit)) break
      value = value * 8 + digit - 0x30
      at++
    }
    return [value & 0xff]
  }

  return Object.freeze({
    position: () => base + at,
    seek: (position: number) => {
      at = position - base
    },
    next,
    byte: () => {
      const byte = peek()
      if (byte !== undefined) at++
      return byte
    },
    ahead: (length: number) => {
      if (at + length > bytes.length && !last) throw new ShortWindow()
      return bytes.subarray(at, at + length)
    },
    lenient,
    mend: () => {
      mended = true
    },
    mended: () => mended,
  })
}

const isOctal = (byte: number) => byte >= 0x30 && byte <= 0x37

/** Integers beyond what can be counted exactly are reals, as in most readers (ISO 32000-1, annex C). */
function numberToken(text: string): Token {
  const value = Number(text)
  if (text.includes('.') || !Number.isSafeInteger(value)) return { kind: 'real', value, text }
  return { kind: 'integer', value }
}

/** `--5` is -5, `1.2.3` and `1.2-3` are 1.2, a sign or a point alone is 0: what most readers make of them. */
function nearestNumber(text: string): string {
  const [, signs = '', digits = ''] = /^([+-]*)(\d+\.?\d*|\.\d+)?/.exec(text) ?? []
  return `${signs.startsWith('-') ? '-' : ''}${digits === '' ? '0' : digits}`
}

function unescapeName(text: string): string {
  return text.replace(/#([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
