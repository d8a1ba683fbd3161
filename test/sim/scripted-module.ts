// A PKCS#11 module that does what a test says, at the seam where the driver calls a vendor's library. It writes down
// every call, so that a test sees what reached the card and what did not, and keeps the standard's rules about sessions:
// one that was closed or whose card was pulled out is no more, the end of the last one logs out, and an operation that
// broke off bars the next.

import { Fault } from '../../device/errors.ts'
import type { PinTries } from '../../device/ports.ts'
import { CryptokiError, type CryptokiModule, type PresentToken, type Session } from '../../drivers/signer/cryptoki.ts'

/** May be changed while the module is in use. */
export interface ModuleScript {
  /** The return value that a call answers with. */
  failures?: {
    login?: string
    /** The login in the context of a signature; as `login` where it is absent. */
    context?: string
    sign?: string
    /** Closing the sessions once one was opened. */
    closeAfter?: string
    slots?: string
    token?: string
    openSession?: string
    check?: string
    /** A Fault of this detail. */
    finalize?: string
  }
  pinTries?: PinTries
  readonly pinAtReader?: boolean
  readonly alwaysAuthenticates?: boolean
  /** How often the module comes up without ever seeing a token. */
  readonly blindLoads?: number
  /** No key is found. */
  readonly empty?: boolean
}

export interface ScriptedModule {
  readonly load: (path: string) => CryptokiModule
  /** In the order in which they came. */
  readonly calls: readonly string[]
  readonly pins: readonly string[]
  /** Takes the card out, and with it every session, if the module is one that notices. */
  pull(how?: { readonly unnoticed: boolean }): void
  /** Puts a card in; `Card#1` into slot 1 unless it is said otherwise. */
  insert(card?: { readonly slot?: number; readonly serialNumber?: string }): void
}

/** Whether each was there when its token was logged in. */
type OpenSessions = Map<Session, { loggedIn: boolean }>

interface InSlot {
  readonly slot: Buffer
  readonly serialNumber: string
}

/** One token, `Card#1`, with one key. */
export function createScriptedModule(script: ModuleScript): ScriptedModule {
  const calls: string[] = []
  const pins: string[] = []
  let card: InSlot | undefined = { slot: Buffer.of(1), serialNumber: '1' }
  const open: OpenSessions = new Map()
  const fail = (returnValue: string | undefined) => {
    if (returnValue !== undefined) throw new CryptokiError(returnValue)
  }
  const token = (): PresentToken | undefined => {
    const { pinTries = 'unknown', pinAtReader = false } = script
    return card && { ...card, label: 'Card', pinTries, loginRequired: true, pinAtReader }
  }
  const load = () => {
    calls.push('load')
    const blind = calls.filter(call => call === 'load').length <= (script.blindLoads ?? 0)
    return Object.freeze({
      slots: () => {
        fail(script.failures?.slots)
        return card === undefined || blind ? [] : [card.slot]
      },
      token: () => {
        calls.push('read token')
        fail(script.failures?.token)
        return token()
      },
      openSession: () => {
        calls.push('open session')
        fail(script.failures?.openSession)
        return createSession(script, calls, pins, open)
      },
      closeSessions: () => {
        calls.push('close sessions')
        if (calls.includes('open session')) fail(script.failures?.closeAfter)
        open.clear()
      },
      finalize: () => {
        calls.push('finalize')
        const { finalize } = script.failures ?? {}
        if (finalize !== undefined) throw new Fault('TOKEN_MODULE_FAILED', finalize)
        open.clear()
      },
    })
  }
  const insert: ScriptedModule['insert'] = ({ slot = 1, serialNumber = '1' } = {}) => {
    open.clear()
    card = { slot: Buffer.of(slot), serialNumber }
  }
  const pull: ScriptedModule['pull'] = ({ unnoticed } = { unnoticed: false }) => {
    if (!unnoticed) open.clear()
    card = undefined
  }
  return Object.freeze({ load, calls, pins, pull, insert })
}

function createSession(script: ModuleScript, calls: string[], pins: string[], open: OpenSessions): Session {
  let operation = false
  const call = (name: string, returnValue?: string) => {
    calls.push(name)
    if (!open.has(session)) throw new CryptokiError('CKR_SESSION_HANDLE_INVALID')
    if (returnValue !== undefined) throw new CryptokiError(returnValue)
  }
  const isLoggedIn = () => [...open.values()].some(({ loggedIn }) => loggedIn)
  const session: Session = Object.freeze({
    find: () => {
      call('find')
      return script.empty === true ? [] : [Buffer.of(1)]
    },
    id: () => Buffer.of(1),
    certificateValue: () => Buffer.of(0),
    alwaysAuthenticates: () => script.alwaysAuthenticates === true,
    login: (user: 'user' | 'context', pin: string) => {
      pins.push(pin)
      const { login, context = login } = script.failures ?? {}
      call(`login ${user}`, user === 'user' ? login : context)
      open.set(session, { loggedIn: true })
    },
    signInit: () => {
      call('sign init', operation ? 'CKR_OPERATION_ACTIVE' : isLoggedIn() ? undefined : 'CKR_USER_NOT_LOGGED_IN')
      operation = true
    },
    sign: async () => {
      call('sign', script.failures?.sign)
      operation = false
      return Buffer.alloc(256, 1)
    },
    check: () => call('check', script.failures?.check),
    close: () => {
      call('close session')
      open.delete(session)
    },
  })
  open.set(session, { loggedIn: isLoggedIn() })
  return session
}
