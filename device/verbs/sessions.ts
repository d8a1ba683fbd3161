// `compulsa sessions`: what integrators have asked for, where it stands, and what became of their callbacks. Reading needs no
// running appliance; `withdraw` asks it.

import { documentIn } from '../document/shape.ts'
import { errorTable, Fault } from '../errors.ts'
import { askAppliance } from '../http/operator-client.ts'
import { operatorSocket } from '../main.ts'
import { sessionIn } from '../requests/session-records.ts'
import { answerOf, type SessionAnswer } from '../session/answer.ts'
import type { StoreReader } from '../store/store.ts'
import { configOf, readerOf } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const sessionsVerb: Verb = {
  name: 'sessions',
  summary: 'Shows what integrators have copies made by: list, show ID, withdraw ID.',
  words: { name: '[list|show|withdraw] [ID]', min: 0, max: 2 },
  options: configOptions,
  run,
}

type Told = Omit<SessionAnswer, 'url'> & { readonly client: string; readonly documentId: string | null }

async function run(call: Call): Promise<Answer> {
  const loaded = configOf(call)
  const [action = 'list', id] = call.words
  if (action === 'withdraw') {
    const path = `/sessions/${needed(id, action)}/withdraw`
    return { json: await askAppliance(operatorSocket(loaded.dataFolder), 'POST', path), lines: [`${id}: withdrawn`] }
  }
  if (action !== 'list' && action !== 'show')
    throw new Fault('USAGE', `sessions takes list, show, withdraw, not ${action}`)
  const store = readerOf(loaded)
  try {
    if (action === 'show') return show(told(store, needed(id, action)))
    const sessions = store.sessions.list().map(one => told(store, one.id))
    const lines = sessions.map(one =>
      `${one.sessionID}  ${one.state.padEnd(9)}  ${one.client}  ${one.createdAt}  ${one.expiresAt === null ? '' : `until ${one.expiresAt}`}`.trimEnd(),
    )
    return { json: sessions, lines: lines.length === 0 ? ['no sessions'] : lines }
  } finally {
    store.close()
  }
}

function needed(id: string | undefined, action: string): string {
  if (id === undefined || !/^[A-Za-z0-9-]{1,64}$/.test(id))
    throw new Fault('USAGE', `sessions ${action} needs the id of a session`)
  return id
}

/** Facts an operator needs; never the title, a name, or the code that somebody comes with. */
function told(store: StoreReader, id: string): Told {
  const session = sessionIn(store.sessions.load(id))
  if (session === undefined) throw new Fault('NOT_FOUND', `no session ${id}`)
  const stored = session.documentId === null ? undefined : store.load(session.documentId)
  const copy = stored === undefined || stored.erased ? undefined : documentIn(stored.body)
  const { url: _url, ...answer } = answerOf(id, session, { url: '', copy })
  return { ...answer, pickupCode: null, client: session.client, documentId: session.documentId }
}

function show(session: Told): Answer {
  const { sessionID, state, client, createdAt, expiresAt, documentId, document, fetchedAt, problem, why, callbacks } =
    session
  const lines = [
    `${sessionID}  ${state}  asked for by ${client} at ${createdAt}`,
    ...(expiresAt === null ? [] : [`  until ${expiresAt}`]),
    ...(documentId === null ? [] : [`  document ${documentId} (compulsa queue show ${documentId})`]),
    ...(document === null
      ? []
      : [`  copy ${document.reference}: ${document.pages} pages, ${document.bytes} bytes, sha256 ${document.sha256}`]),
    ...(fetchedAt === null ? [] : [`  fetched ${fetchedAt}`]),
    ...(problem === null ? [] : [`  held: ${problem.code}: ${problem.detail}`]),
    ...(why === null ? [] : [`  why: ${why.code}: ${why.detail}`]),
    ...callbacks.flatMap(callbackLines),
  ]
  return { json: session, lines }
}

function callbackLines({
  id,
  state,
  attempts,
  nextAttemptAt,
  lastFault,
}: SessionAnswer['callbacks'][number]): string[] {
  const next = nextAttemptAt === null ? '' : `, next ${nextAttemptAt}`
  const last = lastFault === null ? '' : `, last ${lastFault.code}: ${lastFault.detail}`
  const code = Object.keys(errorTable).find(one => one === lastFault?.code) as keyof typeof errorTable | undefined
  return [
    `  callback ${id}: ${state}, ${attempts} attempts${next}${last}`,
    ...(code === undefined ? [] : [`  mend: ${errorTable[code].mend}`]),
  ]
}
