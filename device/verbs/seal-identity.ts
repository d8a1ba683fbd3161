// The seal of a body as the signer of the command line: no card, no PIN, and as many signatures at once as are asked for.

import { algorithmNamed } from '../cms/algorithm.ts'
import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import type { SealService, SignatureAlgorithm, SigningCertificate } from '../ports.ts'
import { createSealSigner, mostDigestsAtOnce, openSeal } from '../seal-signer.ts'
import type { Identity, SessionIdentity } from './identity.ts'
import type { Call, Verb } from './verb.ts'

export const sealOption = {
  seal: {
    type: 'string',
    help: 'INE10 of the body whose seal signs, by `seal` of the configuration, instead of a token',
  },
} as const satisfies Verb['options']

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
  const sign = createSealSigner(seals, certificate, call.signal)
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
  const sign = createSealSigner(seals, certificate, call.signal)
  return {
    identity: {
      algorithm: algorithmIn(certificate, algorithm),
      certificate: certificate.certificate,
      chain: certificate.chain,
    },
    holder,
    concurrency: mostDigestsAtOnce,
    sign,
  }
}

function chosen(call: Call, config: Config, seals: SealService) {
  return openSeal(config, call.text('seal') ?? '', { seals, now: systemClock.now(), signal: call.signal })
}

function algorithmIn({ certificate, onlyPss }: SigningCertificate, name: string | undefined): SignatureAlgorithm {
  const algorithm = algorithmNamed(certificate, name, onlyPss)
  if (algorithm === undefined) throw new Fault('USAGE', `--algorithm ${name} is not known`)
  return algorithm
}
