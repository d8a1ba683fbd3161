// Text strings and dates of a PDF (ISO 32000-1, 7.9.2.2 and 7.9.4), both ways.

import type { PdfString } from './objects.ts'

/** A string object for `text`: PDFDocEncoding's ASCII part where that suffices, else UTF-16BE, as hexadecimal. */
export function textString(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `(${text.replace(/[\\()]/g, '\\$&')})`
  return `<${Buffer.from(textObject(text).bytes).toString('hex').toUpperCase()}>`
}

/** The same as a value. */
export function textObject(text: string): PdfString {
  const span = { start: 0, end: 0 }
  if (/^[\x20-\x7e]*$/.test(text)) return { kind: 'string', bytes: Buffer.from(text, 'latin1'), form: 'literal', span }
  return { kind: 'string', bytes: Buffer.from(`\ufeff${text.toWellFormed()}`, 'utf16le').swap16(), form: 'hex', span }
}

/** What a text string says; the few PDFDocEncoding characters that Latin-1 lacks come out as Latin-1 controls. */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return buffer
      .subarray(2, buffer.length & ~1)
      .swap16()
      .toString('utf16le')
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return buffer.subarray(3).toString('utf8')
  return buffer.toString('latin1')
}

/** `D:YYYYMMDDHHmmSSZ`, in UTC. */
export function pdfDate(milliseconds: number): string {
  return `D:${new Date(milliseconds)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '')}`
}

const dateShape =
  /^D:(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:Z(?:00'?(?:00'?)?)?|([+-])(\d{2})'?(?:(\d{2})'?)?)?$/

/** Milliseconds since 1970 of a PDF date; UTC where it names no zone; undefined where it is no date. */
export function parsePdfDate(text: string): number | undefined {
  const found = dateShape.exec(text)
  if (!found) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(part => (part === undefined ? undefined : Number(part)))
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  if (Number.isNaN(local) || month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const offsetMinutes = Number(found[8] ?? 0) * 60 + Number(found[9] ?? 0)
  return local - (found[7] === '-' ? -1 : 1) * offsetMinutes * 60_000
}
