// `compulsa queue`: where the copies are. Reading needs no running appliance; `retry` and `hold` ask it.

import type { Attempts, Document } from '../document/document.ts'
import { documentIn } from '../document/shape.ts'
import type { SignatureFacts } from '../document/signature-facts.ts'
import { errorTable, Fault } from '../errors.ts'
import type { PausedHost } from '../host-pauses.ts'
import { askAppliance } from '../http/operator-client.ts'
import { operatorSocket } from '../main.ts'
import type { StoreReader } from '../store/store.ts'
import { configOf, readerOf } from './appliance.ts'
import { exportCopy, exportOptions } from './export.ts'
import { pauseLine } from './pause-lines.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const queueVerb: Verb = {
  name: 'queue',
  summary:
    'Shows the documents of the appliance and sends held ones on: list, show ID, retry ID|--all|--host NAME:PORT, hold ID, discard ID, export ID --out F [--printable [--print]|--eni|--evidence].',
  words: { name: 'list|show|retry|hold|discard|export [ID]', min: 1, max: 2 },
  options: {
    ...configOptions,
    ...exportOptions,
    host: { type: 'string', help: '`retry` has this host, NAME:PORT, asked at once although it is left alone' },
    all: {
      type: 'boolean',
      help: '`list` shows erased ones too; `retry` sends on every finished copy that is stopped',
    },
  },
  run,
}

const actions = ['list', 'show', 'retry', 'hold', 'discard', 'export']
const done: Readonly<Record<string, string>> = { retry: 'goes on', hold: 'held', discard: 'erased' }

async function run(call: Call): Promise<Answer> {
  const loaded = configOf(call)
  const [action = '', id] = call.words
  if (!actions.includes(action)) throw new Fault('USAGE', `queue takes ${actions.join(', ')}, not ${action}`)
  const socket = operatorSocket(loaded.dataFolder)
  const ask = (one: string, act: string) => askAppliance(socket, 'POST', `/queue/${one}/${act}`)
  const host = call.text('host')
  if (host !== undefined) {
    if (action !== 'retry' || id !== undefined) throw new Fault('USAGE', '--host goes with queue retry alone')
    return { json: await askAppliance(socket, 'POST', '/hosts/ask', { host }), lines: [`${host}: is asked`] }
  }
  const retriesAll = action === 'retry' && id === undefined && call.flag('all')
  const word = done[action]
  if (word !== undefined && !retriesAll) {
    return { json: await ask(needed(id, action), action), lines: [`${id}: ${word}`] }
  }
  const store = readerOf(loaded)
  try {
    if (retriesAll) return await retryAll(store, one => ask(one, 'retry'))
    if (action === 'list') return list(store, call.flag('all'), await pausesSeen(socket))
    if (action === 'show') return show(store, needed(id, action))
    return await exportCopy(load(store, needed(id, action)), { store, loaded, call })
  } finally {
    store.close()
  }
}

/** After what stopped many is mended, such as the credentials of an authority; newest last, as they came. */
async function retryAll(store: StoreReader, retry: (id: string) => Promise<unknown>): Promise<Answer> {
  const outbound = store.list({ stages: ['unsealed', 'extending', 'delivering'] }).toReversed()
  const stopped = outbound.filter(({ wakeAt }) => wakeAt === null).map(({ id }) => id)
  for (const id of stopped) await retry(id)
  return { json: stopped, lines: stopped.length === 0 ? ['nothing is stopped'] : stopped.map(id => `${id}: goes on`) }
}

function needed(id: string | undefined, action: string): string {
  if (id === undefined || !/^[A-Za-z0-9-]{1,64}$/.test(id))
    throw new Fault('USAGE', `queue ${action} needs the id of a document`)
  return id
}

/** What only a running appliance knows; without one nothing is left alone. */
async function pausesSeen(socket: string): Promise<readonly PausedHost[]> {
  try {
    return (await askAppliance(socket, 'GET', '/hosts')) as readonly PausedHost[]
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'APPLIANCE_ABSENT') return []
    throw thrown
  }
}

function list(store: StoreReader, includeErased: boolean, paused: readonly PausedHost[]): Answer {
  const documents = store.list({ includeErased, limit: 100_000 }).map(one => ({
    id: one.id,
    stage: one.stage,
    createdAt: new Date(one.createdAt).toISOString(),
    changedAt: new Date(one.changedAt).toISOString(),
    wakeAt: one.wakeAt === null ? null : new Date(one.wakeAt).toISOString(),
  }))
  const lines = documents.map(one =>
    `${one.id}  ${one.stage.padEnd(10)}  ${one.createdAt}  ${one.wakeAt === null ? '' : `next ${one.wakeAt}`}`.trimEnd(),
  )
  return {
    json: documents,
    lines: [...(documents.length === 0 ? ['no documents'] : lines), ...cardLines(store), ...paused.map(pauseLine)],
  }
}

/** Orders of cards that are under way: how many stand where. */
function cardLines(store: StoreReader): string[] {
  const stages = ['new', 'sending', 'unknown', 'undecided', 'placed']
  const counts = stages.flatMap(stage => {
    const { length } = store.cards.list({ stages: [stage] })
    return length === 0 ? [] : [`${length} ${stage}`]
  })
  return counts.length === 0 ? [] : [`card orders: ${counts.join(', ')} (compulsa cards list)`]
}

function load(store: StoreReader, id: string): Document {
  const stored = store.load(id)
  if (stored === undefined) throw new Fault('NOT_FOUND', `no document ${id}`)
  if (stored.erased) throw new Fault('NOT_FOUND', `the document ${id} is erased`)
  return documentIn(stored.body)
}

/** Facts an operator needs; never the content, the title or a name. */
function show(store: StoreReader, id: string): Answer {
  const { stage, reference, order, openedAt, changedAt, pages, hold } = load(store, id)
  const deliveries = 'deliveries' in stage ? stage.deliveries : []
  const audit = store.audit
    .list({ documentId: id })
    .map(({ at, event, details }) => ({ at: new Date(at).toISOString(), event, details }))
  const copy = 'copy' in stage ? stage.copy : null
  const signature = 'signature' in stage && stage.signature !== null ? signatureFacts(stage.signature, order) : null
  const sealing = stage.name === 'unsealed' ? stage.sealing : null
  const extension = stage.name === 'extending' ? stage.extension : null
  const json = {
    id,
    reference,
    stage: stage.name,
    procedure: order.procedureId,
    session: order.session?.id ?? null,
    openedAt,
    changedAt,
    pages: pages.length,
    hold,
    copy,
    signature,
    sealing,
    extension,
    deliveries,
    audit,
  }
  return {
    json,
    lines: [
      `${id}  ${stage.name}  reference ${reference}  procedure ${order.procedureId}  ${pages.length} pages`,
      ...(order.session === undefined ? [] : [`  made for ${order.session.client}, session ${order.session.id}`]),
      ...(hold === null
        ? []
        : [
            `  held: ${hold.code}: ${hold.detail}${hold.retryAt === null ? '' : `, next ${hold.retryAt}`}`,
            `  mend: ${errorTable[hold.code].mend}`,
          ]),
      ...(signature === null
        ? []
        : [`  signed at ${signature.at}, level ${signature.level} of ${signature.ordered}${raisedBy(signature)}`]),
      ...(sealing === null ? [] : [`  sealing: ${attemptsText(sealing)}`]),
      ...(extension === null ? [] : [`  extending: ${attemptsText(extension)}`]),
      ...deliveries.map(one => {
        const proof = one.receipt === null ? '' : `, receipt ${one.receipt.reference}`
        return `  to ${one.destinationId}: ${one.state}, ${attemptsText(one)}${proof}`
      }),
      ...audit.map(({ at, event, details }) => `  ${at}  ${event}  ${details}`),
    ],
  }
}

/** Without the signer, who is a person. */
function signatureFacts(facts: SignatureFacts, { signature }: Document['order']) {
  const { level, at, extendedAt = null, extendedBy = null, declined = null } = facts
  return { level, ordered: signature.level, at, extendedAt, extendedBy, declined }
}

function raisedBy({ extendedBy, declined }: ReturnType<typeof signatureFacts>): string {
  if (extendedBy === null) return ''
  const why = declined === null ? '' : `, not by the service: ${declined.code}: ${declined.detail}`
  return `, raised ${extendedBy === 'local' ? 'here' : 'by the service'}${why}`
}

function attemptsText({ attempts, nextAttemptAt, lastFault }: Attempts): string {
  const next = nextAttemptAt === null ? '' : `, next ${nextAttemptAt}`
  return `${attempts} attempts${next}${lastFault === null ? '' : `, last ${lastFault.code}: ${lastFault.detail}`}`
}
