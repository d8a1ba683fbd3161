// Copies sealed by a service that nobody here wrote, certomancer's of the Cloud Signature Consortium's API, through the real
// driver and the step's own phases: at level B, and raised from there.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestToSign } from '../../device/cms/signing-intent.ts'
import { systemClock } from '../../device/host.ts'
import { pendingFor, signedBy } from '../../device/path/signed-copy.ts'
import type { SealService, SignatureAlgorithm } from '../../device/ports.ts'
import { createSealServices } from '../../drivers/seal/services.ts'
import { memoryStore } from '../59.extend-step.kit.ts'
import { type Exhibit, type Oracle, verdictOf } from '../oracles/oracle.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import type { Engine } from './engine.ts'
import { verdictBy, wordsOf } from './matrix.ts'
import type { Originals } from './originals.ts'
import type { Tally } from './outcome.ts'

export interface SealBench {
  readonly engine: Engine
  readonly oracles: readonly Oracle[]
  readonly pki: Pki
  readonly originals: Originals
  readonly folder: string
  readonly tally: Tally
}

const signers: readonly (readonly [SignerName, SignatureAlgorithm])[] = [
  ['rsa2048', 'SHA256withRSA'],
  ['rsa4096', 'SHA256withRSA'],
  ['p256', 'SHA256withECDSA'],
  ['p384', 'SHA384withECDSA'],
]
const row = 'PAdES by a CSC service'

export async function runSeals(bench: SealBench, only: RegExp): Promise<void> {
  const { pki, tally } = bench
  const services = [{ id: 'csc', driver: 'csc', version: '1', url: pki.csc } as const]
  const seals = createSealServices({ services, table: [] })
  if (only.test('seal-list')) tally.add({ row, name: 'seal-list', judge: 'made', verdict: await lists(seals) })
  for (const [signer, algorithm] of signers) {
    for (const level of ['B', 'LTA'] as const) {
      const name = `seal-${signer}-${level}`
      if (only.test(name)) await one(bench, seals, { name, signer, algorithm, level })
    }
  }
}

async function lists(seals: SealService) {
  const found = await seals.identities('csc')
  return verdictOf(found.includes('lab/rsa2048') ? [] : [`listed ${found.join()}`])
}

interface Cell {
  readonly name: string
  readonly signer: SignerName
  readonly algorithm: SignatureAlgorithm
  readonly level: 'B' | 'LTA'
}

async function one(bench: SealBench, seals: SealService, { name, signer, algorithm, level }: Cell): Promise<void> {
  const { engine, oracles, folder, tally } = bench
  const file = join(folder, `${name}.pdf`)
  try {
    const made = level === 'B' ? file : join(folder, `${name}.b.pdf`)
    await writeFile(made, await sealed(bench, seals, `lab/${signer}`))
    if (level === 'LTA') await engine.extend({ format: 'PAdES', level, file: made, out: file })
    tally.add({ row, name, judge: 'made', verdict: { accepted: true } })
  } catch (thrown) {
    tally.add({ row, name, judge: 'made', verdict: { accepted: false, words: wordsOf(thrown) } })
    return
  }
  const exhibit: Exhibit = {
    format: 'PAdES',
    packaging: 'enveloped',
    operation: 'sign',
    algorithm,
    levels: [level],
    file,
  }
  for (const oracle of oracles.filter(judge => judge.knows(exhibit))) {
    tally.add({ row, name, judge: oracle.name, verdict: await verdictBy(oracle, exhibit) })
  }
}

async function sealed({ pki, originals }: SealBench, seals: SealService, identity: string): Promise<Uint8Array> {
  const store = memoryStore()
  const copy = store.keep(await readFile(originals.of('PAdES')))
  const tools = { blobs: store.blobs, clock: systemClock, anchors: [pki.anchor()] }
  const certificate = await seals.certificate({ service: 'csc', identity })
  const pending = await pendingFor({ documentId: 'D', copy }, certificate, tools)
  const { algorithm } = pending.intent
  // Two at once, so that the order of a batch is proven too.
  const digests = [digestToSign(pending.intent), Buffer.alloc(certificate.keyId.endsWith('384') ? 48 : 32, 7)]
  const request = { service: 'csc', identity, algorithm, certificate: certificate.certificate, digests }
  const [value] = await seals.sign(request)
  if (value === undefined) throw new Error('no value')
  const signed = await signedBy({ documentId: 'D', copy }, pending, value, tools)
  return store.get(signed.name)
}
