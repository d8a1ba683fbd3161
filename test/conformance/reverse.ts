// The other way round: what others make is verified by us, extended by us to every level above its own, and accepted by
// DSS afterwards.

import { basename } from 'node:path'
import { type SignatureLevel, signatureLevels } from '../../device/ades/request.ts'
import { type Dss, levelsOf } from '../oracles/dss.ts'
import type { Exhibit, Verdict } from '../oracles/oracle.ts'
import type { Engine } from './engine.ts'
import type { Foreign } from './foreign.ts'
import { verdictBy, wordsOf } from './matrix.ts'
import type { Tally } from './outcome.ts'

export interface ReverseBench {
  readonly engine: Engine
  readonly dss: Dss
  readonly tally: Tally
}

const exhibitsAtATime = 3

export async function runReverse(all: readonly Foreign[], bench: ReverseBench, only: RegExp): Promise<void> {
  const left = all.filter(({ exhibit }) => only.test(basename(exhibit.file)))
  await Promise.all(
    Array.from({ length: exhibitsAtATime }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await runForeign(next, bench)
    }),
  )
}

async function runForeign({ maker, exhibit, make }: Foreign, bench: ReverseBench): Promise<void> {
  const row = `${maker}: ${exhibit.format} ${exhibit.packaging}, ${exhibit.operation}`
  const name = basename(exhibit.file)
  const told = (judge: string, verdict: Verdict) => bench.tally.add({ row, name, judge, verdict })
  try {
    await make()
  } catch (thrown) {
    told('made', { accepted: false, words: wordsOf(thrown) })
    return
  }
  told('made', { accepted: true })
  told('verified', await verified(exhibit, bench))
  for (const level of levelsAbove(exhibit)) told(`${level}, DSS`, await extended(exhibit, level, bench))
}

function levelsAbove({ levels: [level] }: Exhibit): Exclude<SignatureLevel, 'B'>[] {
  const above = signatureLevels.slice(signatureLevels.indexOf(level) + 1)
  return above.filter(one => one !== 'B')
}

/** TOTAL-PASSED, at the level that DSS sees. */
async function verified(exhibit: Exhibit, { engine, dss }: ReverseBench): Promise<Verdict> {
  const { format, file, content } = exhibit
  const call = { file, ...(content === undefined ? {} : { content }) }
  try {
    const ours = await engine.verify({ format, ...call, online: true })
    const theirs = levelsOf(await dss.validate(call, { online: true, strict: false }))
    const agreed = ours.levels.join() === theirs.join()
    if (ours.indication === 'TOTAL-PASSED' && agreed) return { accepted: true }
    return { accepted: false, words: `${ours.indication} ${ours.levels.join()}, DSS: ${theirs.join()}; ${ours.words}` }
  } catch (thrown) {
    return { accepted: false, words: wordsOf(thrown) }
  }
}

async function extended(exhibit: Exhibit, level: Exclude<SignatureLevel, 'B'>, bench: ReverseBench): Promise<Verdict> {
  const { format, file, content } = exhibit
  const out = `${file}-${level}`
  try {
    await bench.engine.extend({ format, level, file, out, ...(content === undefined ? {} : { content }) })
  } catch (thrown) {
    return { accepted: false, words: wordsOf(thrown) }
  }
  const [, ...more] = exhibit.levels
  return verdictBy(bench.dss, { ...exhibit, file: out, levels: [level, ...more.map(() => level)] })
}
