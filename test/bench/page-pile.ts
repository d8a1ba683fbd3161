// A long pile: what memory it takes at its beginning and at its end, and how long the file takes to put together once its
// pages are prepared.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { composePdf, type PdfPage } from '../../device/pdf/compose.ts'
import { eniMetadata } from '../pdf-fixtures.ts'
import type { Section } from './report.ts'
import { watchTree } from './tree.ts'

export interface PileBench {
  readonly folder: string
  readonly files: readonly string[]
  readonly signal: AbortSignal
}

const program = new URL('../../device/cli.ts', import.meta.url).pathname
const piles = { short: 20, long: 200 } as const
const a4 = { width: 2480, height: 3508 } as const

/** One run of `compulsa compose` over 200 pages, and three of the PDF writer alone. */
export async function benchLongPile({ folder, files, signal }: PileBench): Promise<Section> {
  signal.throwIfAborted()
  const pages = Array.from({ length: piles.long }, (_, i) => files[i % files.length] as string)
  const peaks = await composeWatched(pages, join(folder, 'pile.pdf'))
  const seconds = Math.min(
    ...[await assemble(pages, folder), await assemble(pages, folder), await assemble(pages, folder)],
  )
  const mega = (bytes: number) => (bytes / 1e6).toFixed(0)
  return {
    title: `A pile of ${piles.long} pages`,
    header: ['', ''],
    rows: [
      [`peak PSS of all processes up to page ${piles.short}, MB`, mega(peaks.short)],
      [`up to page ${piles.long} and its end, MB`, mega(peaks.long)],
      ['the same in RSS, MB', mega(peaks.longRss)],
      [`PDF/A of ${piles.long} prepared pages put together, s (best of 3)`, seconds.toFixed(2)],
    ],
    notes: ['Sampled every 100 ms over the whole process tree of `compulsa compose`.'],
  }
}

async function composeWatched(pages: readonly string[], out: string) {
  const child = spawn(program, ['compose', ...pages, '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = once(child, 'exit')
  if (child.pid === undefined) throw new Error('compulsa did not start')
  const first = watchTree(child.pid)
  const whole = watchTree(child.pid)
  let short = 0
  let complaint = ''
  for await (const line of createInterface({ input: child.stderr })) {
    if (line === `page ${piles.short}`) short = first.stop().peakPssBytes
    if (!line.startsWith('page ')) complaint += line
  }
  const [code] = await gone
  const { peakPssBytes: long, peakRssBytes: longRss } = whole.stop()
  if (code !== 0) throw new Error(`compulsa compose ended with ${code}: ${complaint}`)
  await rm(out)
  return { short, long, longRss }
}

async function assemble(pages: readonly string[], folder: string): Promise<number> {
  const out = join(folder, 'assembled.pdf')
  async function* images(): AsyncGenerator<PdfPage> {
    for (const file of pages) {
      const placed = { encoding: 'jpeg', ...a4, resolution: 300, straightenDegrees: 0.5, turn: 0 } as const
      const frame = { left: 0, top: 0, ...a4 }
      yield { images: [{ ...placed, frame, bytes: createReadStream(file), byteLength: (await stat(file)).size }] }
    }
  }
  const startedAt = performance.now()
  await pipeline(composePdf({ pages: images(), metadata: eniMetadata }), createWriteStream(out))
  const seconds = (performance.now() - startedAt) / 1000
  await rm(out)
  return seconds
}
