// The only place that starts other programs. No shell is ever involved, and nothing of this process's environment leaks
// into a child but PATH and TMPDIR. A child does not outlive this process: setpriv(1) gives it a parent-death signal (but
// for the milliseconds before setpriv itself has run, when only its closed pipes end it). Each child leads a process
// group of its own, which is ended as a whole on abort, on timeout and when its leader exits.

import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Duplex, type Readable, type Writable } from 'node:stream'

const setpriv = '/usr/bin/setpriv'
const prlimit = '/usr/bin/prlimit'
const defaultKillAfterMs = 2_000
const defaultMaxOutputBytes = 1024 * 1024
/** How long output may still arrive after the process has ended: a daemon it left behind may hold the pipe for ever. */
const drainAfterExitMs = 2_000
const maxLineLength = 64 * 1024

/** How a process ended. `code` is its exit status; a timeout has already ended the whole process group. */
export type ProcessExit =
  | { readonly end: 'exited'; readonly code: number }
  | { readonly end: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly end: 'timeout' }
  | { readonly end: 'not-found' }

/** How a program is started and when it ends at the latest. */
export interface StartOptions {
  /** Aborting ends the process group: SIGTERM, then SIGKILL after `killAfterMs`. */
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Added to PATH, TMPDIR and LC_ALL=C.UTF-8, which are all that a child gets otherwise. */
  readonly environment?: Readonly<Record<string, string>>
  /** Working folder; `/` when absent, so that no child keeps a folder from being unmounted or removed. */
  readonly folder?: string
  /** Time between SIGTERM and SIGKILL; 0 sends SIGKILL at once. */
  readonly killAfterMs?: number
  /** What the kernel sends the child when this process dies, however it dies. */
  readonly deathSignal?: 'SIGKILL' | 'SIGTERM' | 'none'
  /** Gives the child a connected socket as descriptor 3, out of reach of whatever its libraries print. */
  readonly socket?: boolean
  /** RLIMIT_DATA: all private memory that the child may write to, whatever it is for; it dies or fails when it needs more. */
  readonly maxDataBytes?: number
}

/** A running child. Its owner reads both output streams to their end, or the child blocks on a full pipe. */
export interface RunningProcess {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** This end of descriptor 3, where `socket` was asked for. */
  readonly socket: Duplex | undefined
  /** Never rejects; output may still be unread when it resolves. */
  readonly exit: Promise<ProcessExit>
  /** Ends the process group as an abort does and resolves when its leader is gone. */
  kill(): Promise<ProcessExit>
}

/** As for `start`, with what goes in and how much may come out. */
export interface RunOptions extends StartOptions {
  /** One piece, or several in order. */
  readonly input?: Uint8Array | readonly Uint8Array[]
  /** Of stdout and stderr each; the process is ended when it writes more. Default 1 MiB. */
  readonly maxOutputBytes?: number
}

/** What a finished program left behind; `truncated` tells that it wrote more than `maxOutputBytes` and was ended. */
export interface RunResult {
  readonly exit: ProcessExit
  readonly stdout: Uint8Array
  readonly stderr: string
  readonly truncated: boolean
}

/**
 * Starts a program and hands over its streams. Throws the signal's reason when it is aborted already; a program that
 * does not exist ends as `not-found`.
 */
export function start(command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  options.signal?.throwIfAborted()
  const env = childEnvironment(options.environment ?? {})
  const found = isExecutable(command, env.PATH ?? '')
  const deathSignal = options.deathSignal ?? 'SIGKILL'
  const [limited = command, ...rest] = withinData(options.maxDataBytes, command, args)
  const [file, argv] =
    deathSignal === 'none' && found
      ? [limited, rest]
      : [setpriv, ['--pdeathsig', deathSignal === 'none' ? 'clear' : deathSignal.slice(3), '--', limited, ...rest]]
  const stdio = Array.from({ length: options.socket === true ? 4 : 3 }, () => 'pipe' as const)
  const child = spawn(file, argv, { cwd: options.folder ?? '/', env, stdio, detached: true })
  // A child that ends without reading makes EPIPE here; how it ended is told by `exit` alone.
  child.stdin.on('error', () => undefined)
  const fourth = child.stdio[3]
  const leader = superviseGroup(child, options, found)
  return Object.freeze({
    pid: child.pid ?? -1,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    socket: fourth instanceof Duplex ? fourth : undefined,
    ...leader,
  })
}

function withinData(bytes: number | undefined, command: string, args: readonly string[]): readonly string[] {
  return bytes === undefined ? [command, ...args] : [prlimit, `--data=${bytes}`, '--', command, ...args]
}

/** Runs a program to its end and collects its output. Rejects with the signal's reason when aborted. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = start(command, args, options)
  const maxBytes = options.maxOutputBytes ?? defaultMaxOutputBytes
  let truncated = false
  const stopAtLimit = () => {
    truncated = true
    void child.kill()
  }
  const output = Promise.all([
    collect(child.stdout, maxBytes, stopAtLimit),
    collect(child.stderr, maxBytes, stopAtLimit),
  ])
  for (const piece of [options.input ?? []].flat()) child.stdin.write(piece)
  child.stdin.end()
  const exit = await child.exit
  const drain = setTimeout(() => {
    child.stdout.destroy()
    child.stderr.destroy()
  }, drainAfterExitMs)
  const [stdout, stderr] = await output
  clearTimeout(drain)
  options.signal?.throwIfAborted()
  return Object.freeze({ exit, stdout, stderr: new TextDecoder().decode(stderr), truncated })
}

/**
 * Text lines of a stream without their ends (LF, CR or both: progress displays use a bare CR); empty lines are left
 * out, a line longer than 65,536 characters is cut into pieces.
 */
export async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split(/[\r\n]/)
    rest = pieces.pop() ?? ''
    for (const piece of pieces) if (piece !== '') yield piece
    while (rest.length >= maxLineLength) {
      yield rest.slice(0, maxLineLength)
      rest = rest.slice(maxLineLength)
    }
  }
  const last = rest + decoder.decode()
  if (last !== '') yield last
}

function childEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  const inherited: Record<string, string> = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8' }
  if (process.env.TMPDIR !== undefined) inherited.TMPDIR = process.env.TMPDIR
  return { ...inherited, ...extra }
}

function isExecutable(command: string, path: string): boolean {
  const candidates = command.includes('/') ? [command] : path.split(delimiter).map(folder => join(folder, command))
  return candidates.some(candidate => {
    try {
      accessSync(candidate, constants.X_OK)
      return true
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown) return false
      throw thrown
    }
  })
}

function superviseGroup(child: ChildProcess, options: StartOptions, found: boolean) {
  const timers = new Set<NodeJS.Timeout>()
  let timedOut = false
  const killAfterMs = options.killAfterMs ?? defaultKillAfterMs
  const stop = () => {
    signalGroup(child, killAfterMs > 0 ? 'SIGTERM' : 'SIGKILL')
    if (killAfterMs > 0) timers.add(setTimeout(() => signalGroup(child, 'SIGKILL'), killAfterMs))
  }
  const exit = new Promise<ProcessExit>(resolve => {
    const finish = (outcome: ProcessExit) => {
      options.signal?.removeEventListener('abort', stop)
      for (const timer of timers) clearTimeout(timer)
      resolve(timedOut ? { end: 'timeout' } : outcome)
    }
    child.once('error', () => finish({ end: 'not-found' }))
    child.once('exit', (code, signal) => {
      // Whatever the leader left running in its group ends with it.
      signalGroup(child, 'SIGKILL')
      if (!found) finish({ end: 'not-found' })
      else if (signal !== null) finish({ end: 'signalled', signal })
      else finish({ end: 'exited', code: code ?? -1 })
    })
  })
  options.signal?.addEventListener('abort', stop, { once: true })
  if (options.timeoutMs !== undefined) {
    const onTimeout = () => {
      timedOut = true
      stop()
    }
    timers.add(setTimeout(onTimeout, options.timeoutMs))
  }
  const kill = () => {
    stop()
    return exit
  }
  return { exit, kill }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (thrown) {
    // ESRCH: the group is gone already, which is what was wanted.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}

async function collect(stream: Readable, maxBytes: number, onLimit: () => void): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  stream.on('data', (chunk: Buffer) => {
    if (over) return
    const kept = chunk.subarray(0, maxBytes - size)
    chunks.push(kept)
    size += kept.length
    over = kept.length < chunk.length
    if (over) onLimit()
  })
  await new Promise<void>(resolve => stream.once('close', resolve))
  return Buffer.concat(chunks)
}
