// Search filters over a distinguished name (RFC 4515, which replaces RFC 2254): nesting, presence, substrings, escapes.
// Text is compared without regard to case; of several attributes of one type any may match. Bounded, because web pages
// write them.

import type { NameAttribute } from './distinguished-name.ts'

export type NameFilter = (attributes: readonly NameAttribute[]) => boolean

const maxCharacters = 4096
const maxNesting = 16
const maxItems = 256

/** The filter, or undefined for a text that is none. Outer parentheses may be missing, as AutoFirma has it. */
export function parseNameFilter(text: string): NameFilter | undefined {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > maxCharacters) return undefined
  const whole = trimmed.startsWith('(') ? trimmed : `(${trimmed})`
  const cursor: Cursor = { text: whole, at: 0, items: 0 }
  const filter = filterAt(cursor, 0)
  return filter !== undefined && skipped(cursor) === undefined ? filter : undefined
}

interface Cursor {
  readonly text: string
  at: number
  items: number
}

/** The next character that is no white space; undefined at the end. */
function skipped(cursor: Cursor): string | undefined {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1
  return cursor.text[cursor.at]
}

function took(cursor: Cursor, character: string): boolean {
  if (skipped(cursor) !== character) return false
  cursor.at += 1
  return true
}

function filterAt(cursor: Cursor, depth: number): NameFilter | undefined {
  cursor.items += 1
  if (depth > maxNesting || cursor.items > maxItems || !took(cursor, '(')) return undefined
  const filter = insideAt(cursor, depth)
  return filter !== undefined && took(cursor, ')') ? filter : undefined
}

function insideAt(cursor: Cursor, depth: number): NameFilter | undefined {
  if (took(cursor, '&')) {
    const parts = listAt(cursor, depth)
    return parts && (attributes => parts.every(part => part(attributes)))
  }
  if (took(cursor, '|')) {
    const parts = listAt(cursor, depth)
    return parts && (attributes => parts.some(part => part(attributes)))
  }
  if (took(cursor, '!')) {
    const part = filterAt(cursor, depth + 1)
    return part && (attributes => !part(attributes))
  }
  return itemAt(cursor)
}

/** None is a list as well: of an empty `&` everything is true, of an empty `|` nothing (RFC 4526). */
function listAt(cursor: Cursor, depth: number): NameFilter[] | undefined {
  const parts: NameFilter[] = []
  while (skipped(cursor) === '(') {
    const part = filterAt(cursor, depth + 1)
    if (part === undefined) return undefined
    parts.push(part)
  }
  return parts
}

/** Attribute, one of = ~= >= <=, and a value up to the first parenthesis that closes. */
function itemAt(cursor: Cursor): NameFilter | undefined {
  const item = /^\s*([A-Za-z][\w.-]*|\d+(?:\.\d+)+)\s*(=|~=|>=|<=)((?:\\.|[^\\)])*)/su.exec(
    cursor.text.slice(cursor.at),
  )
  const [all = '', attribute = '', operator = '', written = ''] = item ?? []
  if (item === null) return undefined
  cursor.at += all.length
  const type = attributeType(attribute)
  if (type === undefined) return () => false
  const matches = operator === '=' || operator === '~=' ? equality(written.trim()) : ordering(operator, written.trim())
  return attributes => attributes.some(one => one.type === type && matches(lower(one.text)))
}

const lower = (text: string) => text.toLowerCase()

function ordering(operator: string, written: string): (text: string) => boolean {
  const value = lower(unescaped(written))
  return operator === '>=' ? text => text >= value : text => text <= value
}

/** `*` alone is presence; in a value it stands for anything. */
function equality(written: string): (text: string) => boolean {
  const [first = '', ...rest] = betweenAsterisks(written).map(piece => lower(unescaped(piece)))
  if (rest.length === 0) return text => text === first
  return text => isPieced(text, first, rest)
}

/** What stands before the first asterisk that no backslash escapes, between two, and behind the last. */
function betweenAsterisks(written: string): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const [token] of written.matchAll(/\\.|./gsu)) {
    if (token !== '*') piece += token
    else {
      pieces.push(piece)
      piece = ''
    }
  }
  return [...pieces, piece]
}

function isPieced(text: string, first: string, rest: readonly string[]): boolean {
  const last = rest.at(-1) ?? ''
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of rest.slice(0, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

/** Two hexadecimal digits behind a backslash are an octet of UTF-8; anything else stands for itself (RFC 1960). */
function unescaped(text: string): string {
  return text.replace(/(?:\\[0-9a-fA-F]{2})+|\\(.)/gsu, (octets, character?: string) =>
    character === undefined ? Buffer.from(octets.replaceAll('\\', ''), 'hex').toString('utf8') : character,
  )
}

/** Types of attributes by the names that filters use for them. */
const typeNames: Readonly<Record<string, string>> = {
  cn: '2.5.4.3',
  commonname: '2.5.4.3',
  sn: '2.5.4.4',
  surname: '2.5.4.4',
  serialnumber: '2.5.4.5',
  c: '2.5.4.6',
  countryname: '2.5.4.6',
  l: '2.5.4.7',
  localityname: '2.5.4.7',
  s: '2.5.4.8',
  st: '2.5.4.8',
  stateorprovincename: '2.5.4.8',
  street: '2.5.4.9',
  o: '2.5.4.10',
  organizationname: '2.5.4.10',
  ou: '2.5.4.11',
  organizationalunitname: '2.5.4.11',
  t: '2.5.4.12',
  title: '2.5.4.12',
  description: '2.5.4.13',
  g: '2.5.4.42',
  gn: '2.5.4.42',
  givenname: '2.5.4.42',
  initials: '2.5.4.43',
  generation: '2.5.4.44',
  generationqualifier: '2.5.4.44',
  dnq: '2.5.4.46',
  dnqualifier: '2.5.4.46',
  pseudonym: '2.5.4.65',
  organizationidentifier: '2.5.4.97',
  uid: '0.9.2342.19200300.100.1.1',
  mail: '1.2.840.113549.1.9.1',
  dc: '0.9.2342.19200300.100.1.25',
  e: '1.2.840.113549.1.9.1',
  email: '1.2.840.113549.1.9.1',
  emailaddress: '1.2.840.113549.1.9.1',
}

/** Dotted; an attribute whose name nobody knows is in no name. */
export function attributeType(name: string): string | undefined {
  const dotted = /^(?:oid\.)?(\d+(?:\.\d+)+)$/i.exec(name)?.[1]
  const known = lower(name)
  return dotted ?? (Object.hasOwn(typeNames, known) ? typeNames[known] : undefined)
}
