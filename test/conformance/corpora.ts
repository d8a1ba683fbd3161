// The collections of other people's PDFs that lie beside the clone rather than in it: odd ones that have to be signed or
// refused by name, and the shadow attacks that have to be refused.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from '../oracles/oracle.ts'
import { figuresOf, publishedPasswords, runOddPdfs } from './odd-pdfs.ts'
import type { Tally } from './outcome.ts'
import { runShadowAttacks } from './shadow-attacks.ts'

/** Of the odd PDFs, at least so many have to be signed; the rest refused by name. */
const leastSigned = 0.97

const accepted: Verdict = { accepted: true }

/** Throws where the data is not there. */
export async function runCorpora(data: string, tally: Tally): Promise<void> {
  for (const name of ['odd-pdfs', 'shadow-attacks']) {
    if (!existsSync(join(data, name)))
      throw new Error(`no ${name} in ${data}; --data names the folder, --without-data leaves it out`)
  }
  await oddPdfs(join(data, 'odd-pdfs'), tally)
  await shadowAttacks(join(data, 'shadow-attacks'), tally)
}

async function oddPdfs(folder: string, tally: Tally): Promise<void> {
  const rows = await runOddPdfs(folder, publishedPasswords)
  const row = 'odd PDFs of others'
  for (const { file, outcome, detail } of rows) {
    if (outcome === 'refused') tally.add({ row, name: file, judge: 'refused by name', verdict: accepted })
    else {
      const verdict: Verdict = outcome === 'signed' ? accepted : { accepted: false, words: `${outcome} ${detail}` }
      tally.add({ row, name: file, judge: 'made', verdict })
    }
  }
  const { files, signed } = figuresOf(rows)
  const enough = files > 0 && signed >= leastSigned * files
  const verdict: Verdict = enough ? accepted : { accepted: false, words: `${signed} of ${files} signed` }
  tally.add({
    row: `odd PDFs of others: at least ${leastSigned * 100} % signed`,
    name: 'odd-pdfs',
    judge: 'made',
    verdict,
  })
}

/** Manipulated files are refused; what they were made from, signed by others or by us, is not. */
async function shadowAttacks(folder: string, tally: Tally): Promise<void> {
  const rows = await runShadowAttacks(folder)
  if (rows.length === 0) throw new Error(`no PDF in ${folder}`)
  for (const { file, meant, found, reason } of rows) {
    const verdict: Verdict =
      found === meant ? accepted : { accepted: false, words: `${found}, not ${meant}: ${reason}` }
    const judge = meant === 'refused' ? 'refused by name' : 'verified'
    tally.add({ row: `shadow attacks to be ${meant}`, name: file, judge, verdict })
  }
}
