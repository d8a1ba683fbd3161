// What a process and all its descendants use, read from /proc: memory at its peak, processor time by program. RSS counts
// a page once for every process that maps it, PSS divides it among them; the truth of "how much memory must the box have"
// lies nearer to PSS.

import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

export interface TreeUse {
  /** Largest sums over the tree at one sample. */
  readonly peakRssBytes: number
  readonly peakPssBytes: number
  /** User and system time since the watch began, of the processes alive at its end, by program. */
  readonly cpuSeconds: ReadonlyMap<string, number>
  /** Each program's own highest PSS. */
  readonly peakPssByProgram: ReadonlyMap<string, number>
}

export interface TreeWatch {
  /** To be called while the tree still lives. */
  stop(): TreeUse
}

const sampleMs = 100
/** USER_HZ, the same on every architecture of Debian. */
const ticksPerSecond = 100

/** Samples every 100 ms until `stop`. */
export function watchTree(rootPid: number): TreeWatch {
  let peakRssBytes = 0
  let peakPssBytes = 0
  const peakPssByProgram = new Map<string, number>()
  const before = cpuByPid(rootPid)
  const sample = () => {
    const uses = pidsUnder(rootPid).map(memoryOf)
    for (const { program, pss } of uses)
      peakPssByProgram.set(program, Math.max(peakPssByProgram.get(program) ?? 0, pss))
    peakRssBytes = Math.max(peakRssBytes, sum(uses.map(({ rss }) => rss)))
    peakPssBytes = Math.max(peakPssBytes, sum(uses.map(({ pss }) => pss)))
  }
  sample()
  const timer = setInterval(sample, sampleMs)
  return Object.freeze({
    stop(): TreeUse {
      clearInterval(timer)
      sample()
      const cpuSeconds = new Map<string, number>()
      for (const [pid, { program, seconds }] of cpuByPid(rootPid)) {
        const used = seconds - (before.get(pid)?.seconds ?? 0)
        cpuSeconds.set(program, (cpuSeconds.get(program) ?? 0) + used)
      }
      return { peakRssBytes, peakPssBytes, cpuSeconds, peakPssByProgram }
    },
  })
}

/** What a process and its descendants hold now, each shared page divided among those who share it. */
export function pssUnder(rootPid: number): number {
  return sum(pidsUnder(rootPid).map(pid => memoryOf(pid).pss))
}

/** User and system time that a process and its living descendants have used since they began. */
export function cpuSecondsUnder(rootPid: number): number {
  return sum([...cpuByPid(rootPid).values()].map(({ seconds }) => seconds))
}

export interface ProcessUse {
  /** User and system time since it began. */
  readonly cpuSeconds: number
  /** The highest it has been (VmHWM). */
  readonly peakRssBytes: number
}

/** What one living process has used so far. */
export function useOf(pid: number): ProcessUse {
  const fields = statFields(String(pid))
  const status = ifAlive(() => readFileSync(`/proc/${pid}/status`, 'latin1')) ?? ''
  return {
    cpuSeconds: fields === undefined ? 0 : (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    peakRssBytes: Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
  }
}

/** User and system time of all children of this process that have ended and were waited for. */
export function cpuOfEndedChildren(): number {
  const fields = statFields('self')
  return fields === undefined ? 0 : (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

function pidsUnder(rootPid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? statFields(name)?.[1] : undefined
    if (parent !== undefined) children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)])
  }
  const found = [rootPid]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found
}

function cpuByPid(rootPid: number): Map<number, { program: string; seconds: number }> {
  const uses = new Map<number, { program: string; seconds: number }>()
  for (const pid of pidsUnder(rootPid)) {
    const fields = statFields(String(pid))
    if (fields === undefined) continue
    const seconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
    uses.set(pid, { program: programOf(pid), seconds })
  }
  return uses
}

/** Fields of proc_pid_stat(5) from the third (state) on: the name before them may hold anything. */
function statFields(pid: string): string[] | undefined {
  return ifAlive(() => {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  })
}

/** The script of a Node process without `.ts`, else the program's own name. */
function programOf(pid: number): string {
  const words = ifAlive(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')) ?? []
  return basename(words.find(word => word.endsWith('.ts')) ?? words[0] ?? 'gone', '.ts')
}

function memoryOf(pid: number): { readonly program: string; readonly rss: number; readonly pss: number } {
  const text = ifAlive(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? ''
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
  return { program: programOf(pid), rss: bytes('Rss'), pss: bytes('Pss') }
}

/** undefined for a process that ended between listing and reading. */
function ifAlive<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ESRCH'))
      return undefined
    throw thrown
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
