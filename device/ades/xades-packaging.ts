// The four packagings of an XAdES signature (EN 319 132-1, 4; XMLDSig 1.1, 4.4.3): where it goes and what its data Reference
// is over. Content that is not XML, or that must stay as it is to the byte, is carried in Base64.

import { Fault } from '../errors.ts'
import type { DigestAlgorithm, RandomAccess } from '../ports.ts'
import { base64Transform } from '../xml/algorithms.ts'
import { firstSelected, parseLocationPath } from '../xml/location-path.ts'
import type { XmlDocument, XmlElement } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { type Surroundings, surroundingsIn } from '../xml/surroundings.ts'
import { decodedBase64, isWithin } from '../xml/walk.ts'
import type { DataObjectFormat, Packaging } from './request.ts'
import { isSignature, signaturesIn } from './xades-find.ts'
import {
  base64Reference,
  type DataReference,
  detachedReference,
  elementNamed,
  elementReference,
  embeddable,
  envelopedReference,
  freeId,
  lastIn,
  newFile,
  readXml,
  type SignaturePlace,
} from './xades-layout.ts'
import { listedParts } from './xades-manifest.ts'
import type { Manner } from './xades-manner.ts'
import { base64, escapeAttribute, namespaces } from './xades-names.ts'
import { givenDigest, type ManifestEntry, type XadesOptions } from './xades-options.ts'

export interface Layout {
  /** Base of every Id. */
  readonly id: string
  readonly place: SignaturePlace
  /** Of the place; absent: none. */
  readonly around?: Surroundings
  readonly reference: DataReference
  /** A ds:Object with the content or a Manifest, where the signature envelops it. */
  readonly object?: string
  /** What the References in a Manifest are to; absent: the data Reference is to the content. */
  readonly formats?: readonly ReferenceFormat[]
}

export interface ReferenceFormat {
  readonly referenceId: string
  readonly format: DataObjectFormat
}

export interface LayoutRequest {
  readonly packaging: Packaging
  readonly manner: Manner
  readonly options: XadesOptions
  /** Base of every Id, and one that is unique in any document for where that is not. */
  readonly id: string
  readonly spareId: string
  /** `detached`: what the Reference calls the content; a relative URI such as its file name. */
  readonly contentUri?: string
  readonly format: DataObjectFormat
}

/** Throws XML_UNREADABLE for content that has to be XML and is not, REQUEST_INVALID for content too large to embed. */
export async function layoutOf(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  switch (request.packaging) {
    case 'detached':
      return request.options.manifest === undefined ? detached(content, request) : listed(content, request)
    case 'enveloping':
      return enveloping(content, request)
    case 'enveloped':
      return enveloped(await readXml(content), request)
    case 'internally-detached':
      return internallyDetached(content, request)
  }
}

async function detached(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  const { id, options } = request
  return { id, place: newFile('', '', options.outputEncoding), reference: await contentReference(content, request) }
}

/** To the content outside of the file: by its digest, or by the digest that it is. */
async function contentReference(
  content: RandomAccess,
  { manner, options, contentUri = '' }: LayoutRequest,
): Promise<DataReference> {
  const uri = options.contentUri ?? contentUri
  const { precalculated } = options
  if (precalculated === undefined) return detachedReference(content, manner.digestAlgorithm, uri)
  const algorithm = accepted(precalculated, manner)
  const digest = givenDigest(await content.read(0, Math.min(content.size, maxDigestOctets)), algorithm)
  return { uri, transforms: '', digest, algorithm }
}

/** More than any digest has, so that what is longer is seen to be. */
const maxDigestOctets = 65

/** A digest that proves nothing would be signed for what it is not; throws REQUEST_INVALID. */
function accepted(algorithm: DigestAlgorithm, { digestAlgorithm }: Manner): DigestAlgorithm {
  if (algorithm !== 'SHA-1' || digestAlgorithm === 'SHA-1') return algorithm
  throw new Fault('REQUEST_INVALID', 'a SHA-1 digest of what is signed proves nothing')
}

/** In a Manifest: what was listed, or the content. */
async function listed(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  const { id, manner, options, format } = request
  const { manifest = 'content', precalculated = manner.digestAlgorithm } = options
  const ownEntry = async (): Promise<ManifestEntry[]> => {
    const { uri, digest } = await contentReference(content, request)
    return [{ uri, digest, format }]
  }
  const entries = manifest === 'content' ? await ownEntry() : manifest
  const parts = listedParts(id, { entries, algorithm: accepted(precalculated, manner) }, manner)
  return { id, place: newFile('', '', options.outputEncoding), ...parts }
}

/** In Base64; the document as XML where an element of it is what is signed. */
async function enveloping(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  const { manner, options, format } = request
  const bytes = await embeddable(content)
  const mimeType = ` MimeType="${escapeAttribute(format.mimeType)}"`
  const place = newFile('', '', options.outputEncoding)
  const inSignature = (object: string) => parsed(`<ds:Signature xmlns:ds="${namespaces.ds}">${object}</ds:Signature>`)
  if (options.nodeToSign !== undefined) {
    const document = parseXml(bytes)
    const id = freeId(document, request.id, request.spareId)
    const object = `<ds:Object Id="${id}-object"${mimeType}>${textOf(document)}</ds:Object>`
    const element = elementNamed(inSignature(object), options.nodeToSign)
    return { id, place, object, reference: elementReference(element, options.nodeToSign, manner) }
  }
  const { id } = request
  const carried = carriedIn(bytes, options)
  const object = `<ds:Object Id="${id}-object"${mimeType} Encoding="${base64Transform}">${carried.text}</ds:Object>`
  return { id, place, object, reference: carriedReference(`${id}-object`, carried, () => inSignature(object), manner) }
}

interface Carried {
  readonly text: string
  readonly octets: Uint8Array
  readonly isSignedAsText: boolean
}

/** Base64 that is given as such is signed as the text that it is, as AutoFirma does. */
function carriedIn(bytes: Uint8Array, options: XadesOptions): Carried {
  const given = options.isBase64 === true ? base64In(bytes) : undefined
  const octets = given ?? bytes
  return { octets, text: base64(octets), isSignedAsText: options.signsBase64Text === true || given !== undefined }
}

function base64In(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return decodedBase64(Buffer.from(bytes).toString('latin1'))
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') return undefined
    throw thrown
  }
}

function carriedReference(id: string, carried: Carried, read: () => XmlDocument, manner: Manner): DataReference {
  if (!carried.isSignedAsText) return base64Reference(id, carried.octets, manner)
  return elementReference(elementNamed(read(), id), id, manner)
}

/** Into the element that was named, or the one that is signed, or the root element; as its last child. */
function enveloped(document: XmlDocument, { manner, options, ...request }: LayoutRequest): Layout {
  const node = options.nodeToSign === undefined ? undefined : elementNamed(document, options.nodeToSign)
  const parent = selected(document, options.insertAt) ?? node ?? document.root
  if (signaturesIn(document.root).some(signature => isWithin(parent, signature))) {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'a signature cannot be put into what is a signature already')
  }
  const leavesOut = options.invoice === true ? 'itself' : (options.leavesOut ?? 'signatures')
  if (leavesOut === 'nothing' && isWithin(parent, node ?? document.root)) {
    throw new Fault('REQUEST_INVALID', 'a signature that nothing leaves out would be put into what it is over')
  }
  return {
    id: freeId(document, request.id, request.spareId),
    place: lastIn(document, parent),
    around: surroundingsIn(parent),
    reference: envelopedReference(node ?? document, node ? `#${options.nodeToSign}` : '', manner, leavesOut),
  }
}

function selected(document: XmlDocument, text: string | undefined): XmlElement | undefined {
  const path = text === undefined ? undefined : parseLocationPath(text)
  if (path === undefined) return undefined
  const element = firstSelected(path, document)
  if (element === undefined) throw new Fault('REQUEST_INVALID', `${text} selects no element of the document`)
  return element
}

/** Beside the content under a new root, an XML document as it is; beside the element that is signed, under its parent. */
async function internallyDetached(content: RandomAccess, request: LayoutRequest): Promise<Layout> {
  const bytes = await embeddable(content)
  const document = xmlOf(bytes)
  const { nodeToSign } = request.options
  if (document === undefined) {
    if (nodeToSign !== undefined) throw new Fault('REQUEST_INVALID', 'what is signed is no XML and has no elements')
    return besideBase64(bytes, request)
  }
  const id = freeId(document, request.id, request.spareId)
  const node = nodeToSign === undefined ? undefined : elementNamed(document, nodeToSign)
  return node?.parent === undefined
    ? besideDocument(document, { ...request, id })
    : besideElement(document, node, node.parent, { ...request, id })
}

function besideBase64(bytes: Uint8Array, { id, manner, options, format }: LayoutRequest): Layout {
  const carried = carriedIn(bytes, options)
  const mimeType = escapeAttribute(format.mimeType)
  const open = `<SignedDocument><Content Id="${id}-content" MimeType="${mimeType}" Encoding="${base64Transform}">`
  const before = `${open}${carried.text}</Content>`
  const read = () => parsed(`${before}</SignedDocument>`)
  const reference = carriedReference(`${id}-content`, carried, read, manner)
  return { id, place: newFile(before, '</SignedDocument>', options.outputEncoding), reference }
}

function besideDocument(document: XmlDocument, { id, manner, options }: LayoutRequest): Layout {
  const open = `<SignedDocument><Content Id="${id}-content">`
  const signed = options.nodeToSign ?? `${id}-content`
  const wrapped = parsed(`${open}${textOf(document)}</Content></SignedDocument>`)
  const { start, end } = document.root.span
  return {
    id,
    place: {
      base: 'content',
      encoding: document.encoding,
      offset: end,
      remove: 0,
      before: '</Content>',
      after: '</SignedDocument>',
      others: [{ offset: start, remove: 0, text: open }],
    },
    reference: elementReference(elementNamed(wrapped, signed), signed, manner),
  }
}

function besideElement(
  document: XmlDocument,
  node: XmlElement,
  parent: XmlElement,
  { id, manner, options }: LayoutRequest,
): Layout {
  for (let one: XmlElement | undefined = node; one !== undefined; one = one.parent) {
    if (isSignature(one)) throw new Fault('SIGNATURE_FORMAT_REFUSED', 'what is signed lies in a signature')
  }
  const reference = elementReference(node, options.nodeToSign ?? '', manner)
  return { id, place: lastIn(document, parent), around: surroundingsIn(parent), reference }
}

/** The root element's own text. */
function textOf({ bytes, encoding, root }: XmlDocument): string {
  return new TextDecoder(encoding).decode(bytes.subarray(root.span.start, root.span.end))
}

const parsed = (markup: string) => parseXml(Buffer.from(markup))

function xmlOf(bytes: Uint8Array): XmlDocument | undefined {
  try {
    return parseXml(bytes)
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') return undefined
    throw thrown
  }
}
