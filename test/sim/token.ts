// Signature cards in software: SoftHSM2 tokens in a folder of one's own, written by independent programs (softhsm2-util,
// pkcs11-tool) so that the driver under test reads what somebody else made. Several tokens in one folder are several
// cards in as many readers. SoftHSM never locks a PIN; everything else behaves as a card does.

import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pem, type TestIdentity } from './pki.ts'

const run = promisify(execFile)

export const softHsmModule = '/usr/lib/softhsm/libsofthsm2.so'

/** One key and its certificate on a token. */
export interface TokenEntry {
  readonly identity: TestIdentity
  /** CKA_ID, lower-case hex; `01` for the first entry and so on. */
  readonly keyId?: string
  /** The key without its certificate. */
  readonly withoutCertificate?: boolean
  /** The key asks for the PIN before each signature. */
  readonly alwaysAuthenticate?: boolean
}

export interface SoftTokenRequest {
  /** Holds tokens and configuration; made if absent. */
  readonly folder: string
  readonly label?: string
  readonly pin?: string
  readonly entries?: readonly TokenEntry[]
}

export interface SoftToken {
  readonly modulePath: string
  /** What a process needs in its environment before it loads the module. */
  readonly environment: { readonly SOFTHSM2_CONF: string }
  readonly label: string
  readonly pin: string
  /** As the Signer port names it. */
  readonly tokenId: string
}

/** Adds a token to the folder; takes a tenth of a second. */
export async function createSoftToken(request: SoftTokenRequest): Promise<SoftToken> {
  const { folder, label = 'Test card', pin = '123456', entries = [] } = request
  const environment = { SOFTHSM2_CONF: await configure(folder) }
  const env = { ...process.env, ...environment }
  const made = await run(
    'softhsm2-util',
    ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', '87654321'],
    {
      env,
    },
  )
  const slot = /slot (\d+)/.exec(made.stdout)?.[1]
  if (slot === undefined) throw new Error(`softhsm2-util made no token: ${made.stdout}${made.stderr}`)
  const writer = { folder, slot, pin, env }
  for (const [index, entry] of entries.entries()) await writeEntry(writer, entry, index)
  for (const [index, issuer] of issuersOf(entries).entries()) await writeCertificate(writer, issuer, `f${index}`)
  return Object.freeze({
    modulePath: softHsmModule,
    environment,
    label,
    pin,
    tokenId: `${label}#${await serialNumberOf(slot, env)}`,
  })
}

interface Writer {
  readonly folder: string
  readonly slot: string
  readonly pin: string
  readonly env: NodeJS.ProcessEnv
}

async function configure(folder: string): Promise<string> {
  const tokens = join(folder, 'tokens')
  const path = join(folder, 'softhsm2.conf')
  await mkdir(tokens, { recursive: true, mode: 0o700 })
  await writeFile(
    path,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n`,
  )
  return path
}

async function writeEntry(writer: Writer, entry: TokenEntry, index: number): Promise<void> {
  const { identity, keyId = String(index + 1).padStart(2, '0') } = entry
  if (entry.alwaysAuthenticate) {
    const options = ['--type', 'privkey', '--usage-sign', '--always-auth', '--id', keyId, '--label', `key ${keyId}`]
    await writeObject(writer, identity.privateKey, options)
  } else await importKeyPair(writer, identity.privateKey, keyId)
  if (!entry.withoutCertificate) await writeCertificate(writer, identity.certificate, keyId)
}

async function importKeyPair({ folder, slot, pin, env }: Writer, privateKey: Uint8Array, keyId: string): Promise<void> {
  await withFile(join(folder, 'key.pem'), pem('PRIVATE KEY', privateKey), path =>
    run('softhsm2-util', ['--import', path, '--slot', slot, '--pin', pin, '--id', keyId, '--label', `key ${keyId}`], {
      env,
    }),
  )
}

async function writeCertificate(writer: Writer, certificate: Uint8Array, id: string): Promise<void> {
  await writeObject(writer, certificate, ['--type', 'cert', '--id', id, '--label', `certificate ${id}`])
}

async function writeObject(
  { folder, slot, pin, env }: Writer,
  der: Uint8Array,
  options: readonly string[],
): Promise<void> {
  const login = ['--module', softHsmModule, '--slot', slot, '--login', '--pin', pin]
  await withFile(join(folder, 'object.der'), der, path =>
    run('pkcs11-tool', [...login, '--write-object', path, ...options], { env }),
  )
}

async function withFile(
  path: string,
  content: string | Uint8Array,
  use: (path: string) => Promise<unknown>,
): Promise<void> {
  await writeFile(path, content, { mode: 0o600 })
  try {
    await use(path)
  } finally {
    await rm(path)
  }
}

/** Each issuer once, as a real card holds its authority beside the holder's certificates. */
function issuersOf(entries: readonly TokenEntry[]): Uint8Array[] {
  const issuers = entries.filter(entry => !entry.withoutCertificate).flatMap(entry => entry.identity.chain)
  return [...new Map(issuers.map(der => [Buffer.from(der).toString('base64'), der])).values()]
}

async function serialNumberOf(slot: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run('pkcs11-tool', ['--module', softHsmModule, '--list-token-slots'], { env })
  const inHex = Number(slot).toString(16)
  const section = stdout.split(/^Slot /m).find(text => text.includes(`(0x${inHex})`))
  const serialNumber = /serial num\s*:\s*(\S+)/.exec(section ?? '')?.[1]
  if (serialNumber === undefined) throw new Error(`slot ${slot} has no serial number`)
  return serialNumber
}
