// What the tests of sessions ask over HTTP, and wait for.

import { expect } from 'vitest'
import { path, type SessionStand, tokens } from './99.sessions.kit.ts'

export const hours = (count: number) => count * 3_600_000

export async function fetched(
  stand: SessionStand,
  rest: string,
  client: keyof typeof tokens = 'ledger',
): Promise<Response> {
  return await fetch(`${stand.url}api/v1/sessions/${rest}`, { headers: { authorization: `Bearer ${tokens[client]}` } })
}

export const stateOf = async (stand: SessionStand, id: string) =>
  (await stand.program().call('GET', `${path}/${id}`)).body as Readonly<Record<string, unknown>>

export const untilState = (stand: SessionStand, id: string, state: string) =>
  expect.poll(async () => (await stateOf(stand, id))['state']).toBe(state)

/** A session whose copy can be fetched. */
export async function ready(stand: SessionStand, over: object = {}) {
  const session = await stand.ask(over)
  const copy = stand.take(session)
  await stand.make(copy.id)
  await untilState(stand, session.sessionID, 'ready')
  return { ...session, documentId: copy.id }
}
