// Two signers with key stores, and trust services on loopback, for the verbs that sign, extend and verify.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { smallPdf } from './50.signature.kit.ts'
import { program, type Run } from './cli.kit.ts'
import { pem } from './sim/pki.ts'
import { createTrustServices, type TrustServices } from './sim/trust-services.ts'

const shipped = new URL('../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)
const xml = '<?xml version="1.0" encoding="UTF-8"?>\n<acta xmlns="urn:acta"><punt n="1">Aprovat</punt></acta>\n'

export interface SigningLine {
  readonly services: TrustServices
  /** In the folder that holds in.pdf, in.xml, trust/, pass, and the key stores. */
  path(name: string): string
  write(name: string, content: string | Uint8Array): Promise<void>
  compulsa(...words: string[]): Promise<Run>
  /** By another configuration in the folder than compulsa.json. */
  compulsaBy(config: string, ...words: string[]): Promise<Run>
  /** The options of a signer, `first` or `second`; from the fifth on, those of trust services. */
  by(name: string): string[]
  verified(file: string, ...words: string[]): Promise<VerifiedReport>
}

interface VerifiedReport {
  readonly indication: string
  readonly format: string
  readonly signatures: readonly { readonly level: string; readonly type?: string }[]
}

/** Made before the tests of the file that asks for it, gone after them. */
export function signingLine(): SigningLine {
  let folder = ''
  let started: TrustServices | undefined
  const services = () => started ?? fail()
  const path = (name: string) => join(folder, name)
  const write = (name: string, content: string | Uint8Array) => writeFile(path(name), content)
  const compulsaBy = (config: string, ...words: string[]) =>
    runIn(folder, process.execPath, [program, ...words, '--config', config])
  const compulsa = (...words: string[]) => compulsaBy('compulsa.json', ...words)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-cli-'))
    started = await createTrustServices({ now: Date.now })
    const config = { ...JSON.parse(await readFile(shipped, 'utf8')), revocation: { allowPrivate: ['127.0.0.1'] } }
    await write('compulsa.json', JSON.stringify(config))
    await mkdir(path('trust'))
    await write('trust/root.pem', pem('CERTIFICATE', started.pki.root))
    await write('in.pdf', await smallPdf())
    await write('in.xml', xml)
    await write('pass', 'a password\n')
    await write('wrong', 'another one\n')
    await writeKeyStore(folder, started, { name: 'first', commonName: 'Núria Vidal' })
    await writeKeyStore(folder, started, { name: 'second', commonName: 'Pere Mas' })
  })
  afterAll(async () => {
    await services().stop()
    await rm(folder, { recursive: true })
  })

  return Object.freeze({
    get services() {
      return services()
    },
    path,
    write,
    compulsa,
    compulsaBy,
    by: (name: string) => {
      const signer = ['--p12', `${name}.p12`, '--pass-file', 'pass']
      return [...signer, '--trust', 'trust', '--tsa', services().tsaUrl]
    },
    async verified(file: string, ...words: string[]) {
      const { stdout } = await compulsa('verify', file, '--trust', 'trust', '--json', ...words)
      return JSON.parse(stdout) as VerifiedReport
    },
  })
}

function fail(): never {
  throw new Error('the trust services run only while tests do')
}

async function writeKeyStore(
  folder: string,
  { pki }: TrustServices,
  { name, commonName }: { readonly name: string; readonly commonName: string },
): Promise<void> {
  const { certificate, privateKey } = await pki.signer({ commonName })
  await writeFile(join(folder, `${name}.pem`), pem('CERTIFICATE', certificate) + pem('PRIVATE KEY', privateKey))
  const words = ['pkcs12', '-export', '-in', `${name}.pem`, '-out', `${name}.p12`, '-passout', 'file:pass']
  await runIn(folder, 'openssl', words)
}

function runIn(cwd: string, file: string, args: readonly string[]): Promise<Run> {
  return new Promise(resolve => {
    execFile(file, args, { cwd }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}
