// The seal of a body as the signer of the command line: no card, no PIN, and as many signatures at once as are asked for.
// Those that are asked for while others are under way go to the service together.

import { algorithmNamed } from '../cms/algorithm.ts'
import type { Config } from '../config.ts'
import { sealOf } from '../config-seal.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import type { SealRequest, SealService, SignatureAlgorithm, SigningCertificate } from '../ports.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import type { Identity, SessionIdentity } from './identity.ts'
import type { Call, Verb } from './verb.ts'

export const sealOption = {
  seal: {
    type: 'string',
    help: 'INE10 of the body whose seal signs, by `seal` of the configuration, instead of a token',
  },
} as const satisfies Verb['options']

/** What goes to a service in one call at most, and how many signatures may be waited for. */
const mostAtOnce = 16

/** Whether a seal signs. Throws USAGE where a token or a key store is named, too. */
export function signsWithSeal(call: Call): boolean {
  if (call.text('seal') === undefined) return false
  const others = ['module', 'token', 'key-id', 'pin-file', 'p12', 'pass-file'].filter(
    one => call.text(one) !== undefined,
  )
  if (others.length > 0) throw new Fault('USAGE', `--seal goes without --${others.join(' and --')}`)
  return true
}

/** The seal that --seal names. Throws SEAL_ABSENT, what the service throws, and what unfits a certificate. */
export async function sealIdentity(call: Call, config: Config, seals: SealService): Promise<Identity> {
  const { certificate, holder } = await chosen(call, config, seals)
  const algorithm = algorithmIn(certificate, call.text('algorithm'))
  const sign = signerOf(seals, certificate, call.signal)
  return { identity: { algorithm, certificate: certificate.certificate, chain: certificate.chain }, holder, sign }
}

/** As sealIdentity, for a batch by the digest of this name. */
export async function sealSession(
  call: Call,
  config: Config,
  seals: SealService,
  algorithm: string,
): Promise<SessionIdentity> {
  const { certificate, holder } = await chosen(call, config, seals)
  const sign = signerOf(seals, certificate, call.signal)
  return {
    identity: {
      algorithm: algorithmIn(certificate, algorithm),
      certificate: certificate.certificate,
      chain: certificate.chain,
    },
    holder,
    concurrency: mostAtOnce,
    sign: (used, digest, signal) => abortable(sign(used, digest), signal),
  }
}

async function chosen(call: Call, config: Config, seals: SealService) {
  const ens = call.text('seal') ?? ''
  const seal = sealOf(config.seal, ens)
  if (seal === undefined) throw new Fault('SEAL_ABSENT', `no seal is configured for ${ens}`)
  if (seal.takes === 'document') throw new Fault('SEAL_REFUSED', `the service of ${ens} seals copies alone`)
  const { service, identity } = seal
  const certificate = await seals.certificate({ service, identity }, call.signal)
  const choice = selectSigningCertificate({ candidates: [certificate], now: systemClock.now() })
  if (choice.choice === 'refused') throw new Fault(choice.code, choice.detail)
  return { certificate, holder: choice.facts.holder }
}

function algorithmIn({ certificate }: SigningCertificate, name: string | undefined): SignatureAlgorithm {
  const algorithm = algorithmNamed(certificate, name)
  if (algorithm === undefined) throw new Fault('USAGE', `--algorithm ${name} is not known`)
  return algorithm
}

interface Waiting {
  readonly algorithm: SignatureAlgorithm
  readonly digest: Uint8Array
  readonly resolve: (value: Uint8Array) => void
  readonly reject: (reason: unknown) => void
}

/** One call at a time; what comes meanwhile goes together with the next, by algorithm. */
function signerOf(seals: SealService, { tokenId, keyId, certificate }: SigningCertificate, signal: AbortSignal) {
  const waiting: Waiting[] = []
  let under = false

  async function run(): Promise<void> {
    under = true
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      const { algorithm } = first
      const together = waiting.filter(one => one.algorithm === algorithm).slice(0, mostAtOnce)
      for (const one of together) waiting.splice(waiting.indexOf(one), 1)
      const digests = together.map(({ digest }) => digest)
      const request: SealRequest = { service: tokenId, identity: keyId, algorithm, certificate, digests }
      try {
        const values = await seals.sign(request, signal)
        for (const [i, one] of together.entries()) one.resolve(values[i] ?? new Uint8Array())
      } catch (thrown) {
        for (const one of together) one.reject(thrown)
      }
    }
    under = false
  }

  return (algorithm: SignatureAlgorithm, digest: Uint8Array): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      waiting.push({ algorithm, digest, resolve, reject })
      if (!under) void run()
    })
}

/** Gives up waiting with the signal's reason; what was sent is signed all the same. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  return promise
}
