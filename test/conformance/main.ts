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
import { runMatrix } from './matrix.ts'
import { writeOriginals, xmlContentElement } from './originals.ts'
import { ourEngine } from './ours.ts'
import { newTally } from './outcome.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    markdown: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})

const folder = await mkdtemp(join(tmpdir(), 'compulsa-conformance-'))
const pki = await startPki(join(folder, 'pki'))
const [dss, pyHanko, autofirma, veraPdf] = [startDss(pki), startPyHanko(pki), startAutofirma(), startVeraPdf()]
const tally = newTally()
try {
  const originals = await writeOriginals(folder)
  const oracles = [
    dss,
    pyHanko,
    autofirma,
    veraPdf,
    opensslCms(pki, pyHanko.cut),
    opensslTs(pki, pyHanko.cut),
    pdfsig(),
    qpdf(),
    xmlsec(pki, [xmlContentElement, 'Content']),
  ]
  await runMatrix({ engine: ourEngine(pki), oracles, originals, folder, tally }, new RegExp(options.only))
} finally {
  await Promise.all([dss, pyHanko, autofirma, veraPdf, pki].map(program => program.stop()))
  if (options.keep) console.log(`kept ${folder}`)
  else await rm(folder, { recursive: true })
}

for (const failure of tally.failures()) console.log(failure)
console.log(`\n${tally.table(options.markdown ? 'markdown' : 'text')}\n`)
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1
