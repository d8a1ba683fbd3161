// One signature on one token: one login, one signature, every session closed, whatever happens. A wrong PIN is tried
// once and never again; a locked token is not asked at all. What a card can do is a value; a module that breaks the
// standard comes out as `failed` with its return value.

import type { SignOutcome, SignRequest } from '../../device/ports.ts'
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
  // pkcs11js takes a string, which nobody can overwrite: it lives until the collector or the worker ends. At a reader
  // with a keypad an empty PIN stands for the NULL that pkcs11js cannot pass.
  const pin = token.pinAtReader
    ? ''
    : Buffer.from(request.pin.buffer, request.pin.byteOffset, request.pin.length).toString()
  if (token.loginRequired) session.login('user', pin)
  const [key] = session.find('private-key', Buffer.from(request.keyId, 'hex'))
  if (key === undefined) return { outcome: 'failed', detail: 'the token has no private key of that identifier' }
  const asksAgain = session.alwaysAuthenticates(key)
  session.signInit(mechanism, key)
  if (asksAgain) session.login('context', pin)
  return { outcome: 'signed', signature: signatureValue(mechanism, await session.sign(data)) }
}

function outcomeOf(error: CryptokiError, module: CryptokiModule, token: PresentToken): SignOutcome {
  const outcome = outcomes[error.returnValue]
  if (outcome === undefined) return { outcome: 'failed', detail: error.returnValue }
  if (outcome !== 'pin-wrong') return { outcome }
  return { outcome, tries: module.token(token.slot)?.pinTries ?? 'unknown' }
}
