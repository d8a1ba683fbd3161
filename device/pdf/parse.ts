// Objects out of tokens (ISO 32000-1, 7.3), and the window that grows until an object fits into it. Nesting and size are
// bounded; what is not an object is PDF_UNREADABLE.

import type { RandomAccess } from '../ports.ts'
import { createLexer, type Lexer, ShortWindow, type Token } from './lexer.ts'
import { maxNesting, maxObjectBytes, unreadable } from './limits.ts'
import { type PdfArray, type PdfDictionary, type PdfDirect, type PdfObject, pdfNull } from './objects.ts'

const firstWindowBytes = 1024
const windowGrowth = 8

/** An object with the number that its header gives it. */
export interface IndirectObject {
  readonly number: number
  readonly generation: number
  readonly object: PdfObject
}

/** What `parse` makes of the bytes from `offset` on; reads as much of the file as it asks for, `maxObjectBytes` at most. */
export async function parseAt<Result>(
  file: RandomAccess,
  offset: number,
  parse: (lexer: Lexer) => Result,
): Promise<Result> {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset >= file.size) {
    throw unreadable(`offset ${offset} is outside the file`)
  }
  for (let wanted = firstWindowBytes; ; wanted *= windowGrowth) {
    const length = Math.min(wanted, maxObjectBytes, file.size - offset)
    const bytes = await file.read(offset, length)
    const last = offset + length === file.size
    try {
      return parse(createLexer({ bytes, base: offset, last }))
    } catch (thrown) {
      if (!(thrown instanceof ShortWindow)) throw thrown
      if (length === maxObjectBytes) throw unreadable(`the object at ${offset} is too large`)
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
  const end = lexer.next()
  if (isKeyword(end, 'endobj')) return { number: number.value, generation: generation.value, object }
  if (!isKeyword(end, 'stream') || object.kind !== 'dictionary') throw unreadable(`the object at ${at} has no endobj`)
  const dataStart = afterStreamKeyword(lexer)
  return {
    number: number.value,
    generation: generation.value,
    object: { kind: 'stream', dictionary: object, dataStart },
  }
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
  throw unreadable(`no object before ${lexer.position()}`)
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
    const token = lexer.next()
    if (token.kind === 'delimiter' && token.text === ']') return { kind: 'array', items }
    items.push(objectFrom(token, lexer, depth + 1))
  }
}

function parseDictionary(lexer: Lexer, depth: number): PdfDictionary {
  const entries = new Map<string, PdfDirect>()
  const repeatedKeys: string[] = []
  for (;;) {
    const token = lexer.next()
    if (token.kind === 'delimiter' && token.text === '>>') return { kind: 'dictionary', entries, repeatedKeys }
    if (token.kind !== 'name') throw unreadable(`a dictionary key before ${lexer.position()} is no name`)
    if (entries.has(token.value)) repeatedKeys.push(token.value)
    entries.set(token.value, objectFrom(lexer.next(), lexer, depth + 1))
  }
}

function afterStreamKeyword(lexer: Lexer): number {
  const first = lexer.byte()
  if (first === 10) return lexer.position()
  if (first !== 13) throw unreadable(`no end of line after the stream keyword at ${lexer.position()}`)
  const afterReturn = lexer.position()
  return lexer.byte() === 10 ? lexer.position() : afterReturn
}
