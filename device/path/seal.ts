// The seal step: the seal of the body on a copy that an automated action signs (Ley 40/2015, arts. 41 and 42), put on by a
// service. What will be signed is stored before the service is asked, as with a card: after a power cut, a lost answer or
// days without network the same digest goes out again, so that however often a service signed, one signature comes of it.
// A service that takes the document whole is sent it again; what it made before is nowhere.

import { digestToSign } from '../cms/signing-intent.ts'
import type { Config } from '../config/config.ts'
import { type SealChoice, sealOf } from '../config/seal.ts'
import type { Document, DocumentEvent, Stage } from '../document/document.ts'
import type { StoredBlob } from '../document/page.ts'
import { asFault, Fault } from '../errors.ts'
import type { Random, SealService, SigningCertificate } from '../ports.ts'
import { readCertificate } from '../trust/certificate.ts'
import { signerFacts } from '../trust/signer-facts.ts'
import { nextAttempt } from './backoff.ts'
import { believed, fitToSign, pendingFor, type SignedCopyTools, sameSigner, signedBy } from './signed-copy.ts'
import { streamOf } from './step.ts'

export interface SealTools extends SignedCopyTools {
  readonly seals: SealService
  readonly config: Pick<Config, 'seal' | 'body'>
  readonly random: Random
}

type Unsealed = Extract<Stage, { readonly name: 'unsealed' }>

/**
 * `signatureIntended` where it is not stored yet, then `sealed`, or `sealPostponed` for a passing reason. Each event must be
 * committed before the next is asked for. Throws when `signal` aborts, and the Fault of a reason that does not pass by itself.
 */
export async function* attemptSeal(
  document: Document,
  tools: SealTools,
  signal: AbortSignal,
): AsyncGenerator<DocumentEvent, void, void> {
  const { stage } = document
  if (stage.name !== 'unsealed') throw new Fault('STAGE_CONFLICT', `nothing is sealed at ${stage.name}`)
  try {
    const seal = choice(document, tools.config)
    const certificate = await tools.seals.certificate({ service: seal.service, identity: seal.identity }, signal)
    const { facts } = fitToSign(certificate, tools.clock.now())
    if (seal.takes === 'document') {
      yield {
        type: 'sealed',
        copy: await sealedWhole(document.id, stage, certificate, tools, signal),
        signer: facts.holder,
        certificate: signerFacts(certificate.certificate, null),
      }
      return
    }
    yield* byDigest(document.id, stage, certificate, tools, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    const fault = asFault(thrown)
    if (fault.retry !== 'later') throw thrown
    yield postponed(stage, fault, tools)
  }
}

/** By the configuration as it is now: what was ordered is whose seal it shall be. */
function choice({ order }: Document, { seal, body }: SealTools['config']): SealChoice {
  const ens = order.signature.ens ?? body.ine10
  const found = sealOf(seal, ens)
  if (found === undefined) throw new Fault('SEAL_ABSENT', `no seal is configured for ${ens}`)
  return found
}

async function* byDigest(
  documentId: string,
  { copy, pending: stored }: Unsealed,
  certificate: SigningCertificate,
  tools: SealTools,
  signal: AbortSignal,
): AsyncGenerator<DocumentEvent, void, void> {
  let pending = stored
  if (pending === null || !sameSigner(pending, certificate)) {
    pending = await pendingFor({ documentId, copy }, certificate, tools)
    yield { type: 'signatureIntended', pending }
  }
  const { intent, tokenId: service, keyId: identity } = pending
  const { algorithm } = intent
  const signer = Buffer.from(intent.certificates[0], 'base64')
  const digests = [digestToSign(intent)]
  const [value] = await tools.seals.sign({ service, identity, algorithm, certificate: signer, digests }, signal)
  if (value === undefined) throw new Fault('INTERNAL', 'no value came for a digest')
  const signed = await signedBy({ documentId, copy }, pending, value, tools)
  const { holder } = readCertificate(signer).facts
  yield { type: 'sealed', copy: signed, signer: holder, certificate: signerFacts(signer, algorithm) }
}

/** What comes back is believed when it begins with the copy, verifies, and names the certificate that was expected. */
async function sealedWhole(
  documentId: string,
  { copy }: Unsealed,
  expected: SigningCertificate,
  tools: SealTools,
  signal: AbortSignal,
): Promise<StoredBlob> {
  const { tokenId: service, keyId: identity } = expected
  const { blobs, seals } = tools
  const pdf = blobs.read(documentId, copy.name)
  const sealed = await seals.sealPdf({ service, identity, bytes: copy.bytes, pdf }, signal)
  let at = 0
  for await (const chunk of blobs.read(documentId, copy.name)) {
    if (!Buffer.from(chunk).equals(sealed.subarray(at, at + chunk.length))) {
      throw new Fault('SIGNATURE_INVALID', 'what the seal service sent back does not begin with the copy')
    }
    at += chunk.length
  }
  const stored = await blobs.write(documentId, streamOf(sealed))
  const { signatures } = await believed(documentId, stored, tools).catch(unreadable)
  const [only, ...more] = signatures.filter(({ type }) => type === 'Sig')
  const { sha256 } = readCertificate(expected.certificate).facts
  if (more.length > 0 || only?.signer?.sha256 !== sha256) {
    throw new Fault('SIGNATURE_INVALID', 'the copy came back signed with another certificate than the seal’s')
  }
  return stored
}

/** The copy itself was readable: what the service appended is not. */
function unreadable(thrown: unknown): never {
  if (!(thrown instanceof Fault && thrown.code.startsWith('PDF_'))) throw thrown
  throw new Fault('SIGNATURE_INVALID', `what the seal service sent back cannot be read: ${thrown.detail}`)
}

function postponed(
  { sealing }: Unsealed,
  { code, detail, retryAfterMs }: Fault,
  { clock, random }: SealTools,
): DocumentEvent {
  const asked = retryAfterMs === undefined ? {} : { retryAfterMs }
  const at = nextAttempt({ attempts: sealing.attempts + 1, now: clock.now(), random: random.fraction, ...asked })
  return { type: 'sealPostponed', code, detail, nextAttemptAt: new Date(at).toISOString() }
}
