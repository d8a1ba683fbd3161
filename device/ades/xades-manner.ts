// In which manner one XML signature is written: how what it is over becomes octets, and by what these are digested. Usually
// Exclusive, whose octets do not depend on what stands around; an inclusive canonicalisation is done in those surroundings.

import { createHash } from 'node:crypto'
import { digestOf, hashName } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, SignatureAlgorithm } from '../ports.ts'
import { canonicalisationBy } from '../xml/algorithms.ts'
import { type Canonicalisation, type CanonicalTarget, canonicalise } from '../xml/canonical.ts'
import type { XmlElement } from '../xml/node.ts'
import { parseXml } from '../xml/parse.ts'
import { noSurroundings, type Surroundings } from '../xml/surroundings.ts'
import { descendantsOf } from '../xml/walk.ts'
import { exclusiveC14n, namespaces } from './xades-names.ts'
import type { XadesOptions } from './xades-options.ts'

export interface Manner {
  /** Of every Reference. */
  readonly digestAlgorithm: DigestAlgorithm
  /** URI of the canonicalisation of SignedInfo and of what the signature says of itself. */
  readonly canonicalisation: string
  /** A ds:Transform with it, where what is signed is XML of somebody else; empty where it is left to the default. */
  readonly dataTransform: string
  /** The ds:Transforms of a Reference to a part of the signature itself. */
  readonly ownTransforms: string
  digest(octets: Uint8Array): Uint8Array
  /** Octets of signed XML; comments are left out, as a Reference by name leaves them (XMLDSig 1.1, 4.4.3.3). */
  data(target: CanonicalTarget): Uint8Array
  /** Octets of one element of markup that goes into a ds:Signature in these surroundings. */
  part(markup: string, namespace: 'ds' | 'xades', local: string, around?: Surroundings): Uint8Array
}

/** Throws REQUEST_INVALID for a canonicalisation that is not done. */
export function mannerOf(algorithm: SignatureAlgorithm, options: XadesOptions = {}): Manner {
  const { canonicalisation = exclusiveC14n, referencesDigest = digestOf(algorithm), invoice = false } = options
  const implicit = invoice || (options.implicitCanonicalisation ?? false)
  const how = canonicalisationBy(canonicalisation)
  if (how === undefined) throw new Fault('REQUEST_INVALID', `canonicalisation ${canonicalisation}`)
  const dataHow: Canonicalisation = { method: implicit ? 'c14n10' : how.method }
  return Object.freeze({
    digestAlgorithm: referencesDigest,
    canonicalisation,
    dataTransform: implicit ? '' : canonicalTransform(canonicalisation),
    ownTransforms: `<ds:Transforms>${canonicalTransform(canonicalisation)}</ds:Transforms>`,
    digest: (octets: Uint8Array) => createHash(hashName(referencesDigest)).update(octets).digest(),
    data: (target: CanonicalTarget) => canonicalise(target, dataHow),
    part: (markup: string, namespace: 'ds' | 'xades', local: string, around: Surroundings = noSurroundings) =>
      canonicalise(partOf(markup, namespace, local, around), how),
  })
}

export function canonicalTransform(uri: string): string {
  return `<ds:Transform Algorithm="${uri}"></ds:Transform>`
}

function partOf(markup: string, namespace: 'ds' | 'xades', local: string, { before, after }: Surroundings): XmlElement {
  const signature = `<ds:Signature xmlns:ds="${namespaces.ds}">${markup}</ds:Signature>`
  const document = parseXml(Buffer.from(before + signature + after))
  const part = descendantsOf(document.root, namespaces[namespace], local)[0]
  if (part === undefined) throw new Fault('INTERNAL', `no ${local} in a signature of ours`)
  return part
}
