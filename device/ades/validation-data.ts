// Whose certificates a signature rests on, and the gathering of everything that validates them: its signer, its
// countersigners and the authorities of its time-stamps (level LT of EN 319 122-1, 319 132-1 and 319 142-1, each 6.3).

import { Fault } from '../errors.ts'
import type { Certificate } from '../trust/certificate.ts'
import { type Evidence, mergeEvidence } from '../trust/evidence.ts'
import type { SignatureFound } from '../trust/found.ts'
import { type GatheredEvidence, gatherEvidence } from '../trust/gather.ts'
import type { GatherPurpose, GatherTools } from '../trust/gather-tools.ts'
import { readTimestampToken, type TimestampToken } from '../trust/timestamp-token.ts'

/** A time-stamp whose authority is known. Throws SIGNATURE_BROKEN for one that cannot be read, CHAIN_INCOMPLETE. */
export function authorityOf(der: Uint8Array): TimestampToken & { readonly signer: Certificate } {
  const read = readTimestampToken(der)
  if (read.outcome === 'malformed') throw new Fault('SIGNATURE_BROKEN', `a time-stamp in the file: ${read.detail}`)
  const { signer } = read.token
  if (signer !== undefined) return { ...read.token, signer }
  throw new Fault('CHAIN_INCOMPLETE', 'a time-stamp does not hold its authority’s certificate')
}

/**
 * Chain and state of every certificate that the signatures and these tokens rest on, their own certificates among them.
 * Throws CHAIN_INCOMPLETE for a signature without its signer's certificate, and what gathering throws.
 */
export async function validationData(
  signatures: readonly SignatureFound[],
  tokens: readonly Uint8Array[],
  tools: GatherTools,
  purpose: GatherPurpose = 'embed',
): Promise<GatheredEvidence> {
  const authorities = tokens.map(authorityOf)
  const certificates = distinct([...signatures.map(signerOf), ...authorities.map(({ signer }) => signer)])
  const embedded = signatures.map(({ evidence }) => evidence)
  const known = mergeEvidence(...embedded, ...authorities.map(({ evidence }) => evidence))
  const at = authorities.length === 0 ? tools.clock.now() : Math.max(...authorities.map(({ genTime }) => genTime))
  const gathered = await gatherEvidence({ certificates, known, at, purpose }, tools)
  const own: Evidence = { certificates: certificates.map(({ der }) => der), ocsps: [], crls: [] }
  return { ...mergeEvidence(own, gathered), answeredEarlier: gathered.answeredEarlier }
}

function signerOf({ signer }: SignatureFound): Certificate {
  if (signer !== undefined) return signer
  throw new Fault('CHAIN_INCOMPLETE', 'a signature without its signer’s certificate')
}

function distinct(certificates: readonly Certificate[]): Certificate[] {
  return [...new Map(certificates.map(one => [one.facts.sha256, one])).values()]
}
