// Takes a SignedData made by anybody apart (RFC 5652, 5), in DER or BER, in memory or in a file of any size, keeping the
// original octets of everything that is hashed, signed or compared. It decides nothing about validity; what cannot be
// read at all comes back as a reason.

import type { RandomAccess } from '../ports.ts'
import type { Asn1Node } from './asn1.ts'
import { concat, contextual, objectIdentifier, octetString, sequence, tlv } from './der.ts'
import { type Extent, locateSignedData, type SignedDataLayout } from './layout.ts'
import { oids } from './oids.ts'
import { readFromBytes, readFromFile } from './reading.ts'
import { type ParsedSigner, parseSigners } from './signer-info.ts'

export interface ParsedSignedData {
  readonly layout: SignedDataLayout
  /** eContentType. */
  readonly contentType: string
  /** Whether the content is inside (eContent), which PAdES forbids. */
  readonly attached: boolean
  /** Octets of eContent; absent where it is detached, or was left in the file (see `layout.content`). */
  readonly content?: Uint8Array
  /** Algorithms in digestAlgorithms, dotted. */
  readonly digestAlgorithms: readonly string[]
  /** DER of each certificate as it stands; other choices of CertificateSet are left out. */
  readonly certificates: readonly Uint8Array[]
  /** DER of each CertificateList as it stands. */
  readonly crls: readonly Uint8Array[]
  /** DER of each OCSPResponse (RFC 5940, 2); a BasicOCSPResponse that stands alone is given the response around it. */
  readonly ocsps: readonly Uint8Array[]
  readonly signers: readonly ParsedSigner[]
  /** Octets other than zero padding follow the SignedData. */
  readonly trailingData: boolean
}

export type ParseOutcome =
  | { readonly outcome: 'parsed'; readonly signedData: ParsedSignedData }
  | { readonly outcome: 'malformed'; readonly detail: string }

/** Reads a CMS, with or without zero padding behind it. */
export function parseSignedData(bytes: Uint8Array): ParseOutcome {
  const located = readFromBytes(bytes, locateSignedData(bytes.length))
  return located.outcome === 'malformed' ? located : parsedFrom(located.layout, bytes)
}

/** Reads a CMS in a file without loading its content; `layout.content` says where that lies. */
export async function readSignedDataFrom(file: RandomAccess): Promise<ParseOutcome> {
  const located = await readFromFile(file, locateSignedData(file.size))
  return located.outcome === 'malformed' ? located : parsedFrom(located.layout)
}

function parsedFrom(layout: SignedDataLayout, bytes?: Uint8Array): ParseOutcome {
  const signers = parseSigners(layout.signerInfos.children)
  if (signers === undefined)
    return { outcome: 'malformed', detail: 'a SignerInfo lacks its fields, or there are too many' }
  const revocation = layout.crls?.children ?? []
  const signedData = {
    layout,
    contentType: layout.eContentType.oid ?? '',
    attached: layout.content !== undefined,
    ...(bytes !== undefined && layout.content !== undefined && { content: contentIn(bytes, layout.content) }),
    digestAlgorithms: layout.digestAlgorithms.children.flatMap(one => one.children[0]?.oid ?? []),
    certificates: (layout.certificates?.children ?? []).filter(choice => choice.tag === 0x30).map(choice => choice.raw),
    ...revocationValues(revocation),
    signers,
    trailingData: layout.trailingData,
  }
  return { outcome: 'parsed', signedData }
}

function contentIn(bytes: Uint8Array, extents: readonly Extent[]): Uint8Array {
  const pieces = extents.map(({ offset, length }) => bytes.subarray(offset, offset + length))
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : concat(pieces)
}

/** What RevocationInfoChoices hold. */
export function revocationValues(choices: readonly Asn1Node[]): Pick<ParsedSignedData, 'crls' | 'ocsps'> {
  return {
    crls: choices.filter(choice => choice.tag === 0x30).map(choice => choice.raw),
    ocsps: choices.flatMap(ocspResponseIn),
  }
}

/** OtherRevocationInfoFormat, [1] IMPLICIT in RevocationInfoChoice (RFC 5652, 10.2.1). */
function ocspResponseIn(choice: Asn1Node): Uint8Array[] {
  const [format, value] = choice.tag === 0xa1 ? choice.children : []
  if (value === undefined) return []
  if (format?.oid === oids.ocspResponse) return [value.raw]
  return format?.oid === oids.ocspBasic ? [asOcspResponse(value.raw)] : []
}

/** RFC 6960, 4.2.1: an OCSPResponse `successful` around a BasicOCSPResponse. */
export function asOcspResponse(basic: Uint8Array): Uint8Array {
  const bytes = sequence(objectIdentifier(oids.ocspBasic), octetString(basic))
  return sequence(tlv(0x0a, Uint8Array.of(0)), contextual(0, bytes))
}
