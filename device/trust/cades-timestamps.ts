// The time-stamps in a SignerInfo, each with what it has to be about: content-time-stamp, signature-time-stamp and
// archive-time-stamp-v3 with its hash index (ETSI EN 319 122-1, 5.2.8, 5.3, 5.5). Tokens are not judged here.

import { createHash } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import { archiveTimestampImprint, coverageOf, type HashIndex, hashIndexIn } from '../cms/archive-timestamp.ts'
import { oids } from '../cms/oids.ts'
import { type ParsedSignedData, revocationValues } from '../cms/parse.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import { Fault } from '../errors.ts'
import { type Evidence, mergeEvidence } from './evidence.ts'
import type { TimestampFound } from './found.ts'
import type { Finding } from './report.ts'
import { hashOf } from './signature-scheme.ts'
import { readTimestampToken } from './timestamp-token.ts'

export interface CadesTimestampsRequest {
  readonly signedData: ParsedSignedData
  readonly signer: ParsedSigner
  /** Digest of what was signed; absent where that is not at hand, and then only signature-time-stamps are found. */
  readonly contentDigest?: (hash: HashName) => Promise<Uint8Array>
}

/** Of one signature, as in XAdES; every archive time-stamp is over all that is there before it. */
const maxTimestamps = 50

/** Throws DOCUMENT_TOO_COMPLEX. Oldest first: over the content, over the signature, then archive time-stamps by their time. */
export function cadesTimestamps({ signedData, signer, contentDigest }: CadesTimestampsRequest): TimestampFound[] {
  const all = [signer.unsigned.get(oids.signatureTimestamp), signer.unsigned.get(oids.archiveTimestampV3)]
  const count = all.flatMap(tokensIn).length
  if (count > maxTimestamps) throw new Fault('DOCUMENT_TOO_COMPLEX', `${count} time-stamps`)
  const signature = tokensIn(signer.unsigned.get(oids.signatureTimestamp)).map(token => signatureStamp(signer, token))
  if (contentDigest === undefined) return signature
  const content = tokensIn(signer.attributes.get(oids.contentTimestamp)).map(token =>
    contentStamp(token, contentDigest),
  )
  const archive = tokensIn(signer.unsigned.get(oids.archiveTimestampV3))
    .map(token => ({ token, genTime: genTimeOf(token) }))
    .toSorted((a, b) => a.genTime - b.genTime)
    .map(({ token }) => archiveStamp(token, { signedData, signer, contentDigest }))
  return [...content, ...signature, ...archive]
}

function tokensIn(occurrences: ReturnType<ParsedSigner['unsigned']['get']>): Uint8Array[] {
  return (occurrences ?? []).flatMap(values => values.map(value => value.raw))
}

/** A token that cannot be read comes last; judging it says why. */
function genTimeOf(token: Uint8Array): number {
  const read = readTimestampToken(token)
  return read.outcome === 'read' ? read.token.genTime : Number.POSITIVE_INFINITY
}

function signatureStamp({ signature }: ParsedSigner, token: Uint8Array): TimestampFound {
  return { kind: 'signature', token, findings: [], imprint: async hash => createHash(hash).update(signature).digest() }
}

function contentStamp(token: Uint8Array, imprint: TimestampFound['imprint']): TimestampFound {
  return { kind: 'content', token, findings: [], imprint }
}

function archiveStamp(token: Uint8Array, request: Required<CadesTimestampsRequest>): TimestampFound {
  const index = hashIndexIn(token)
  if (index === undefined) {
    const detail = 'an archive-time-stamp-v3 without exactly one hash index'
    return {
      kind: 'archive',
      token,
      findings: [{ subIndication: 'FORMAT_FAILURE', detail }],
      imprint: async () => new Uint8Array(),
    }
  }
  const { signedData, signer, contentDigest } = request
  return {
    kind: 'archive',
    token,
    ...coveredBy(token, index, request),
    imprint: async hash =>
      archiveTimestampImprint(signedData, signer, {
        hash,
        contentDigest: await contentDigest(hash),
        hashIndex: index.raw,
      }),
  }
}

function coveredBy(
  token: Uint8Array,
  index: HashIndex,
  { signedData, signer }: CadesTimestampsRequest,
): Pick<TimestampFound, 'findings' | 'covers'> {
  const hash = hashOf(index.algorithm)
  const read = readTimestampToken(token)
  // EN 319 122-1, 5.5.2: the same algorithm as the message imprint's, or the list would be weaker than what it is in.
  if (hash === undefined || (read.outcome === 'read' && read.token.imprint.algorithm !== index.algorithm)) {
    return { findings: [formatFailure(`a hash index by ${index.algorithm} in a time-stamp by another algorithm`)] }
  }
  const coverage = coverageOf(index, signedData, signer, hash)
  const lost: Finding = {
    subIndication: 'HASH_FAILURE',
    detail: `${coverage.unmatched} values that an archive time-stamp covers are changed or gone`,
  }
  return { findings: coverage.unmatched === 0 ? [] : [lost], covers: evidenceCovered(coverage) }
}

function formatFailure(detail: string): Finding {
  return { subIndication: 'FORMAT_FAILURE', detail }
}

/** The covered values themselves, and those inside covered time-stamps. */
function evidenceCovered({ certificates, crls, unsigned }: ReturnType<typeof coverageOf>): Evidence {
  const tokens = unsigned
    .filter(({ type }) => type === oids.signatureTimestamp || type === oids.archiveTimestampV3)
    .flatMap(({ values }) => values.map(value => value.raw))
  const own = {
    certificates: certificates.filter(({ tag }) => tag === 0x30).map(({ raw }) => raw),
    ...revocationValues(crls),
  }
  return mergeEvidence(own, ...tokens.map(evidenceInToken))
}

/** What a token brings with it; nothing where it cannot be read. */
export function evidenceInToken(token: Uint8Array): Evidence {
  const read = readTimestampToken(token)
  return read.outcome === 'read' ? read.token.evidence : { certificates: [], ocsps: [], crls: [] }
}
