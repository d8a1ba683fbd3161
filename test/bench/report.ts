// What the measurements are told in: medians, ratios and Markdown tables, and the machine they were made on.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, loadavg, release, totalmem } from 'node:os'

export interface Section {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What a reader must know to believe or doubt the numbers. */
  readonly notes: readonly string[]
}

/** The middle one, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1)
  return middle.reduce((sum, value) => sum + value, 0) / middle.length
}

/** The lowest and the highest. */
export function span(values: readonly number[], digits = 2): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`
}

/** Ours against theirs, `×` behind it. */
export function ratio(ours: number, theirs: number): string {
  return `${(ours / theirs).toFixed(2)} ×`
}

/** The section as it is printed. */
export function markdown({ title, header, rows, notes }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'))
  return [
    `## ${title}`,
    '',
    line(header),
    line(rule),
    ...rows.map(line),
    '',
    ...notes.map(note => `- ${note}`),
    '',
  ].join('\n')
}

/** Processor, memory, kernel, runtime, the disk under `folder` and the hour; other load makes every number doubtful. */
export function machine(folder: string): string {
  const model =
    /^(?:model name|Model)\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor'
  const disk = execFileSync('findmnt', ['--noheadings', '--output', 'FSTYPE,SOURCE,OPTIONS', '--target', folder])
  const gib = (totalmem() / 2 ** 30).toFixed(1)
  const [load = 0] = loadavg()
  return [
    `Machine: ${model}, ${availableParallelism()} cores (${arch()}), ${gib} GiB, Linux ${release()}, Node ${process.versions.node}  `,
    `Disk: ${String(disk).trim().replace(/\s+/g, ' ')}  `,
    `Date: ${new Date().toISOString()}, load average before the first run ${load.toFixed(1)}`,
    '',
  ].join('\n')
}
