// A PKCS#11 module that does what a test says, at the seam where the driver calls a vendor's library. It writes down
// every call, so that a test sees what reached the card and what did not.

import type { PinTries } from '../../device/ports.ts'
import { CryptokiError, type CryptokiModule, type PresentToken, type Session } from '../../drivers/signer/cryptoki.ts'

export interface ModuleScript {
  /** The return value that a call answers with. */
  readonly failures?: {
    readonly login?: string
    readonly sign?: string
    /** Closing the sessions once one was opened. */
    readonly closeAfter?: string
  }
  readonly pinTries?: PinTries
  readonly pinAtReader?: boolean
  readonly alwaysAuthenticates?: boolean
}

export interface ScriptedModule {
  readonly load: (path: string) => CryptokiModule
  /** In the order in which they came. */
  readonly calls: readonly string[]
  readonly pins: readonly string[]
}

/** One token, `Card#1`, with one key. */
export function createScriptedModule(script: ModuleScript): ScriptedModule {
  const calls: string[] = []
  const pins: string[] = []
  const { failures = {}, pinTries = 'unknown', pinAtReader = false, alwaysAuthenticates = false } = script
  const slot = Buffer.of(1)
  const token: PresentToken = { slot, label: 'Card', serialNumber: '1', pinTries, loginRequired: true, pinAtReader }
  const fail = (returnValue: string | undefined) => {
    if (returnValue !== undefined) throw new CryptokiError(returnValue)
  }
  const session: Session = Object.freeze({
    find: () => [Buffer.of(1)],
    id: () => Buffer.of(1),
    certificateValue: () => Buffer.of(0),
    alwaysAuthenticates: () => alwaysAuthenticates,
    login: (user: 'user' | 'context', pin: string) => {
      calls.push(`login ${user}`)
      pins.push(pin)
      fail(failures.login)
    },
    signInit: () => {
      calls.push('sign init')
    },
    sign: async () => {
      fail(failures.sign)
      return Buffer.alloc(256, 1)
    },
    check: () => undefined,
    close: () => {
      calls.push('close session')
    },
  })
  const load = () => {
    calls.push('load')
    return Object.freeze({
      slots: () => [slot],
      token: () => token,
      openSession: () => {
        calls.push('open session')
        return session
      },
      closeSessions: () => {
        calls.push('close sessions')
        if (calls.includes('open session')) fail(failures.closeAfter)
      },
      finalize: () => {
        calls.push('finalize')
      },
    })
  }
  return Object.freeze({ load, calls, pins })
}
