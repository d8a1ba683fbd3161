// Signing a file at level B, whatever the format: the phases of each format in a row, with the signer asked in between. A
// PDF gets its time-stamp here too, because nothing can be put into its signature later (EN 319 142-1, 5.3).

import { appended } from '../bytes.ts'
import { digestOf, type HashName, hashName } from '../cms/algorithm.ts'
import { digestToSign } from '../cms/signing-intent.ts'
import { Fault } from '../errors.ts'
import { openPdf } from '../pdf/document.ts'
import { type FileHash, hashFile } from '../pdf/file-hash.ts'
import type { SignatureAppearance } from '../pdf/signature-widget.ts'
import type { DigestAlgorithm, RandomAccess, SignatureAlgorithm } from '../ports.ts'
import type { TimestampTools } from '../trust/timestamp-request.ts'
import type { SignJob } from './job.ts'
import {
  assemblePades,
  intendPades,
  type PadesRequest,
  preparePades,
  stampSignature,
  usualTimestampOctets,
} from './pades.ts'
import { signCms } from './sign-cms.ts'
import { signXml } from './xades-sign.ts'

export interface SignTools {
  readonly input: RandomAccess
  /** The signed original, where a detached signature gets another one. */
  readonly content: RandomAccess | undefined
  /** Opens an encrypted PDF. */
  readonly password: string | undefined
  /** Of a visible signature: a TrueType font program, and a JPEG or PNG. */
  readonly font: Uint8Array | undefined
  readonly image: Uint8Array | undefined
  /** The signature value over a digest; ECDSA as DER. */
  sign(algorithm: SignatureAlgorithm, digest: Uint8Array): Promise<Uint8Array>
  readonly timestamps: TimestampTools
}

/** A file that was made by splicing, or new. */
export interface Made {
  readonly file: RandomAccess
  /** Of a PDF, made without reading the file again. */
  readonly hash?: FileHash
  /** Names of extra parameters that turned out to have no effect on this very file. */
  readonly ignored?: readonly string[]
}

/** Throws what the phases of the format throw, and what `sign` and the time-stamping authority throw. */
export async function signFile(job: SignJob, tools: SignTools): Promise<Made> {
  switch (job.format) {
    case 'PAdES':
      return signPdf(job, tools)
    case 'CAdES':
      return { file: await signCms(job, tools) }
    case 'XAdES':
      return signXml(job, tools)
  }
}

async function signPdf(job: SignJob, tools: SignTools): Promise<Made> {
  if (job.operation === 'countersign' || job.packaging !== 'enveloped') {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'a PDF holds its signatures, and none of them is countersigned')
  }
  const { input, sign, timestamps, password } = tools
  const document = await openPdf(input, { repair: true, ...(password !== undefined && { password }) })
  const request = padesRequest(job, tools)
  const prepared = await preparePades(document, request)
  const digestAlgorithm = digestOf(job.identity.algorithm)
  const hash = await hashFile(input, { hashes: hashesFor(digestAlgorithm, job.level) })
  const intent = intendPades(prepared, request, hash)
  const value = await sign(job.identity.algorithm, digestToSign(intent))
  const policy = job.timestampPolicy === undefined ? {} : { policy: job.timestampPolicy }
  const stamp = job.level === 'B' ? undefined : await stampSignature(value, { digestAlgorithm, ...policy }, timestamps)
  const filled = assemblePades(prepared, intent, value, stamp)
  // A token larger than any known one: the signature is good without it, and extending gives the document a time-stamp.
  const kept = filled.outcome === 'filled' ? filled : assemblePades(prepared, intent, value)
  if (kept.outcome !== 'filled') throw new Fault('INTERNAL', `a signature needs ${kept.neededBytes} bytes`)
  return { file: appended(input, kept.update), hash: hash.append(kept.update, prepared) }
}

/** A document time-stamp is over SHA-256, and goes on where the signature's hash has ended. */
function hashesFor(digestAlgorithm: DigestAlgorithm, level: SignJob['level']): readonly HashName[] {
  const own = hashName(digestAlgorithm)
  return level === 'B' || own === 'sha256' ? [own] : [own, 'sha256']
}

function padesRequest({ identity, properties, level, pdf }: SignJob, tools: SignTools): PadesRequest {
  const { fieldName = 'Signature1', certificationLevel, reason, contactInfo, visible } = pdf
  return {
    ...identity,
    properties,
    fieldName,
    ...(reason !== undefined && { reason }),
    ...(contactInfo !== undefined && { contactInfo }),
    ...(certificationLevel !== undefined && { certify: certificationLevel }),
    ...(visible !== undefined && { appearance: appearanceOf(visible, tools) }),
    ...(level !== 'B' && { timestampOctets: usualTimestampOctets }),
  }
}

function appearanceOf(
  { rectangle, page, text, fontSize }: NonNullable<SignJob['pdf']['visible']>,
  { font, image }: SignTools,
): SignatureAppearance {
  const [left, bottom, right, top] = rectangle
  return {
    page,
    rectangle: { x: left, y: bottom, width: right - left, height: top - bottom },
    ...(text !== undefined && { text }),
    ...(fontSize !== undefined && { fontSize }),
    ...(font !== undefined && { font }),
    ...(image !== undefined && { image }),
  }
}
