// What can be asked of an XML signature beyond what every format has (EN 319 132-1; XMLDSig 1.1): what of the document it is
// over, where it stands, how it is canonicalised and digested, what its KeyInfo says, a Manifest.

import { digestOctets } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import type { DataObjectFormat } from './request.ts'

/** One thing that a Manifest is about: by its URI and digest alone. */
export interface ManifestEntry {
  readonly uri: string
  readonly digest: Uint8Array
  readonly format: DataObjectFormat
}

/** How ds:KeyInfo is, beside the certificates that it always holds. */
export interface KeyInfoOptions {
  /** A Reference of SignedInfo is over it. */
  readonly signed?: boolean
  readonly keyValue?: boolean
  readonly keyName?: boolean
  readonly issuerSerial?: boolean
}

/** Everything absent: as it is usually done here. JSON but for bytes. */
export interface XadesOptions {
  /** Id of the ds:Signature; where the document has such an Id already, one that begins with it. */
  readonly signatureId?: string
  /** Id of the element that is signed instead of the document. */
  readonly nodeToSign?: string
  /** Location path of the element that an enveloped signature becomes the last child of. */
  readonly insertAt?: string
  /**
   * What an enveloped signature leaves out of what it is over: every signature, as where nothing is said; itself, so that
   * it does not hold beside another; nothing.
   */
  readonly leavesOut?: 'signatures' | 'itself' | 'nothing'
  /** An invoice (Facturae): its only transform is that of enveloped signatures. */
  readonly invoice?: boolean
  /** Into a ds:Manifest: these, or the content itself. */
  readonly manifest?: readonly ManifestEntry[] | 'content'
  /** What a Reference calls content outside of the file. */
  readonly contentUri?: string
  /** The content is a digest, by this algorithm, of what is signed. */
  readonly precalculated?: DigestAlgorithm
  /** Of every Reference; absent: that of the signature algorithm. */
  readonly referencesDigest?: DigestAlgorithm
  /** URI, for SignedInfo and everything signed that is XML; absent: Exclusive. */
  readonly canonicalisation?: string
  /** No canonicalising transform over signed XML: it is done by the default of XMLDSig. */
  readonly implicitCanonicalisation?: boolean
  readonly keyInfo?: KeyInfoOptions
  /** Content in Base64 is signed as that text, and not as the octets that it stands for. */
  readonly signsBase64Text?: boolean
  /** Content that is Base64 already is not encoded once more. */
  readonly isBase64?: boolean
  /** Name of the encoding that the file is written in. */
  readonly outputEncoding?: string
  /** false: a signature with an archive time-stamp gets no other beside or over it. */
  readonly allowArchived?: boolean
  /** Beside an enveloping signature, which the AGE policy does not allow: left out (true) or refused (false). */
  readonly avoidAgePolicy?: boolean
}

/** Whether what is signed is not the content that was given. */
export function isElsewhere({ manifest, precalculated }: XadesOptions): boolean {
  return precalculated !== undefined || typeof manifest === 'object'
}

/** The digest that a content is, where it is said to be one; throws REQUEST_INVALID for one of another length. */
export function givenDigest(content: Uint8Array, algorithm: DigestAlgorithm): Uint8Array {
  if (content.length === digestOctets(algorithm)) return content
  throw new Fault('REQUEST_INVALID', `the content is no ${algorithm} digest`)
}
