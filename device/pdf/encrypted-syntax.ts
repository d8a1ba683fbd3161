// The syntax of an object as it stands in an encrypted document: the same text with its strings, and the data of its
// stream, encrypted. Slots that are filled in later keep their width.

import type { Encryption } from './encryption.ts'
import { createLexer } from './lexer.ts'
import { integerEntry, pdfInteger, withEntries } from './objects.ts'
import { isKeyword, parseObject } from './parse.ts'
import { mapStrings, stringsIn } from './strings.ts'
import { latin1, serialise } from './write.ts'

/** `body`, one character a byte, encrypted as the object of that number. Throws PDF_UNREADABLE where it is no object. */
export function encryptedSyntax(body: string, number: number, generation: number, encryption: Encryption): string {
  const lexer = createLexer({ bytes: latin1(body), base: 0, last: true })
  const value = parseObject(lexer)
  const encrypt = (bytes: Uint8Array) => encryption.encryptString(bytes, number, generation)
  if (value.kind === 'dictionary' && isKeyword(lexer.next(), 'stream')) {
    // What writes bodies puts one line feed behind the keyword.
    const start = lexer.position() + 1
    const clear = latin1(body.slice(start, start + (integerEntry(value, 'Length') ?? 0)))
    const data = encryption.encryptStream(value, clear, number, generation)
    const dictionary = withEntries(mapStrings(value, encrypt), { Length: pdfInteger(data.length) })
    return `${serialise(dictionary)}\nstream\n${Buffer.from(data).toString('latin1')}\nendstream`
  }
  let text = ''
  let copied = 0
  for (const string of [...stringsIn(value)].sort((a, b) => a.span.start - b.span.start)) {
    text += `${body.slice(copied, string.span.start)}<${Buffer.from(encrypt(string.bytes)).toString('hex').toUpperCase()}>`
    copied = string.span.end
  }
  return text + body.slice(copied)
}
