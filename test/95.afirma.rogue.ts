// What somebody could make with the stolen key of a kiosk's authority, made by openssl: certificates for other hosts.

import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TlsIdentity } from './sim/tls.ts'

const run = promisify(execFile)

/** Signed with the key in `authority`, the kiosk's file; valid from now on by the machine's clock. Leaves files in `folder`. */
export async function rogueIdentity(folder: string, authority: string, subjectAltName: string): Promise<TlsIdentity> {
  const [key, request, extensions] = ['key', 'csr', 'ext'].map(name => join(folder, `rogue.${name}`)) as [
    string,
    string,
    string,
  ]
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  await run('openssl', ['req', '-new', ...newKey, '-subj', '/CN=rogue', '-out', request])
  await writeFile(
    extensions,
    `subjectAltName=${subjectAltName}\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=serverAuth\n`,
  )
  const signer = ['-CA', authority, '-CAkey', authority, '-CAcreateserial', '-CAserial', join(folder, 'rogue.serial')]
  const sign = ['x509', '-req', '-in', request, ...signer, '-days', '90', '-extfile', extensions]
  const { stdout } = await run('openssl', sign)
  return { cert: stdout, key: await readFile(key, 'utf8') }
}
