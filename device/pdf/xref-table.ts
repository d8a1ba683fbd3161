// Cross-reference tables (ISO 32000-1, 7.5.4). Entries of the twenty bytes that the standard asks for are read as such,
// so that a million of them take a moment; entries of any other width are read token by token.

import type { Lexer } from './lexer.ts'
import { maxObjectNumber, maxXrefEntries, unreadable } from './limits.ts'
import type { PdfDictionary } from './objects.ts'
import { isKeyword, parseObject } from './parse.ts'
import { createEntryList, type XrefEntries, type XrefEntry, type XrefEntryList } from './xref-entries.ts'

export interface XrefTable {
  readonly entries: XrefEntries
  readonly trailer: PdfDictionary
  /** Behind the trailer. */
  readonly end: number
}

/** The table whose `xref` keyword the lexer has just read. Throws PDF_UNREADABLE. */
export function parseTable(lexer: Lexer): XrefTable {
  const entries = createEntryList()
  for (;;) {
    const first = lexer.next()
    if (isKeyword(first, 'trailer')) break
    const count = lexer.next()
    if (first.kind !== 'integer' || count.kind !== 'integer')
      throw unreadable('a cross-reference subsection has no header')
    checkSubsection(first.value, count.value, entries.size)
    parseRows(lexer, entries, first.value, count.value)
  }
  const trailer = parseObject(lexer)
  if (trailer.kind !== 'dictionary') throw unreadable('the trailer is no dictionary')
  return { entries: entries.finish(), trailer, end: lexer.position() }
}

/** Throws PDF_UNREADABLE for a subsection beyond what a document may have. */
export function checkSubsection(first: number, count: number, before: number): void {
  if (first < 0 || count < 0 || first + count > maxObjectNumber + 1 || before + count > maxXrefEntries) {
    throw unreadable(`a cross-reference subsection of ${count} entries from ${first}`)
  }
}

function parseRows(lexer: Lexer, entries: XrefEntryList, first: number, count: number): void {
  const room = lexer.ahead(maxGapBytes)
  const gap = room.findIndex(byte => byte >= 0x30 && byte <= 0x39)
  if (gap > 0) lexer.seek(lexer.position() + gap)
  for (let index = 0; index < count; index++) {
    const row = gap < 0 ? undefined : regularRow(lexer.ahead(rowBytes))
    if (row) lexer.seek(lexer.position() + rowBytes)
    entries.add(first + index, row ?? parseRow(lexer))
  }
}

const maxGapBytes = 8
const rowBytes = 20
const free: XrefEntry = Object.freeze({ kind: 'free' })

/** `nnnnnnnnnn ggggg n` and a two-byte end-of-line; undefined for anything else. */
function regularRow(bytes: Uint8Array): XrefEntry | undefined {
  const offset = digits(bytes, 0, 10)
  const generation = digits(bytes, 11, 16)
  const ends = bytes[18] === 32 ? bytes[19] === 10 || bytes[19] === 13 : bytes[18] === 13 && bytes[19] === 10
  if (offset < 0 || generation < 0 || bytes[10] !== 32 || bytes[16] !== 32 || !ends) return undefined
  if (bytes[17] === 0x66) return free
  return bytes[17] === 0x6e ? placed(offset, generation) : undefined
}

function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

function parseRow(lexer: Lexer): XrefEntry {
  const offset = lexer.next()
  const generation = lexer.next()
  const use = lexer.next()
  if (offset.kind !== 'integer' || generation.kind !== 'integer' || use.kind !== 'keyword') {
    throw unreadable(`no cross-reference entry before ${lexer.position()}`)
  }
  if (use.text !== 'n' && use.text !== 'f') throw unreadable(`cross-reference entry of kind ${use.text.slice(0, 20)}`)
  return use.text === 'f' ? free : placed(offset.value, generation.value)
}

/** No object starts where the header stands. */
function placed(offset: number, generation: number): XrefEntry {
  return offset === 0 ? free : { kind: 'plain', offset, generation }
}
