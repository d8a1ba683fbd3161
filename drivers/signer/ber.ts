// Reading BER as PKCS#12 files have it: definite or indefinite lengths, octet strings in one piece or in many. Every wrong
// shape throws BerError, so that a reader of a structure states what it wants and nothing else.

import { type BaseBlock, Constructed, fromBER, Integer, ObjectIdentifier, OctetString, Primitive } from 'asn1js'

/** The bytes do not have the structure that was asked for. */
export class BerError extends Error {
  override readonly name = 'BerError'
}

export type Node = BaseBlock

/** One value; whatever follows it is left alone, for some programs pad. */
export function parse(bytes: Uint8Array): Node {
  const { offset, result } = fromBER(Uint8Array.from(bytes))
  if (offset < 0) throw new BerError('no BER')
  return result
}

/** The parts of a SEQUENCE, a SET or a constructed context tag. */
export function parts(node: Node | undefined): readonly Node[] {
  if (node instanceof Constructed) return node.valueBlock.value
  throw new BerError('a constructed value was expected')
}

/** One part of a constructed value. */
export function part(node: Node | undefined, index: number): Node {
  const found = parts(node)[index]
  if (found === undefined) throw new BerError(`part ${index} is missing`)
  return found
}

/** Contents of an OCTET STRING, or of a context tag in its place. */
export function octets(node: Node | undefined): Uint8Array {
  if (node instanceof OctetString) return new Uint8Array(node.getValue())
  if (node instanceof Primitive) return node.valueBlock.valueHexView
  return Buffer.concat(parts(node).map(octets))
}

/** Dotted. */
export function identifier(node: Node | undefined): string {
  if (node instanceof ObjectIdentifier) return node.getValue()
  throw new BerError('an object identifier was expected')
}

/** A small one. */
export function integer(node: Node | undefined): number {
  if (node instanceof Integer && !node.valueBlock.isHexOnly) return node.valueBlock.valueDec
  throw new BerError('a small integer was expected')
}

export function isInteger(node: Node | undefined): boolean {
  return node instanceof Integer
}

/** The value with its own tag and length, as it stood. */
export function encoded(node: Node): Uint8Array {
  return Uint8Array.from(node.valueBeforeDecodeView)
}

/** Number of a context-specific tag, or undefined. */
export function contextTag(node: Node): number | undefined {
  return node.idBlock.tagClass === 3 ? node.idBlock.tagNumber : undefined
}
