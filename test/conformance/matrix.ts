// Makes every cell of the matrix with our engine and puts it before every oracle that knows it, our own validation
// included: it has to say what the others say.

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { agel } from '../../device/ades/policy.ts'
import type { SignatureLevel } from '../../device/ades/request.ts'
import { digestOf, hashName } from '../../device/cms/algorithm.ts'
import { type Exhibit, isSelfContained, type Oracle, type Verdict, verdictOf } from '../oracles/oracle.ts'
import { allCells, type Cell, nameOf } from './cells.ts'
import type { Engine } from './engine.ts'
import type { Originals } from './originals.ts'
import type { Tally } from './outcome.ts'

export interface Bench {
  readonly engine: Engine
  readonly oracles: readonly Oracle[]
  readonly originals: Originals
  /** Where exhibits are written. */
  readonly folder: string
  readonly tally: Tally
}

/** Exhibits that are made and judged at a time: the judges are processes of their own. */
const exhibitsAtATime = 3

export async function runMatrix(bench: Bench, only: RegExp): Promise<void> {
  const cells = allCells().filter(cell => only.test(nameOf(cell)))
  await Promise.all(
    Array.from({ length: exhibitsAtATime }, async () => {
      for (let cell = cells.shift(); cell !== undefined; cell = cells.shift()) await runCell(cell, bench)
    }),
  )
}

async function runCell(cell: Cell, bench: Bench): Promise<void> {
  const { oracles, tally } = bench
  const row = `${cell.format} ${cell.packaging}, ${cell.operation}`
  const name = nameOf(cell)
  let exhibit: Exhibit
  try {
    exhibit = await make(cell, bench)
  } catch (thrown) {
    tally.add({ row, name, judge: 'made', verdict: { accepted: false, words: wordsOf(thrown) } })
    return
  }
  tally.add({ row, name, judge: 'made', verdict: { accepted: true } })
  const judges = oracles.filter(oracle => oracle.knows(exhibit))
  await Promise.all(
    judges.map(async oracle => {
      tally.add({ row, name, judge: oracle.name, verdict: await verdictBy(oracle, exhibit) })
    }),
  )
}

/** Our own validation as one more judge: TOTAL-PASSED at the level that was meant, offline where the file has it all. */
export function ownVerdicts(engine: Engine): Oracle {
  return Object.freeze({
    name: 'ours',
    knows: () => true,
    judge: async (exhibit: Exhibit) => {
      const { format, file, content, levels } = exhibit
      const online = !isSelfContained(exhibit) || exhibit.operation === 'countersign'
      const found = await engine.verify({ format, file, online, ...(content === undefined ? {} : { content }) })
      // A countersignature is judged as a signature of its own, at level B.
      const all = exhibit.operation === 'countersign' ? [...levels, 'B'] : levels
      const meant = all.map(level => `${format}-BASELINE-${level}`).sort()
      const agreed = found.indication === 'TOTAL-PASSED' && found.levels.join() === meant.join()
      return verdictOf(agreed ? [] : [`${found.indication} ${found.levels.join()}; ${found.words}`])
    },
  })
}

/** A judge that falls over has not accepted. */
export async function verdictBy(oracle: Oracle, exhibit: Exhibit): Promise<Verdict> {
  try {
    return await oracle.judge(exhibit)
  } catch (thrown) {
    return { accepted: false, words: wordsOf(thrown) }
  }
}

export const wordsOf = (thrown: unknown) =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)

/** By AutoFirma's names, where each stands for something in the signature. */
const everythingStated = {
  expPolicy: 'FirmaAGE18',
  includeMimeTypeAttribute: 'true',
  mimeType: 'application/octet-stream',
  contentTypeOid: '1.2.840.113549.1.7.1',
  contentDescription: 'Acta',
  signerClaimedRoles: 'secretària|interventora',
  commitmentTypeIndications: '2',
  commitmentTypeIndication0Identifier: '1',
  commitmentTypeIndication0CommitmentTypeQualifiers: '1.2.3|1.2.4',
  commitmentTypeIndication1Identifier: '6',
  signatureProductionStreetAddress: 'Plaça Major, 1',
  signatureProductionCity: 'Vic',
  signatureProductionProvince: 'Barcelona',
  signatureProductionPostalCode: '08500',
  signatureProductionCountry: 'ES',
}

// Long because it is one list of how each kind of cell is made.
async function make(cell: Cell, { engine, originals, folder }: Bench): Promise<Exhibit> {
  const { format, packaging, operation, level, algorithm, signer } = cell
  const original = originals.of(format)
  const file = (step: string) => join(folder, `${nameOf(cell)}-${step}${originals.extension(format)}`)
  const detached = packaging === 'detached' ? { content: original } : {}
  const first = { format, packaging, operation: 'sign', algorithm, signer, file: original } as const
  const exhibit = { format, packaging, algorithm, ...detached }
  const extended = async (from: string, to: SignatureLevel, step: string) => {
    if (to === 'B') return from
    await engine.extend({ format, level: to, file: from, ...detached, out: file(step) })
    return file(step)
  }
  switch (operation) {
    case 'sign':
      await engine.sign({ ...first, level, out: file('signed') })
      return { ...exhibit, operation, levels: [level], file: file('signed') }
    case 'policy':
      await engine.sign({ ...first, level, policy: agel, out: file('signed') })
      return { ...exhibit, operation: 'sign', levels: [level], policy: agel.id, file: file('signed') }
    case 'visible':
    case 'certify':
      await engine.sign({ ...first, level, [operation]: true, out: file('signed') })
      return { ...exhibit, operation: 'sign', levels: [level], file: file('signed') }
    case 'binary': {
      const content = originals.of('CAdES')
      await engine.sign({ ...first, file: content, level, out: file('signed') })
      const beside = packaging === 'detached' ? { content } : {}
      return { ...exhibit, ...beside, operation: 'sign', levels: [level], file: file('signed') }
    }
    case 'stated': {
      const parameters = { ...everythingStated, mode: packaging === 'detached' ? 'explicit' : 'implicit' }
      await engine.sign({ ...first, level, parameters, out: file('signed') })
      return { ...exhibit, operation: 'sign', levels: [level], file: file('signed') }
    }
    case 'digest': {
      const digest = digestOf(algorithm)
      await writeFile(
        file('digest'),
        createHash(hashName(digest))
          .update(await readFile(original))
          .digest(),
      )
      const parameters = { precalculatedHashAlgorithm: digest }
      await engine.sign({ ...first, file: file('digest'), level, parameters, out: file('signed') })
      return { ...exhibit, operation: 'sign', levels: [level], file: file('signed') }
    }
    case 'extend':
    case 'renew': {
      await engine.sign({ ...first, level: 'B', out: file('signed') })
      const once = await extended(file('signed'), level, 'extended')
      const last = operation === 'renew' ? await extended(once, level, 'renewed') : once
      return { ...exhibit, operation: 'sign', levels: [level], file: last }
    }
    case 'cosign':
    case 'countersign': {
      // In a PDF each signature brings what it needs; elsewhere all of them are extended together.
      const before = format === 'PAdES' ? level : 'B'
      await engine.sign({ ...first, algorithm: 'SHA256withRSA', signer: 'rsa2048', level: before, out: file('first') })
      const second = { ...first, operation, level: before, file: file('first'), ...detached }
      await engine.sign({ ...second, out: file(operation) })
      const last = format === 'PAdES' ? file(operation) : await extended(file(operation), level, 'extended')
      const levels = operation === 'cosign' ? ([level, level] as const) : ([level] as const)
      return { ...exhibit, operation, levels, file: last }
    }
  }
}
