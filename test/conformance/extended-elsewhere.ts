// Signatures raised elsewhere: those that DSS raises are what our check of a service's answer has to believe, and those that
// come through the driver from the simulated service are what DSS has to pass.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Packaging, SignatureFormat } from '../../device/ades/request.ts'
import { verifyExtended } from '../../device/ades/verify-extended.ts'
import { randomAccessOf } from '../../device/bytes.ts'
import type { Extender } from '../../device/ports.ts'
import { createFortressExtender } from '../../drivers/extender/fortress.ts'
import type { Dss } from '../oracles/dss.ts'
import type { Verdict } from '../oracles/oracle.ts'
import type { Pki } from '../oracles/pki.ts'
import { startFortress } from '../sim/fortress.ts'
import { wordsOf } from './matrix.ts'
import type { Originals } from './originals.ts'
import type { Tally } from './outcome.ts'

export const elsewhereJudges = ['made', 'DSS raises, believed', 'the service raises, DSS'] as const

export interface ElsewhereBench {
  readonly dss: Dss
  readonly pki: Pki
  readonly originals: Originals
  readonly folder: string
  readonly tally: Tally
}

type Level = 'T' | 'LT' | 'LTA'

interface Cell {
  readonly format: SignatureFormat
  readonly packaging: Extract<Packaging, 'enveloped' | 'enveloping' | 'detached'>
}

const cells: readonly Cell[] = [
  { format: 'PAdES', packaging: 'enveloped' },
  { format: 'CAdES', packaging: 'enveloping' },
  { format: 'CAdES', packaging: 'detached' },
  { format: 'XAdES', packaging: 'enveloped' },
  { format: 'XAdES', packaging: 'enveloping' },
]

export async function runElsewhere(bench: ElsewhereBench, only: RegExp): Promise<void> {
  const chosen = cells.filter(cell => only.test(nameOf(cell)))
  if (chosen.length === 0) return
  const { pki, folder } = bench
  const place = join(folder, 'elsewhere')
  await mkdir(place, { recursive: true })
  const fortress = await startFortress({ anchors: [pki.anchor()] })
  await writeFile(join(place, 'ca.pem'), fortress.caPem)
  await writeFile(join(place, 'secret'), fortress.client.secret, { mode: 0o600 })
  const extender = createFortressExtender({
    url: fortress.url,
    clientId: fortress.client.id,
    clientSecretFile: join(place, 'secret'),
    redirectUri: 'https://kiosk.example.org/',
    caFile: join(place, 'ca.pem'),
    tsa: { type: 'URL', url: pki.tsa },
  })
  try {
    for (const cell of chosen) await runCell(cell, { ...bench, folder: place }, extender)
  } finally {
    await fortress.stop()
  }
}

const nameOf = ({ format, packaging }: Cell) => `elsewhere-${format}-${packaging}`

async function runCell(cell: Cell, bench: ElsewhereBench, extender: Extender): Promise<void> {
  const { dss, pki, originals, folder, tally } = bench
  const { format, packaging } = cell
  const name = nameOf(cell)
  const told = (judge: string, verdict: Verdict) => tally.add({ row: `${format} ${packaging}`, name, judge, verdict })
  const file = join(folder, name)
  const how = format === 'PAdES' ? {} : { packaging: packaging.toUpperCase() }
  const level = `${format}-BASELINE-B`
  const signing = { level, ...how, p12: pki.p12('rsa2048'), file: originals.of(format), out: file }
  told('made', await accepted(() => dss.make('sign', signing)))
  const content = packaging === 'detached' ? originals.of(format) : undefined
  for (const wanted of ['T', 'LT', 'LTA'] as const) {
    const signed = { ...cell, file, content, level: wanted }
    told('DSS raises, believed', await accepted(() => believed(signed, bench)))
    told('the service raises, DSS', await accepted(() => passed(signed, bench, extender)))
  }
}

interface Signed extends Cell {
  readonly file: string
  readonly content: string | undefined
  readonly level: Level
}

async function accepted(work: () => Promise<void>): Promise<Verdict> {
  try {
    await work()
    return { accepted: true }
  } catch (thrown) {
    return { accepted: false, words: wordsOf(thrown) }
  }
}

async function believed({ format, file, content, level }: Signed, { dss, pki }: ElsewhereBench): Promise<void> {
  const out = `${file}-dss-${level}`
  const beside = content === undefined ? {} : { content }
  await dss.make('extend', { level: `${format}-BASELINE-${level}`, file, out, ...beside })
  const [before, after] = [await readFile(file), await readFile(out)].map(randomAccessOf)
  if (before === undefined || after === undefined) throw new Error('nothing to compare')
  const { report } = await verifyExtended(before, after, {
    anchors: [pki.anchor()],
    now: Date.now(),
    level,
    revocation: level === 'T' ? 'if-present' : 'required',
    ...(content !== undefined && { content: randomAccessOf(await readFile(content)) }),
  })
  if (report.indication !== 'TOTAL-PASSED') throw new Error(JSON.stringify(report.signatures[0]?.findings))
}

async function passed(
  { format, packaging, file, content, level }: Signed,
  { dss }: ElsewhereBench,
  extender: Extender,
): Promise<void> {
  const document = { name: 'signed', bytes: await readFile(file) }
  const original = content === undefined ? {} : { original: { name: 'original', bytes: await readFile(content) } }
  const answer = await extender.extend({ format, level, packaging, document, ...original })
  const out = `${file}-service-${level}`
  await writeFile(out, answer.document)
  const job = { file: out, ...(content === undefined ? {} : { content }) }
  const report = await dss.validate(job, { online: level === 'T', strict: format === 'PAdES' })
  const [signature] = report.signatures
  if (signature?.indication !== 'TOTAL_PASSED' || signature.level !== `${format}-BASELINE-${level}`)
    throw new Error(`${signature?.indication} ${signature?.level} ${signature?.errors.join('; ')}`)
}
