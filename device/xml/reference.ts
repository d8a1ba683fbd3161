// What a ds:Reference is about: the very nodes or octets that its URI stands for, after its transforms (XMLDSig 1.1,
// 4.4.3). Only the document itself and content that was handed in are looked at; nothing is ever fetched. Whoever asks
// gets the node that was used beside the octets, so that no other element can be shown in its stead.

import { createHash } from 'node:crypto'
import { rangeOf } from '../bytes.ts'
import type { HashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import {
  algorithmOf,
  base64Transform,
  canonicalisationOf,
  defaultCanonicalisation,
  envelopedTransform,
  filter2Namespace,
  xmldsigNamespace,
  xpathTransform,
} from './algorithms.ts'
import { type Canonicalisation, canonicaliseTo } from './canonical.ts'
import { maxContentPasses, maxDigestedOctets, maxXmlOctets } from './limits.ts'
import type { XmlDocument, XmlElement, XmlSpan } from './node.ts'
import { type NodeSet, subtract, wholeOf } from './node-set.ts'
import { parseXml } from './parse.ts'
import { childElements, decodedBase64, descendantsOf, elementsById, isWithin, octetsOf } from './walk.ts'
import type { XmlReference } from './xmldsig.ts'
import { filter2Filtered, xpathFiltered } from './xpath.ts'

type Write = (chunk: Uint8Array | string) => void

/** Where the references of one document are looked up; made once by referenceSource(), for its budget is shared. */
export interface ReferenceSource {
  readonly document: XmlDocument
  readonly byId: ReadonlyMap<string, readonly XmlElement[]>
  /** Every ds:Signature of the document. */
  readonly signatures: ReadonlySet<XmlElement>
  /** Content outside of the document by the URI that stands in the Reference. */
  content(uri: string | undefined): RandomAccess | undefined
  /** Counts octets that are walked through or digested; throws DOCUMENT_TOO_COMPLEX for more than any honest file needs. */
  spend(octets: number): void
  /** Counts one more reading of content outside of the document; throws as spend() does. */
  pass(content: RandomAccess): void
}

/**
 * `absent`: nothing there by that URI. `ambiguous`: several elements are. `forbidden`: a transform that is not done, or
 * not on this input.
 */
export type Refusal = 'absent' | 'ambiguous' | 'forbidden'

export type Dereferenced =
  | {
      readonly outcome: 'found'
      /** What the URI stands for; undefined for content outside of the document. */
      readonly target: XmlDocument | XmlElement | undefined
      /** What is left of the target after the transforms, and before it became octets. */
      readonly covered: NodeSet | undefined
      /** Hands the octets on; nodes that no transform made octets of become so by `how`. */
      feed(how: Canonicalisation, write: Write): Promise<void>
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal; readonly detail: string }

export function referenceSource(
  document: XmlDocument,
  content: ReferenceSource['content'] = () => undefined,
): ReferenceSource {
  let left = maxDigestedOctets
  const passes = new Map<RandomAccess, number>()
  return Object.freeze({
    document,
    byId: elementsById(document),
    signatures: signaturesOf(document),
    content,
    spend: (octets: number) => {
      left -= octets
      if (left < 0) throw tooMuch(`its signatures are over more than ${maxDigestedOctets} bytes`)
    },
    pass: (of: RandomAccess) => {
      const before = passes.get(of) ?? 0
      if (before >= maxContentPasses) throw tooMuch(`its content would be read more than ${maxContentPasses} times`)
      passes.set(of, before + 1)
    },
  })
}

function signaturesOf({ root }: XmlDocument): ReadonlySet<XmlElement> {
  return new Set(descendantsOf(root, xmldsigNamespace, 'Signature'))
}

function tooMuch(why: string): Fault {
  return new Fault('DOCUMENT_TOO_COMPLEX', why)
}

/** What goes from one transform into the next. */
type Stage =
  | (Pick<ReferenceSource, 'document' | 'signatures'> & {
      readonly kind: 'nodes'
      readonly set: NodeSet
      readonly comments: boolean
    })
  | { readonly kind: 'octets'; feed(write: Write): Promise<void> }

/** Follows a Reference of `signature`. Throws XML_UNREADABLE, DOCUMENT_TOO_COMPLEX, and what reading the content throws. */
export async function dereference(
  reference: XmlReference,
  signature: XmlElement,
  source: ReferenceSource,
): Promise<Dereferenced> {
  const start = lookUp(reference.uri, source)
  if ('refusal' in start) return { outcome: 'refused', ...start }
  let { stage } = start
  let covered = stage.kind === 'nodes' && start.target !== undefined ? stage.set : undefined
  for (const transform of reference.transforms) {
    const next = await transformed(stage, transform, signature, source)
    if (next === undefined)
      return refused('forbidden', `transform ${algorithmOf(transform)} of ${named(reference.uri)}`)
    stage = next
    covered = coveredAfter(covered, transform, stage, source)
  }
  const last = stage
  return {
    outcome: 'found',
    target: start.target,
    covered,
    feed: (how, write) => feedStage(last, how, write, source),
  }
}

/** Digest of what was found, as its Reference has it: nodes by the default of XMLDSig. */
export async function dereferencedDigest(
  found: Extract<Dereferenced, { outcome: 'found' }>,
  hash: HashName,
): Promise<Uint8Array> {
  const digest = createHash(hash)
  await found.feed(defaultCanonicalisation, chunk => digest.update(chunk))
  return digest.digest()
}

/**
 * What of the document is still covered after a transform. A canonical form that was parsed again is another document: its
 * signatures may be left out there, but of what a Filter 2.0 leaves of it nothing is known here.
 */
function coveredAfter(
  before: NodeSet | undefined,
  transform: XmlElement,
  stage: Stage,
  { document }: ReferenceSource,
): NodeSet | undefined {
  if (before === undefined || stage.kind === 'octets') return before
  if (stage.document === document) return stage.set
  return algorithmOf(transform) === filter2Namespace ? undefined : before
}

const named = (uri: string | undefined) => (uri === undefined ? 'a Reference without URI' : `Reference "${uri}"`)

function refused(refusal: Refusal, detail: string): Extract<Dereferenced, { outcome: 'refused' }> {
  return { outcome: 'refused', refusal, detail }
}

function counted(source: ReferenceSource, write: Write): Write {
  return chunk => {
    source.spend(chunk.length)
    write(chunk)
  }
}

interface Start {
  readonly target: XmlDocument | XmlElement | undefined
  readonly stage: Stage
}

/** XMLDSig 1.1, 4.4.3.3: `''` and `#name` leave comments out, the XPointer forms keep them. */
function lookUp(uri: string | undefined, source: ReferenceSource): Start | Omit<ReturnType<typeof refused>, 'outcome'> {
  const { document, byId } = source
  if (uri === '' || uri === '#xpointer(/)') return nodes(document, source, uri !== '')
  if (uri === undefined || !uri.startsWith('#')) {
    const content = source.content(uri)
    if (content === undefined) return { refusal: 'absent', detail: `${named(uri)} is not in the document` }
    return { target: undefined, stage: { kind: 'octets', feed: write => feedContent(content, write, source) } }
  }
  const pointer = /^#xpointer\(id\((?:'([^']*)'|"([^"]*)")\)\)$/.exec(uri)
  const elements = byId.get(pointer === null ? uri.slice(1) : (pointer[1] ?? pointer[2] ?? '')) ?? []
  const [element, ...others] = elements
  if (element === undefined) return { refusal: 'absent', detail: `${named(uri)} names no element` }
  if (others.length > 0) return { refusal: 'ambiguous', detail: `${named(uri)} names ${elements.length} elements` }
  return nodes(element, source, pointer !== null)
}

function nodes(target: XmlDocument | XmlElement, source: ReferenceSource, comments: boolean): Start {
  const { document, signatures } = source
  return { target, stage: { kind: 'nodes', set: wholeOf(target), comments, document, signatures } }
}

async function feedContent(content: RandomAccess, write: Write, source: ReferenceSource): Promise<void> {
  source.pass(content)
  for await (const chunk of rangeOf(content)) write(chunk)
}

async function feedStage(stage: Stage, how: Canonicalisation, write: Write, source: ReferenceSource): Promise<void> {
  if (stage.kind === 'octets') return stage.feed(write)
  const { apex } = stage.set
  source.spend(costOf(stage.document, 'root' in apex ? apex.root.span : apex.span))
  canonicaliseTo(stage.set, { ...how, comments: (how.comments ?? false) && stage.comments }, counted(source, write))
}

/** Octets that a piece of markup counts for beyond its own, when it is walked through. */
const octetsPerPiece = 64

/** What walking through a part of a document costs, whatever comes out. */
function costOf({ bytes, pieces }: XmlDocument, { start, end }: XmlSpan): number {
  return (end - start) * (1 + (octetsPerPiece * pieces) / bytes.length)
}

/** Undefined for a transform that is not done. */
async function transformed(
  stage: Stage,
  transform: XmlElement,
  signature: XmlElement,
  source: ReferenceSource,
): Promise<Stage | undefined> {
  const algorithm = algorithmOf(transform)
  if (algorithm === base64Transform) {
    return holdsElements(stage) ? undefined : { kind: 'octets', feed: write => feedBase64(stage, write) }
  }
  const how = canonicalisationOf(transform)
  const known = how !== undefined || [envelopedTransform, xpathTransform, filter2Namespace].includes(algorithm)
  if (!known) return undefined
  const input = stage.kind === 'nodes' ? stage : await parsed(stage, source)
  if (how !== undefined) return { kind: 'octets', feed: write => feedStage(input, how, write, source) }
  const here = isWithin(signature, input.document.root)
  const { document, signatures } = input
  const context = { document, signatures, ...(here && { signature }) }
  source.spend(costOf(document, document.root.span) * Math.max(1, childElements(transform).length))
  const set = filtered(algorithm, input.set, transform, context)
  return set && { ...input, set }
}

function filtered(
  algorithm: string,
  set: NodeSet,
  transform: XmlElement,
  context: Parameters<typeof xpathFiltered>[2],
): NodeSet | undefined {
  if (algorithm === xpathTransform) return xpathFiltered(set, transform, context)
  if (algorithm === filter2Namespace) return filter2Filtered(set, transform, context)
  // A document of its own, such as a canonical form parsed again, does not hold the signature (AutoFirma's enveloped ones).
  return context.signature === undefined ? set : subtract(set, new Set([context.signature]))
}

/** Octets as a document of their own; comments are kept. */
async function parsed(stage: Stage & { kind: 'octets' }, source: ReferenceSource): Promise<Stage & { kind: 'nodes' }> {
  const document = parseXml(await gathered(stage.feed))
  source.spend(document.bytes.length)
  return { kind: 'nodes', set: wholeOf(document), comments: true, document, signatures: signaturesOf(document) }
}

/** Names and attributes inside base64 would be signed by nobody. */
function holdsElements(stage: Stage): boolean {
  if (stage.kind === 'octets') return false
  const { apex } = stage.set
  return childElements('root' in apex ? apex.root : apex).length > 0
}

/** XMLDSig 1.1, 6.6.2: of nodes, the text. */
async function feedBase64(stage: Stage, write: Write): Promise<void> {
  if (stage.kind === 'octets') {
    write(decodedBase64(Buffer.from(await gathered(stage.feed)).toString('latin1')))
    return
  }
  const { apex, has } = stage.set
  const element = 'root' in apex ? apex.root : apex
  write(has(element) ? octetsOf(element) : new Uint8Array())
}

async function gathered(feed: (write: Write) => Promise<void>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  await feed(chunk => {
    const octets = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    size += octets.length
    if (size > maxXmlOctets) throw new Fault('DOCUMENT_TOO_COMPLEX', 'signed content is too large to be transformed')
    chunks.push(octets)
  })
  return Buffer.concat(chunks)
}
