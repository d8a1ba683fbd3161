// One run of scanimage in batch mode: the names of the pages it finishes as they come, what it said, how it ended, and
// an end to it that lets the backend stop its motor. No run outlives its `finish()`.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Fault } from '../../device/errors.ts'
import { lines, type ProcessExit, type RunningProcess, run, start } from '../exec.ts'
import { type ScanFault, scanFault } from './driver.ts'
import { createJournal, endingOf, isBatchEnd, pageName, pageNameFormat, type SaneJournal } from './sane-output.ts'

const scanimage = 'scanimage'
/** How long a backend may take to stop its motor or to close its device before the process is ended. */
const defaultCloseTimeoutMs = 5_000
/** More than a backend has to say in a thousand pages; one that goes on is ended. */
const maxSaidCharacters = 4 * 1024 * 1024
/** Pages that may lie on the disk unread before the feeder waits; below that it never does. */
const maxPagesAhead = 8
/** They lie in memory: fewer of them where they are large (A4 in colour has 26 MB at 300 ppi, and 104 MB at 600). */
const maxBytesAhead = 128 * 1024 * 1024
/** How long what was said may still arrive after scanimage has ended: a daemon it left behind may hold the pipe for ever. */
const drainAfterExitMs = 2_000

export interface BatchRun {
  readonly journal: SaneJournal
  /** File names relative to the run's folder; ends with the run. A page that takes too long throws SCANNER_TIMEOUT. */
  pages(): AsyncGenerator<string, void, void>
  /** How it ended and that all it said is in the journal. */
  exit(): Promise<ProcessExit>
  /** Interrupts the run unless it is over, and resolves when it is. */
  finish(): Promise<void>
}

export interface BatchOptions {
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly pageTimeoutMs: number
  /** How long the backend may take to stop its motor or to close its device. */
  readonly closeTimeoutMs?: number
}

/** A question to scanimage that is answered on standard output, or why there is no answer. */
export async function askScanimage(
  args: readonly string[],
  options: {
    readonly environment: Readonly<Record<string, string>>
    readonly timeoutMs: number
    readonly signal?: AbortSignal
  },
): Promise<{ readonly output: string } | ScanFault> {
  const { exit, stdout, stderr, truncated } = await run(scanimage, args, options)
  if (truncated) return scanFault('SCANNER_FAILED', 'the scanner says more than any scanner has to say')
  const fault = processFault(exit)
  if (fault !== undefined) return fault
  const ending = exit.end === 'exited' && exit.code !== 0 ? endingOf(exit.code, stderr.split('\n')) : undefined
  if (ending?.end === 'fault') return scanFault(ending.code, ending.detail)
  return { output: new TextDecoder().decode(stdout) }
}

/**
 * Starts a batch of TIFF pages; `args` name the device and its options. The caller calls `finish()`, whatever happens.
 * Each page has to be asked for (`--batch-prompt`): interrupted between two pages, scanimage would start a new job and
 * feed the rest of the paper.
 */
export function startBatch({ args, folder, environment, pageTimeoutMs, ...options }: BatchOptions): BatchRun {
  const { closeTimeoutMs = defaultCloseTimeoutMs } = options
  const batch = ['--format=tiff', `--batch=${pageNameFormat}`, '--batch-print', '--batch-prompt']
  // Ended only when it has not followed an interrupt or says more than it should: no second chance then.
  const child = start(scanimage, [...batch, ...args], { folder, environment, killAfterMs: 0 })
  const journal = createJournal()
  const names = readNames(child, folder)
  const journalled = readJournal(child, journal, closeTimeoutMs)
  let over = false
  const ended = child.exit.then(exit => {
    over = true
    return exit
  })
  let finished: Promise<void> | undefined

  async function* pages(): AsyncGenerator<string, void, void> {
    for (;;) {
      const name = await withDeadline(names.next(), pageTimeoutMs)
      if (name === undefined) return
      yield name
    }
  }

  async function exit(): Promise<ProcessExit> {
    await Promise.all([names.ended, journalled])
    return ended
  }

  async function interruptAndWait(): Promise<void> {
    child.stdin.end()
    if (!over && child.pid > 0) interrupt(child.pid)
    const timer = setTimeout(() => void child.kill(), closeTimeoutMs)
    await exit()
    clearTimeout(timer)
  }

  function finish(): Promise<void> {
    // Once only: at a second signal scanimage leaves without a word to the device.
    finished ??= interruptAndWait()
    return finished
  }

  return Object.freeze({ journal, pages, exit, finish })
}

/** A process that did not end by itself. */
export function processFault(exit: ProcessExit): ScanFault | undefined {
  switch (exit.end) {
    case 'exited':
      return undefined
    case 'timeout':
      return scanFault('SCANNER_TIMEOUT', 'the scanner did not answer')
    case 'signalled':
      return scanFault('SCANNER_FAILED', `scanimage was ended by ${exit.signal}`)
    case 'not-found':
      return scanFault('SCANNER_FAILED', 'scanimage is not installed (sane-utils)')
  }
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Fault('SCANNER_TIMEOUT', `no page within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The page names as they come, then undefined; asks for the next page as soon as one is finished. Standard output is
 * read to its end even when nobody wants more: a closed pipe would be a signal to scanimage, and the interrupt its second.
 */
function readNames(
  child: RunningProcess,
  folder: string,
): { next(): Promise<string | undefined>; readonly ended: Promise<void> } {
  const waiting: { readonly name: string; readonly bytes: number }[] = []
  let closed = false
  let wake = () => {}
  let asked = 0
  let finished = 0
  const listen = withinBounds(child)
  const hasRoom = () => {
    const bytes = waiting.map(page => page.bytes)
    const withNext = bytes.reduce((sum, size) => sum + size, Math.max(0, ...bytes))
    return waiting.length < maxPagesAhead && withNext <= maxBytesAhead
  }
  const askForNext = () => {
    // One page may always be on its way, however large.
    if (asked > finished || !(waiting.length === 0 || hasRoom()) || !child.stdin.writable) return
    asked += 1
    child.stdin.write('\n')
  }
  const read = async () => {
    askForNext()
    for await (const line of lines(saidBy(child, child.stdout))) {
      listen(line)
      // A backend may print words of its own.
      if (line !== pageName(finished + 1) || asked <= finished) continue
      waiting.push({ name: line, bytes: await sizeOf(join(folder, line)) })
      finished += 1
      askForNext()
      wake()
    }
    closed = true
    wake()
  }
  const next = async () => {
    while (waiting.length === 0 && !closed) {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
    const page = waiting.shift()
    askForNext()
    return page?.name
  }
  return { next, ended: read() }
}

/** 0 for a file that is not there: whoever reads the page finds out. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return 0
    throw thrown
  }
}

/** A stream of a process to its end, or to a while after the process has ended. */
async function* saidBy(child: RunningProcess, stream: Readable): AsyncGenerator<Uint8Array, void, void> {
  void child.exit.then(() => setTimeout(() => stream.destroy(), drainAfterExitMs).unref())
  try {
    yield* stream
  } catch (thrown) {
    const cut = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_STREAM_PREMATURE_CLOSE'
    if (!cut) throw thrown
  }
}

/** Also ends a run that has said that it is over and does not end: nobody waits for a page that cannot come. */
async function readJournal(child: RunningProcess, journal: SaneJournal, closeTimeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const listen = withinBounds(child)
  for await (const line of lines(saidBy(child, child.stderr))) {
    listen(line)
    journal.add(line)
    if (isBatchEnd(line)) timer ??= setTimeout(() => void child.kill(), closeTimeoutMs)
  }
  clearTimeout(timer)
}

/** Ends a process that says more than any backend has to say. */
function withinBounds(child: RunningProcess): (line: string) => void {
  let said = 0
  return line => {
    const before = said
    said += line.length
    if (before <= maxSaidCharacters && said > maxSaidCharacters) void child.kill()
  }
}

/** scanimage cancels at the device on SIGINT only; SIGTERM ends it where it stands. */
function interrupt(pid: number): void {
  try {
    process.kill(pid, 'SIGINT')
  } catch (thrown) {
    // ESRCH: it ended by itself in this moment.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}
