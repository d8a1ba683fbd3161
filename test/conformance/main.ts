// `make conformance`: what our engine makes before the validators of others, and what others make before ours. Prints a
// table of cells × judges and every rejection in the judge's words; a single rejection fails the run.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startDss } from '../oracles/dss.ts'
import { startAutofirma, startVeraPdf } from '../oracles/java.ts'
import { startPki } from '../oracles/pki.ts'
import { opensslCms, opensslTs, pdfsig, qpdf, xmlsec } from '../oracles/programs.ts'
import { startPyHanko } from '../oracles/pyhanko.ts'
import { runAsked } from './asked.ts'
import { autoscriptJudges, runAutoscript } from './autoscript.ts'
import { runBatches } from './batch.ts'
import { runBuckets } from './buckets.ts'
import { runCorpora } from './corpora.ts'
import { elsewhereJudges, runElsewhere } from './extended-elsewhere.ts'
import { foreignExhibits } from './foreign.ts'
import { ownVerdicts, runMatrix } from './matrix.ts'
import { runNegative } from './negative.ts'
import { writeOriginals, xmlContentElement } from './originals.ts'
import { ourEngine } from './ours.ts'
import { newTally, type Tally } from './outcome.ts'
import { runReverse } from './reverse.ts'
import { runSeals } from './seals.ts'
import { threePhaseExhibits } from './three-phase.ts'

const usage = `node test/conformance/main.ts [options]
  --only REGEXP   only cells whose name matches, such as 'XAdES-detached-.*-LTA-' or '^AutoFirma' or 'negative'
  --data FOLDER   where odd-pdfs and shadow-attacks lie (default: shared/data beside the clone)
  --without-data  leave those out
  --markdown      the table as the README holds it
  --keep          keep the folder with everything that was made

  AUTOSCRIPT=FILE in the environment also runs the page tests with the official autoscript.js`

/** Of the original and of what our internally detached signatures put around it. */
const contentElements = [xmlContentElement, 'Content', 'a', 'b']

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    data: { type: 'string', default: new URL('../../../shared/data', import.meta.url).pathname },
    'without-data': { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (options.help) console.log(usage)
else await run()

async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-conformance-'))
  const tallies: Tally[] = []
  try {
    if (!options['without-data'] && options.only === '') tallies.push(await corpora())
    const script = process.env['AUTOSCRIPT']
    if (script !== undefined && new RegExp(options.only).test('autoscript')) tallies.push(await pages(script))
    if (new RegExp(options.only).test('buckets')) tallies.push(await buckets(folder))
    tallies.push(...(await withOracles(folder)))
  } finally {
    if (options.keep) console.log(`kept ${folder}`)
    else await rm(folder, { recursive: true })
  }
  for (const failure of tallies.flatMap(tally => tally.failures())) console.log(failure)
  for (const tally of tallies) {
    console.log(`\n${tally.title}\n\n${tally.table(options.markdown ? 'markdown' : 'text')}`)
  }
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0)
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0)
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}

async function corpora(): Promise<Tally> {
  const tally = newTally('PDFs of others', ['made', 'refused by name', 'verified'])
  await timed('corpora', () => runCorpora(options.data, tally))
  return tally
}

async function pages(script: string): Promise<Tally> {
  const tally = newTally('Pages that sign as with AutoFirma', ['made', ...autoscriptJudges])
  await timed('pages', () => runAutoscript(script, tally))
  return tally
}

async function buckets(folder: string): Promise<Tally> {
  const tally = newTally('Copies into a bucket', ['moto', 'boto3'])
  await timed('buckets', () => runBuckets(folder, tally))
  return tally
}

async function withOracles(folder: string): Promise<Tally[]> {
  const pki = await startPki(join(folder, 'pki'))
  const [dss, pyHanko, autofirma, veraPdf] = [startDss(pki), startPyHanko(pki), startAutofirma(), startVeraPdf()]
  try {
    const originals = await writeOriginals(folder)
    const engine = ourEngine(pki)
    const { cut } = pyHanko
    const programs = [opensslCms(pki, cut), opensslTs(pki, cut), xmlsec(pki, contentElements), pdfsig(), qpdf()]
    const oracles = [dss, pyHanko, autofirma, veraPdf, ...programs, ownVerdicts(engine)]
    const only = new RegExp(options.only)
    const made = newTally('Made by us', ['made', ...oracles.map(({ name }) => name)])
    await timed('matrix', () => runMatrix({ engine, oracles, originals, folder, tally: made }, only))
    const makers = { dss, pyHanko, autofirma, pki, originals, folder }
    const foreign = [...foreignExhibits(makers), ...threePhaseExhibits(makers)]
    const theirs = newTally('Made by others', ['made', 'verified', 'T, DSS', 'LT, DSS', 'LTA, DSS'])
    await timed('reverse', () => runReverse(foreign, { engine, dss, tally: theirs }, only))
    const asked = newTally('Made as asked', ['made', ...oracles.map(({ name }) => name), 'like AutoFirma'])
    await timed('asked', () => runAsked({ engine, oracles, autofirma, pki, folder, tally: asked }, only))
    const batches = newTally('Made by `compulsa batch`', ['made', ...oracles.map(({ name }) => name), 'like AutoFirma'])
    await timed('batches', () => runBatches({ oracles, autofirma, pki, originals, folder, tally: batches }, only))
    const bad = newTally('Not accepted', ['made', ...oracles.map(({ name }) => name)])
    await timed('negative', () => runNegative({ engine, oracles, autofirma, pki, originals, folder, tally: bad }, only))
    const seals = newTally('Sealed by a service of others', ['made', ...oracles.map(({ name }) => name)])
    await timed('seals', () => runSeals({ engine, oracles, pki, originals, folder, tally: seals }, only))
    const elsewhere = newTally('Raised elsewhere', elsewhereJudges)
    await timed('elsewhere', () => runElsewhere({ dss, pki, originals, folder, tally: elsewhere }, only))
    return [made, theirs, asked, batches, bad, seals, elsewhere].filter(tally => tally.passed + tally.failed > 0)
  } finally {
    await Promise.all([dss, pyHanko, autofirma, veraPdf, pki].map(program => program.stop()))
  }
}

/** Says on standard error how long a section took. */
async function timed(name: string, section: () => Promise<void>): Promise<void> {
  const start = performance.now()
  await section()
  console.error(`${name}: ${Math.round((performance.now() - start) / 1000)} s`)
}
