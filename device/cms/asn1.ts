// Reads ASN.1 made by others (ITU-T X.690, BER and DER) as a tree whose every node knows its original octets and where
// they stand, because hashes and signatures go over those and never over a re-encoding, and extending puts octets in
// between them. The whole input is checked in one pass without allocating; nodes come into being when they are asked
// for. Malformed input is a value; depth and number of elements are bounded.

/** One element: `raw` is the whole TLV as it stands in the input, `content` what follows its header. */
export interface Asn1Node {
  /** The identifier octet; elements with longer identifiers have 0x1f in its low bits. */
  readonly tag: number
  /** Of the identifier octet in the input, counted from the `base` that it was read with. */
  readonly offset: number
  /** Octets of identifier and length. */
  readonly headerLength: number
  /** Octets of the content, without the end-of-contents octets of an indefinite length. */
  readonly contentLength: number
  /** Of indefinite length: closed by two end-of-contents octets instead of counted. */
  readonly indefinite: boolean
  readonly raw: Uint8Array
  readonly content: Uint8Array
  /** Empty for a primitive element. */
  readonly children: readonly Asn1Node[]
  /** Dotted form where the element is an OBJECT IDENTIFIER. */
  readonly oid?: string | undefined
}

export const maxAsn1Depth = 64
/** More than any certificate revocation list that is small enough to be embedded. */
const maxElements = 4_000_000
/** Six octets are 256 TiB; more could not be counted exactly. */
const maxLengthOctets = 6
const maxIdentifierOctets = 6
/** Octets of an OBJECT IDENTIFIER; RFC 5280, Appendix B, asks for far fewer. */
const maxOidOctets = 128

const constructedBit = 0x20
const longIdentifier = 0x1f
const indefiniteLength = 0x80
const endOfContentsOctets = 2

/** Where the content of an element starts and how long it is; -1 is an indefinite length. */
export interface ElementHeader {
  start: number
  length: number
}

/** Fills `header` with what stands at `at`; false where no identifier and length do before `limit`. */
export function readHeader(bytes: Uint8Array, at: number, limit: number, header: ElementHeader): boolean {
  const lengthAt = afterIdentifier(bytes, at, limit)
  if (lengthAt < 0 || lengthAt >= limit) return false
  const first = bytes[lengthAt] ?? 0
  header.start = lengthAt + 1
  if (first < indefiniteLength) {
    header.length = first
    return true
  }
  if (first === indefiniteLength) {
    header.length = -1
    return ((bytes[at] ?? 0) & constructedBit) !== 0
  }
  const octets = first & 0x7f
  header.start += octets
  if (octets > maxLengthOctets || header.start > limit) return false
  header.length = 0
  for (let index = lengthAt + 1; index < header.start; index++) {
    header.length = header.length * 256 + (bytes[index] ?? 0)
  }
  return true
}

function afterIdentifier(bytes: Uint8Array, at: number, limit: number): number {
  const first = bytes[at] ?? 0
  if (at >= limit || first === 0) return -1
  if ((first & longIdentifier) !== longIdentifier) return at + 1
  for (let index = at + 1; index < limit && index <= at + maxIdentifierOctets; index++) {
    if ((bytes[index] ?? 0) < 0x80) return index + 1
  }
  return -1
}

interface Scan {
  readonly bytes: Uint8Array
  readonly header: ElementHeader
  elementsLeft: number
}

/** Behind the element at `at`, everything inside it checked; -1 where it is malformed or too much. */
function endOfElement(scan: Scan, at: number, limit: number, depth: number): number {
  const { bytes, header } = scan
  if (depth > maxAsn1Depth || --scan.elementsLeft < 0 || !readHeader(bytes, at, limit, header)) return -1
  const { start, length } = header
  if (length < 0) return endOfIndefinite(scan, start, limit, depth)
  const end = start + length
  if (end > limit) return -1
  if (((bytes[at] ?? 0) & constructedBit) === 0) return end
  let next = start
  while (next >= 0 && next < end) next = endOfElement(scan, next, end, depth + 1)
  return next
}

function endOfIndefinite(scan: Scan, start: number, limit: number, depth: number): number {
  const { bytes } = scan
  let next = start
  while (next >= 0 && next + endOfContentsOctets <= limit) {
    if (bytes[next] === 0 && bytes[next + 1] === 0) return next + endOfContentsOctets
    next = endOfElement(scan, next, limit, depth + 1)
  }
  return -1
}

/**
 * The first element of `bytes` and its length in octets; undefined where they do not start with one that is well-formed
 * throughout. `base` is added to every offset: where `bytes` stand in the file that they were cut from.
 */
export function readAsn1(
  bytes: Uint8Array,
  base = 0,
): { readonly node: Asn1Node; readonly length: number } | undefined {
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const scan = { bytes: plain, header: { start: 0, length: 0 }, elementsLeft: maxElements }
  const end = endOfElement(scan, 0, plain.length, 0)
  return end < 0 ? undefined : { node: new Element(plain, 0, end, base), length: end }
}

/** The single element that fills `bytes`; undefined where they hold anything else. */
export function readWhole(bytes: Uint8Array, base = 0): Asn1Node | undefined {
  const read = readAsn1(bytes, base)
  return read !== undefined && read.length === bytes.length ? read.node : undefined
}

/** A class for once: thousands of these are made a second, and getters on a prototype cost nothing until they are used. */
class Element implements Asn1Node {
  readonly tag: number
  readonly offset: number
  readonly headerLength: number
  readonly contentLength: number
  readonly indefinite: boolean
  readonly #bytes: Uint8Array
  readonly #at: number
  readonly #end: number
  #children: readonly Asn1Node[] | undefined

  /** Of checked octets only. */
  constructor(bytes: Uint8Array, at: number, end: number, base: number) {
    const header = { start: 0, length: 0 }
    readHeader(bytes, at, end, header)
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.tag = bytes[at] ?? 0
    this.offset = base + at
    this.headerLength = header.start - at
    this.indefinite = header.length < 0
    this.contentLength = this.indefinite ? end - endOfContentsOctets - header.start : header.length
  }

  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end)
  }

  get content(): Uint8Array {
    const start = this.#at + this.headerLength
    return this.#bytes.subarray(start, start + this.contentLength)
  }

  get children(): readonly Asn1Node[] {
    this.#children ??= (this.tag & constructedBit) === 0 ? [] : this.#readChildren()
    return this.#children
  }

  get oid(): string | undefined {
    return this.tag === 0x06 ? dottedForm(this.content) : undefined
  }

  #readChildren(): Asn1Node[] {
    const scan = { bytes: this.#bytes, header: { start: 0, length: 0 }, elementsLeft: maxElements }
    const base = this.offset - this.#at
    const start = this.#at + this.headerLength
    const end = start + this.contentLength
    const children: Asn1Node[] = []
    for (let at = start; at < end; ) {
      readHeader(scan.bytes, at, end, scan.header)
      const { start: content, length } = scan.header
      // A counted element was checked with its parent; only one that is not counted has to be gone through again.
      const next = length < 0 ? endOfElement(scan, at, end, 0) : content + length
      children.push(new Element(this.#bytes, at, next, base))
      at = next
    }
    return children
  }
}

/** X.690, 8.19; undefined where the octets are no OBJECT IDENTIFIER. Arcs of any size stay exact. */
function dottedForm(content: Uint8Array): string | undefined {
  const last = content.at(-1)
  if (last === undefined || last >= 0x80 || content.length > maxOidOctets) return undefined
  const arcs: string[] = []
  let arc = 0n
  let small = 0
  let octets = 0
  for (const octet of content) {
    if (octets === 0 && octet === 0x80) return undefined
    octets += 1
    // Seven octets hold 49 bits, which a number counts exactly and fast.
    if (octets <= 7) small = small * 128 + (octet & 0x7f)
    else arc = (octets === 8 ? BigInt(small) : arc) * 128n + BigInt(octet & 0x7f)
    if (octet >= 0x80) continue
    const first = arcs.length > 0 ? undefined : octets > 1 || small >= 80 ? 2 : small >= 40 ? 1 : 0
    if (first !== undefined) arcs.push(String(first))
    if (octets <= 7) arcs.push(String(small - 40 * (first ?? 0)))
    else arcs.push(String(arc - 40n * BigInt(first ?? 0)))
    small = 0
    octets = 0
  }
  return arcs.join('.')
}
