// Reads ASN.1 made by others as a tree whose every node still knows its original bytes, because hashes and signatures go
// over those and never over a re-encoding. Malformed input is a value; asn1js bounds depth and number of nodes.

import { Constructed, fromBER, ObjectIdentifier } from 'asn1js'

/** One element: `raw` is the whole TLV as it stands in the input, `content` what follows its header. */
export interface Asn1Node {
  /** The identifier octet; elements with longer identifiers have 0x1f in its low bits. */
  readonly tag: number
  readonly raw: Uint8Array
  readonly content: Uint8Array
  readonly children: readonly Asn1Node[]
  /** Dotted form where the element is an OBJECT IDENTIFIER. */
  readonly oid?: string
}

type Block = NonNullable<ReturnType<typeof fromBER>['result']>

/** The first element of `bytes` and its length in octets; undefined where they do not start with one. */
export function readAsn1(bytes: Uint8Array): { readonly node: Asn1Node; readonly length: number } | undefined {
  if (bytes.length === 0) return undefined
  const { offset, result } = fromBER(bytes)
  return offset < 0 ? undefined : { node: nodeOf(result), length: offset }
}

/** The single element that fills `bytes`; undefined where they hold anything else. */
export function readWhole(bytes: Uint8Array): Asn1Node | undefined {
  const read = readAsn1(bytes)
  return read !== undefined && read.length === bytes.length ? read.node : undefined
}

function nodeOf(block: Block): Asn1Node {
  const raw = block.valueBeforeDecodeView
  return {
    tag: raw[0] ?? 0,
    raw,
    content: raw.subarray(block.idBlock.blockLength + block.lenBlock.blockLength),
    children: block instanceof Constructed ? block.valueBlock.value.map(nodeOf) : [],
    ...(block instanceof ObjectIdentifier && { oid: block.getValue() }),
  }
}
