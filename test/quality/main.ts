// `make quality`: how well pages are straightened, turned, cropped and told from blank ones, on the fixed set of degraded
// pages and on real scans, beside other people's programs. Prints a table and exits 1 when a promise is broken.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createImaging } from '../../drivers/imaging/sharp.ts'
import { realScans } from './real.ts'
import { sideBySide } from './side-by-side.ts'
import { allPages, type Line, tally } from './tally.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    resolution: { type: 'string', default: '300' },
    pages: { type: 'string', default: '12' },
    'no-peers': { type: 'boolean', default: false },
  },
})

const folder = await mkdtemp(join(tmpdir(), 'compulsa-quality-'))
try {
  const imaging = createImaging()
  const resolution = Number(values.resolution)
  const lines: Line[] = []
  const put = (more: readonly Line[]) => {
    for (const line of more) process.stdout.write(`${row(line)}\n`)
    lines.push(...more)
  }
  process.stdout.write('| measure | found | promised | |\n|---|---|---|---|\n')
  put(await tally(allPages, resolution, imaging))
  if (values.data !== undefined) put(await realScans(values.data, folder, imaging))
  if (!values['no-peers']) put(await sideBySide(folder, resolution, Number(values.pages), imaging))
  if (lines.some(line => line.kept === false)) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

function row({ measure, found, promise, kept }: Line): string {
  return `| ${measure} | ${found} | ${promise} | ${kept === undefined ? '' : kept ? 'kept' : 'BROKEN'} |`
}
