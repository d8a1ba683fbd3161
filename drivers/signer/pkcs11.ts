// The Signer port over PKCS#11 modules. Digests in, signatures out; tokens are named by label and serial number, so that
// they are found again whatever slot they come back in. One thing at a time, and after each the token is logged out:
// the next person never finds a card that somebody else opened.

import { Fault } from '../../device/errors.ts'
import type { Signer, SignRequest, Token } from '../../device/ports.ts'
import { CryptokiError, type CryptokiModule, loadModule, type PresentToken } from './cryptoki.ts'
import { signingCertificates } from './token-certificates.ts'
import { signOnToken } from './token-signature.ts'

export interface Pkcs11SignerOptions {
  /** In order of preference: where two modules see the same token, the first one serves it. */
  readonly modules: readonly { readonly path: string }[]
  /** Loads a module; another one only in tests of what no software token can do. */
  readonly load?: (path: string) => CryptokiModule
}

/** A token and the module that serves it. */
interface Found {
  readonly id: string
  readonly token: PresentToken
  readonly module: CryptokiModule
  /** Drops the module's whole state; it is loaded anew when it is next needed. */
  reset(): void
}

/** A signer over the given modules. A module that cannot be loaded is tried again each time, if another one works. */
export function createPkcs11Signer({ modules, load = loadModule }: Pkcs11SignerOptions): Signer {
  const loaded = new Map<string, CryptokiModule>()
  let turn: Promise<unknown> = Promise.resolve()

  const reset = (path: string) => {
    const module = loaded.get(path)
    loaded.delete(path)
    module?.finalize()
  }

  const tokensOf = (path: string): Found[] => {
    const module = loaded.get(path) ?? load(path)
    loaded.set(path, module)
    return module.tokens().map(token => ({ id: tokenIdOf(token), token, module, reset: () => reset(path) }))
  }

  const findTokens = (): Found[] => {
    const failures: string[] = []
    const found = new Map<string, Found>()
    for (const { path } of modules) {
      try {
        for (const one of tokensOf(path)) if (!found.has(one.id)) found.set(one.id, one)
      } catch (thrown) {
        if (!(thrown instanceof CryptokiError)) throw thrown
        failures.push(`${path}: ${thrown.returnValue}`)
        reset(path)
      }
    }
    if (failures.length === modules.length) throw new Fault('TOKEN_MODULE_FAILED', failures.join('; ') || 'no module')
    return [...found.values()]
  }

  /** Runs after everything asked for before it: sessions of one process share their login. */
  const inTurn = <Result>(signal: AbortSignal | undefined, task: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(() => {
      signal?.throwIfAborted()
      return task()
    })
    // Whoever asked hears of the failure; the next one's turn comes all the same.
    turn = result.catch(() => undefined)
    return result
  }

  return Object.freeze({
    tokens: (signal?: AbortSignal) => inTurn(signal, async () => findTokens().map(describe)),
    certificates: (tokenId: string, signal?: AbortSignal) =>
      inTurn(signal, async () => {
        const found = findTokens().find(one => one.id === tokenId)
        if (found === undefined) throw new Fault('TOKEN_ABSENT', 'the token is not there')
        return onToken(found, () => readCertificates(found))
      }),
    sign: (request: SignRequest, signal?: AbortSignal) =>
      inTurn(signal, async () => {
        const found = findTokens().find(one => one.id === request.tokenId)
        if (found === undefined) return { outcome: 'token-absent' } as const
        return onToken(found, () => signOnToken(found.module, found.token, request))
      }),
  })
}

function tokenIdOf({ label, serialNumber }: PresentToken): string {
  return `${label}#${serialNumber}`
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

async function onToken<Result>(found: Found, task: () => Promise<Result>): Promise<Result> {
  try {
    return await task()
  } finally {
    logOut(found)
  }
}

/** Closing the sessions logs out; where even that fails, the card is gone or the module is lost, and it is dropped whole. */
function logOut({ module, token, reset }: Found): void {
  try {
    module.closeSessions(token.slot)
  } catch (thrown) {
    if (!(thrown instanceof CryptokiError)) throw thrown
    reset()
  }
}
