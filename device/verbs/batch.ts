// `compulsa batch`: an AutoFirma JSON batch, signed with one login, with the seal of a body, or by a person with Cl@ve Firma. What is
// finished is kept beside the result until the whole is there: a batch that was interrupted goes on where it was, and no signature is
// made twice.

import { createReadStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Batch, BatchItem, BatchLimits } from '../batch/batch.ts'
import type { ItemOutcome } from '../batch/outcome.ts'
import { documentsIn, readBatch } from '../batch/read-batch.ts'
import { countsOf, type ItemResult, itemResults, type ResultMode, resultText, signedName } from '../batch/result.ts'
import { runBatch } from '../batch/run.ts'
import type { Config } from '../config/config.ts'
import { asFault, Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import type { ByteStream } from '../ports.ts'
import { readReferencedFile } from '../requests/batch-files.ts'
import { type BatchJournal, openBatchJournal } from '../requests/batch-journal.ts'
import { signItem } from '../requests/batch-signing.ts'
import { checkClaveBatch } from '../requests/clave-batch.ts'
import { configOf, readable, type Workbench, withWorkbench, writeOutput } from './appliance.ts'
import { signBatchByPerson } from './clave-batch.ts'
import { claveOptions, signsWithClave } from './clave-person.ts'
import { type SessionIdentity, signerOptions, withSession, withSigner } from './identity.ts'
import { openFile } from './scratch.ts'
import { sealOption, sealSession, signsWithSeal } from './seal-identity.ts'
import { anchorsFor, trustOption } from './trust.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

const { algorithm: _algorithm, ...keyOptions } = signerOptions

export const batchVerb: Verb = {
  name: 'batch',
  summary: 'Signs an AutoFirma JSON batch with one login; one that was interrupted goes on where it was.',
  words: { name: 'LOTE.json', min: 1, max: 1 },
  options: {
    ...configOptions,
    out: { type: 'string', help: 'file for the result, with the signatures in it', required: true },
    'save-to': {
      type: 'string',
      help: 'folder for the signatures: the result then only tells what became of each, as AutoFirma’s servers do',
    },
    ...keyOptions,
    ...sealOption,
    ...claveOptions,
    ...trustOption,
  },
  run,
}

/** Enough to keep two processors busy, and several for the disk to sync at once while a card makes one signature. */
const underWay = 4

async function run(call: Call): Promise<Answer> {
  const { config } = configOf(call)
  const byPerson = signsWithClave(call, config)
  const used = withSigner(call, config)
  const [path = ''] = call.words
  const limits = limitsFor(call, config)
  const text = () => textOf(path)
  const batch = await readable(readBatch(text(), limits), path)
  if (byPerson) checkClaveBatch(batch)
  const anchors = await anchorsFor(call, config)
  const out = resolve(call.text('out') ?? '')
  const journal = await opened(`${out}.part`, batch)
  try {
    if (journal.finishedBefore > 0) call.progress(`${journal.finishedBefore} of ${batch.items.length} were done before`)
    await withWorkbench(used, async bench => {
      bench.rooms.start('document')
      const signing = { call, config, bench, batch, journal, anchors, text, limits }
      const work = (key: SessionIdentity) => sign({ ...signing, key })
      if (byPerson) await signWithPerson(signing)
      else if (signsWithSeal(call)) await work(await sealSession(call, config, bench.rooms.seals(), batch.algorithm))
      else await withSession(call, bench.rooms.signer(), batch, work)
    })
    const results = await written(call, batch, journal, out)
    await journal.remove()
    return answerOf(out, results)
  } finally {
    await journal.close()
    // A batch of which nothing was begun leaves nothing behind.
    if (journal.isEmpty()) await journal.remove()
  }
}

function limitsFor(call: Call, { batches }: Config): BatchLimits {
  return {
    maxDocuments: batches.maxDocuments,
    maxBytes: batches.maxMegabytes * 2 ** 20,
    maxDocumentBytes: batches.maxDocumentMegabytes * 2 ** 20,
    allowSha1: batches.allowSha1 || call.flag('allow-sha1'),
    places: true,
  }
}

async function* textOf(path: string): ByteStream {
  const file = await readable(openFile(path), path)
  await file.close()
  yield* createReadStream(path, { highWaterMark: 256 << 10 })
}

async function opened(path: string, batch: Batch): Promise<BatchJournal> {
  try {
    return await openBatchJournal(path, batch.sha256)
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw new Fault('OUTPUT_UNWRITABLE', `${path}: ${asFault(thrown).detail}`, { cause: thrown })
  }
}

interface Signing {
  readonly call: Call
  readonly config: Config
  readonly bench: Workbench
  readonly batch: Batch
  readonly journal: BatchJournal
  readonly anchors: readonly Uint8Array[]
  readonly text: () => ByteStream
  readonly limits: BatchLimits
}

/** What signing a batch needs, whoever signs. */
function partsOf({ config, bench, batch, anchors, text, limits }: Signing) {
  const { rooms, scratch, newId } = bench
  return {
    documents: rooms.documents(),
    references: rooms.references(),
    readFile: (path: string) => readReferencedFile(path, config.batches.folders, limits.maxDocumentBytes),
    anchors,
    scratch,
    newId,
    clock: systemClock,
    items: () => documentsIn(text(), batch, limits),
  }
}

async function sign({ key, ...signing }: Signing & { readonly key: SessionIdentity }): Promise<void> {
  const { call, batch, journal } = signing
  const { items, ...common } = partsOf(signing)
  const parts = { ...common, identity: key.identity, sign: key.sign }
  const { concurrency } = key
  // A seal's values are waited for over the network, and cost this machine nothing.
  const most = signsWithSeal(call) ? Math.max(concurrency, underWay) : underWay
  await runBatch({
    batch,
    documents: items(),
    ledger: journal,
    sign: (item, data, intent, signal) => signItem(item, data, intent, parts, signal),
    newIntent: () => ({ signingTime: systemClock.now(), signatureId: parts.newId() }),
    concurrency,
    underWay: most,
    clock: systemClock,
    signal: call.signal,
    onOutcome: outcomesTold(signing),
  })
}

async function signWithPerson(signing: Signing): Promise<void> {
  const { call, config, bench, batch, journal } = signing
  const { items, ...common } = partsOf(signing)
  await signBatchByPerson({
    call,
    config,
    work: { batch, ledger: journal, documents: items },
    parts: {
      ...common,
      clave: bench.rooms.clave(),
      memory: journal,
      limits: config.clave ?? { maxDocuments: 0, minutes: 0 },
      onOutcome: outcomesTold(signing),
    },
  })
}

function outcomesTold({ call, batch, journal }: Signing): (item: BatchItem, outcome: ItemOutcome) => void {
  let done = journal.finishedBefore
  // Foreign texts: a terminal would obey what is in some of them.
  const tell = (line: string) => call.progress(line.replace(/\p{C}/gu, '\u{fffd}'))
  return (item, outcome) => {
    done += 1
    const what = outcome.outcome === 'signed' ? 'signed' : `${outcome.code}: ${outcome.detail}`
    tell(`${done} of ${batch.items.length}: ${item.id}: ${what}`)
    if (outcome.outcome !== 'signed') return
    for (const name of outcome.ignored) tell(`${item.id}: extra parameter ${name} has no effect`)
    for (const note of outcome.notes ?? []) tell(`${item.id}: ${note}`)
  }
}

/** Result and, where they go into a folder, the signatures. Throws OUTPUT_UNWRITABLE. */
async function written(call: Call, batch: Batch, journal: BatchJournal, out: string): Promise<readonly ItemResult[]> {
  const folder = call.text('save-to')
  const results = itemResults(batch, journal)
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true }).catch((thrown: unknown) => {
      throw new Fault('OUTPUT_UNWRITABLE', `${folder}: ${asFault(thrown).detail}`, { cause: thrown })
    })
    for (const item of batch.items) {
      if (results[item.number]?.result !== 'DONE_AND_SAVED') continue
      const outcome = journal.outcome(item.number)
      const format = outcome?.outcome === 'signed' ? outcome.format : 'CAdES'
      await writeOutput(join(folder, signedName(item, format)), journal.signature(item.number))
    }
  }
  const mode: ResultMode = folder === undefined ? 'local' : 'three-phase'
  await writeOutput(out, resultText(batch, journal, mode))
  return results
}

function answerOf(out: string, results: readonly ItemResult[]): Answer {
  const counts = countsOf(results)
  const { signed, failed, skipped } = counts
  const lines = [`${out}: ${signed} signed, ${failed} failed, ${skipped} skipped`]
  const answer = { json: { out, ...counts, signs: results }, lines }
  if (failed + skipped === 0) return answer
  const first = results.find(({ result }) => result === 'ERROR_PRE')
  const why = first === undefined ? '' : `; the first, ${first.id}: ${first.description}`
  return {
    ...answer,
    failed: { code: 'BATCH_INCOMPLETE', mend: `${failed + skipped} of ${results.length} were not signed${why}` },
  }
}
