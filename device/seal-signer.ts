// The seal of a body as a signer of many digests: as many signatures at once as are asked for, and those that are asked for
// while a call to the service is under way go to it together with the next.

import { Fault } from './errors.ts'
import type { SealRequest, SealService, SignatureAlgorithm, SigningCertificate } from './ports.ts'

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
