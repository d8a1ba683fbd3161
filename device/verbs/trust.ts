// Whom a verb trusts and whom it asks: the folder of --trust in place of the configured anchors, the address of --tsa in
// place of the configured time-stamping authority, the first line of a file as a secret.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import { readAnchors } from '../main.ts'
import { readCertificate } from '../trust/certificate.ts'
import { certificatesInPem } from '../trust/pem.ts'
import { readable, readInput } from './appliance.ts'
import type { Call, Verb } from './verb.ts'

export const trustOption = {
  trust: { type: 'string', help: 'folder with the trusted certificates, PEM or DER (default: the configured ones)' },
} as const satisfies Verb['options']

export const timestampOptions = {
  tsa: { type: 'string', help: 'address of the time-stamping authority (default: the configured one)' },
} as const satisfies Verb['options']

/** DER of the trusted certificates. Throws FILE_UNREADABLE, CERTIFICATE_UNREADABLE. */
export async function anchorsFor(call: Call, config: Config): Promise<readonly Uint8Array[]> {
  const folder = call.text('trust')
  if (folder === undefined) return readAnchors(config)
  const names = await readable(readdir(folder), folder)
  const files = names.filter(name => /\.(pem|crt|cer|der)$/i.test(name)).sort()
  const found = await Promise.all(files.map(name => anchorsIn(join(folder, name))))
  return found.flat()
}

async function anchorsIn(path: string): Promise<readonly Uint8Array[]> {
  const bytes = await readInput(path)
  try {
    const ders = bytes[0] === 0x30 ? [new Uint8Array(bytes)] : certificatesInPem(bytes.toString('latin1'))
    for (const der of ders) readCertificate(der)
    return ders
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    throw new Fault(thrown.code, `${path}: ${thrown.detail}`, { cause: thrown })
  }
}

/** The configuration with the authority that was named on the command line. Throws USAGE for what is no address. */
export function withTimestamping(call: Call, config: Config): Config {
  const url = call.text('tsa')
  if (url === undefined) return config
  const { protocol, username, password } = URL.canParse(url) ? new URL(url) : noAddress
  if (protocol !== 'http:' && protocol !== 'https:') throw new Fault('USAGE', '--tsa takes an http or https address')
  if (username !== '' || password !== '')
    throw new Fault('USAGE', 'the address has a password; configure the authority instead')
  return { ...config, timestamping: { url, kind: 'URL' } }
}

const noAddress = { protocol: '', username: '', password: '' }

/** Before anybody is asked for a secret. Throws TSA_ABSENT. */
export function requireTimestamping({ timestamping }: Config): void {
  if (timestamping === undefined) throw new Fault('TSA_ABSENT', 'this level needs a time-stamp')
}

/** The first line of a file, without its end; the caller overwrites it. Throws FILE_UNREADABLE. */
export async function secretIn(path: string): Promise<Buffer> {
  const bytes = await readInput(path)
  const end = bytes.findIndex(byte => byte === 0x0a || byte === 0x0d)
  return end < 0 ? bytes : bytes.subarray(0, end)
}
