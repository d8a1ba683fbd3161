// Copies sealed by a service that nobody here wrote, certomancer's of the Cloud Signature Consortium's API, and by our simulator
// where that one knows less, through the real driver and the step's own phases: at level B, and raised from there.

import { createPrivateKey } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestToSign } from '../../device/cms/signing-intent.ts'
import { systemClock } from '../../device/host.ts'
import { pendingFor, signedBy } from '../../device/path/signed-copy.ts'
import type { SealService, SignatureAlgorithm } from '../../device/ports.ts'
import { createSealServices } from '../../drivers/seal/services.ts'
import { memoryStore } from '../59.extend-step.kit.ts'
import { type Exhibit, isPss, type Oracle, verdictOf } from '../oracles/oracle.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import { cscCredential, startCsc } from '../sim/csc.ts'
import type { Engine } from './engine.ts'
import { verdictBy, wordsOf } from './matrix.ts'
import type { Originals } from './originals.ts'
import type { Tally } from './outcome.ts'

const login = { user: 'kiosk', password: 'the password of the kiosk' } as const

export interface SealBench {
  readonly engine: Engine
  readonly oracles: readonly Oracle[]
  readonly pki: Pki
  readonly originals: Originals
  readonly folder: string
  readonly tally: Tally
}

type Service = 'certomancer' | 'simulated'
type Seal = readonly [service: Service, signer: SignerName, algorithm: SignatureAlgorithm]

/** RSASSA-PSS by certomancer's keys, which make both kinds, and by the simulator's, which are for nothing else. */
const cells: readonly Seal[] = [
  ['certomancer', 'rsa2048', 'SHA256withRSA'],
  ['certomancer', 'rsa4096', 'SHA256withRSA'],
  ['certomancer', 'p256', 'SHA256withECDSA'],
  ['certomancer', 'p384', 'SHA384withECDSA'],
  ['certomancer', 'rsa2048', 'SHA256withRSAandMGF1'],
  ['certomancer', 'rsa4096', 'SHA256withRSAandMGF1'],
  ['simulated', 'rsa2048', 'SHA256withRSAandMGF1'],
]
const row = 'PAdES by a CSC service'

export async function runSeals(bench: SealBench, only: RegExp): Promise<void> {
  const { pki, tally, folder } = bench
  const [leaf, ...issuers] = pki.chain('rsa2048')
  const key = createPrivateKey(pki.privateKey('rsa2048')).export({ format: 'der', type: 'pkcs8' })
  const identity = { certificate: leaf, chain: issuers, privateKey: key }
  const simulator = await startCsc({ identity, other: identity, version: '2', pss: true, login })
  try {
    const common = { driver: 'csc', user: login.user } as const
    const passwordFile = join(folder, 'csc-password')
    await writeFile(passwordFile, `${login.password}\n`, { mode: 0o600 })
    const caFile = join(folder, 'csc-ca.pem')
    await writeFile(caFile, simulator.caPem)
    const services = [
      { id: 'certomancer', driver: 'csc', version: '1', url: pki.csc } as const,
      { ...common, id: 'simulated', version: '2', url: simulator.url, passwordFile, caFile } as const,
      // It takes no user and no password, and says so.
      { ...common, id: 'closed', version: '1', url: pki.csc, passwordFile } as const,
    ]
    const seals = createSealServices({ services, table: [] })
    if (only.test('seal-list')) tally.add({ row, name: 'seal-list', judge: 'made', verdict: await lists(seals) })
    if (only.test('seal-login')) tally.add({ row, name: 'seal-login', judge: 'made', verdict: await refuses(seals) })
    for (const [service, signer, algorithm] of cells) {
      for (const level of ['B', 'LTA'] as const) {
        const name = `seal-${service}-${signer}-${algorithm}-${level}`
        if (only.test(name)) await one(bench, seals, { name, service, signer, algorithm, level })
      }
    }
    await seals.leave()
  } finally {
    await simulator.stop()
  }
}

async function lists(seals: SealService) {
  const found = await seals.identities('certomancer')
  return verdictOf(found.includes('lab/rsa2048') ? [] : [`listed ${found.join()}`])
}

async function refuses(seals: SealService) {
  const told = await seals.identities('closed').then(String, (thrown: unknown) => String(thrown))
  return verdictOf(told.includes('takes no user and password') ? [] : [told])
}

interface Cell {
  readonly name: string
  readonly service: Service
  readonly signer: SignerName
  readonly algorithm: SignatureAlgorithm
  readonly level: 'B' | 'LTA'
}

async function one(bench: SealBench, seals: SealService, cell: Cell): Promise<void> {
  const { name, algorithm, level } = cell
  const { engine, oracles, folder, tally } = bench
  const file = join(folder, `${name}.pdf`)
  try {
    const made = level === 'B' ? file : join(folder, `${name}.b.pdf`)
    await writeFile(made, await sealed(bench, seals, cell))
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

async function sealed(
  { pki, originals }: SealBench,
  seals: SealService,
  { service, signer, algorithm }: Cell,
): Promise<Uint8Array> {
  const store = memoryStore()
  const copy = store.keep(await readFile(originals.of('PAdES')))
  const tools = { blobs: store.blobs, clock: systemClock, anchors: [pki.anchor()] }
  const identity = service === 'certomancer' ? `lab/${signer}` : cscCredential
  const told = await seals.certificate({ service, identity })
  const certificate = { ...told, ...(isPss({ algorithm }) && { onlyPss: true as const }) }
  const pending = await pendingFor({ documentId: 'D', copy }, certificate, tools)
  if (pending.intent.algorithm !== algorithm) throw new Error(`signed by ${pending.intent.algorithm}`)
  // Two at once, so that the order of a batch is proven too.
  const digests = [digestToSign(pending.intent), Buffer.alloc(signer === 'p384' ? 48 : 32, 7)]
  const request = { service, identity, algorithm, certificate: certificate.certificate, digests }
  const [value] = await seals.sign(request)
  if (value === undefined) throw new Error('no value')
  const signed = await signedBy({ documentId: 'D', copy }, pending, value, tools)
  return store.get(signed.name)
}
