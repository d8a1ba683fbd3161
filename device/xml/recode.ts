// The same XML document in another encoding: every character as it was, those that the new one has not as character
// references. Whether the two are the same is not assumed but compared in their canonical form.

import { Fault } from '../errors.ts'
import { canonicalise } from './canonical.ts'
import { decodeXml, encodeMarkup } from './encoding.ts'
import type { XmlDocument } from './node.ts'
import { parseXml } from './parse.ts'

/** Encodings that a document can be written in, by the names of IANA in lower case. */
const encodings: Readonly<Record<string, XmlDocument['encoding']>> = {
  'utf-8': 'utf-8',
  'us-ascii': 'iso-8859-1',
  'iso-8859-1': 'iso-8859-1',
  'iso-8859-15': 'iso-8859-15',
  'windows-1252': 'windows-1252',
}

/** How markup is encoded in the encoding of that name; undefined for one that is not written. */
export function writtenEncoding(label: string): XmlDocument['encoding'] | undefined {
  const known = label.toLowerCase()
  return Object.hasOwn(encodings, known) ? encodings[known] : undefined
}

/** A declaration for a document in that encoding. */
export function declarationIn(label: string): string {
  return `<?xml version="1.0" encoding="${label.toUpperCase()}"?>\n`
}

/**
 * The document in another encoding; undefined where it cannot be written in that, for a name, a comment or a CDATA section
 * that would need a character which the encoding has not.
 */
export function recoded(document: XmlDocument, label: string): Uint8Array | undefined {
  const encoding = writtenEncoding(label)
  if (encoding === undefined) return undefined
  const { text, declaration } = decodeXml(document.bytes)
  const bytes = encodeMarkup(declarationIn(label) + text.slice(declaration).replace(/^\s+/, ''), encoding)
  return isSame(document, bytes) ? bytes : undefined
}

function isSame(document: XmlDocument, bytes: Uint8Array): boolean {
  const how = { method: 'c14n10', comments: true } as const
  try {
    return Buffer.compare(canonicalise(document, how), canonicalise(parseXml(bytes), how)) === 0
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') return false
    throw thrown
  }
}
