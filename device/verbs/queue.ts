// `compulsa queue`: where the copies are. Reading needs no running appliance; `retry` and `hold` ask it.

import type { Config } from '../config.ts'
import type { Attempts, Document, SignatureFacts } from '../document.ts'
import { documentIn } from '../document-shape.ts'
import { errorTable, Fault } from '../errors.ts'
import { askAppliance } from '../http/operator-client.ts'
import { legendParts } from '../legend-parts.ts'
import { operatorSocket } from '../main.ts'
import { composePrintable } from '../path/compose.ts'
import type { StoreReader } from '../store/store.ts'
import { configOf, readerOf, writeOutput } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const queueVerb: Verb = {
  name: 'queue',
  summary:
    'Shows the documents of the appliance and sends held ones on: list, show ID, retry ID|--all, hold ID, discard ID, export ID --out F.pdf [--printable].',
  words: { name: 'list|show|retry|hold|discard|export [ID]', min: 1, max: 2 },
  options: {
    ...configOptions,
    out: { type: 'string', help: 'file for `export`' },
    printable: { type: 'boolean', help: '`export` writes a rendition for printing on A4, with the legend' },
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
  const ask = (one: string, act: string) =>
    askAppliance(operatorSocket(loaded.dataFolder), 'POST', `/queue/${one}/${act}`)
  const retriesAll = action === 'retry' && id === undefined && call.flag('all')
  const word = done[action]
  if (word !== undefined && !retriesAll) {
    return { json: await ask(needed(id, action), action), lines: [`${id}: ${word}`] }
  }
  const store = readerOf(loaded)
  try {
    if (retriesAll) return await retryAll(store, one => ask(one, 'retry'))
    if (action === 'list') return list(store, call.flag('all'))
    if (action === 'show') return show(store, needed(id, action))
    return await exportCopy(store, needed(id, action), call, loaded.config)
  } finally {
    store.close()
  }
}

/** After what stopped many is mended, such as the credentials of an authority; newest last, as they came. */
async function retryAll(store: StoreReader, retry: (id: string) => Promise<unknown>): Promise<Answer> {
  const outbound = store.list({ stages: ['extending', 'delivering'] }).toReversed()
  const stopped = outbound.filter(({ wakeAt }) => wakeAt === null).map(({ id }) => id)
  for (const id of stopped) await retry(id)
  return { json: stopped, lines: stopped.length === 0 ? ['nothing is stopped'] : stopped.map(id => `${id}: goes on`) }
}

function needed(id: string | undefined, action: string): string {
  if (id === undefined || !/^[A-Za-z0-9-]{1,64}$/.test(id))
    throw new Fault('USAGE', `queue ${action} needs the id of a document`)
  return id
}

function list(store: StoreReader, includeErased: boolean): Answer {
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
  return { json: documents, lines: [...(documents.length === 0 ? ['no documents'] : lines), ...cardLines(store)] }
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
  const extension = stage.name === 'extending' ? stage.extension : null
  const json = {
    id,
    reference,
    stage: stage.name,
    procedure: order.procedureId,
    openedAt,
    changedAt,
    pages: pages.length,
    hold,
    copy,
    signature,
    extension,
    deliveries,
    audit,
  }
  return {
    json,
    lines: [
      `${id}  ${stage.name}  reference ${reference}  procedure ${order.procedureId}  ${pages.length} pages`,
      ...(hold === null
        ? []
        : [
            `  held: ${hold.code}: ${hold.detail}${hold.retryAt === null ? '' : `, next ${hold.retryAt}`}`,
            `  mend: ${errorTable[hold.code].mend}`,
          ]),
      ...(signature === null ? [] : [`  signed at ${signature.at}, level ${signature.level} of ${signature.ordered}`]),
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
function signatureFacts({ level, at, extendedAt }: SignatureFacts, { signature }: Document['order']) {
  return { level, ordered: signature.level, at, extendedAt: extendedAt ?? null }
}

function attemptsText({ attempts, nextAttemptAt, lastFault }: Attempts): string {
  const next = nextAttemptAt === null ? '' : `, next ${nextAttemptAt}`
  return `${attempts} attempts${next}${lastFault === null ? '' : `, last ${lastFault.code}: ${lastFault.detail}`}`
}

async function exportCopy(store: StoreReader, id: string, call: Call, config: Config): Promise<Answer> {
  const out = call.text('out')
  if (out === undefined) throw new Fault('USAGE', 'queue export needs --out')
  const document = load(store, id)
  const { stage } = document
  if (!('copy' in stage)) throw new Fault('STAGE_CONFLICT', `at ${stage.name} there is no copy yet`)
  if (call.flag('printable')) {
    const tools = { config, blobs: store.blobs, ...legendParts() }
    await writeOutput(out, await composePrintable(document, tools, call.signal))
    return { json: { out, printable: true }, lines: [`${out}: for printing only, the copy is the signed document`] }
  }
  await writeOutput(out, store.blobs.read(id, stage.copy.name))
  return { json: { out, ...stage.copy }, lines: [`${out}: ${stage.copy.bytes} bytes`] }
}
