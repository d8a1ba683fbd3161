// The DocumentJobs port over a channel to the document worker. A watch measures the time that a job is busy, standing still
// while an answer is awaited; when a job has had its time, or its process dies under it, the worker is ended and the file
// is too complex. What comes back is checked like any other worker's words.

import Type from 'typebox'
import type { Ask, DocumentJobs, JobFiles, JobOutcome } from '../../device/ades/job.ts'
import type { Splice } from '../../device/bytes.ts'
import { Fault } from '../../device/errors.ts'
import { type Answers, createAnswers } from './answers.ts'
import { fromJson, toJson } from './bytes-json.ts'
import { type Conversation, distrust, type PortChannel } from './channel.ts'
import { checked } from './shapes.ts'

/** What any job gets, and what each byte of its files adds: ten times what an old Raspberry Pi needs. */
const baseBudgetMs = 60_000
const bytesPerMs = 5_000
const watchIntervalMs = 250
/** Of all splices together; an embedded document is the largest. */
const maxSpliceBytes = 128 << 20

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const closed = { additionalProperties: false }
const spliceItem = Type.Object({ splice: Type.Object({ offset: count, remove: count }, closed) }, closed)
const askItem = Type.Object({ ask: count, question: Type.Unknown() }, closed)
const bytes = Type.Unsafe<Uint8Array>({ type: 'object' })
const question = Type.Union([
  Type.Object({ ask: Type.Literal('sign'), algorithm: Type.String({ maxLength: 40 }), digest: bytes }, closed),
  Type.Object({ ask: Type.Literal('stamp'), query: bytes }, closed),
  Type.Object({ ask: Type.Literal('ocsp'), url: Type.String({ maxLength: 2_000 }), query: bytes }, closed),
  Type.Object(
    { ask: Type.Literal('fetch'), url: Type.String({ maxLength: 2_000 }), what: Type.Enum(['crl', 'issuer']) },
    closed,
  ),
])
const names = Type.Array(Type.String({ maxLength: 2_000 }), { maxItems: 1_000 })
const outcome = Type.Union([
  Type.Object(
    {
      outcome: Type.Literal('written'),
      base: Type.Enum(['input', 'empty']),
      report: Type.Object({}),
      answeredEarlier: names,
      ignored: Type.Optional(names),
      notes: Type.Optional(names),
    },
    closed,
  ),
  Type.Object({ outcome: Type.Literal('prepared'), digest: bytes }, closed),
  Type.Object(
    {
      outcome: Type.Literal('verified'),
      format: Type.Enum(['PAdES', 'CAdES', 'XAdES', 'none']),
      report: Type.Object({}),
    },
    closed,
  ),
])

export interface RemoteDocumentsOptions {
  /** Sizes of the files, for the time they may take; bytes. */
  readonly sizeOf: (path: string) => Promise<number>
  /** Instead of what the sizes give; milliseconds. */
  readonly budgetMs?: number
}

/** A DocumentJobs port in the document worker. */
export function remoteDocuments(channel: PortChannel, options: RemoteDocumentsOptions): DocumentJobs {
  const perform: DocumentJobs['perform'] = async (job, files, answer, { password, signal } = {}) => {
    const answers = createAnswers()
    const watch = createWatch(options.budgetMs ?? (await budgetOf(files, options)), channel)
    const conversation = channel.call('perform', toJson({ job, files }), {
      input: answers.stream,
      ...(password !== undefined && { secret: password }),
      ...(signal !== undefined && { signal }),
    })
    try {
      return await converse(conversation, channel, answers, watch, answer)
    } catch (thrown) {
      throw watch.explain(thrown)
    } finally {
      watch.end()
      answers.end()
      await conversation.return(undefined)
    }
  }
  return Object.freeze({ perform })
}

async function budgetOf(files: JobFiles, { sizeOf }: RemoteDocumentsOptions): Promise<number> {
  const paths = [files.input, files.content, files.earlier].filter(path => path !== undefined)
  const sizes = await Promise.all(paths.map(sizeOf))
  return baseBudgetMs + sizes.reduce((total, size) => total + size, 0) / bytesPerMs
}

async function converse(
  conversation: Conversation,
  channel: PortChannel,
  answers: Answers,
  watch: Watch,
  answer: (ask: Ask) => Promise<Uint8Array>,
): Promise<JobOutcome> {
  const splices: Splice[] = []
  let room = maxSpliceBytes
  for (;;) {
    const { done, value } = await conversation.next()
    if (done === true) return outcomeFrom(channel, value, splices)
    if (typeof value.value === 'object' && value.value !== null && 'ask' in value.value) {
      const { ask, question: told } = distrust(channel, () => checked(askItem, value.value, 'question'))
      void serve(
        ask,
        distrust(channel, () => askFrom(told)),
        answers,
        watch,
        answer,
      )
      continue
    }
    const { splice } = distrust(channel, () => checked(spliceItem, value.value, 'splice'))
    const pieces: Uint8Array[] = []
    for await (const piece of value.bytes) {
      room -= piece.length
      if (room < 0) distrust(channel, () => tooLarge())
      pieces.push(piece)
    }
    splices.push({ ...splice, insert: Buffer.concat(pieces) })
  }
}

function tooLarge(): never {
  throw new Fault('FRAME_INVALID', `splices of more than ${maxSpliceBytes} bytes`)
}

function askFrom(told: unknown): Ask {
  const asked = checked(question, fromJson(told), 'question')
  const octets = 'digest' in asked ? asked.digest : 'query' in asked ? asked.query : new Uint8Array()
  if (!(octets instanceof Uint8Array)) throw new Fault('FRAME_INVALID', 'a question without its bytes')
  return asked as Ask
}

function outcomeFrom(channel: PortChannel, value: unknown, splices: readonly Splice[]): JobOutcome {
  const told = distrust(channel, () => digestChecked(checked(outcome, fromJson(value), 'outcome')))
  return (told.outcome === 'written' ? { ...told, splices } : told) as JobOutcome
}

function digestChecked<T extends { readonly outcome: string }>(told: T): T {
  if (!('digest' in told) || (told.digest instanceof Uint8Array && told.digest.length === 32)) return told
  throw new Fault('FRAME_INVALID', 'a digest of another length')
}

async function serve(
  ask: number,
  asked: Ask,
  answers: Answers,
  watch: Watch,
  answer: (ask: Ask) => Promise<Uint8Array>,
): Promise<void> {
  watch.pause()
  try {
    answers.give(ask, await answer(asked))
  } catch (thrown) {
    answers.refuse(ask, thrown)
  } finally {
    watch.resume()
  }
}

interface Watch {
  pause(): void
  resume(): void
  end(): void
  /** The failure as the caller is told: a worker that was ended or died is a file that was too complex. */
  explain(thrown: unknown): unknown
}

function createWatch(budgetMs: number, channel: PortChannel): Watch {
  let paused = 0
  let busyMs = 0
  let late = false
  const timer = setInterval(() => {
    if (paused > 0) return
    busyMs += watchIntervalMs
    if (busyMs <= budgetMs) return
    late = true
    channel.close(new Fault('WORKER_LOST', 'a job took too long'))
  }, watchIntervalMs)
  return {
    pause: () => {
      paused += 1
    },
    resume: () => {
      paused -= 1
    },
    end: () => clearInterval(timer),
    explain: thrown => {
      if (!(thrown instanceof Fault) || thrown.code !== 'WORKER_LOST') return thrown
      const why = late ? `it took more than ${Math.round(budgetMs / 1000)} s` : 'reading it brought its reader down'
      return new Fault('DOCUMENT_TOO_COMPLEX', why, { cause: thrown })
    },
  }
}
