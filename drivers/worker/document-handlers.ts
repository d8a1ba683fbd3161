// The document worker's side of a job: opens the files it is about, runs the engine on them, and passes on what the engine
// asks for. Splices are told as items with their bytes, the rest of the outcome as the result.

import { readFile, stat } from 'node:fs/promises'
import type { Ask, Job, JobFiles, JobOutcome } from '../../device/ades/job.ts'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, RandomAccess } from '../../device/ports.ts'
import { type Answer, readAnswers } from './answers.ts'
import { fromJson, toJson } from './bytes-json.ts'
import { openFile } from './file-access.ts'
import type { CallContext, Handlers } from './serve.ts'

/** Largest font, image or attachment. */
const maxResourceBytes = 16 << 20

/** What the worker runs a job with. */
export interface PerformTools {
  readonly input: RandomAccess
  readonly content: RandomAccess | undefined
  readonly earlier: RandomAccess | undefined
  readonly password: Uint8Array | undefined
  readonly font: Uint8Array | undefined
  readonly image: Uint8Array | undefined
  readonly pageImage: Uint8Array | undefined
  readonly attachment: Uint8Array | undefined
  ask(ask: Ask): Promise<Uint8Array>
}

export type Perform = (job: Job, tools: PerformTools) => Promise<JobOutcome>

/** `perform`: asks are items with an `ask`, splices items with a `splice` and its bytes. */
export function documentHandlers(perform: Perform): Handlers {
  return new Map([['perform', (params: unknown, context: CallContext) => performWith(perform, params, context)]])
}

async function performWith(perform: Perform, params: unknown, context: CallContext): Promise<unknown> {
  const { job, files } = fromJson(params) as { job: Job; files: JobFiles }
  await using held = new AsyncDisposableStack()
  const opened = async (path: string) => held.adopt(await openFile(path), file => file.close())
  const input = await opened(files.input)
  const content = files.content === undefined ? undefined : await opened(files.content)
  const earlier = files.earlier === undefined ? undefined : await opened(files.earlier)
  const paths = [files.font, files.image, files.pageImage, files.attachment]
  const [font, image, pageImage, attachment] = await Promise.all(paths.map(wholeFile))
  const asking = createAsking(context)
  const resources = { font, image, pageImage, attachment }
  const outcome = await perform(job, {
    input,
    content,
    earlier,
    ...resources,
    password: context.secret,
    ask: asking.ask,
  })
  await Promise.all([input, content, earlier].map(file => file?.checkUnchanged()))
  if (outcome.outcome !== 'written') return toJson(outcome)
  const { splices, ...rest } = outcome
  for (const { offset, remove, insert } of splices) await asking.tell({ splice: { offset, remove } }, once(insert))
  return toJson(rest)
}

/** Items go out one after the other, answers come back by their numbers in any order. */
function createAsking({ emit, input }: CallContext) {
  const waiting = new Map<number, PromiseWithResolvers<Uint8Array>>()
  let turn: Promise<void> = Promise.resolve()
  let next = 0
  const tell = (value: unknown, bytes?: ByteStream) => {
    turn = turn.then(() => emit(value, bytes))
    return turn
  }
  const hear = async () => {
    try {
      for await (const answer of readAnswers(input)) settle(waiting, answer)
    } catch (thrown) {
      for (const one of waiting.values()) one.reject(thrown)
    }
  }
  let listening = false
  const ask = async (question: Ask): Promise<Uint8Array> => {
    if (!listening) void hear()
    listening = true
    next += 1
    const pending = Promise.withResolvers<Uint8Array>()
    waiting.set(next, pending)
    await tell({ ask: next, question: toJson(question) })
    return pending.promise
  }
  return { ask, tell }
}

function settle(waiting: Map<number, PromiseWithResolvers<Uint8Array>>, answer: Answer): void {
  const pending = waiting.get(answer.ask)
  if (pending === undefined) throw new Fault('FRAME_INVALID', 'an answer to nothing that was asked')
  waiting.delete(answer.ask)
  if ('bytes' in answer) pending.resolve(answer.bytes)
  else pending.reject(answer.fault)
}

/** Fonts, images and attachments are small; what is larger than any is FILE_UNREADABLE. */
async function wholeFile(path: string | undefined): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined
  if ((await stat(path)).size > maxResourceBytes)
    throw new Fault('FILE_UNREADABLE', `${path} is too large to go into a signature`)
  return readFile(path)
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}
