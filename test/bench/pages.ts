// Page images into a PDF, straightened: ours and other people's programs on the same files in turns; then what one page
// costs in the parse worker, what memory a long pile needs, and how long a long file takes to put together.

import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Use } from './measured.ts'
import { benchPreparing } from './page-cost.ts'
import { type PageFiles, writePages } from './page-files.ts'
import { benchLongPile } from './page-pile.ts'
import { isThere, outcome, type PageProgram, pagePrograms } from './page-programs.ts'
import { median, ratio, type Section, span } from './report.ts'

export interface PagesBench {
  readonly folder: string
  /** Half of them skewed. */
  readonly pages: number
  readonly rounds: number
  /** Ends the measuring before the next run. */
  readonly signal: AbortSignal
}

interface Run extends Use {
  readonly bytes: number
}

/** Yields each table as soon as it is measured. */
export async function* benchPages({ folder, pages, rounds, signal }: PagesBench): AsyncGenerator<Section> {
  const files = await writePages(join(folder, 'pages'), pages)
  yield await benchPreparing({ files, signal })
  yield await benchPrograms({ folder, files, rounds, signal })
  yield await benchLongPile({ folder, files: files.all, signal })
}

async function benchPrograms(request: {
  readonly folder: string
  readonly files: PageFiles
  readonly rounds: number
  readonly signal: AbortSignal
}): Promise<Section> {
  const { folder, files, rounds, signal } = request
  const programs = pagePrograms.filter(isThere)
  const results = new Map<PageProgram, Run[]>(programs.map(program => [program, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const program of programs) {
      signal.throwIfAborted()
      const work = join(folder, 'work')
      await mkdir(work)
      const use = await program.run(files.all, outcome(work), { folder: work })
      results.get(program)?.push({ ...use, bytes: (await stat(outcome(work))).size })
      await rm(work, { recursive: true })
    }
  }
  return comparison(results, files.all.length, rounds)
}

function comparison(results: ReadonlyMap<PageProgram, readonly Run[]>, pages: number, rounds: number): Section {
  const [[, ours = []] = []] = results
  const seconds = (runs: readonly Run[]) => median(runs.map(run => run.seconds))
  const mega = (values: readonly number[]) => (median(values) / 1e6).toFixed(1)
  const fastest = Math.min(...[...results].slice(1).flatMap(([one, runs]) => (one.straightens ? [seconds(runs)] : [])))
  const rows = [...results].map(([{ name }, runs]) => [
    name,
    seconds(runs).toFixed(2),
    span(runs.map(run => run.seconds)),
    (pages / seconds(runs)).toFixed(2),
    ratio(seconds(runs), seconds(ours)),
    ((median(runs.map(run => run.cpuSeconds)) / pages) * 1000).toFixed(0),
    mega(runs.map(run => run.peakPssBytes)),
    mega(runs.map(run => run.bytes)),
  ])
  return {
    title: `${pages} A4 pages, 300 ppi, colour JPEG, half of them skewed, into one PDF; median of ${rounds} runs in turns`,
    header: ['', 's', 'lowest–highest', 'pages/s', 'time to ours', 'CPU ms/page', 'peak PSS MB', 'file MB'],
    rows,
    notes: [
      `Ours is ${ratio(fastest, seconds(ours))} as fast as the fastest of the others that straighten. It leaves PDF/A-2b with the scanner's bytes, straightened by the page; ocrmypdf leaves PDF/A, the others plain PDF.`,
      'From the start of the program to its end; each program on all cores as it likes.',
      ...pagePrograms.filter(one => !isThere(one)).map(({ name }) => `Not installed, so not measured: ${name}.`),
    ],
  }
}
