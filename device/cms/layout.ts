// Where the fields of a SignedData stand (RFC 5652, 3 and 5.1), found without reading its content: an attached content of
// any size stays where it is and is known by its extents only. Everything else is read as elements with their offsets.

import { type Asn1Node, type ElementHeader, readAsn1, readHeader } from './asn1.ts'
import { oids } from './oids.ts'
import type { Reading } from './reading.ts'

/** An element that others stand in: what has to be known of it when something is put inside. */
export interface Container {
  readonly offset: number
  readonly headerLength: number
  /** Without the end-of-contents octets of an indefinite length. */
  readonly contentLength: number
  readonly indefinite: boolean
}

/** A stretch of the file. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

export interface SignedDataLayout {
  readonly contentInfo: Container
  /** The [0] EXPLICIT around the SignedData. */
  readonly explicit: Container
  readonly signedData: Container
  readonly version: Asn1Node
  readonly digestAlgorithms: Asn1Node
  readonly encapContentInfo: Container
  readonly eContentType: Asn1Node
  /** Octets of eContent in order, one extent for each piece; absent for a detached signature. */
  readonly content?: readonly Extent[]
  readonly certificates?: Asn1Node
  readonly crls?: Asn1Node
  readonly signerInfos: Asn1Node
  /** Behind the ContentInfo. */
  readonly end: number
  /** Octets other than zero follow it. */
  readonly trailingData: boolean
}

export type LayoutOutcome =
  | { readonly outcome: 'located'; readonly layout: SignedDataLayout }
  | { readonly outcome: 'malformed'; readonly detail: string }

/** Octets of one field that is read as a whole: certificates, revocation values or SignerInfos. */
const maxFieldOctets = 1 << 26
/** Pieces of a content in BER; OpenSSL writes one for every 4 to 16 KiB. */
const maxContentPieces = 1 << 20
const maxContentDepth = 8
const maxHeaderOctets = 16
const firstWindowOctets = 1 << 14
const trailingChunkOctets = 1 << 16

/** Carries the reason out of the nested readers; it never leaves this file. */
class Malformed extends Error {}

/** Finds everything in a file of `size` octets. */
export function* locateSignedData(size: number): Reading<LayoutOutcome> {
  try {
    return { outcome: 'located', layout: yield* locate(size) }
  } catch (thrown) {
    if (thrown instanceof Malformed) return { outcome: 'malformed', detail: thrown.message }
    throw thrown
  }
}

/** A container whose header alone was read. */
interface Opened {
  readonly offset: number
  readonly headerLength: number
  readonly indefinite: boolean
  /** Behind the last octet that can belong to the content. */
  readonly limit: number
}

function* locate(size: number): Reading<SignedDataLayout> {
  const contentInfo = yield* open(0, size, [0x30], 'a ContentInfo')
  const contentType = yield* element(startOf(contentInfo), contentInfo.limit)
  if (contentType.oid !== oids.signedData) throw new Malformed('not a CMS SignedData')
  const explicit = yield* open(endOf(contentType), contentInfo.limit, [0xa0], 'the content of the ContentInfo')
  const signedData = yield* open(startOf(explicit), explicit.limit, [0x30], 'a SignedData')
  const fields = yield* readFields(signedData)
  const signedDataClosed = close(signedData, fields.end)
  const explicitClosed = close(explicit, yield* expectEnd(explicit, afterContainer(signedDataClosed)))
  const contentInfoClosed = close(contentInfo, yield* expectEnd(contentInfo, afterContainer(explicitClosed)))
  const end = afterContainer(contentInfoClosed)
  return {
    contentInfo: contentInfoClosed,
    explicit: explicitClosed,
    signedData: signedDataClosed,
    ...fields.found,
    end,
    trailingData: yield* hasTrailingData(end, size),
  }
}

type Fields = Omit<SignedDataLayout, 'contentInfo' | 'explicit' | 'signedData' | 'end' | 'trailingData'>

function* readFields(signedData: Opened): Reading<{ readonly found: Fields; readonly end: number }> {
  const { limit } = signedData
  const version = yield* element(startOf(signedData), limit)
  const digestAlgorithms = yield* element(endOf(version), limit)
  const encapsulated = yield* readEncapsulated(endOf(digestAlgorithms), limit)
  const rest: Asn1Node[] = []
  let at = afterContainer(encapsulated.encapContentInfo)
  while (!(yield* isAtEnd(signedData, at))) {
    const field = yield* element(at, limit)
    rest.push(field)
    at = endOf(field)
  }
  const certificates = rest[0]?.tag === 0xa0 ? rest.shift() : undefined
  const crls = rest[0]?.tag === 0xa1 ? rest.shift() : undefined
  const [signerInfos, ...others] = rest
  if (version.tag !== 0x02 || digestAlgorithms.tag !== 0x31 || signerInfos?.tag !== 0x31 || others.length > 0) {
    throw new Malformed('SignedData lacks its fields')
  }
  const optional = { ...(certificates !== undefined && { certificates }), ...(crls !== undefined && { crls }) }
  return { found: { version, digestAlgorithms, ...encapsulated, ...optional, signerInfos }, end: at }
}

type Encapsulated = Pick<SignedDataLayout, 'encapContentInfo' | 'eContentType' | 'content'>

function* readEncapsulated(at: number, limit: number): Reading<Encapsulated> {
  const opened = yield* open(at, limit, [0x30], 'an EncapsulatedContentInfo')
  const eContentType = yield* element(startOf(opened), opened.limit)
  if (eContentType.oid === undefined) throw new Malformed('SignedData lacks its content type')
  const behind = endOf(eContentType)
  if (yield* isAtEnd(opened, behind)) return { encapContentInfo: close(opened, behind), eContentType }
  const explicit = yield* open(behind, opened.limit, [0xa0], 'an eContent')
  const extents: Extent[] = []
  const contentEnd = yield* readPieces(startOf(explicit), explicit.limit, extents, 0)
  const explicitEnd = afterContainer(close(explicit, yield* expectEnd(explicit, contentEnd)))
  return {
    encapContentInfo: close(opened, yield* expectEnd(opened, explicitEnd)),
    eContentType,
    content: extents,
  }
}

/** Behind the OCTET STRING at `at`, in one piece or constructed of several (X.690, 8.7). */
function* readPieces(at: number, limit: number, extents: Extent[], depth: number): Reading<number> {
  if (depth > maxContentDepth) throw new Malformed('an eContent nested too deeply')
  const opened = yield* open(at, limit, [0x04, 0x24], 'an OCTET STRING as eContent')
  if (opened.tag === 0x04) {
    const extent = { offset: startOf(opened), length: opened.limit - startOf(opened) }
    if (extents.push(extent) > maxContentPieces) throw new Malformed('an eContent of too many pieces')
    return opened.limit
  }
  let next = startOf(opened)
  while (!(yield* isAtEnd(opened, next))) next = yield* readPieces(next, opened.limit, extents, depth + 1)
  return afterContainer(close(opened, next))
}

function* open(at: number, limit: number, tags: readonly number[], what: string): Reading<Opened & { tag: number }> {
  const octets = yield { offset: at, length: Math.min(maxHeaderOctets, limit - at) }
  const header: ElementHeader = { start: 0, length: 0 }
  const tag = octets[0] ?? 0
  if (!tags.includes(tag) || !readHeader(octets, 0, octets.length, header)) {
    throw new Malformed(at === 0 ? 'not an ASN.1 structure' : `no ${what.replace(/^an? /, '')} where one belongs`)
  }
  const indefinite = header.length < 0
  const end = at + header.start + header.length
  if (!indefinite && end > limit) throw new Malformed(`${what} is cut off`)
  return { tag, offset: at, headerLength: header.start, indefinite, limit: indefinite ? limit : end }
}

function close({ offset, headerLength, indefinite }: Opened, contentEnd: number): Container {
  return { offset, headerLength, indefinite, contentLength: contentEnd - offset - headerLength }
}

/** A whole element in memory. */
function* element(at: number, limit: number): Reading<Asn1Node> {
  const octets = yield { offset: at, length: Math.max(0, Math.min(maxHeaderOctets, limit - at)) }
  const header: ElementHeader = { start: 0, length: 0 }
  if (!readHeader(octets, 0, octets.length, header)) throw new Malformed('SignedData lacks its fields')
  const counted = header.length < 0 ? undefined : header.start + header.length
  if (counted !== undefined && counted > Math.min(maxFieldOctets, limit - at)) {
    throw new Malformed('a field is cut off or larger than any that is read')
  }
  // The end of an element that is not counted shows only when it has been read, so the window grows until it is in it.
  for (let length = counted ?? firstWindowOctets; ; length *= 2) {
    const available = Math.min(length, limit - at)
    const read = readAsn1(yield { offset: at, length: available }, at)
    if (read !== undefined && (counted === undefined || read.length === counted)) return read.node
    if (counted !== undefined || available < length || length >= maxFieldOctets) {
      throw new Malformed('a field is not well-formed ASN.1')
    }
  }
}

function startOf({ offset, headerLength }: Pick<Container, 'offset' | 'headerLength'>): number {
  return offset + headerLength
}

function endOf(node: Asn1Node): number {
  return node.offset + node.raw.length
}

/** Behind a container, its end-of-contents octets included. */
function afterContainer(container: Container): number {
  return startOf(container) + container.contentLength + (container.indefinite ? 2 : 0)
}

function* isAtEnd({ indefinite, limit }: Opened, at: number): Reading<boolean> {
  if (!indefinite) return at === limit
  const octets = yield { offset: at, length: Math.max(0, Math.min(2, limit - at)) }
  if (octets.length < 2) throw new Malformed('the SignedData is cut off')
  return octets[0] === 0 && octets[1] === 0
}

function* expectEnd(opened: Opened, at: number): Reading<number> {
  if (!(yield* isAtEnd(opened, at))) throw new Malformed('an element stands where none belongs')
  return at
}

function* hasTrailingData(end: number, size: number): Reading<boolean> {
  for (let at = end; at < size; at += trailingChunkOctets) {
    const octets = yield { offset: at, length: Math.min(trailingChunkOctets, size - at) }
    if (octets.some(octet => octet !== 0)) return true
  }
  return false
}
