// Keeps one worker process alive: starts it with a bare environment and a socket, sends its configuration first, carries
// what it prints into the log, and starts it again, more slowly each time, when it dies, hangs or breaks the protocol.
// Its channel is the same object all along; a call that finds no worker behind it fails with WORKER_LOST.

import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { asFault, Fault } from '../../device/errors.ts'
import type { Clock, Log } from '../../device/ports.ts'
import { lines, type ProcessExit, type RunningProcess, type StartOptions, start } from '../exec.ts'
import { type CallOptions, type Channel, type Conversation, openChannel, resultOf } from './channel.ts'

const firstRestartMs = 100
const maxRestartMs = 30_000
/** A worker that has run for so long is started again at once and not as one that fails at start. */
const steadyMs = 60_000
/** More than a worker takes to say farewell to its devices. */
const stopGraceMs = 3_000
/** Between SIGTERM and SIGKILL: it has had its time for a farewell by then. */
const killAfterMs = 500

/**
 * glibc keeps what a thread has freed in an arena of that thread, and, once a large block was freed, blocks of that size in the
 * heap too, where one that is still used keeps all below it (mallopt(3), M_MMAP_THRESHOLD). Buffers from 64 KiB on go back
 * to the system instead; the first line of device/cli.ts says the same.
 */
const allocator = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536' } as const

/** What a worker is and what it is told. */
export interface WorkerOptions {
  /** As the log names it. */
  readonly name: string
  /** The worker's main module: a file in this folder, an absolute path or a `file:` URL. */
  readonly entry: string
  /**
   * Sent as JSON, but for `environment`, which is added to PATH, TMPDIR, LC_ALL, two settings of the allocator and, where
   * this process has it, NODE_COMPILE_CACHE.
   */
  readonly config: { readonly environment?: Readonly<Record<string, string>> }
  readonly log: Log
  readonly clock: Clock
  /**
   * What the kernel does to the worker when the device is killed. `none` lets it cancel its job at the device before
   * it goes, which it does by itself when its socket ends; SIGKILL also ends one that hangs in vendor code.
   */
  readonly deathSignal?: StartOptions['deathSignal']
  /** Largest JavaScript heap of the process; it dies when it needs more. Absent: the runtime's own bound. */
  readonly maxHeapMegabytes?: number
  /**
   * Largest part of the heap for young objects, of which there are three; the runtime's own bound is 16. A worker that
   * passes bytes on keeps nothing there, and is as fast with 1.
   */
  readonly youngHeapMegabytes?: number
  /** As in StartOptions; some 400 MB of it is what the runtime sets aside for itself. */
  readonly maxDataBytes?: StartOptions['maxDataBytes']
}

/** `failures` counts the deaths since the worker last ran for a minute. */
export type WorkerStatus =
  | { readonly state: 'running'; readonly pid: number }
  | { readonly state: 'restarting'; readonly failures: number }
  | { readonly state: 'stopped' }

/** A worker that is kept alive. */
export interface Worker {
  /** Outlives the processes behind it. Its `closed` resolves when the worker is stopped for good. */
  readonly channel: Channel
  status(): WorkerStatus
  /** Ends the process and waits until it is gone: by farewell first, by force after 3 s. */
  stop(): Promise<void>
}

interface Behind {
  channel: Channel | undefined
  status: WorkerStatus
}

/** Starts a worker at once. */
export function launchWorker(options: WorkerOptions): Worker {
  const { name, clock } = options
  const stopping = new AbortController()
  const behind: Behind = { channel: undefined, status: { state: 'restarting', failures: 0 } }
  const keepAlive = async (): Promise<Fault> => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const startedAt = clock.now()
      await runOnce(options, behind, stopping.signal)
      failures = clock.now() - startedAt > steadyMs ? 1 : failures + 1
      behind.status = { state: 'restarting', failures }
      await pause(clock, Math.min(firstRestartMs * 2 ** (failures - 1), maxRestartMs), stopping.signal)
    }
    behind.status = { state: 'stopped' }
    return new Fault('WORKER_LOST', `the ${name} worker was stopped`)
  }
  const closed = keepAlive()
  const channel: Channel = Object.freeze({
    call: (method: string, params: unknown, callOptions?: CallOptions) =>
      behind.channel === undefined ? noWorker(name) : behind.channel.call(method, params, callOptions),
    close: (reason: Fault) => behind.channel?.close(reason),
    closed,
  })
  const stop = async () => {
    stopping.abort()
    await closed
  }
  return Object.freeze({ channel, status: () => behind.status, stop })
}

/** One life of the process, from its start until it is gone. */
async function runOnce(
  { name, entry, config, log, deathSignal, maxDataBytes, ...heap }: WorkerOptions,
  behind: Behind,
  stopping: AbortSignal,
): Promise<void> {
  const { environment, ...configuration } = config
  const child = start(process.execPath, [...heapFlags(heap), fileURLToPath(new URL(entry, import.meta.url))], {
    environment: { ...allocator, ...compileCache(), ...environment },
    socket: true,
    killAfterMs,
    ...(deathSignal === undefined ? {} : { deathSignal }),
    ...(maxDataBytes === undefined ? {} : { maxDataBytes }),
  })
  if (child.socket === undefined) throw new Fault('INTERNAL', 'a worker without a socket')
  child.stdin.end()
  const output = Promise.all([carry(child.stdout, name, log), carry(child.stderr, name, log)])
  const channel = openChannel({ input: child.socket, output: child.socket })
  behind.channel = channel
  behind.status = { state: 'running', pid: child.pid }
  log.info('worker.started', { worker: name, pid: child.pid })
  const onStop = () => channel.close(new Fault('WORKER_LOST', `the ${name} worker was stopped`))
  stopping.addEventListener('abort', onStop, { once: true })
  void configure(channel, configuration, name, log)
  const reason = await channel.closed
  stopping.removeEventListener('abort', onStop)
  behind.channel = undefined
  const exit = await seeOff(child)
  await Promise.race([output, delay(stopGraceMs, undefined, { ref: false })])
  const fields = { worker: name, pid: child.pid, code: reason.code, detail: reason.detail, exit }
  if (stopping.aborted) log.info('worker.stopped', fields)
  else log.warn('worker.lost', fields)
}

function heapFlags(heap: Pick<WorkerOptions, 'maxHeapMegabytes' | 'youngHeapMegabytes'>): readonly string[] {
  const { maxHeapMegabytes: old, youngHeapMegabytes: young } = heap
  return [
    ...(old === undefined ? [] : [`--max-old-space-size=${old}`]),
    ...(young === undefined ? [] : [`--max-semi-space-size=${young}`]),
  ]
}

/** The folder where this process keeps compiled modules, for the worker to use as well. */
function compileCache(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE']
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}

/** A refused configuration ends the process like any other failure: the log tells, and the next attempt comes later. */
async function configure(channel: Channel, configuration: unknown, name: string, log: Log): Promise<void> {
  try {
    await resultOf(channel.call('configure', configuration))
  } catch (thrown) {
    const { code, detail } = asFault(thrown)
    log.error('worker.not-configured', { worker: name, code, detail })
    channel.close(new Fault('WORKER_LOST', `the ${name} worker did not take its configuration`, { cause: thrown }))
  }
}

async function seeOff(child: RunningProcess): Promise<ProcessExit> {
  const waited = new AbortController()
  const late = delay(stopGraceMs, undefined, { signal: waited.signal }).then(
    () => child.kill(),
    () => child.exit,
  )
  try {
    return await Promise.race([child.exit, late])
  } finally {
    waited.abort()
  }
}

async function carry(stream: AsyncIterable<Uint8Array>, name: string, log: Log): Promise<void> {
  try {
    for await (const line of lines(stream)) log.warn('worker.printed', { worker: name, line })
  } catch (thrown) {
    log.warn('worker.printed', { worker: name, line: asFault(thrown).detail })
  }
}

async function pause(clock: Clock, ms: number, stopping: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, stopping)
  } catch (thrown) {
    if (!stopping.aborted) throw thrown
  }
}

// biome-ignore lint/correctness/useYield: a conversation that fails before anything is said
async function* noWorker(name: string): Conversation {
  throw new Fault('WORKER_LOST', `the ${name} worker is not running`)
}
