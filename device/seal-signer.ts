// The seal of a body as a signer of many digests: found by the body's INE10, as many signatures at once as are asked for, and those that are asked for
// while a call to the service is under way go to it together with the next.

import { type SealConfig, sealOf } from './config/seal.ts'
import { Fault } from './errors.ts'
import type { SealRequest, SealService, SignatureAlgorithm, SigningCertificate } from './ports.ts'
import { selectSigningCertificate } from './trust/signing-certificate.ts'

/** What goes to a service in one call at most, and how many signatures may be waited for. */
export const mostDigestsAtOnce = 16

/**
 * One signature value, ECDSA as DER. Gives up with the signal's reason; what was sent by then is signed all the same, what was
 * not is never sent. Throws what the service throws.
 */
export type SignDigest = (
  algorithm: SignatureAlgorithm,
  digest: Uint8Array,
  signal?: AbortSignal,
) => Promise<Uint8Array>

/** A seal that signs digests, with the certificate that its service has for it now. */
export interface OpenSeal {
  readonly certificate: SigningCertificate
  /** As a certificate names who it is of. */
  readonly holder: string
}

/**
 * The seal of the body with this INE10. Throws SEAL_ABSENT, SEAL_REFUSED where its service wants whole copies, what the service
 * throws, and what unfits a certificate.
 */
export async function openSeal(
  { seal: config }: { readonly seal?: SealConfig },
  ens: string,
  {
    seals,
    now,
    signal,
  }: { readonly seals: Pick<SealService, 'certificate'>; readonly now: number; readonly signal: AbortSignal },
): Promise<OpenSeal> {
  const seal = sealOf(config, ens)
  if (seal === undefined) throw new Fault('SEAL_ABSENT', `no seal is configured for ${ens}`)
  if (seal.takes === 'document') throw new Fault('SEAL_REFUSED', `the service of ${ens} seals copies alone`)
  const { service, identity } = seal
  const certificate = await seals.certificate({ service, identity }, signal)
  const choice = selectSigningCertificate({ candidates: [certificate], now })
  if (choice.choice === 'refused') throw new Fault(choice.code, choice.detail)
  return { certificate, holder: choice.facts.holder }
}

interface Waiting {
  readonly algorithm: SignatureAlgorithm
  readonly digest: Uint8Array
  readonly resolve: (value: Uint8Array) => void
  readonly reject: (reason: unknown) => void
}

/** One call at a time; what comes meanwhile goes together with the next, by algorithm. `signal` ends the calls themselves. */
export function createSealSigner(
  seals: Pick<SealService, 'sign'>,
  seal: SigningCertificate,
  signal: AbortSignal,
): SignDigest {
  const { tokenId: service, keyId: identity, certificate } = seal
  const waiting: Waiting[] = []
  let under = false

  async function call(algorithm: SignatureAlgorithm, together: readonly Waiting[]): Promise<void> {
    const digests = together.map(({ digest }) => digest)
    const request: SealRequest = { service, identity, algorithm, certificate, digests }
    try {
      const values = await seals.sign(request, signal)
      for (const [i, { resolve, reject }] of together.entries()) {
        const value = values[i]
        if (value === undefined)
          reject(new Fault('SIGNATURE_INVALID', `${values.length} values for ${digests.length} digests`))
        else resolve(value)
      }
    } catch (thrown) {
      for (const { reject } of together) reject(thrown)
    }
  }

  async function run(): Promise<void> {
    under = true
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      const { algorithm } = first
      const together = waiting.filter(one => one.algorithm === algorithm).slice(0, mostDigestsAtOnce)
      for (const one of together) waiting.splice(waiting.indexOf(one), 1)
      await call(algorithm, together)
    }
    under = false
  }

  return async (algorithm, digest, given) => {
    given?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    const one: Waiting = { algorithm, digest, resolve, reject }
    const giveUp = () => {
      if (waiting.includes(one)) waiting.splice(waiting.indexOf(one), 1)
      reject(given?.reason)
    }
    given?.addEventListener('abort', giveUp, { once: true })
    waiting.push(one)
    if (!under) void run()
    try {
      return await promise
    } finally {
      given?.removeEventListener('abort', giveUp)
    }
  }
}
