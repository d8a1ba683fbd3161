// The phases of a PAdES signature (ETSI EN 319 142-1, 6.3): the update with room for the CMS → the digest and what is going
// to be signed → the signature value → the CMS, with a signature-time-stamp at level T, in its room. What a phase returns
// can be stored and the next one taken up again after a power loss; the token is asked once.

import { createHash } from 'node:crypto'
import { digestOf, hashName } from '../cms/algorithm.ts'
import { attribute } from '../cms/attributes.ts'
import { oids } from '../cms/oids.ts'
import { signedData } from '../cms/signed-data.ts'
import { cmsReserveOctets, type SigningIntent, signingIntent, verifiedParts } from '../cms/signing-intent.ts'
import { Fault } from '../errors.ts'
import { type AttachmentRequest, addAttachment } from '../pdf/attachment.ts'
import { isSigned, type PdfDocument } from '../pdf/document.ts'
import { createDraft, type Draft } from '../pdf/draft.ts'
import type { FileHash } from '../pdf/file-hash.ts'
import { addPageImage, type PageImageRequest } from '../pdf/page-image.ts'
import type { AllowedChanges } from '../pdf/permissions.ts'
import { type FillOutcome, fillContents, type PreparedSignature, signedParts } from '../pdf/signature-dictionary.ts'
import { prepareSignature, type SignatureFieldRequest } from '../pdf/signature-field.ts'
import type { SignatureAppearance } from '../pdf/signature-widget.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { obtainTimestamp, type TimestampTools } from '../trust/timestamp-request.ts'
import type { SignatureProperties, SignerIdentity, SignerLocation } from './request.ts'

export interface PadesRequest extends SignerIdentity, PadesContent {
  readonly properties: SignatureProperties
  /** Room for a signature-time-stamp, octets; absent for a signature of level B. */
  readonly timestampOctets?: number
  /** Room for the whole CMS at least, octets. */
  readonly reservedOctets?: number
}

/** What a signature says and shows in the PDF, whoever makes it. */
export interface PadesContent {
  readonly properties: Pick<SignatureProperties, 'signingTime' | 'location'>
  /** An empty field of the document's to fill, or the wished name of a new one. */
  readonly fieldName: string
  readonly name?: string
  /** Not beside a policy or commitments in `properties` (EN 319 142-1, 6.3). */
  readonly reason?: string
  readonly contactInfo?: string
  /** Certifies the document; only as its first signature. */
  readonly certify?: AllowedChanges
  readonly appearance?: SignatureAppearance
  /** Put into the document before it is signed, which none may be that is signed already. */
  readonly pageImage?: PageImageRequest
  readonly attachment?: AttachmentRequest
}

/** Room that the time-stamp tokens of the known authorities fit in, their certificates included; octets. */
export const usualTimestampOctets = 10_240
/** Headers around a token that is an unsigned attribute; octets. */
const attributeOverhead = 64

/**
 * Phase one: the update, its /Contents still empty. Throws what `prepareSignature` throws, KEY_REFUSED for a key or
 * algorithm that must not sign, REQUEST_INVALID for a reason beside a policy or commitments, and for what would change the
 * content of a document that is signed already.
 */
export async function preparePades(document: PdfDocument, request: PadesRequest): Promise<PreparedSignature> {
  const { properties, reason, timestampOctets } = request
  const explained = properties.policy !== undefined || (properties.commitments?.length ?? 0) > 0
  if (reason !== undefined && explained) {
    throw new Fault('REQUEST_INVALID', 'a reason cannot stand beside a signature policy or a commitment type')
  }
  const room = timestampOctets === undefined ? 0 : timestampOctets + attributeOverhead
  return prepareContent(document, request, {
    reservedBytes: Math.max(cmsReserveOctets(request) + room, request.reservedOctets ?? 0),
    digestAlgorithm: digestOf(request.algorithm),
    timestamped: timestampOctets !== undefined,
  })
}

/** The update with room for a CMS of which no more is known than this. Throws as `preparePades` does. */
export async function prepareContent(
  document: PdfDocument,
  content: PadesContent,
  cms: Required<Pick<SignatureFieldRequest, 'reservedBytes' | 'digestAlgorithm' | 'timestamped'>>,
): Promise<PreparedSignature> {
  const { properties, fieldName, name, reason, contactInfo, certify, appearance } = content
  const location = placeOf(properties.location)
  const draft = createDraft(document)
  await addContent(draft, content)
  return prepareSignature(draft, {
    kind: 'signature',
    fieldName,
    ...cms,
    signingTime: properties.signingTime,
    ...(name !== undefined && { name }),
    ...(reason !== undefined && { reason }),
    ...(location !== undefined && { location }),
    ...(contactInfo !== undefined && { contactInfo }),
    ...(certify !== undefined && { certify }),
    ...(appearance !== undefined && { appearance }),
  })
}

async function addContent(draft: Draft, { pageImage, attachment, appearance }: PadesContent): Promise<void> {
  const asked = {
    'an image on its pages': pageImage,
    'an attachment': attachment,
    'a page more': appearance?.page === 'append' ? appearance : undefined,
  }
  const wanted = Object.entries(asked).find(([, one]) => one !== undefined)
  if (wanted && (await isSigned(draft.document))) {
    throw new Fault('REQUEST_INVALID', `the document is signed already: ${wanted[0]} would break that signature`)
  }
  if (wanted && draft.document.encryption?.mayCreateFields === false) {
    throw new Fault('PDF_ENCRYPTED', 'its permissions (/P) let only who has the owner’s password change it')
  }
  if (pageImage) await addPageImage(draft, pageImage)
  if (attachment) await addAttachment(draft, attachment)
}

/** /Location, in one line. */
function placeOf(location: SignerLocation | undefined): string | undefined {
  if (location === undefined) return undefined
  const { street, postalCode, city, province, country } = location
  const town = [postalCode, city].filter(part => part !== undefined).join(' ')
  const parts = [street, town, province, country].filter(part => part !== undefined && part !== '')
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** Phase two: what is going to be signed. `original` is the file's hash, by the digest algorithm of the signature too. */
export function intendPades(prepared: PreparedSignature, request: PadesRequest, original: FileHash): SigningIntent {
  const documentDigest = original.digest(hashName(digestOf(request.algorithm)), signedParts(prepared))
  return signingIntent({ ...request, kind: 'PAdES', documentDigest })
}

export interface SignatureTimestampRequest {
  readonly digestAlgorithm: DigestAlgorithm
  /** Policy asked of the authority, dotted. */
  readonly policy?: string
}

/** The DER of a token over the signature value. Throws what `obtainTimestamp` throws. */
export async function stampSignature(
  signature: Uint8Array,
  { digestAlgorithm, policy }: SignatureTimestampRequest,
  tools: TimestampTools,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const digest = createHash(hashName(digestAlgorithm)).update(signature).digest()
  const token = await obtainTimestamp(
    { digestAlgorithm, digest, ...(policy !== undefined && { policy }) },
    tools,
    signal,
  )
  return token.der
}

/**
 * Last phase: the update with the CMS in it, and `timestamp`, a token over the signature value, in that. `too-long` only
 * for a token that needs more than `timestampOctets`; without it the signature is still good, at level B. Throws
 * SIGNATURE_INVALID unless the value verifies with the signer's certificate.
 */
export function assemblePades(
  prepared: PreparedSignature,
  intent: SigningIntent,
  signature: Uint8Array,
  timestamp?: Uint8Array,
): FillOutcome {
  const stamp = timestamp && attribute(oids.signatureTimestamp, timestamp)
  const parts = verifiedParts(intent, signature)
  return fillContents(prepared, signedData({ ...parts, ...(stamp && { unsignedAttributes: [stamp] }) }))
}
