// A job on a file of the command line: where it is done, what it is answered meanwhile, and how what it wrote gets to disk,
// whole or not at all.

import { resolve } from 'node:path'
import type { Ask, Job, JobFiles, JobOutcome, Written } from '../ades/job.ts'
import { inOneBuffer, randomAccessOf, spliced } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { ByteStream, RandomAccess } from '../ports.ts'
import { readable, type Workbench, writeOutput } from './appliance.ts'
import type { Identity } from './identity.ts'
import { openFile } from './scratch.ts'
import { secretIn } from './trust.ts'
import type { Call, Verb } from './verb.ts'

export const contentOption = {
  content: { type: 'string', help: 'the signed original of a detached signature' },
} as const satisfies Verb['options']

export const passwordOption = {
  'password-file': { type: 'string', help: 'file whose first line is the password of an encrypted PDF' },
} as const satisfies Verb['options']

export interface JobRequest {
  readonly call: Call
  readonly bench: Workbench
  readonly files?: Omit<JobFiles, 'input' | 'content'>
  /** Who signs, where the job may ask for a signature. */
  readonly identity?: Identity
  /** Opens an encrypted PDF, where --password-file names nothing that does. */
  readonly password?: string
}

/** What a job has come to, and what its input was then. */
export type Performed = JobOutcome & { readonly inputState: string }

/** Runs the job on the verb's first word and --content. Throws FILE_UNREADABLE and the job's Fault. */
export async function perform(
  job: Job,
  { call, bench, identity, files = {}, ...given }: JobRequest,
): Promise<Performed> {
  const [input = ''] = call.words
  const content = call.text('content')
  const inputState = await stateOf(input)
  if (content !== undefined) await stateOf(content)
  const passwordFile = call.text('password-file')
  const told = given.password === undefined ? undefined : Buffer.from(given.password, 'utf8')
  const password = passwordFile === undefined ? told : await secretIn(passwordFile)
  try {
    // The worker runs in another folder.
    const outcome = await bench.rooms
      .documents()
      .perform(
        job,
        { ...files, input: resolve(input), ...(content !== undefined && { content: resolve(content) }) },
        ask => answer(ask, { call, bench, ...(identity !== undefined && { identity }) }),
        { signal: call.signal, ...(password !== undefined && { password }) },
      )
    return { ...outcome, inputState }
  } finally {
    password?.fill(0)
  }
}

async function stateOf(path: string): Promise<string> {
  const file = await readable(openFile(path), path)
  try {
    return await file.state()
  } finally {
    await file.close()
  }
}

async function answer(ask: Ask, { call, bench, identity }: JobRequest): Promise<Uint8Array> {
  const { rooms } = bench
  switch (ask.ask) {
    case 'sign':
      if (identity === undefined) throw new Fault('INTERNAL', 'a job that must not sign asks for a signature')
      return identity.sign(ask.algorithm, ask.digest)
    case 'stamp':
      return rooms.timestamper().stamp(ask.query, call.signal)
    case 'ocsp':
      return rooms.revocation().ocsp(ask.url, ask.query, call.signal)
    case 'fetch':
      return rooms.revocation().fetch(ask.url, ask.what, call.signal)
  }
}

/** One line for each certificate whose state will be better known later (EN 319 102-1, 5.2.5). */
export function tellEarlier(call: Call, { answeredEarlier }: Written): void {
  for (const name of answeredEarlier) {
    call.progress(`the state of ${name} is known only from before it was used; extend again later`)
  }
}

/**
 * Writes what a job has made of the verb's input to --out, which may be the input. Throws OUTPUT_UNWRITABLE, and
 * FILE_UNREADABLE where the input is no longer what the job has seen: what was verified would not be what is written.
 */
export async function writeMade(call: Call, { base, splices, inputState }: Written & Performed): Promise<void> {
  await writeFromInput(call, inputState, input =>
    inOneBuffer(spliced(base === 'input' ? input : randomAccessOf(new Uint8Array()), splices)),
  )
}

/** As writeMade, with what `make` makes of the input. */
export async function writeFromInput(
  call: Call,
  inputState: string,
  make: (input: RandomAccess) => ByteStream,
): Promise<void> {
  const [input = ''] = call.words
  const file = await readable(openFile(input), input)
  const checked = async function* (bytes: ByteStream): ByteStream & AsyncGenerator<Uint8Array> {
    yield* bytes
    if ((await file.state()) !== inputState) throw new Fault('FILE_UNREADABLE', `${input}: changed meanwhile`)
  }
  try {
    await writeOutput(call.text('out') ?? '', checked(make(file)))
  } finally {
    await file.close()
  }
}
