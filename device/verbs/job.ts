// A job on a file of the command line: where it is done, what it is answered meanwhile, and how what it wrote gets to disk,
// whole or not at all.

import { resolve } from 'node:path'
import type { Ask, Job, JobOutcome, Written } from '../ades/job.ts'
import { inOneBuffer, randomAccessOf, spliced } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { JobFiles } from '../ports.ts'
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
}

/** Runs the job on the verb's first word and --content. Throws FILE_UNREADABLE and the job's Fault. */
export async function perform(job: Job, { call, bench, identity, files = {} }: JobRequest): Promise<JobOutcome> {
  const [input = ''] = call.words
  const content = call.text('content')
  for (const path of [input, content]) if (path !== undefined) await checkReadable(path)
  const passwordFile = call.text('password-file')
  const password = passwordFile === undefined ? undefined : await secretIn(passwordFile)
  try {
    // The worker runs in another folder.
    return await bench.rooms
      .documents()
      .perform(
        job,
        { ...files, input: resolve(input), ...(content !== undefined && { content: resolve(content) }) },
        ask => answer(ask, { call, bench, ...(identity !== undefined && { identity }) }),
        { signal: call.signal, ...(password !== undefined && { password }) },
      )
  } finally {
    password?.fill(0)
  }
}

async function checkReadable(path: string): Promise<void> {
  const file = await readable(openFile(path), path)
  await file.close()
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

/** Writes what a job has made of the verb's input to --out. Throws OUTPUT_UNWRITABLE. */
export async function writeMade(call: Call, { base, splices }: Written): Promise<void> {
  const [input = ''] = call.words
  const file = await readable(openFile(input), input)
  try {
    const made = spliced(base === 'input' ? file : randomAccessOf(new Uint8Array()), splices)
    await writeOutput(call.text('out') ?? '', inOneBuffer(made))
  } finally {
    await file.close()
  }
}
