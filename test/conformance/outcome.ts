// What a run has found so far: one outcome for each exhibit before each judge, and how they are told, as a table and as a
// list of what was rejected.

import type { Verdict } from '../oracles/oracle.ts'

export interface Outcome {
  /** First column of the table; in Markdown only what is before the comma, so that rows alike but for that are one. */
  readonly row: string
  /** The cell, for the list of failures. */
  readonly name: string
  /** Who judged: a column of the table. */
  readonly judge: string
  readonly verdict: Verdict
}

/** The outcomes of one section of the run. */
export interface Tally {
  readonly title: string
  add(outcome: Outcome): void
  readonly passed: number
  readonly failed: number
  /** One line a rejection, in the judge's words. */
  failures(): readonly string[]
  table(style: 'text' | 'markdown'): string
}

/** A judge's words are kept this long in the list of failures. */
const keptWords = 600

/** `judges` are the columns from left to right, those that have an outcome. */
export function newTally(title: string, judges: readonly string[]): Tally {
  const outcomes: Outcome[] = []
  const count = (accepted: boolean) => outcomes.filter(({ verdict }) => verdict.accepted === accepted).length
  return Object.freeze({
    title,
    add: (outcome: Outcome) => {
      outcomes.push(outcome)
    },
    get passed() {
      return count(true)
    },
    get failed() {
      return count(false)
    },
    failures: () =>
      outcomes.flatMap(({ name, judge, verdict }) =>
        verdict.accepted ? [] : [`${name}: ${judge}: ${verdict.words.slice(0, keptWords)}`],
      ),
    table: (style: 'text' | 'markdown') => tableOf(outcomes, judges, style),
  })
}

function tableOf(outcomes: readonly Outcome[], order: readonly string[], style: 'text' | 'markdown'): string {
  const labelOf = ({ row }: Outcome) => (style === 'markdown' ? row.replace(/,.*/, '') : row)
  const rows = [...new Set(outcomes.map(labelOf))].sort()
  const judges = order.filter(judge => outcomes.some(outcome => outcome.judge === judge))
  const lines = rows.map(row => [
    row,
    ...judges.map(judge => {
      const of = outcomes.filter(outcome => labelOf(outcome) === row && outcome.judge === judge)
      const accepted = of.filter(({ verdict }) => verdict.accepted).length
      return of.length === 0 ? '–' : accepted === of.length ? `${accepted}` : `${accepted}/${of.length}`
    }),
  ])
  return aligned([['', ...judges], ...lines], style)
}

function aligned(table: readonly (readonly string[])[], style: 'text' | 'markdown'): string {
  const [head = []] = table
  if (style === 'markdown') {
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
    return [
      line(head),
      line(head.map((_, column) => (column === 0 ? '---' : '--:'))),
      ...table.slice(1).map(line),
    ].join('\n')
  }
  const widths = head.map((_, column) => Math.max(...table.map(cells => cells[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return table.map(cells => cells.map(pad).join('  ')).join('\n')
}
