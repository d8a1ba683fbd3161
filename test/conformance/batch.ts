// Batches in AutoFirma's JSON form by `compulsa batch`, as a process: what stands in the result is taken out of it and put
// before every judge that knows it. What of a batch fails, and how that is told, is held against AutoFirma in batch-beside.ts.

import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { agel } from '../../device/ades/policy.ts'
import { type Exhibit, verdictOf } from '../oracles/oracle.ts'
import { runBeside } from './batch-beside.ts'
import {
  type BatchBench,
  type BatchSigner,
  encoded,
  type Header,
  type Item,
  prepareBatches,
  propertiesOf,
  type ResultItem,
  runBatch,
} from './batch-run.ts'
import { verdictBy } from './matrix.ts'
import type { Originals } from './originals.ts'

const age = { expPolicy: 'FirmaAGE' }
const shown = {
  signaturePage: '1',
  signaturePositionOnPageLowerLeftX: '40',
  signaturePositionOnPageLowerLeftY: '40',
  signaturePositionOnPageUpperRightX: '240',
  signaturePositionOnPageUpperRightY: '100',
  layer2Text: 'Signat per $$SUBJECTCN$$ el $$SIGNDATE=dd/MM/yyyy$$',
}

const firstSigners: readonly BatchSigner[] = [
  { signer: 'rsa2048', algorithm: 'SHA256withRSA' },
  { signer: 'rsa3072', algorithm: 'SHA512withRSA' },
  { signer: 'p256', algorithm: 'SHA256withECDSA' },
  { signer: 'p384', algorithm: 'SHA384withECDSA' },
]
/** Of what comes on top of what the first of the above has signed. */
const furtherSigners: readonly BatchSigner[] = [
  { signer: 'rsa3072', algorithm: 'SHA512withRSA' },
  { signer: 'p256', algorithm: 'SHA256withECDSA' },
]

/** The header says PAdES, sign, and the policy: what has parameters of its own, even none, is without it. */
function firstItems({ of }: Originals): readonly Item[] {
  const [pdf, cms, xml] = [of('PAdES'), of('CAdES'), of('XAdES')]
  const policy = agel.id
  const inPdf = { format: 'PAdES', packaging: 'enveloped', operation: 'sign' } as const
  const inCms = { format: 'CAdES', packaging: 'enveloping', operation: 'sign' } as const
  const inXml = { format: 'XAdES', packaging: 'enveloping', operation: 'sign' } as const
  const inXades = { format: 'xades' } as const
  return [
    { id: 'pdf', document: pdf, says: {}, meant: { ...inPdf, policy } },
    { id: 'pdf-visible', document: pdf, says: { parameters: shown }, meant: inPdf },
    { id: 'pdf-auto', document: pdf, says: { format: 'auto', parameters: {} }, meant: inPdf },
    { id: 'cms', document: cms, says: { format: 'CAdES' }, meant: { ...inCms, policy } },
    {
      id: 'cms-implicit',
      document: cms,
      says: { format: 'CAdES', suboperation: 'SIGN', parameters: { mode: 'implicit' } },
      meant: inCms,
    },
    {
      id: 'cms-explicit',
      document: cms,
      says: { format: 'CADES', parameters: { ...age, mode: 'explicit' } },
      meant: { ...inCms, packaging: 'detached', policy, content: cms },
    },
    { id: 'xml', document: xml, says: inXades, meant: { ...inXml, packaging: 'internally-detached', policy } },
    { id: 'xml-around', document: xml, says: { ...inXades, parameters: {} }, meant: inXml },
    {
      id: 'xml-enveloped',
      document: xml,
      says: { ...inXades, parameters: { ...age, format: 'XAdES Enveloped' } },
      meant: { ...inXml, packaging: 'enveloped', policy },
    },
    {
      id: 'xml-beside',
      document: xml,
      says: { format: 'XAdES Detached', parameters: {} },
      meant: { ...inXml, packaging: 'internally-detached' },
    },
    {
      id: 'xml-outside',
      document: xml,
      byReference: true,
      says: { format: 'XAdES Externally Detached', parameters: {} },
      meant: { ...inXml, packaging: 'detached', content: xml },
    },
  ]
}

/** The header says XAdES and cosign. */
function furtherItems(signed: (id: string) => string, { of }: Originals): readonly Item[] {
  const meant = {
    pdf: { format: 'PAdES', packaging: 'enveloped' },
    'cms-implicit': { format: 'CAdES', packaging: 'enveloping' },
    'cms-explicit': { format: 'CAdES', packaging: 'detached', content: of('CAdES') },
    'xml-around': { format: 'XAdES', packaging: 'enveloping' },
    'xml-enveloped': { format: 'XAdES', packaging: 'enveloped' },
    'xml-beside': { format: 'XAdES', packaging: 'internally-detached' },
  } as const
  return Object.entries(meant).flatMap(([id, how]): readonly Item[] => {
    const says = how.format === 'XAdES' ? {} : { format: how.format }
    const further = { ...says, suboperation: 'countersign', parameters: { target: 'LEAFS' } }
    const cosigned = { id: `${id}-cosign`, document: signed(id), says, meant: { ...how, operation: 'cosign' } } as const
    const countersigned: Item = {
      id: `${id}-countersign`,
      document: signed(id),
      says: further,
      meant: { ...how, operation: 'countersign' },
    }
    // A further signature over a content that is elsewhere needs the content.
    return how.packaging === 'detached'
      ? [countersigned]
      : how.format === 'PAdES'
        ? [cosigned]
        : [cosigned, countersigned]
  })
}

export async function runBatches(bench: BatchBench, only: RegExp): Promise<void> {
  const { folder, originals } = bench
  if (!only.test('batch')) return
  await prepareBatches(bench)
  const first = { format: 'PAdES', suboperation: 'sign', stoponerror: true, extraparams: encoded(propertiesOf(age)) }
  for (const by of firstSigners) await runAndJudge(by.signer, first, firstItems(originals), by, bench)
  const [one] = firstSigners
  const signed = (id: string) => join(folder, `batch-${one?.signer}-${id}`)
  const further = { format: 'XAdES', suboperation: 'cosign', concurrenttimeout: 60 }
  for (const by of furtherSigners)
    await runAndJudge(`on-top-${by.signer}`, further, furtherItems(signed, originals), by, bench)
  await runBeside(bench)
}

async function runAndJudge(
  name: string,
  header: Header,
  items: readonly Item[],
  by: BatchSigner,
  bench: BatchBench,
): Promise<void> {
  const { oracles, tally, folder } = bench
  const ran = await runBatch(name, header, items, by, bench)
  const results: readonly ResultItem[] = ran.result === undefined ? [] : JSON.parse(ran.result).signs
  for (const [number, { id, meant }] of items.entries()) {
    const told = results[number]
    const row = `Batch, ${meant.format} ${meant.packaging}, ${meant.operation}`
    const add = (judge: string, words: readonly string[]) =>
      tally.add({ row, name: `batch-${name}-${id}`, judge, verdict: verdictOf(words) })
    if (told?.id !== id || told.result !== 'DONE_AND_SAVED' || told.signature === undefined) {
      add('made', [JSON.stringify(told) ?? ran.stderr])
      continue
    }
    const file = join(folder, `batch-${name}-${id}`)
    await writeFile(file, Buffer.from(told.signature, 'base64'))
    // Every parameter that is used here has an effect.
    add('made', told.description === undefined ? [] : [told.description])
    const { operation, ...rest } = meant
    const levels = operation === 'cosign' ? (['B', 'B'] as const) : (['B'] as const)
    const exhibit: Exhibit = { ...rest, operation, algorithm: by.algorithm, levels, file }
    await Promise.all(
      oracles
        .filter(oracle => oracle.knows(exhibit))
        .map(async oracle => {
          const verdict = await verdictBy(oracle, exhibit)
          add(oracle.name, verdict.accepted ? [] : [`${basename(file)}: ${verdict.words}`])
        }),
    )
  }
}
