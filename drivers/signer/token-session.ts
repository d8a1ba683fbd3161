// One login on one token and the key that it opened, for any number of signatures: nothing is looked for again. The card
// is asked for a PIN once, and once more for each signature by a key that always asks. Nothing here waits for its turn.

import type { SessionRequest, SignOutcome } from '../../device/ports.ts'
import { CryptokiError, type CryptokiModule, type ObjectHandle, type PresentToken, type Session } from './cryptoki.ts'
import { signatureValue, type TokenInput } from './mechanism.ts'
import { outcomeOf, pinFor } from './token-signature.ts'

/** A key that is ready to sign. The caller closes the slot's sessions. */
export interface OpenedKey {
  /** The PIN goes along with each signature, for the key always asks and the reader has no keypad. */
  readonly pinEachTime: boolean
  /** One signature; without a PIN that the key wants, the card is not asked. */
  sign(input: TokenInput, pin: Uint8Array | undefined): Promise<SignOutcome>
  /** As the token was when it last said something of itself. */
  token(): PresentToken
  /** Whether the module still has the session; does not ask the card. */
  alive(): boolean
}

export type OpenedKeyOutcome =
  | { readonly outcome: 'open'; readonly key: OpenedKey }
  | Exclude<SignOutcome, { readonly outcome: 'signed' }>

/** Logs in on a token that was present a moment ago. Whatever comes of it, the caller closes the slot's sessions. */
export function openKey(module: CryptokiModule, token: PresentToken, request: SessionRequest): OpenedKeyOutcome {
  if (token.pinTries === 'none') return { outcome: 'pin-locked' }
  const keyId = Buffer.from(request.keyId, 'hex')
  try {
    // A session left open would still be logged in, and this PIN would then not be checked.
    module.closeSessions(token.slot)
    const session = module.openSession(token.slot)
    if (token.loginRequired) session.login('user', pinFor(token, request.pin))
    const [key] = session.find('private-key', keyId)
    if (key === undefined) return { outcome: 'failed', detail: 'the token has no private key of that identifier' }
    return { outcome: 'open', key: openedKey(module, token, session, key, session.alwaysAuthenticates(key)) }
  } catch (thrown) {
    if (!(thrown instanceof CryptokiError)) throw thrown
    return outcomeOf(thrown, module, token)
  }
}

function openedKey(
  module: CryptokiModule,
  atLogin: PresentToken,
  atFirst: Session,
  key: ObjectHandle,
  asksAgain: boolean,
): OpenedKey {
  let token = atLogin
  let session = atFirst
  const pinEachTime = asksAgain && !token.pinAtReader

  /** An operation that broke off bars the next one, and only the end of its session ends it; the login stays. */
  const renew = () => {
    const next = module.openSession(token.slot)
    session.close()
    session = next
  }
  const failed = (error: CryptokiError): SignOutcome => {
    const outcome = outcomeOf(error, module, token)
    if (outcome.outcome === 'token-removed') return outcome
    if (outcome.outcome === 'pin-wrong') token = { ...token, pinTries: outcome.tries }
    if (outcome.outcome === 'pin-locked') token = { ...token, pinTries: 'none' }
    try {
      renew()
      return outcome
    } catch (thrown) {
      if (!(thrown instanceof CryptokiError)) throw thrown
      const then = outcomeOf(thrown, module, token)
      return then.outcome === 'token-removed' ? then : outcome
    }
  }
  const sign = async ({ mechanism, data }: TokenInput, pin: Uint8Array | undefined): Promise<SignOutcome> => {
    if (pinEachTime && (pin === undefined || pin.length === 0)) {
      return { outcome: 'failed', detail: 'the key wants the PIN before each signature' }
    }
    if (asksAgain && token.pinTries === 'none') return { outcome: 'pin-locked' }
    try {
      session.signInit(mechanism, key)
      if (asksAgain) session.login('context', pinFor(token, pin ?? new Uint8Array()))
      return { outcome: 'signed', signature: signatureValue(mechanism, await session.sign(data)) }
    } catch (thrown) {
      if (!(thrown instanceof CryptokiError)) throw thrown
      return failed(thrown)
    }
  }
  const alive = () => {
    try {
      session.check()
      return true
    } catch (thrown) {
      if (!(thrown instanceof CryptokiError)) throw thrown
      return outcomeOf(thrown, module, token).outcome !== 'token-removed'
    }
  }
  return Object.freeze({ pinEachTime, sign, token: () => token, alive })
}
