// From characters as they are written to what they stand for: line ends, references, attribute values (XML 1.0, 2.11,
// 3.3.3, 4.1 and 4.6). There is no document type, so the only entities are the five of XML, and every attribute is CDATA.

import { Fault } from '../errors.ts'
import { isLegalCodePoint } from './characters.ts'

const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** What is thrown for a document that is not well-formed; `at` is the index of a character. */
export function malformed(why: string, at: number): Fault {
  return new Fault('XML_UNREADABLE', `${why}, at character ${at}`)
}

/** Line ends as LF. */
export function normalisedLines(raw: string): string {
  return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
}

/** Of text between markup, which begins at `at`. */
export function textValue(raw: string, at: number): string {
  return withReferences(normalisedLines(raw), at)
}

/** Of what stands between the quotes of an attribute, the first of which is before `at`. */
export function attributeValue(raw: string, at: number): string {
  if (raw.includes('<')) throw malformed('< in an attribute', at)
  return withReferences(/[\t\n\r]/.test(raw) ? raw.replace(/\r\n|[\t\n\r]/g, ' ') : raw, at)
}

function withReferences(text: string, at: number): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:(?:#x([0-9a-fA-F]+)|#([0-9]+)|([^\s&;]+));)?/g, (_, hex, decimal, name) => {
    if (name !== undefined) {
      const character = Object.hasOwn(predefined, name) ? predefined[name] : undefined
      if (character === undefined) throw malformed('an entity other than the five of XML', at)
      return character
    }
    const code = Number.parseInt(hex ?? decimal ?? '', hex === undefined ? 10 : 16)
    if (!isLegalCodePoint(code)) throw malformed('& without a reference to a legal character', at)
    return String.fromCodePoint(code)
  })
}
