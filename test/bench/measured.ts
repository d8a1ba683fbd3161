// A program run to its end, measured from outside: wall clock, processor time, peak memory of its process tree.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpuOfEndedChildren, watchTree } from './tree.ts'

export interface Use {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly peakPssBytes: number
}

export interface MeasuredRun extends Use {
  readonly output: string
}

export interface RunPlace {
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  /** What the program says, when it says it. */
  readonly onOutput?: (text: string) => void
}

/** Runs one program; throws when it ends with anything but 0. No other child may end meanwhile: its time would count. */
export async function runMeasured(command: string, args: readonly string[], place: RunPlace): Promise<MeasuredRun> {
  const cpuBefore = cpuOfEndedChildren()
  const startedAt = performance.now()
  const child = spawn(command, args, {
    cwd: place.folder,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...place.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += String(chunk)
      place.onOutput?.(String(chunk))
    })
  const watch = child.pid === undefined ? undefined : watchTree(child.pid)
  const [code] = await closed
  const seconds = (performance.now() - startedAt) / 1000
  const { peakRssBytes = 0, peakPssBytes = 0 } = watch?.stop() ?? {}
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output}`)
  return { seconds, cpuSeconds: cpuOfEndedChildren() - cpuBefore, peakRssBytes, peakPssBytes, output }
}

/** One after the other: times add up, memory does not. */
export function inSequence(uses: readonly Use[]): Use {
  return {
    seconds: uses.reduce((sum, use) => sum + use.seconds, 0),
    cpuSeconds: uses.reduce((sum, use) => sum + use.cpuSeconds, 0),
    peakRssBytes: Math.max(...uses.map(use => use.peakRssBytes)),
    peakPssBytes: Math.max(...uses.map(use => use.peakPssBytes)),
  }
}
