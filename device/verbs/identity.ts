// Who signs: a certificate on a card, or in a key store file, chosen by what the command line says, and the one signature
// after another that it then makes.

import { resolve } from 'node:path'
import type { SignerIdentity } from '../ades/request.ts'
import type { Batch } from '../batch/batch.ts'
import { algorithmNamed } from '../cms/algorithm.ts'
import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import type { SignatureAlgorithm, Signer, SigningCertificate, SignOutcome } from '../ports.ts'
import { type CertificateFilters, filtersIn } from '../trust/certificate-filter.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import { createTurns } from '../turns.ts'
import { secretIn } from './trust.ts'
import type { Call, Verb } from './verb.ts'

export const signerOptions = {
  module: { type: 'string', help: 'PKCS#11 module (default: the configured ones)' },
  token: { type: 'string', help: 'label of the token (default: the only one present)' },
  'key-id': { type: 'string', help: 'identifier of the key, hex (default: the best signing certificate)' },
  'pin-file': { type: 'string', help: 'file whose first line is the PIN' },
  p12: { type: 'string', help: 'PKCS#12 file with key and certificate, instead of a token' },
  'pass-file': { type: 'string', help: 'file whose first line is the password of the PKCS#12 file' },
  algorithm: {
    type: 'string',
    help: 'such as SHA256withRSA, SHA512withRSAandMGF1 or SHA384withECDSA (default: by the key)',
  },
  'allow-sha1': { type: 'boolean', help: 'let SHA1withRSA be made, for those who accept nothing else' },
} as const satisfies Verb['options']

/** The configuration whose signer is what the command line names. Throws USAGE for secrets that go with nothing. */
export function withSigner(call: Call, config: Config): Config {
  const module = call.text('module')
  const store = call.text('p12')
  if (store !== undefined && (module !== undefined || call.text('pin-file') !== undefined)) {
    throw new Fault('USAGE', '--p12 goes with --pass-file, and without --module and --pin-file')
  }
  const { devices } = config
  if (store !== undefined) {
    return { ...config, devices: { ...devices, tokenModules: [], keyStores: [{ path: resolve(store) }] } }
  }
  if (module === undefined) return config
  // A bare name is looked up by the dynamic linker, a path is the caller's.
  const path = module.includes('/') ? resolve(module) : module
  return { ...config, devices: { ...devices, tokenModules: [path], keyStores: [] } }
}

/** A signer and its secret. */
export interface Identity {
  readonly identity: SignerIdentity
  readonly holder: string
  /** One signature value, ECDSA as DER. Throws PIN_WRONG, PIN_LOCKED, TOKEN_ABSENT, TOKEN_REMOVED, SIGNATURE_FAILED. */
  sign(algorithm: SignatureAlgorithm, digest: Uint8Array): Promise<Uint8Array>
}

/**
 * Chooses the certificate, one that `filters` let through, gives it to `work`, and forgets the secret. Throws USAGE,
 * TOKEN_ABSENT and the like.
 */
export async function withIdentity<T>(
  call: Call,
  signer: Signer,
  work: (identity: Identity) => Promise<T>,
  filters?: CertificateFilters,
): Promise<T> {
  const secret = await secretOf(call)
  try {
    const { candidate, facts } = await chosen(call, signer, secret, filters)
    const algorithm = algorithmFor(call, candidate)
    return await work({
      identity: { algorithm, certificate: candidate.certificate, chain: candidate.chain },
      holder: facts.holder,
      sign: async (used, digest) => {
        const { tokenId, keyId: key } = candidate
        const answer = await signer.sign({ tokenId, keyId: key, algorithm: used, digest, pin: secret }, call.signal)
        return signatureIn(answer)
      },
    })
  } finally {
    secret.fill(0)
  }
}

/** A signer for many signatures: one whose key one login has opened, or a seal. */
export interface SessionIdentity extends Omit<Identity, 'sign'> {
  /** How many signatures may be asked for at once. */
  readonly concurrency: number
  /** As Identity's, and gives up with the signal's reason. */
  sign(algorithm: SignatureAlgorithm, digest: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
}

/** As withIdentity, with one login for all of a batch, by its algorithm and with a certificate that passes its filters. */
export async function withSession<T>(
  call: Call,
  signer: Signer,
  { algorithm, extraParams }: Pick<Batch, 'algorithm' | 'extraParams'>,
  work: (identity: SessionIdentity) => Promise<T>,
): Promise<T> {
  const secret = await secretOf(call)
  try {
    const { candidate, facts } = await chosen(call, signer, secret, filtersIn(extraParams))
    const { tokenId, keyId, certificate, chain } = candidate
    const named = algorithmNamed(certificate, algorithm)
    if (named === undefined) throw new Fault('INTERNAL', `no algorithm ${algorithm}`)
    const opened = await signer.open({ tokenId, keyId, pin: secret }, call.signal)
    if (opened.outcome !== 'open') throw faultIn(opened)
    const { session } = opened
    const turns = createTurns(() => session.concurrency)
    try {
      return await work({
        identity: { algorithm: named, certificate, chain },
        holder: facts.holder,
        concurrency: session.concurrency,
        sign: (used, digest, signal) =>
          turns(async () => {
            const pin = session.pinEachTime ? { pin: secret } : {}
            return signatureIn(await session.sign({ algorithm: used, digest, ...pin }, signal))
          }),
      })
    } finally {
      await session.close()
    }
  } finally {
    secret.fill(0)
  }
}

/** The PIN or password, which the caller overwrites. Throws USAGE, FILE_UNREADABLE. */
async function secretOf(call: Call): Promise<Uint8Array> {
  const option = call.text('p12') === undefined ? 'pin-file' : 'pass-file'
  const secretFile = call.text(option)
  if (secretFile === undefined) throw new Fault('USAGE', `signing needs --${option}`)
  return secretIn(secretFile)
}

async function chosen(call: Call, signer: Signer, secret: Uint8Array, filters?: CertificateFilters) {
  const found = await candidatesOn(signer, call, secret)
  const keyId = call.text('key-id')?.toLowerCase()
  const now = systemClock.now()
  const candidates = filters === undefined ? found : filters.choose(found, now).fitting
  if (candidates.length === 0 && found.length > 0) {
    throw new Fault('CERTIFICATE_NOT_FITTING', 'no certificate passes the filters of the extra parameters')
  }
  const choice = selectSigningCertificate({ candidates, now, ...(keyId !== undefined && { keyId }) })
  if (choice.choice === 'refused') throw new Fault(choice.code, choice.detail)
  return choice
}

async function candidatesOn(signer: Signer, call: Call, secret: Uint8Array): Promise<readonly SigningCertificate[]> {
  const label = call.text('token')
  const tokens = (await signer.tokens(call.signal)).filter(token => label === undefined || token.label === label)
  const [only] = tokens
  if (only === undefined) {
    throw new Fault('TOKEN_ABSENT', label === undefined ? 'no token is present' : `no token labelled ${label}`)
  }
  if (tokens.length > 1) {
    const labels = tokens.map(one => one.label).join(', ')
    throw new Fault('USAGE', `several tokens are present, choose with --token: ${labels}`)
  }
  return signer.certificates(only.id, call.signal, call.text('p12') === undefined ? undefined : secret)
}

/** Throws USAGE for an algorithm of no such name or, without --allow-sha1, with SHA-1; KEY_REFUSED for another key's. */
function algorithmFor(call: Call, { certificate }: SigningCertificate): SignatureAlgorithm {
  const wanted = call.text('algorithm')
  const algorithm = algorithmNamed(certificate, wanted)
  if (algorithm === undefined) throw new Fault('USAGE', `--algorithm ${wanted} is not known`)
  if (algorithm.startsWith('SHA1') && !call.flag('allow-sha1')) {
    throw new Fault('USAGE', 'SHA-1 proves nothing any more; --allow-sha1 makes it all the same')
  }
  return algorithm
}

const pinTries: Readonly<Record<string, string>> = {
  few: '; few tries are left',
  last: '; one try is left',
  none: '; no tries are left',
}

function signatureIn(answer: SignOutcome): Uint8Array {
  if (answer.outcome === 'signed') return answer.signature
  throw faultIn(answer)
}

function faultIn(answer: Exclude<SignOutcome, { readonly outcome: 'signed' }>): Fault {
  switch (answer.outcome) {
    case 'pin-wrong':
      return new Fault('PIN_WRONG', `the PIN or password was refused${pinTries[answer.tries] ?? ''}`)
    case 'pin-locked':
      return new Fault('PIN_LOCKED', 'the card is locked')
    case 'token-absent':
      return new Fault('TOKEN_ABSENT', 'no card in the reader')
    case 'token-removed':
      return new Fault('TOKEN_REMOVED', 'the card was taken out')
    case 'failed':
      return new Fault('SIGNATURE_FAILED', answer.detail)
  }
}
