// The JSON text of a batch, read as it comes: its header's fields and one item after the other, so that a batch of any size
// is in memory one document at a time. What is too deep, too large or no JSON is refused by its JSON path.

import Tokenizer from '@streamparser/json/tokenizer.js'
import TokenParser from '@streamparser/json/tokenparser.js'
import TokenType from '@streamparser/json/utils/types/tokenType.js'
import { Fault } from '../errors.ts'
import type { ByteStream } from '../ports.ts'

/** The list of signatures, and the fields before and behind it. */
export const listField = 'singlesigns'
export const headerFields = [
  'algorithm',
  'format',
  'suboperation',
  'stoponerror',
  'concurrenttimeout',
  'extraparams',
] as const
export type HeaderField = (typeof headerFields)[number]

export type BatchPart =
  | { readonly part: 'field'; readonly name: HeaderField; readonly value: unknown }
  | { readonly part: 'item'; readonly number: number; readonly value: unknown }

export interface StreamLimits {
  readonly maxDocuments: number
  readonly maxBytes: number
  readonly maxDocumentBytes: number
}

/** Braces and brackets within each other. */
const maxDepth = 8
/** Beside its document, what an item may have of text: extra parameters with two images. */
const itemRoomBytes = 8 << 20

/** In the order of the text. Throws BATCH_INVALID, BATCH_TOO_LARGE, and what the stream throws. */
export async function* readParts(text: ByteStream, limits: StreamLimits): AsyncGenerator<BatchPart, void, void> {
  const found: BatchPart[] = []
  const reader = createReader(limits, part => found.push(part))
  const maxItemBytes = Math.ceil((limits.maxDocumentBytes * 4) / 3) + itemRoomBytes
  let total = 0
  let sinceLast = 0
  for await (const piece of text) {
    total += piece.length
    sinceLast += piece.length
    if (total > limits.maxBytes)
      throw new Fault('BATCH_TOO_LARGE', `$: more than ${limits.maxBytes} bytes (batches.maxMegabytes)`)
    reader.write(piece)
    if (found.length > 0) sinceLast = 0
    else if (sinceLast > maxItemBytes) {
      const what = `a document of more than ${limits.maxDocumentBytes} bytes (batches.maxDocumentMegabytes)`
      throw new Fault('BATCH_TOO_LARGE', `${reader.path()}: ${what}`)
    }
    yield* found.splice(0)
  }
  reader.end()
  yield* found.splice(0)
}

interface Reader {
  write(piece: Uint8Array): void
  /** Throws BATCH_INVALID where the text has ended too early. */
  end(): void
  /** Of what is being read. */
  path(): string
}

function createReader({ maxDocuments }: StreamLimits, onPart: (part: BatchPart) => void): Reader {
  const tokenizer = new Tokenizer()
  const parser = new TokenParser({
    paths: [...headerFields.map(name => `$.${name}`), `$.${listField}.*`],
    keepStack: false,
  })
  const shape = createShape()
  let items = 0
  const path = () => (shape.inList() ? `$.${listField}[${items}]` : '$')
  const noJson = (why: string) => new Fault('BATCH_INVALID', `${path()}: no JSON: ${why}`)
  tokenizer.onToken = token => {
    shape.see(token.token, token.value)
    parser.write(token)
  }
  for (const one of [tokenizer, parser]) {
    one.onError = thrown => {
      throw thrown instanceof Fault ? thrown : noJson(firstLine(thrown.message))
    }
  }
  parser.onValue = ({ value, key, stack }) => {
    if (stack.length === 1) onPart({ part: 'field', name: key as HeaderField, value })
    else {
      if (items >= maxDocuments)
        throw new Fault('BATCH_TOO_LARGE', `$.${listField}: more than ${maxDocuments} documents (batches.maxDocuments)`)
      onPart({ part: 'item', number: items, value })
      items += 1
    }
  }
  return {
    write: piece => void tokenizer.write(piece),
    end: () => {
      if (!parser.isEnded) throw noJson('it ends too early')
    },
    path,
  }
}

/** Characters of the document itself stand in some messages of the parser; a line of them is enough to find the place. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, 160)
}

/** What the parser does not tell: that the text is an object, its list a list, and nothing lies too deep. */
function createShape() {
  let depth = 0
  let lastText = ''
  /** At the top, whose value comes next. */
  let key: string | undefined
  let inList = false
  let listSeen = false
  const refuse = (path: string, why: string) => {
    throw new Fault('BATCH_INVALID', `${path}: ${why}`)
  }
  const opened = (token: TokenType) => {
    if (depth === 0 && token !== TokenType.LEFT_BRACE) refuse('$', 'is no object')
    if (depth === 1 && key === listField) {
      if (token !== TokenType.LEFT_BRACKET) refuse(`$.${listField}`, 'is no list')
      if (listSeen) refuse(`$.${listField}`, 'stands there twice')
      listSeen = true
      inList = true
    }
    depth += 1
    if (depth > maxDepth) refuse('$', `more than ${maxDepth} levels`)
  }
  return {
    inList: () => inList,
    see(token: TokenType, value: unknown): void {
      if (token === TokenType.COLON) {
        key = depth === 1 ? lastText : undefined
        return
      }
      if (token === TokenType.STRING) lastText = depth === 1 ? String(value) : ''
      if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) opened(token)
      else if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) {
        depth -= 1
        if (depth === 1) inList = false
      } else if (depth === 0) refuse('$', 'is no object')
      else if (depth === 1 && key === listField && token !== TokenType.COMMA) refuse(`$.${listField}`, 'is no list')
      if (depth === 1 && token !== TokenType.LEFT_BRACE && token !== TokenType.LEFT_BRACKET) key = undefined
    },
  }
}
