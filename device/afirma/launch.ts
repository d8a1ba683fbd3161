// The address by which a page starts AutoFirma, `afirma://websocket?ports=…&v=…&jvc=…&idsession=…`: which ports the page
// will try, which protocol it speaks, and the identifier that every message has to carry. Everything else of it is ignored.

import { parametersOf } from './parameters.ts'
import { Refusal } from './refusal.ts'

/** Errors in codes and asynchronous answers came with 4.1, which pages tell as `v=4` with `jvc` above 3. */
export type ProtocolVersion = '3' | '4' | '4.1'

export interface Launch {
  /** In the page's order. */
  readonly ports: readonly number[]
  readonly version: ProtocolVersion
  /** Absent in protocol 3, whose messages need not carry it. */
  readonly sessionId?: string
}

const maxUrlLength = 2_000
const maxPorts = 10
const lowestPort = 1_024
const highestPort = 65_535
/** Where pages of protocol 3 look when they propose no port. */
const fixedPort = 63_117

/** Throws a Refusal. */
export function parseLaunch(url: string): Launch {
  if (url === '') throw new Refusal('urlAbsent', 'the launch has no address')
  if (url.length > maxUrlLength) throw new Refusal('malformed', 'the address of the launch is too long')
  if (!url.startsWith('afirma://')) throw new Refusal('scheme', 'the launch is no afirma address')
  const query = /^afirma:\/\/websocket\/?\?(.*)$/s.exec(url)?.[1]
  if (query === undefined) throw new Refusal('operation', 'the kiosk is launched by afirma://websocket only')
  const parameters = parametersOf(query)
  const version = versionOf(parameters)
  const sessionId = parameters.get('idsession')
  if (sessionId === undefined && version !== '3') throw new Refusal('session', 'the launch has no session identifier')
  if (sessionId !== undefined && !/^[0-9A-Za-z]{1,20}$/.test(sessionId))
    throw new Refusal('session', 'the session identifier of the launch is malformed')
  const ports = portsOf(parameters.get('ports'), version)
  return { ports, version, ...(sessionId !== undefined && version !== '3' && { sessionId }) }
}

function versionOf(parameters: ReadonlyMap<string, string>): ProtocolVersion {
  const version = parameters.get('v')
  if (version === '3') return '3'
  if (version !== '4') throw new Refusal('version', 'the page speaks another version of the protocol')
  return Number(parameters.get('jvc') ?? 1) > 3 ? '4.1' : '4'
}

function portsOf(text: string | undefined, version: ProtocolVersion): readonly number[] {
  if (text === undefined && version === '3') return [fixedPort]
  const ports = (text ?? '').split(',').map(one => (/^\d{4,5}$/.test(one) ? Number(one) : 0))
  const usable = ports.every(port => port >= lowestPort && port <= highestPort)
  if (!usable || ports.length > maxPorts || new Set(ports).size < ports.length)
    throw new Refusal('ports', `the launch needs one to ${maxPorts} ports from ${lowestPort} to ${highestPort}`)
  return ports
}
