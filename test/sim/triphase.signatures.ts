// How the simulated three-phase service makes its signatures: the phases of device/ades, with the signature value coming
// from elsewhere in between. CAdES and PAdES; others are what a service calls an error of the first phase.

import { assembleCades, type PreparedCades, prepareCades } from '../../device/ades/cades.ts'
import { parseProperties } from '../../device/ades/java-properties.ts'
import { assemblePades, intendPades, type PadesRequest, preparePades } from '../../device/ades/pades.ts'
import { appended, randomAccessOf, spliced } from '../../device/bytes.ts'
import { algorithmNamed, digestOf, hashName } from '../../device/cms/algorithm.ts'
import type { SigningIntent } from '../../device/cms/signing-intent.ts'
import { openPdf } from '../../device/pdf/document.ts'
import { hashFile } from '../../device/pdf/file-hash.ts'
import type { PreparedSignature } from '../../device/pdf/signature-dictionary.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import type { TriSign } from './triphase.form.ts'

/** One item of a batch, its header's fields filled in. */
export interface TriphaseOrder {
  readonly id: string
  readonly data: Uint8Array
  /** In lower case. */
  readonly format: string
  readonly operation: string
  /** As the batch names it. */
  readonly algorithm: string
  /** Java properties. */
  readonly extraParams: string
  /** DER, the signer first. */
  readonly certificates: readonly Uint8Array[]
}

/** Makes the signatures of one kind of three-phase server. What it throws is the description of the error. */
export interface TriphaseEngine {
  presign(order: TriphaseOrder): Promise<readonly TriSign[]>
  /** `signs` come back with their PK1. */
  postsign(order: TriphaseOrder, signs: readonly TriSign[]): Promise<Uint8Array>
}

type Session =
  | { readonly kind: 'cades'; readonly prepared: PreparedCades }
  | { readonly kind: 'pades'; readonly prepared: PreparedSignature; readonly intent: SigningIntent }

/** Keeps the first phase in memory until the second; only the PRE of a PDF has to come back. */
export function ownTriphase(now: () => number): TriphaseEngine {
  const sessions = new Map<string, Session>()
  return {
    presign: async order => {
      if (order.operation !== 'sign') throw new Error(`${order.operation} is not simulated`)
      const session = await prepare(order, now())
      sessions.set(order.id, session)
      const { signedAttributes: PRE } = session.kind === 'cades' ? session.prepared.intent : session.intent
      const params = session.kind === 'cades' ? { PRE } : { PRE, NEED_PRE: 'true', TIME: String(now()), PID: 'p' }
      return [{ id: order.id, signid: order.id, params }]
    },
    postsign: async (order, [sign]) => {
      const session = sessions.get(order.id)
      if (session === undefined || sign === undefined) throw new Error(`no session for ${order.id}`)
      return assemble(session, order.data, Buffer.from(sign.params['PK1'] ?? '', 'base64'))
    },
  }
}

async function prepare(order: TriphaseOrder, signingTime: number): Promise<Session> {
  const file = randomAccessOf(order.data)
  const identity = { ...signer(order), properties: { signingTime } }
  if (order.format === 'cades') {
    const packaging = parseProperties(order.extraParams).get('mode') === 'implicit' ? 'enveloping' : 'detached'
    return { kind: 'cades', prepared: await prepareCades(file, packaging, identity) }
  }
  if (order.format !== 'pades') throw new Error(`${order.format} is not simulated`)
  const request: PadesRequest = { ...identity, fieldName: 'Signature1' }
  const prepared = await preparePades(await openPdf(file), request)
  const hash = await hashFile(file, { hashes: [hashName(digestOf(identity.algorithm))] })
  return { kind: 'pades', prepared, intent: intendPades(prepared, request, hash) }
}

function signer({ certificates: [certificate, ...chain], algorithm: name }: TriphaseOrder) {
  if (certificate === undefined) throw new Error('no certificate')
  const algorithm: SignatureAlgorithm | undefined = algorithmNamed(certificate, name)
  if (algorithm === undefined) throw new Error(`unknown algorithm ${name}`)
  return { algorithm, certificate, chain }
}

async function assemble(session: Session, data: Uint8Array, value: Uint8Array): Promise<Uint8Array> {
  const file = randomAccessOf(data)
  if (session.kind === 'pades') {
    const filled = assemblePades(session.prepared, session.intent, value)
    if (filled.outcome !== 'filled') throw new Error('the signature does not fit')
    const signed = appended(file, filled.update)
    return signed.read(0, signed.size)
  }
  const made = assembleCades(session.prepared, value)
  if (made.packaging === 'detached') return made.signature
  const signed = spliced(file, made.splices)
  return signed.read(0, signed.size)
}
