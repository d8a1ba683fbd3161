// Where an XAdES signature goes and what its data Reference says, for each packaging (EN 319 132-1, 4; XMLDSig 1.1, 4.4.3).
// The signed document is never rewritten: a layout is text put between its bytes. Content that is not XML, or that must
// stay as it is to the byte, is carried in Base64.

import { createHash } from 'node:crypto'
import { rangeOf } from '../bytes.ts'
import { type HashName, hashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, RandomAccess } from '../ports.ts'
import { base64Transform, filter2Namespace } from '../xml/algorithms.ts'
import { canonicalise } from '../xml/canonical.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { subtract, wholeOf } from '../xml/node-set.ts'
import { parseXml } from '../xml/parse.ts'
import type { Packaging } from './request.ts'
import { signaturesIn } from './xades-find.ts'
import { base64, escapeAttribute, exclusive, exclusiveC14n } from './xades-names.ts'

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
}

export interface Layout {
  readonly place: SignaturePlace
  readonly reference: DataReference
  /** A ds:Object with the content, where the signature envelops it. */
  readonly object?: string
}

export interface LayoutRequest {
  readonly packaging: Packaging
  readonly digestAlgorithm: DigestAlgorithm
  /** Base of every Id; unique in the document. */
  readonly id: string
  /** `detached`: what the Reference calls the content; a relative URI such as its file name. */
  readonly contentUri?: string
  readonly mimeType: string
}

/** Largest content that is carried inside an XML file; bytes. */
export const maxEmbeddedBytes = 64 << 20

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** Throws XML_UNREADABLE for content that has to be XML and is not, REQUEST_INVALID for content too large to embed. */
export async function layoutOf(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  switch (request.packaging) {
    case 'detached':
      return detached(content, request)
    case 'enveloping':
      return enveloping(content, request)
    case 'enveloped':
      return enveloped(await readXml(content), request)
    case 'internally-detached':
      return internallyDetached(content, request)
  }
}

/** The whole file as XML. */
export async function readXml(content: RandomAccess): Promise<XmlDocument> {
  return parseXml(await embeddable(content))
}

async function embeddable(content: RandomAccess): Promise<Uint8Array> {
  if (content.size > maxEmbeddedBytes) {
    throw new Fault('REQUEST_INVALID', `${content.size} bytes are too many to be carried inside XML`)
  }
  return content.read(0, content.size)
}

async function detached(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  const { digestAlgorithm, contentUri = '' } = request
  return { place: newFile('', ''), reference: await detachedReference(content, digestAlgorithm, contentUri) }
}

/** A Reference to a file as it is, streamed. */
export async function detachedReference(
  content: RandomAccess,
  algorithm: DigestAlgorithm,
  uri: string,
): Promise<DataReference> {
  return { uri, transforms: '', digest: await digestOfBytes(content, hashName(algorithm)) }
}

async function enveloping(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  const bytes = await embeddable(content)
  const id = `${request.id}-object`
  const object = `<ds:Object Id="${id}" MimeType="${escapeAttribute(request.mimeType)}" Encoding="${base64Transform}">${base64(bytes)}</ds:Object>`
  return { place: newFile('', ''), object, reference: base64Reference(id, bytes, request.digestAlgorithm) }
}

/** Into the root element, as its last child. */
function enveloped(document: XmlDocument, { digestAlgorithm }: LayoutRequest): Layout {
  const { root } = document
  if (signaturesIn(root).includes(root)) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'the root of the document is a signature and cannot envelop another')
  }
  return { place: lastIn(document, root), reference: envelopedReference(document, '', digestAlgorithm) }
}

/** A Reference to the document or an element, which leaves every signature in it out. */
export function envelopedReference(
  apex: XmlDocument | XmlElement,
  uri: string,
  algorithm: DigestAlgorithm,
): DataReference {
  const signatures = new Set(signaturesIn('root' in apex ? apex.root : apex))
  const octets = canonicalise(subtract(wholeOf(apex), signatures), exclusive)
  const transforms = transformsOf(
    `<ds:Transform Algorithm="${filter2Namespace}"><dsf:XPath xmlns:dsf="${filter2Namespace}" Filter="subtract">` +
      '/descendant::ds:Signature</dsf:XPath></ds:Transform>',
    `<ds:Transform Algorithm="${exclusiveC14n}"></ds:Transform>`,
  )
  return { uri, transforms, digest: digestOf(octets, algorithm) }
}

/** Beside the content under a new root: an XML document as it is, anything else in Base64. */
async function internallyDetached(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  const bytes = await embeddable(content)
  const id = `${request.id}-content`
  const document = xmlOf(bytes)
  if (document === undefined) {
    const open = `<SignedDocument><Content Id="${id}" MimeType="${escapeAttribute(request.mimeType)}" Encoding="${base64Transform}">`
    const place = newFile(`${open}${base64(bytes)}</Content>`, '</SignedDocument>')
    return { place, reference: base64Reference(id, bytes, request.digestAlgorithm) }
  }
  const open = `<SignedDocument><Content Id="${id}">`
  const { start, end } = document.root.span
  const wrapped = Buffer.concat([utf8(open), textBytes(document), utf8('</Content></SignedDocument>')])
  const [element] = parseXml(wrapped).root.children
  if (element?.kind !== 'element') throw new Fault('INTERNAL', 'a wrapped document lost its content')
  const octets = canonicalise(element, exclusive)
  return {
    place: {
      base: 'content',
      encoding: document.encoding,
      offset: end,
      remove: 0,
      before: '</Content>',
      after: '</SignedDocument>',
      others: [{ offset: start, remove: 0, text: open }],
    },
    reference: {
      uri: `#${id}`,
      transforms: transformsOf(`<ds:Transform Algorithm="${exclusiveC14n}"></ds:Transform>`),
      digest: digestOf(octets, request.digestAlgorithm),
    },
  }
}

/** The root element's own text as UTF-8. */
function textBytes({ bytes, encoding, root }: XmlDocument): Uint8Array {
  const own = bytes.subarray(root.span.start, root.span.end)
  return encoding === 'utf-8' ? own : utf8(new TextDecoder(encoding).decode(own))
}

function xmlOf(bytes: Uint8Array): XmlDocument | undefined {
  try {
    return parseXml(bytes)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') return undefined
    throw thrown
  }
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

function newFile(before: string, after: string): SignaturePlace {
  return { base: 'empty', encoding: 'utf-8', offset: 0, remove: 0, before: declaration + before, after, others: [] }
}

/** A Reference to an element whose text is Base64, over what it stands for. */
export function base64Reference(id: string, bytes: Uint8Array, algorithm: DigestAlgorithm): DataReference {
  const transforms = transformsOf(`<ds:Transform Algorithm="${base64Transform}"></ds:Transform>`)
  return { uri: `#${id}`, transforms, digest: digestOf(bytes, algorithm) }
}

export function transformsOf(...transforms: readonly string[]): string {
  return `<ds:Transforms>${transforms.join('')}</ds:Transforms>`
}

export function digestOf(octets: Uint8Array, algorithm: DigestAlgorithm): Uint8Array {
  return createHash(hashName(algorithm)).update(octets).digest()
}

async function digestOfBytes(content: RandomAccess, hash: HashName): Promise<Uint8Array> {
  const digest = createHash(hash)
  for await (const chunk of rangeOf(content)) digest.update(chunk)
  return digest.digest()
}

const utf8 = (text: string) => Buffer.from(text, 'utf8')

function unitBytes(encoding: XmlDocument['encoding']): number {
  return encoding.startsWith('utf-16') ? 2 : 1
}
