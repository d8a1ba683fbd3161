// Objects out of tokens (ISO 32000-1, 7.3), and the window that grows until an object fits into it. Nesting and size are
// bounded; what is not an object is PDF_UNREADABLE, or with a lenient lexer the nearest object, marked as mended.

import type { RandomAccess } from '../ports.ts'
import { createLexer, type Lexer, ShortWindow, type Token } from './lexer.ts'
import { maxNesting, maxObjectBytes, unreadable } from './limits.ts'
import {
  type PdfArray,
  type PdfDictionary,
  type PdfDirect,
  type PdfObject,
  type PdfStream,
  pdfNull,
} from './objects.ts'

const firstWindowBytes = 1024
const windowGrowth = 8

/** An object with the number that its header gives it. */
export interface IndirectObject {
  readonly number: number
  readonly generation: number
  readonly object: PdfObject
  /** A lenient lexer had to mend its syntax. */
  readonly mended: boolean
  /** Offset behind `endobj`, or of the stream's first byte of data. */
  readonly end: number
}

/** What `parse` makes of the bytes from `offset` on; reads as much of the file as it asks for, `maxBytes` at most. */
export async function parseAt<Result>(
  file: RandomAccess,
  offset: number,
  parse: (lexer: Lexer) => Result,
  lenient = false,
  maxBytes = maxObjectBytes,
): Promise<Result> {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= file.size) {
    throw unreadable(`offset ${offset} is outside the file`)
  }
  for (let wanted = firstWindowBytes; ; wanted *= windowGrowth) {
    const length = Math.min(wanted, maxBytes, file.size - offset)
    const bytes = await file.read(offset, length)
    const last = offset + length === file.size
    try {
      return parse(createLexer({ bytes, base: offset, last, lenient }))
    } catch (thrown) {
      if (!(thrown instanceof ShortWindow)) throw thrown
      if (length === maxBytes) throw unreadable(`the object at ${offset} is too large`)
    }
  }
}

/** The direct object that starts at the lexer's position. */
export function parseObject(lexer: Lexer, depth = 0): PdfDirect {
  return objectFrom(lexer.next(), lexer, depth)
}

/** `N G obj …`, up to and including `endobj` or `stream` and its end-of-line. */
export function parseIndirectObject(lexer: Lexer): IndirectObject {
  const at = lexer.position()
  const number = lexer.next()
  const generation = lexer.next()
  const keyword = lexer.next()
  if (number.kind !== 'integer' || generation.kind !== 'integer' || !isKeyword(keyword, 'obj')) {
    throw unreadable(`no indirect object at ${at}`)
  }
  const object = parseObject(lexer)
  const behind = lexer.position()
  const end = lexer.next()
  const identity = { number: number.value, generation: generation.value }
  if (isKeyword(end, 'stream') && object.kind === 'dictionary') {
    const dataStart = afterStreamKeyword(lexer)
    const stream: PdfStream = { kind: 'stream', dictionary: object, dataStart, ...identity }
    return { ...identity, object: stream, mended: lexer.mended(), end: dataStart }
  }
  if (isKeyword(end, 'endobj')) return { ...identity, object, mended: lexer.mended(), end: lexer.position() }
  if (!lexer.lenient) throw unreadable(`the object at ${at} has no endobj`)
  return { ...identity, object, mended: true, end: behind }
}

export function isKeyword(token: Token, text: string): boolean {
  return token.kind === 'keyword' && token.text === text
}

function objectFrom(token: Token, lexer: Lexer, depth: number): PdfDirect {
  if (depth > maxNesting) throw unreadable(`more than ${maxNesting} objects inside each other at ${lexer.position()}`)
  switch (token.kind) {
    case 'integer':
      return referenceFrom(token.value, lexer) ?? token
    case 'real':
    case 'name':
    case 'string':
      return token
    case 'delimiter':
      if (token.text === '[') return parseArray(lexer, depth)
      if (token.text === '<<') return parseDictionary(lexer, depth)
      break
    case 'keyword':
      if (token.text === 'null') return pdfNull
      if (token.text === 'true' || token.text === 'false') return { kind: 'boolean', value: token.text === 'true' }
      break
  }
  if (!lexer.lenient || token.kind === 'end') throw unreadable(`no object before ${lexer.position()}`)
  lexer.mend()
  return pdfNull
}

/** `number G R` as a reference; otherwise nothing, and the lexer stands behind the number again. */
function referenceFrom(number: number, lexer: Lexer): PdfDirect | undefined {
  const back = lexer.position()
  const second = lexer.next()
  if (number >= 0 && second.kind === 'integer' && second.value >= 0 && isKeyword(lexer.next(), 'R')) {
    return { kind: 'reference', number, generation: second.value }
  }
  lexer.seek(back)
  return undefined
}

function parseArray(lexer: Lexer, depth: number): PdfArray {
  const items: PdfDirect[] = []
  for (;;) {
    const start = lexer.position()
    const token = lexer.next()
    if (token.kind === 'delimiter' && token.text === ']') return { kind: 'array', items }
    if (leftOpen(token, lexer, start)) return { kind: 'array', items }
    items.push(objectFrom(token, lexer, depth + 1))
  }
}

function parseDictionary(lexer: Lexer, depth: number): PdfDictionary {
  const entries = new Map<string, PdfDirect>()
  const repeatedKeys: string[] = []
  for (;;) {
    const start = lexer.position()
    const token = lexer.next()
    const closed = token.kind === 'delimiter' && token.text === '>>'
    if (closed || leftOpen(token, lexer, start)) return { kind: 'dictionary', entries, repeatedKeys }
    if (token.kind !== 'name') {
      if (!lexer.lenient) throw unreadable(`a dictionary key before ${lexer.position()} is no name`)
      lexer.mend()
      continue
    }
    if (entries.has(token.value)) repeatedKeys.push(token.value)
    const value = parseValue(lexer, depth + 1)
    if (value) entries.set(token.value, value)
  }
}

/** A value; a lenient lexer stops in front of what closes the dictionary instead. */
function parseValue(lexer: Lexer, depth: number): PdfDirect | undefined {
  const start = lexer.position()
  const token = lexer.next()
  const closes = (token.kind === 'delimiter' && token.text === '>>') || isBoundary(token)
  if (!lexer.lenient || !closes) return objectFrom(token, lexer, depth)
  lexer.mend()
  lexer.seek(start)
  return undefined
}

/** Where the object ends before its array or dictionary does: the lenient reader closes it there. */
function leftOpen(token: Token, lexer: Lexer, start: number): boolean {
  if (!lexer.lenient || !isBoundary(token)) return false
  lexer.mend()
  lexer.seek(start)
  return true
}

function isBoundary(token: Token): boolean {
  return (
    token.kind === 'end' ||
    (token.kind === 'keyword' && /^(endobj|stream|endstream|obj|xref|trailer)$/.test(token.text))
  )
}

function afterStreamKeyword(lexer: Lexer): number {
  const before = lexer.position()
  let first = lexer.byte()
  while (lexer.lenient && (first === 32 || first === 9)) first = lexer.byte()
  if (first === 10) return lexer.position()
  if (first !== 13 && lexer.lenient) return before
  if (first !== 13) throw unreadable(`no end of line after the stream keyword at ${lexer.position()}`)
  const afterReturn = lexer.position()
  return lexer.byte() === 10 ? lexer.position() : afterReturn
}
