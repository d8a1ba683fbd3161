// Where an XAdES signature goes and what its data Reference says, whatever the packaging (EN 319 132-1, 4; XMLDSig 1.1,
// 4.4.3). The signed document is never rewritten: a place is text put between its bytes.

import { createHash } from 'node:crypto'
import { rangeOf } from '../bytes.ts'
import { type HashName, hashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, RandomAccess } from '../ports.ts'
import { base64Transform, envelopedTransform, filter2Namespace } from '../xml/algorithms.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { subtract, wholeOf } from '../xml/node-set.ts'
import { parseXml } from '../xml/parse.ts'
import { declarationIn, writtenEncoding } from '../xml/recode.ts'
import { elementsById } from '../xml/walk.ts'
import { signaturesIn } from './xades-find.ts'
import { canonicalTransform, type Manner } from './xades-manner.ts'
import type { XadesOptions } from './xades-options.ts'

/** Text that goes into a file at a byte offset in place of `remove` bytes; in the file's own encoding. JSON. */
export interface Insertion {
  readonly offset: number
  readonly remove: number
  readonly text: string
}

/** Where the ds:Signature goes: between `before` and `after`, at `offset` of the base file. JSON. */
export interface SignaturePlace {
  /** The file that is spliced: the content itself, or an empty one. */
  readonly base: 'content' | 'empty'
  readonly encoding: XmlDocument['encoding']
  readonly offset: number
  readonly remove: number
  readonly before: string
  readonly after: string
  /** What else goes into the base file. */
  readonly others: readonly Insertion[]
}

/** The Reference to the signed data object. */
export interface DataReference {
  readonly uri: string
  /** The ds:Transforms element, or nothing. */
  readonly transforms: string
  readonly digest: Uint8Array
  readonly type?: string
  /** Of the digest; absent: that of the other References. */
  readonly algorithm?: DigestAlgorithm
}

/** Largest content that is carried inside an XML file; bytes. */
export const maxEmbeddedBytes = 64 << 20

/** The whole file as XML. */
export async function readXml(content: RandomAccess): Promise<XmlDocument> {
  return parseXml(await embeddable(content))
}

/** The whole file; throws REQUEST_INVALID for one that is too large. */
export async function embeddable(content: RandomAccess): Promise<Uint8Array> {
  if (content.size > maxEmbeddedBytes) {
    throw new Fault('REQUEST_INVALID', `${content.size} bytes are too many to be carried inside XML`)
  }
  return content.read(0, content.size)
}

/** The only element of that Id; throws REQUEST_INVALID. */
export function elementNamed(document: XmlDocument, id: string): XmlElement {
  const found = elementsById(document).get(id) ?? []
  const [element] = found
  if (element === undefined || found.length !== 1) {
    throw new Fault('REQUEST_INVALID', `${found.length} elements of the document are named ${id}`)
  }
  return element
}

/** The Id, or the spare one where the document has it already, or one that begins with it as those of a signature do. */
export function freeId(document: XmlDocument, id: string, spare: string): string {
  if (id === spare) return id
  const taken = [...elementsById(document).keys()].some(one => one === id || one.startsWith(`${id}-`))
  return taken ? spare : id
}

/** A Reference to a file as it is, streamed. */
export async function detachedReference(
  content: RandomAccess,
  algorithm: DigestAlgorithm,
  uri: string,
): Promise<DataReference> {
  return { uri, transforms: '', digest: await digestOfBytes(content, hashName(algorithm)) }
}

/** A Reference to the document or an element: without any signature in it, without this one, or as it is. */
export function envelopedReference(
  apex: XmlDocument | XmlElement,
  uri: string,
  manner: Manner,
  leavesOut: NonNullable<XadesOptions['leavesOut']> = 'signatures',
): DataReference {
  const signatures = leavesOut === 'signatures' ? signaturesIn('root' in apex ? apex.root : apex) : []
  const octets = manner.data(subtract(wholeOf(apex), new Set(signatures)))
  const transforms = transformsOf(leavingOut[leavesOut], manner.dataTransform)
  return { uri, transforms, digest: manner.digest(octets) }
}

const leavingOut = {
  signatures:
    `<ds:Transform Algorithm="${filter2Namespace}"><dsf:XPath xmlns:dsf="${filter2Namespace}" Filter="subtract">` +
    '/descendant::ds:Signature</dsf:XPath></ds:Transform>',
  itself: `<ds:Transform Algorithm="${envelopedTransform}"></ds:Transform>`,
  nothing: '',
} as const

/** A Reference to an element that holds no signature. */
export function elementReference(element: XmlElement, id: string, manner: Manner): DataReference {
  return envelopedReference(element, `#${id}`, manner, 'nothing')
}

/** The place behind the last child of an element of the document. */
export function lastIn(document: XmlDocument, element: XmlElement): SignaturePlace {
  const { encoding } = document
  const common = { base: 'content', encoding, others: [] } as const
  if (element.endTag) return { ...common, offset: element.endTag.start, remove: 0, before: '', after: '' }
  // `<name/>` opens: its slash goes, and the end tag comes behind the signature.
  const slash = unitBytes(encoding) * 2
  const name = element.prefix === '' ? element.local : `${element.prefix}:${element.local}`
  return { ...common, offset: element.span.end - slash, remove: slash, before: '>', after: `</${name}>` }
}

/** In a file of its own; `label`: the name of its encoding. */
export function newFile(before: string, after: string, label = 'UTF-8'): SignaturePlace {
  const encoding = writtenEncoding(label) ?? 'utf-8'
  return { base: 'empty', encoding, offset: 0, remove: 0, before: declarationIn(label) + before, after, others: [] }
}

/** A Reference to an element whose text is Base64, over what it stands for. */
export function base64Reference(id: string, bytes: Uint8Array, manner: Manner): DataReference {
  return { uri: `#${id}`, transforms: transformsOf(canonicalTransform(base64Transform)), digest: manner.digest(bytes) }
}

/** The ds:Transforms element around those that are there, or nothing. */
export function transformsOf(...transforms: readonly string[]): string {
  const inside = transforms.join('')
  return inside === '' ? '' : `<ds:Transforms>${inside}</ds:Transforms>`
}

async function digestOfBytes(content: RandomAccess, hash: HashName): Promise<Uint8Array> {
  const digest = createHash(hash)
  for await (const chunk of rangeOf(content)) digest.update(chunk)
  return digest.digest()
}

function unitBytes(encoding: XmlDocument['encoding']): number {
  return encoding.startsWith('utf-16') ? 2 : 1
}
