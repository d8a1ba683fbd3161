// Signing, cosigning and countersigning a CAdES file at level B: its phases in a row, with the signer asked in between.

import { randomAccessOf, type Splice, spliced } from '../bytes.ts'
import { digestOctets, digestOf, hashName } from '../cms/algorithm.ts'
import { contentOf, fileAsContent } from '../cms/content.ts'
import { type OpenedCms, openCms } from '../cms/open.ts'
import { digestToSign } from '../cms/signing-intent.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess, SignatureAlgorithm } from '../ports.ts'
import { assembleCades, type CadesPackaging, type CadesRequest, prepareCades } from './cades.ts'
import { assembleCosignature, prepareCosignature } from './cades-cosign.ts'
import { assembleCountersignatures, prepareCountersignatures } from './cades-countersign.ts'
import { knownByDigest } from './content-digests.ts'
import { type ContentKnown, contentStatement } from './content-statement.ts'
import type { SignJob } from './job.ts'

export interface CmsSignTools {
  readonly input: RandomAccess
  /** The signed original, where a detached signature gets another one. */
  readonly content: RandomAccess | undefined
  sign(algorithm: SignatureAlgorithm, digest: Uint8Array): Promise<Uint8Array>
}

/** Throws what the phases throw, REQUEST_INVALID for a digest in the content's place that is none, and what `sign` throws. */
export async function signCms(job: SignJob, tools: CmsSignTools): Promise<RandomAccess> {
  if (job.operation === 'sign') return newSignature(job, tools)
  const opened = await openCms(tools.input)
  return spliced(opened.file, await furtherCms(job, opened, tools))
}

async function newSignature(job: SignJob, { input, sign }: CmsSignTools): Promise<RandomAccess> {
  const packaging = cadesPackaging(job, input.size)
  const known = job.cades?.precalculatedHash === undefined ? { content: fileAsContent(input) } : {}
  const prepared = await prepareCades(input, packaging, await requestFor(job, known))
  const made = assembleCades(prepared, await sign(job.identity.algorithm, digestToSign(prepared.intent)))
  return made.packaging === 'enveloping' ? spliced(input, made.splices) : randomAccessOf(made.signature)
}

/** Where a content of this many octets lies in a new signature. Throws SIGNATURE_FORMAT_REFUSED. */
export function cadesPackaging({ packaging, cades = {} }: SignJob, octets: number): CadesPackaging {
  if (packaging !== 'enveloping' && packaging !== 'detached') {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', `CAdES is not ${packaging}`)
  }
  if (cades.precalculatedHash !== undefined) {
    if (packaging === 'detached') return packaging
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'a content that is known by its digest cannot be inside')
  }
  return cades.envelopBelow !== undefined && octets < cades.envelopBelow ? 'enveloping' : packaging
}

/**
 * The input of a new signature: where that is the digest of a content, what stands for the content. Throws REQUEST_INVALID
 * for a digest of another length, or by another algorithm than the signature's, under which no signature is valid.
 */
export async function subjectOf(job: SignJob, input: RandomAccess): Promise<RandomAccess> {
  const { format, operation, cades = {}, identity } = job
  const algorithm = cades.precalculatedHash
  if (algorithm === undefined || format !== 'CAdES' || operation !== 'sign') return input
  if (algorithm !== digestOf(identity.algorithm)) {
    throw new Fault('REQUEST_INVALID', `a digest by ${algorithm} for a signature by ${identity.algorithm}`)
  }
  if (input.size !== digestOctets(algorithm)) {
    throw new Fault('REQUEST_INVALID', `${input.size} octets are no digest by ${algorithm}`)
  }
  return knownByDigest(hashName(algorithm), Uint8Array.from(await input.read(0, input.size)))
}

async function requestFor({ identity, properties, cades = {} }: SignJob, known: ContentKnown): Promise<CadesRequest> {
  const content = cades.content === undefined ? undefined : await contentStatement(cades.content, known)
  return { ...identity, properties, ...(content !== undefined && { content }) }
}

async function furtherCms(job: SignJob, opened: OpenedCms, tools: CmsSignTools): Promise<readonly Splice[]> {
  const { operation, target, identity, cades = {} } = job
  const { file, signedData } = opened
  const { content, sign } = tools
  const further = cades.breakArchives === undefined ? {} : { breakArchives: cades.breakArchives }
  if (operation === 'cosign') {
    const signed = contentOf(opened, content)
    const known = { earlier: signedData.signers, ...(signed !== undefined && { content: signed }) }
    const request = { ...(await requestFor(job, known)), ...further }
    const prepared = await prepareCosignature(file, content, request)
    return assembleCosignature(file, prepared, await sign(identity.algorithm, digestToSign(prepared.intent)))
  }
  const request = { ...identity, properties: job.properties, ...further }
  const prepared = await prepareCountersignatures(file, target === 'TREE' ? 'tree' : 'leafs', request)
  const values: Uint8Array[] = []
  // One after the other: a card does one thing at a time.
  for (const { intent } of prepared.signatures) values.push(await sign(identity.algorithm, digestToSign(intent)))
  return assembleCountersignatures(file, prepared, values)
}
