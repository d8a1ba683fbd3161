// What lies in the card reader while somebody is about to sign: looked at again and again, told when it changes, and left in
// peace while a signature is made.

import { asFault, type ErrorCode } from '../errors.ts'
import type { Clock, Signer, SigningCertificate } from '../ports.ts'
import type { Tasks } from '../tasks.ts'
import { readCertificate } from '../trust/certificate.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import type { CardView, CertificateView } from './view.ts'

/** Between two looks. */
const lookMs = 700

export interface CardWatchParts {
  readonly signer: Signer
  readonly clock: Clock
  readonly tasks: Tasks
  /** Whether somebody wants to see the card now. */
  wanted(): boolean
  /** Those of the certificates that may be used; throws nothing. Absent: all. */
  fitting?(certificates: readonly SigningCertificate[]): readonly SigningCertificate[]
  changed(): void
}

export interface CardWatch {
  /** null until the reader was looked at. */
  view(): CardView | null
  /** Looks now, and goes on as long as it is wanted. */
  look(): void
  /** What is shown while a signature is made; the reader is left in peace. */
  hold(view: CardView): void
  /** Forgets what was seen; does not look by itself. */
  release(): void
  /** One of those that were shown last. */
  certificate(tokenId: string, keyId: string): SigningCertificate | undefined
}

export function createCardWatch(parts: CardWatchParts): CardWatch {
  const { signer, clock, tasks, wanted, changed, fitting = all => all } = parts
  let seen: CardView | null = null
  let held = false
  let certificates: readonly SigningCertificate[] = []

  async function lookOnce(signal: AbortSignal): Promise<CardView> {
    try {
      const tokens = await signer.tokens(signal)
      const [token] = tokens
      if (token === undefined) {
        certificates = []
        return { state: 'absent' }
      }
      const found = (await Promise.all(tokens.map(one => signer.certificates(one.id, signal)))).flat()
      certificates = fitting(found)
      if (certificates.length === 0 && found.length > 0) return { state: 'fault', code: 'CERTIFICATE_NOT_FITTING' }
      const now = clock.now()
      return {
        state: 'present',
        tries: token.pinTries,
        certificates: certificates.map(one => certificateView(one, now)),
      }
    } catch (thrown) {
      return { state: 'fault', code: asFault(thrown).code }
    }
  }

  function look(): void {
    tasks.run('card', async signal => {
      if (held || !wanted()) return
      const found = await lookOnce(signal)
      if (!held && JSON.stringify(found) !== JSON.stringify(seen)) {
        seen = found
        changed()
      }
      tasks.at('card', clock.now() + lookMs, look)
    })
  }

  return Object.freeze({
    view: () => seen,
    look,
    hold(view: CardView): void {
      held = true
      seen = view
    },
    release(): void {
      held = false
      seen = null
      certificates = []
    },
    certificate: (tokenId: string, keyId: string) =>
      certificates.find(one => one.tokenId === tokenId && one.keyId === keyId),
  })
}

/** As the screen shows it, with the reason why it cannot sign at this moment. */
export function certificateView(candidate: SigningCertificate, now: number): CertificateView {
  const { tokenId, keyId } = candidate
  const { facts } = readCertificate(candidate.certificate)
  const choice = selectSigningCertificate({ candidates: [candidate], now })
  const fault: ErrorCode | null = choice.choice === 'refused' ? choice.code : null
  const notAfter = new Date(facts.notAfter).toISOString().slice(0, 10)
  return { tokenId, keyId, holder: facts.holder, issuer: facts.issuer, notAfter, fault }
}
