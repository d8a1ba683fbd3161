// `compulsa batch` as a process, for a conformance run: a batch is written down as its author would, signed with a key store
// of the run, and its result read as it stands.

import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Packaging, SignatureFormat, SignatureOperation } from '../../device/ades/request.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import type { Autofirma } from '../oracles/java.ts'
import type { Oracle } from '../oracles/oracle.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import type { Originals } from './originals.ts'
import type { Tally } from './outcome.ts'

export interface BatchBench {
  readonly oracles: readonly Oracle[]
  readonly autofirma: Autofirma
  readonly pki: Pki
  readonly originals: Originals
  readonly folder: string
  readonly tally: Tally
}

export type Parameters = Readonly<Record<string, string>>

/** An item as it is written, and what is meant by it. */
export interface Item {
  readonly id: string
  /** Path of the document. */
  readonly document: string
  /** The batch names the document's place instead of holding it. */
  readonly byReference?: true
  readonly says: { readonly format?: string; readonly suboperation?: string; readonly parameters?: Parameters }
  readonly meant: {
    readonly format: SignatureFormat
    readonly packaging: Packaging
    readonly operation: SignatureOperation
    readonly policy?: string
    readonly content?: string
  }
}

/** Who signs, and by which digest. */
export interface BatchSigner {
  readonly signer: SignerName
  readonly algorithm: SignatureAlgorithm
}

export interface ResultItem {
  readonly id: string
  readonly result: string
  readonly description?: string
  readonly signature?: string
}

export interface Ran {
  readonly code: number
  readonly stderr: string
  /** The JSON text; undefined where nothing was written. */
  readonly result: string | undefined
}

const program = new URL('../../device/cli.ts', import.meta.url).pathname
const shipped = new URL('../../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)

export const encoded = (text: string | Uint8Array) => Buffer.from(text).toString('base64')
export const propertiesOf = (parameters: Parameters) =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')

export type Header = Readonly<Record<string, unknown>>

/** Writes the batch down and has it signed, where `saving` with the signatures in a folder of their own. */
export async function runBatch(
  name: string,
  header: Header,
  items: readonly Item[],
  { signer, algorithm }: BatchSigner,
  { pki, folder }: BatchBench,
  saving = false,
): Promise<Ran> {
  const singlesigns = await Promise.all(
    items.map(async ({ id, document, byReference, says: { parameters, ...says } }) => ({
      id,
      datareference: encoded(byReference ? document : await readFile(document)),
      ...says,
      ...(parameters !== undefined && { extraparams: encoded(propertiesOf(parameters)) }),
    })),
  )
  const path = (end: string) => join(folder, `batch-${name}${end}`)
  await writeFile(path('.json'), JSON.stringify({ algorithm: algorithm.replace(/with.*/, ''), ...header, singlesigns }))
  const by = [
    '--p12',
    pki.p12(signer),
    '--pass-file',
    join(folder, 'batch-pass'),
    '--trust',
    join(folder, 'batch-trust'),
  ]
  const to = ['--out', path('.result.json'), ...(saving ? ['--save-to', path('-saved')] : [])]
  const words = ['batch', path('.json'), ...to, ...by, '--config', join(folder, 'batch-config.json')]
  return new Promise(resolve => {
    execFile(process.execPath, [program, ...words], async (thrown, _stdout, stderr) => {
      const code = thrown === null ? 0 : typeof thrown.code === 'number' ? thrown.code : -1
      const result = await readFile(path('.result.json'), 'utf8').catch(() => undefined)
      resolve({ code, stderr, result })
    })
  })
}

/** What every run of the batches of this folder needs. */
export async function prepareBatches({ folder, pki }: BatchBench): Promise<void> {
  await writeFile(join(folder, 'batch-pass'), 'compulsa\n')
  await mkdir(join(folder, 'batch-trust'))
  await writeFile(join(folder, 'batch-trust', 'root.pem'), await readFile(pki.root))
  const config = { ...JSON.parse(await readFile(shipped, 'utf8')), batches: { folders: [folder] } }
  await writeFile(join(folder, 'batch-config.json'), JSON.stringify(config))
}
