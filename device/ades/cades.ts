// Makes a CAdES baseline B signature in a file of its own (ETSI EN 319 122-1), over a content of any size that is read
// once. Its phases are values: prepare → digest for the signer → assemble; the value between them is JSON that gives the
// same bytes again after a power loss.

import type { Splice } from '../bytes.ts'
import { digestOf, hashName } from '../cms/algorithm.ts'
import { fileAsContent } from '../cms/content.ts'
import { signedData, signedDataAround } from '../cms/signed-data.ts'
import { type SigningIntent, signingIntent, verifiedParts } from '../cms/signing-intent.ts'
import type { RandomAccess } from '../ports.ts'
import { contentDigests } from './content-digests.ts'
import type { ContentStatement, Packaging, SignatureProperties, SignerIdentity } from './request.ts'

export interface CadesRequest extends SignerIdentity {
  readonly properties: SignatureProperties
  readonly content?: ContentStatement
}

/** A signature beside, or over, others that are there already. */
export interface FurtherCadesRequest extends CadesRequest {
  /** Also where that breaks an archive time-stamp which covers the certificates as a whole. */
  readonly breakArchives?: true
}

export type CadesPackaging = Extract<Packaging, 'enveloping' | 'detached'>

/** What is going to be signed; JSON. `digestToSign(intent)` is what the signer gets. */
export interface PreparedCades {
  readonly packaging: CadesPackaging
  /** Octets. */
  readonly contentLength: number
  readonly intent: SigningIntent
}

/** A signature file: bytes of its own, or what is put around the content. */
export type AssembledCades =
  | { readonly packaging: 'detached'; readonly signature: Uint8Array }
  | { readonly packaging: 'enveloping'; readonly splices: readonly Splice[] }

/** Phase one: one pass over the content. Throws KEY_REFUSED, CERTIFICATE_UNREADABLE. */
export async function prepareCades(
  content: RandomAccess,
  packaging: CadesPackaging,
  request: CadesRequest,
): Promise<PreparedCades> {
  const digests = contentDigests(fileAsContent(content))
  const documentDigest = await digests.of(hashName(digestOf(request.algorithm)))
  const intent = signingIntent({ ...request, kind: `CAdES-${packaging}`, documentDigest })
  return Object.freeze({ packaging, contentLength: content.size, intent })
}

/** Last phase. Throws SIGNATURE_INVALID unless the value verifies with the signer's certificate. */
export function assembleCades({ packaging, contentLength, intent }: PreparedCades, value: Uint8Array): AssembledCades {
  const parts = verifiedParts(intent, value)
  if (packaging === 'detached') return { packaging, signature: signedData(parts) }
  const { before, behind } = signedDataAround(parts, contentLength)
  return {
    packaging,
    splices: [
      { offset: 0, remove: 0, insert: before },
      { offset: contentLength, remove: 0, insert: behind },
    ],
  }
}
