// What integrators' sessions need, put together where the configuration opens them.

import type { Config } from './config.ts'
import { evidenceKeyFile, readEvidenceKey } from './evidence-key.ts'
import type { Rooms } from './rooms.ts'
import { createSessions, type Sessions, type SessionsParts } from './session-desk.ts'

/** Undefined where no program may have copies made. */
export function servedSessions({
  config,
  rooms,
  deviceKeyFile,
  ...parts
}: Omit<SessionsParts, 'config' | 'callbacks' | 'evidenceKey'> & {
  readonly config: Config
  readonly rooms: Rooms
  readonly deviceKeyFile: string
}): Sessions | undefined {
  const { api } = config
  if (api?.sessions === undefined) return undefined
  const evidenceKey = readEvidenceKey(evidenceKeyFile(deviceKeyFile))
  const withSessions = { ...config, api: { ...api, sessions: api.sessions } }
  return createSessions({ ...parts, config: withSessions, callbacks: rooms.callbacks(), evidenceKey })
}
