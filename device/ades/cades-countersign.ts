// Countersigns signatures of a CMS (RFC 5652, 11.4; ETSI EN 319 122-1, 5.2.7): a SignerInfo over each chosen signature's
// value, as an unsigned attribute of it. Which ones: the leaves of the tree of signatures, all of the tree, or one
// SignerInfo, as AutoFirma's `target` has it. Each needs a value of its own from the signer.

import { createHash } from 'node:crypto'
import type { Splice } from '../bytes.ts'
import { digestIdentifier, digestOf, hashName } from '../cms/algorithm.ts'
import { attribute } from '../cms/attributes.ts'
import { additionEdits, type PlacedSigner, placedSigners, unsignedEdit } from '../cms/edit.ts'
import { oids } from '../cms/oids.ts'
import { openCms } from '../cms/open.ts'
import { signerInfo } from '../cms/signed-data.ts'
import { type SigningIntent, signingIntent, verifiedParts } from '../cms/signing-intent.ts'
import { splicesOf } from '../cms/splice.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import type { FurtherCadesRequest } from './cades.ts'
import { checkOpenSets, existingCades } from './cades-existing.ts'

/** `leafs`: signatures that nobody countersigned; `tree`: every signature; or the SignerInfo of an index from 0. */
export type CountersignTarget = 'leafs' | 'tree' | { readonly signer: number }

/** JSON. `digestToSign(intent)` of each is what the signer gets. */
export interface PreparedCountersignatures {
  /** Octets of the signature file in binary form that was prepared for. */
  readonly fileLength: number
  readonly signatures: readonly {
    /** Index of the SignerInfo, then of countersignatures in it. */
    readonly position: readonly number[]
    readonly intent: SigningIntent
  }[]
}

/** Phase one. Throws CMS_UNREADABLE, SIGNATURE_ABSENT, SIGNATURE_FORMAT_REFUSED, KEY_REFUSED. */
export async function prepareCountersignatures(
  file: RandomAccess,
  target: CountersignTarget,
  request: FurtherCadesRequest,
): Promise<PreparedCountersignatures> {
  const { file: binary, signedData } = await existingCades(file, undefined, [])
  if (request.breakArchives !== true) checkOpenSets(signedData)
  const chosen = placedSigners(signedData).filter(placed => isTarget(placed, target))
  if (chosen.length === 0) throw new Fault('SIGNATURE_ABSENT', 'no signature that could be countersigned')
  const hash = hashName(digestOf(request.algorithm))
  const signatures = chosen.map(({ signer, position }) => {
    const documentDigest = createHash(hash).update(signer.signature).digest()
    return { position, intent: signingIntent({ ...request, kind: 'CAdES-countersignature', documentDigest }) }
  })
  return Object.freeze({ fileLength: binary.size, signatures })
}

function isTarget({ signer, position }: PlacedSigner, target: CountersignTarget): boolean {
  if (target === 'tree') return true
  if (target === 'leafs') return signer.countersignatures.length === 0
  return position.length === 1 && position[0] === target.signer
}

/**
 * Last phase, with a value for each prepared signature in its order: what is spliced into the signature file (in binary
 * form, `openCms`). Throws SIGNATURE_INVALID unless every value verifies with the signer's certificate.
 */
export async function assembleCountersignatures(
  file: RandomAccess,
  { fileLength, signatures }: PreparedCountersignatures,
  values: readonly Uint8Array[],
): Promise<readonly Splice[]> {
  const { file: binary, signedData } = await openCms(file)
  if (binary.size !== fileLength) throw new Fault('INTERNAL', 'the signature file is not the one that was prepared for')
  const placed = new Map(placedSigners(signedData).map(one => [one.position.join('.'), one]))
  const additions = { digestAlgorithms: [] as Uint8Array[], certificates: [] as Uint8Array[] }
  const edits = signatures.map(({ position, intent }, index) => {
    const signed = placed.get(position.join('.'))
    const value = values[index]
    if (signed === undefined || value === undefined) throw new Fault('INTERNAL', 'a countersignature without its place')
    const parts = verifiedParts(intent, value)
    additions.digestAlgorithms.push(digestIdentifier(digestOf(intent.algorithm)))
    additions.certificates.push(parts.certificate, ...parts.chain)
    return unsignedEdit(signed, [attribute(oids.countersignature, signerInfo(parts))])
  })
  return splicesOf([...additionEdits(signedData, additions), ...edits])
}
