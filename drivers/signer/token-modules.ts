// The PKCS#11 modules in use and the tokens they show. A module that fails is dropped whole and loaded anew when it is next
// needed, but never under a session that is open on it: that waits until the last one has ended. While no token shows at
// all, the modules are loaded anew now and then: one that came up before its readers did may never see them.

import { Fault } from '../../device/errors.ts'
import { CryptokiError, type CryptokiModule, type PresentToken, type Slot } from './cryptoki.ts'

/** A token and the module that serves it. */
export interface Found {
  /** Label and serial number: the same whatever slot the token comes back in. */
  readonly id: string
  readonly token: PresentToken
  readonly module: CryptokiModule
  readonly path: string
}

/** A login that lasts. Its token is not read while it does, but described as it was. */
export interface Held {
  readonly found: Found
  /** What is known of the token. */
  token(): PresentToken
  /** Whether the module still has its session; does not ask the card. */
  alive(): boolean
  /** Called once it is not alive; ends the hold. */
  lose(): void
}

export interface TokenModules {
  /** Every token that is there. Throws TOKEN_MODULE_FAILED where not one module can be used. */
  find(): readonly Found[]
  /** Has the module dropped with all its state when nothing is held of it any more. */
  wear(path: string): void
  /** Drops the module if it is worn and nothing is held of it. Throws TOKEN_MODULE_FAILED where it will not go. */
  settle(path: string): void
  hold(held: Held): void
  /** Ends a hold and settles its module. */
  release(held: Held): void
}

/** After so long without a token the modules are loaded anew, and then after twice as long each time, up to the longest. */
const firstReloadMs = 2_000
const maxReloadMs = 30_000

export interface TokenModulesOptions {
  /** In order of preference: where two modules see the same token, the first one serves it. */
  readonly paths: readonly string[]
  readonly load: (path: string) => CryptokiModule
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number
}

/** Loads each module when tokens are first looked for. */
export function createTokenModules({ paths, load, now }: TokenModulesOptions): TokenModules {
  const loaded = new Map<string, CryptokiModule>()
  const holds = new Set<Held>()
  const worn = new Set<string>()
  let loadedAt = now()
  let reloadMs = firstReloadMs
  const heldOf = (path: string) => [...holds].filter(held => held.found.path === path)

  const settle = (path: string) => {
    if (!worn.has(path) || heldOf(path).length > 0) return
    const module = loaded.get(path)
    loaded.delete(path)
    worn.delete(path)
    module?.finalize()
  }

  const loadAnew = (path: string): CryptokiModule => {
    const module = load(path)
    loaded.set(path, module)
    loadedAt = now()
    return module
  }

  const tokensOf = (path: string): Found[] => {
    const module = loaded.get(path) ?? loadAnew(path)
    const slots = module.slots()
    for (const held of heldOf(path)) if (!isThere(held, slots)) held.lose()
    // A session that was lost may have taken the module with it.
    if (loaded.get(path) !== module) return tokensOf(path)
    const held = heldOf(path)
    return slots
      .map(slot => held.find(one => one.found.token.slot.equals(slot))?.token() ?? module.token(slot))
      .filter(token => token !== undefined)
      .map(token => ({ id: tokenIdOf(token), token, module, path }))
  }

  const look = (): Found[] => {
    const failures: string[] = []
    const found = new Map<string, Found>()
    for (const path of paths) {
      try {
        for (const one of tokensOf(path)) if (!found.has(one.id)) found.set(one.id, one)
      } catch (thrown) {
        if (!(thrown instanceof CryptokiError)) throw thrown
        failures.push(`${path}: ${thrown.returnValue}`)
        worn.add(path)
        settle(path)
      }
    }
    if (failures.length === paths.length) throw new Fault('TOKEN_MODULE_FAILED', failures.join('; ') || 'no module')
    return [...found.values()]
  }

  const find = (): Found[] => {
    const found = look()
    if (found.length > 0) reloadMs = firstReloadMs
    if (found.length > 0 || now() - loadedAt < reloadMs) return found
    reloadMs = Math.min(2 * reloadMs, maxReloadMs)
    for (const path of [...loaded.keys()]) {
      worn.add(path)
      settle(path)
    }
    return look()
  }

  const release = (held: Held) => {
    holds.delete(held)
    settle(held.found.path)
  }
  const wear = (path: string) => void worn.add(path)
  return Object.freeze({ find, wear, settle, hold: (held: Held) => void holds.add(held), release })
}

function isThere(held: Held, slots: readonly Slot[]): boolean {
  return slots.some(slot => held.found.token.slot.equals(slot)) && held.alive()
}

function tokenIdOf({ label, serialNumber }: PresentToken): string {
  return `${label}#${serialNumber}`
}
