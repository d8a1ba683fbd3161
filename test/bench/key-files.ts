// A key as the contenders take it: PEM for those that read PEM, PKCS#12 by openssl for the others, and the root they trust.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pem, type TestIdentity } from '../sim/pki.ts'

/** What the programs under test/oracles open key stores with. */
const password = 'compulsa'

/** `NAME.pem`, `NAME.p12` and `root.pem` in `folder`. */
export async function writeKeys(
  folder: string,
  name: string,
  { identity, root }: { readonly identity: TestIdentity; readonly root: Uint8Array },
): Promise<void> {
  const { certificate, chain, privateKey } = identity
  const at = (file: string) => join(folder, file)
  const certificates = [certificate, ...chain].map(der => pem('CERTIFICATE', der)).join('')
  await writeFile(at(`${name}.pem`), pem('PRIVATE KEY', privateKey) + certificates, { mode: 0o600 })
  await writeFile(at('root.pem'), pem('CERTIFICATE', root))
  const files = ['-in', at(`${name}.pem`), '-out', at(`${name}.p12`), '-passout', `pass:${password}`]
  await promisify(execFile)('openssl', ['pkcs12', '-export', ...files])
}
