// The Signer port over PKCS#11 modules. Digests in, signatures out; tokens are named by label and serial number, so that
// they are found again whatever slot they come back in. One thing at a time, and after each, a session counting as one, the
// token is logged out: the next person never finds a card that somebody else opened.

import { Fault } from '../../device/errors.ts'
import type {
  SessionOutcome,
  SessionRequest,
  Signer,
  SigningSession,
  SignOutcome,
  SignRequest,
  Token,
} from '../../device/ports.ts'
import { CryptokiError, type CryptokiModule, loadModule } from './cryptoki.ts'
import { tokenInput } from './mechanism.ts'
import { signingCertificates } from './token-certificates.ts'
import { createTokenModules, type Found, type Held } from './token-modules.ts'
import { type OpenedKey, openKey } from './token-session.ts'
import { signOnToken } from './token-signature.ts'
import { createTurns } from './turns.ts'

export interface Pkcs11SignerOptions {
  /** In order of preference: where two modules see the same token, the first one serves it. */
  readonly modules: readonly { readonly path: string }[]
  /** Loads a module; another one only in tests of what no software token can do. */
  readonly load?: (path: string) => CryptokiModule
  /** Told where a session's token cannot be logged out while this process lives. */
  readonly giveUp?: (reason: Fault) => void
  /** Milliseconds of a clock that is never set; another one only in tests. */
  readonly now?: () => number
}

const monotonicMs = () => performance.now()

/** A signer over the given modules. A module that cannot be loaded is tried again each time, if another one works. */
export function createPkcs11Signer({
  modules: named,
  load = loadModule,
  giveUp,
  now = monotonicMs,
}: Pkcs11SignerOptions): Signer {
  const modules = createTokenModules({ paths: named.map(({ path }) => path), load, now })
  /** A token is one caller's at a time, for as long as its session lasts: sessions of one process share their login. */
  const tokenTurns = createTurns()
  /** What calls a module is one thing at a time, whatever token it is about. */
  const callTurns = createTurns()
  const inTurn = <Result>(signal: AbortSignal | undefined, task: () => Promise<Result>) =>
    callTurns.run('modules', signal, task)
  const findToken = (tokenId: string) => modules.find().find(({ id }) => id === tokenId)

  /** Closing the sessions logs out; where even that fails, the card is gone or the module is lost: it is dropped whole. */
  const logOut = ({ module, token, path }: Found) => {
    try {
      module.closeSessions(token.slot)
    } catch (thrown) {
      if (!(thrown instanceof CryptokiError)) throw thrown
      modules.wear(path)
    }
    modules.settle(path)
  }
  /** A login that nobody made here and that outlived its sessions: this module does not log out. */
  const checkLogin = <Outcome extends { readonly outcome: string }>({ path }: Found, outcome: Outcome): Outcome => {
    if ('detail' in outcome && outcome.detail === 'CKR_USER_ALREADY_LOGGED_IN') modules.wear(path)
    return outcome
  }
  const takeToken = async (tokenId: string, signal: AbortSignal | undefined) => {
    // Its session may be that of a card which was pulled out and put back.
    if (tokenTurns.taken(tokenId)) await inTurn(signal, async () => modules.find())
    return tokenTurns.take(tokenId, signal)
  }
  const onToken = async <Result>(
    tokenId: string,
    signal: AbortSignal | undefined,
    task: (found: Found | undefined) => Promise<Result>,
  ): Promise<Result> => {
    const release = await takeToken(tokenId, signal)
    try {
      return await inTurn(signal, async () => {
        const found = findToken(tokenId)
        try {
          return await task(found)
        } finally {
          if (found !== undefined) logOut(found)
        }
      })
    } finally {
      release()
    }
  }

  const sessionOf = (found: Found, key: OpenedKey, release: () => void): SigningSession => {
    let state: 'open' | 'token-removed' | 'closed' = 'open'
    const end = (as: 'token-removed' | 'closed') => {
      if (state !== 'open') return
      state = as
      try {
        logOut(found)
        modules.release(held)
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        giveUp?.(thrown)
      } finally {
        release()
      }
    }
    const held: Held = { found, token: key.token, alive: key.alive, lose: () => end('token-removed') }
    modules.hold(held)
    const sign: SigningSession['sign'] = async ({ algorithm, digest, pin }, signal) => {
      const input = tokenInput(algorithm, digest)
      return inTurn(signal, async () => {
        if (state === 'token-removed') return { outcome: state }
        if (state === 'closed') return { outcome: 'failed', detail: 'the session is closed' }
        const outcome = await key.sign(input, pin)
        if (outcome.outcome === 'token-removed') end(outcome.outcome)
        return outcome
      })
    }
    const close = () => inTurn(undefined, async () => end('closed'))
    return Object.freeze({ concurrency: 1, pinEachTime: key.pinEachTime, sign, close })
  }
  const logIn = (request: SessionRequest, release: () => void): SessionOutcome => {
    const found = findToken(request.tokenId)
    if (found === undefined) return { outcome: 'token-absent' }
    let opened = false
    try {
      const outcome = checkLogin(found, openKey(found.module, found.token, request))
      if (outcome.outcome !== 'open') return outcome
      opened = true
      return { outcome: 'open', session: sessionOf(found, outcome.key, release) }
    } finally {
      if (!opened) logOut(found)
    }
  }
  const open = async (request: SessionRequest, signal?: AbortSignal): Promise<SessionOutcome> => {
    const release = await takeToken(request.tokenId, signal)
    let outcome: SessionOutcome | undefined
    try {
      outcome = await inTurn(signal, async () => logIn(request, release))
      return outcome
    } finally {
      if (outcome?.outcome !== 'open') release()
    }
  }

  return Object.freeze({
    tokens: (signal?: AbortSignal) => inTurn(signal, async () => modules.find().map(describe)),
    certificates: (tokenId: string, signal?: AbortSignal) =>
      onToken(tokenId, signal, async found => {
        if (found === undefined) throw new Fault('TOKEN_ABSENT', 'the token is not there')
        return readCertificates(found)
      }),
    sign: (request: SignRequest, signal?: AbortSignal) =>
      onToken(request.tokenId, signal, async (found): Promise<SignOutcome> => {
        if (found === undefined) return { outcome: 'token-absent' }
        return checkLogin(found, await signOnToken(found.module, found.token, request))
      }),
    open,
  })
}

function describe({ id, token }: Found): Token {
  return { id, label: token.label, pinTries: token.pinTries }
}

async function readCertificates({ id, module, token }: Found) {
  try {
    return signingCertificates(module.openSession(token.slot), id)
  } catch (thrown) {
    if (!(thrown instanceof CryptokiError)) throw thrown
    throw new Fault('TOKEN_REMOVED', `the token stopped answering: ${thrown.returnValue}`, { cause: thrown })
  }
}
