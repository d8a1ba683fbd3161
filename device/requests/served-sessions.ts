// What integrators' sessions need, put together where the configuration opens them.

import type { Config } from '../config/config.ts'
import type { Rooms } from '../rooms.ts'
import { createSessions, type Sessions, type SessionsParts } from './session-desk.ts'

/** Undefined where no program may have copies made. */
export function servedSessions({
  config,
  rooms,
  ...parts
}: Omit<SessionsParts, 'config' | 'callbacks'> & {
  readonly config: Config
  readonly rooms: Rooms
}): Sessions | undefined {
  const { api } = config
  if (api?.sessions === undefined) return undefined
  const withSessions = { ...config, api: { ...api, sessions: api.sessions } }
  return createSessions({ ...parts, config: withSessions, callbacks: rooms.callbacks() })
}
