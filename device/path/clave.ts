// Signing with Cl@ve Firma, in the phases of an irreversible act. First the intent: the update that will be appended, with
// room for the CMS, and the digest over both are stored. Then the service is told the digest, and its transaction is stored
// before the person is sent away. What comes back is put into its place, read back and verified, and held against the person.
// After a power loss a transaction is asked for once more, or a new one begun over the same update: of all that was ever
// signed, one signature comes into the copy.

import { filledWith, prepareForAnyone } from '../ades/unknown-signer.ts'
import type { Document, DocumentEvent, Stage } from '../document/document.ts'
import type { PendingClave } from '../document/pending-signature.ts'
import { Fault } from '../errors.ts'
import { openPdf } from '../pdf/document.ts'
import type { ByteStream, ClaveFirma } from '../ports.ts'
import { signerOf } from '../trust/cms-signer.ts'
import { signerFacts } from '../trust/signer-facts.ts'
import { believed, type SignedCopyTools } from './signed-copy.ts'
import { concatenated, type NewId, streamOf } from './step.ts'

export interface ClaveTools extends SignedCopyTools {
  readonly clave: ClaveFirma
  readonly newId: NewId
}

type Authorising = Extract<Stage, { readonly name: 'authorising' }>

/** Phase one. `subject` is the person's number. */
export async function intendClave(document: Document, subject: string, tools: ClaveTools): Promise<DocumentEvent> {
  const { id, stage } = document
  if (stage.name !== 'signing') throw new Fault('STAGE_CONFLICT', `nothing is signed at ${stage.name}`)
  const file = await tools.blobs.open(id, stage.copy.name)
  try {
    const { prepared, digest: octets } = await prepareForAnyone(await openPdf(file), {
      properties: { signingTime: tools.clock.now() },
      fieldName: 'Signature1',
    })
    const digest = Buffer.from(octets).toString('base64')
    const { update: bytes, ...slot } = prepared
    const update = await tools.blobs.write(id, streamOf(bytes))
    return {
      type: 'claveIntended',
      pending: { subject, slot, update, digest, token: tools.newId(), transaction: null },
    }
  } finally {
    await file.close()
  }
}

/** Phase two: where the person goes. Throws the CLAVE_ faults of the port. */
export async function startClave(
  document: Document,
  returnUrl: string,
  { clave, clock }: ClaveTools,
  signal?: AbortSignal,
): Promise<DocumentEvent> {
  const { subject, digest, transaction } = authorising(document).pending
  if (transaction !== null) throw new Fault('STAGE_CONFLICT', 'the person was sent away already')
  const { title } = document.order
  const started = await clave.start(
    { subject, language: document.language, returnUrl },
    { id: document.id, digest: Buffer.from(digest, 'base64'), title: `${title} ${document.reference}`, place: 'pdf' },
    signal,
  )
  return { type: 'claveStarted', transaction: { ...started, at: new Date(clock.now()).toISOString() } }
}

/**
 * Phase three. Throws the faults of the port, SIGNATURE_INVALID for what does not verify in the copy, CLAVE_OTHER_PERSON for a
 * certificate of somebody else.
 */
export async function recoverClave(
  document: Document,
  tools: ClaveTools,
  signal?: AbortSignal,
): Promise<DocumentEvent> {
  const { pending, copy } = authorising(document)
  const { transaction, subject } = pending
  if (transaction === null) throw new Fault('STAGE_CONFLICT', 'nobody was sent away to sign')
  const cms = await tools.clave.recover({ id: transaction.id, subject }, signal)
  const signed = await assembled(document.id, copy.name, pending, cms, tools)
  const report = await believed(document.id, signed, tools)
  if (report.signatures.length > 1) throw new Fault('SIGNATURE_INVALID', 'the copy came to have several signatures')
  const signer = signerOf(cms, report, { subject, judged: tools.anchors.length > 0 })
  const certificate = signerFacts(signer.der, 'SHA256withRSA')
  const deliveryKeys = document.order.destinations.map(() => tools.newId())
  return { type: 'signed', copy: signed, signer: signer.facts.holder, certificate, deliveryKeys }
}

function authorising({ stage }: Document): Authorising {
  if (stage.name !== 'authorising') throw new Fault('STAGE_CONFLICT', `nobody authorises a signature at ${stage.name}`)
  return stage
}

/** The copy, and after it the very update whose digest was told, with the CMS in it. */
async function assembled(
  documentId: string,
  copy: string,
  { slot, update }: PendingClave,
  cms: Uint8Array,
  { blobs }: ClaveTools,
) {
  const filled = filledWith({ ...slot, update: await collected(blobs.read(documentId, update.name)) }, cms)
  return blobs.write(documentId, concatenated(blobs.read(documentId, copy), streamOf(filled)))
}

async function collected(bytes: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}
