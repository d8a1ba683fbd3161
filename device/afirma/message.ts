// What comes over the socket: the echo that opens each cycle, the question for a result, and operations as afirma
// addresses. Reading only; what an operation asks is in operations.ts, what follows from it in session.ts.

import { parametersOf } from './parameters.ts'
import { Refusal } from './refusal.ts'

export type Message =
  | { readonly kind: 'echo'; readonly sessionId?: string }
  | { readonly kind: 'result'; readonly sessionId?: string }
  | {
      readonly kind: 'operation'
      /** As in the address: `sign`, `batch` … */
      readonly name: string
      readonly parameters: ReadonlyMap<string, string>
      readonly sessionId?: string
    }

/** Of all but operations. */
const maxShortLength = 200

/** Throws a Refusal for what is no message of the protocol. An end that is marked, as the first protocols have it, is none of it. */
export function readMessage(message: string): Message {
  const text = message.endsWith('@EOF') ? message.slice(0, -4) : message
  if (text.length > maxShortLength && !text.startsWith('afirma://'))
    throw new Refusal('scheme', 'the message is none of the protocol')
  if (text.startsWith('echo=')) return { kind: 'echo', ...carried(/idsession=([^&]*)$/.exec(text)?.[1]) }
  if (text.startsWith('getresult?')) {
    const parameters = parametersOf(text.slice('getresult?'.length))
    return { kind: 'result', ...carried(parameters.get('idsession')) }
  }
  const [start, name] = /^afirma:\/\/([A-Za-z]{1,20})\/?\?/.exec(text.slice(0, 40)) ?? []
  if (start !== undefined && name !== undefined) {
    const parameters = parametersOf(text.slice(start.length))
    return { kind: 'operation', name, parameters, ...carried(parameters.get('idsession')) }
  }
  throw text.startsWith('afirma://')
    ? new Refusal('operation', 'the operation has no name')
    : new Refusal('scheme', 'the message is none of the protocol')
}

function carried(sessionId: string | undefined): { readonly sessionId?: string } {
  return sessionId === undefined ? {} : { sessionId }
}
