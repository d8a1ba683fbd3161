// One signature on one token: one login, one signature, every session closed, whatever happens. A wrong PIN is tried
// once and never again; a locked token is not asked at all. What a card can do is a value; a module that breaks the
// standard comes out as `failed` with its return value.

import type { PinTries, SignOutcome, SignRequest } from '../../device/ports.ts'
import { CryptokiError, type CryptokiModule, type PresentToken, type Session } from './cryptoki.ts'
import { signatureValue, type TokenInput, tokenInput } from './mechanism.ts'

const outcomes: Readonly<Record<string, 'pin-wrong' | 'pin-locked' | 'token-removed'>> = {
  CKR_PIN_INCORRECT: 'pin-wrong',
  CKR_PIN_INVALID: 'pin-wrong',
  CKR_PIN_LEN_RANGE: 'pin-wrong',
  CKR_PIN_LOCKED: 'pin-locked',
  CKR_DEVICE_REMOVED: 'token-removed',
  CKR_TOKEN_NOT_PRESENT: 'token-removed',
  CKR_SESSION_HANDLE_INVALID: 'token-removed',
  CKR_SESSION_CLOSED: 'token-removed',
}

type Refusal = Exclude<SignOutcome, { readonly outcome: 'signed' }>

/** Signs on a token that was present a moment ago. The caller closes the slot's sessions. */
export async function signOnToken(
  module: CryptokiModule,
  token: PresentToken,
  request: SignRequest,
): Promise<SignOutcome> {
  if (token.pinTries === 'none') return { outcome: 'pin-locked' }
  const input = tokenInput(request.algorithm, request.digest)
  try {
    // A session left open would still be logged in, and this PIN would then not be checked.
    module.closeSessions(token.slot)
    return await loginAndSign(module.openSession(token.slot), token, request, input)
  } catch (thrown) {
    if (!(thrown instanceof CryptokiError)) throw thrown
    return outcomeOf(thrown, module, token)
  }
}

async function loginAndSign(
  session: Session,
  token: PresentToken,
  request: SignRequest,
  { mechanism, data }: TokenInput,
): Promise<SignOutcome> {
  const pin = pinFor(token, request.pin)
  if (token.loginRequired) session.login('user', pin)
  const [key] = session.find('private-key', Buffer.from(request.keyId, 'hex'))
  if (key === undefined) return { outcome: 'failed', detail: 'the token has no private key of that identifier' }
  const asksAgain = session.alwaysAuthenticates(key)
  session.signInit(mechanism, key)
  if (asksAgain) session.login('context', pin)
  return { outcome: 'signed', signature: signatureValue(mechanism, await session.sign(data)) }
}

/**
 * The PIN as the module takes it. pkcs11js wants a string, which nobody can overwrite: it lives until the collector or the
 * worker ends. At a reader with a keypad an empty PIN stands for the NULL that pkcs11js cannot pass.
 */
export function pinFor(token: PresentToken, pin: Uint8Array): string {
  return token.pinAtReader ? '' : Buffer.from(pin.buffer, pin.byteOffset, pin.length).toString()
}

/** What a failure of the module means to whoever wanted to sign. */
export function outcomeOf(error: CryptokiError, module: CryptokiModule, token: PresentToken): Refusal {
  const outcome = outcomes[error.returnValue]
  if (outcome === undefined) return { outcome: 'failed', detail: error.returnValue }
  if (outcome !== 'pin-wrong') return { outcome }
  return { outcome, tries: triesLeft(module, token) }
}

function triesLeft(module: CryptokiModule, { slot }: PresentToken): PinTries {
  try {
    return module.token(slot)?.pinTries ?? 'unknown'
  } catch (thrown) {
    if (thrown instanceof CryptokiError) return 'unknown'
    throw thrown
  }
}
