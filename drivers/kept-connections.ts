// Connections that are kept between two requests to the same peer: a handshake costs either side more than a small copy, and three
// round trips. Kept for less time than servers leave a silent connection open (Node 5 s, Apache httpd 5 s, nginx 75 s), or as
// long as the server itself says, so that hardly a request goes out on one that is just being closed.

import { Agent } from 'node:https'
import type { SecureContext } from 'node:tls'

const idleMs = 2_000
/** To one peer; as many as go to one destination at once. */
const mostIdle = 8

/** Those who trust the same, show the same and pin the same have their connections together. */
const kept = new WeakMap<SecureContext, Map<string, Agent>>()

/** Every connection is a whole handshake, with the peer's certificate judged: none resumes a session. */
export function keptConnections(context: SecureContext, pins: readonly string[] | undefined): Agent {
  const agents = kept.get(context) ?? new Map<string, Agent>()
  kept.set(context, agents)
  const name = JSON.stringify(pins ?? null)
  const agent =
    agents.get(name) ??
    new Agent({ keepAlive: true, timeout: idleMs, maxFreeSockets: mostIdle, maxCachedSessions: 0, scheduling: 'lifo' })
  agents.set(name, agent)
  return agent
}
