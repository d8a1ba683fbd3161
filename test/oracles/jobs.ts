// A program that answers jobs for as long as it runs: one JSON object a line in, one a line out. The oracles in Java and
// Python are such programs, started once for a whole run because their start is slow.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Members of a job beside its id. */
export type Job = Readonly<Record<string, unknown>>

export interface Answerer {
  /** -1 where the program could not be started. */
  readonly pid: number
  /** The job's answer; rejects with the program's own words where it could not do it. */
  ask<Answer>(job: Job): Promise<Answer>
  /** Ends the program and waits until it has ended. */
  stop(): Promise<void>
}

interface Waiting {
  resolve(answer: unknown): void
  reject(reason: Error): void
}

/** What is kept of a program's standard error, for the message when it dies. */
const keptErrorOctets = 4000

export function startAnswerer(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Answerer {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
  const waiting = new Map<number, Waiting>()
  let nextId = 0
  let errors = ''
  let dead: Error | undefined
  child.stderr.on('data', (data: Buffer) => {
    errors = `${errors}${data}`.slice(-keptErrorOctets)
  })
  createInterface({ input: child.stdout }).on('line', line => {
    const reply = JSON.parse(line) as { id: number; answer?: unknown; error?: string }
    const job = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.error === undefined) job?.resolve(reply.answer)
    else job?.reject(new Error(reply.error))
  })
  const ended = new Promise<void>(resolve => {
    const end = (why: string) => {
      dead ??= new Error(`${program} ${why}: ${errors}`)
      for (const job of waiting.values()) job.reject(dead)
      waiting.clear()
      resolve()
    }
    child.on('error', thrown => end(thrown.message))
    child.on('close', code => end(`ended with ${code}`))
  })
  return Object.freeze({
    pid: child.pid ?? -1,
    ask: <Answer>(job: Job) =>
      new Promise<Answer>((resolve, reject) => {
        if (dead !== undefined) {
          reject(dead)
          return
        }
        const id = nextId++
        waiting.set(id, { resolve: answer => resolve(answer as Answer), reject })
        child.stdin.write(`${JSON.stringify({ id, ...job })}\n`)
      }),
    stop: () => {
      child.stdin.end()
      return ended
    },
  })
}
