// The extension service by hand: it runs beside trust services of its own until it is told to stop, and a folder holds what a
// person needs to use both: the root, a signer's PKCS#12 file, the client secret, the CA, and a configuration that names them.

import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type FortressFault, fortressFaults } from './fortress.raise.ts'
import { startFortress } from './fortress.ts'
import { pem } from './pki.ts'
import { createTrustServices } from './trust-services.ts'

export interface FortressCentreOptions {
  readonly folder: string
  readonly port: number
  /** How it fails; absent: not at all. */
  readonly fault: string | undefined
}

const shipped = new URL('../../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)
const password = 'compulsa'

export async function runFortressCentre(options: FortressCentreOptions, signal: AbortSignal): Promise<number> {
  const { fault } = options
  if (fault !== undefined && !isFault(fault)) throw new Error(`--fault is one of ${fortressFaults.join(', ')}`)
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true })
  const at = (name: string) => join(folder, name)
  const trust = await createTrustServices({ now: Date.now })
  const fortress = await startFortress({ anchors: [trust.pki.root], port: options.port })
  fortress.fault(fault)
  const { certificate, chain, privateKey } = await trust.pki.signer()
  const certificates = [certificate, ...chain].map(der => pem('CERTIFICATE', der)).join('')
  await writeFile(at('root.pem'), pem('CERTIFICATE', trust.pki.root))
  await writeFile(at('signer.pem'), pem('PRIVATE KEY', privateKey) + certificates, { mode: 0o600 })
  await writeFile(at('password'), `${password}\n`, { mode: 0o600 })
  await writeFile(at('fortress.secret'), `${fortress.client.secret}\n`, { mode: 0o600 })
  await writeFile(at('fortress-ca.pem'), fortress.caPem)
  const files = ['-in', at('signer.pem'), '-out', at('signer.p12'), '-passout', `file:${at('password')}`]
  await promisify(execFile)('openssl', ['pkcs12', '-export', ...files])
  const config = {
    ...JSON.parse(await readFile(shipped, 'utf8')),
    trust: ['root.pem'],
    timestamping: { url: trust.tsaUrl },
    revocation: { allowPrivate: [new URL(trust.base).host] },
    extension: {
      service: {
        driver: 'fortress',
        url: fortress.url,
        clientId: fortress.client.id,
        clientSecretFile: 'fortress.secret',
        redirectUri: 'https://kiosk.example.org/',
        caFile: 'fortress-ca.pem',
        tsa: { type: 'URL', url: trust.tsaUrl },
      },
      fallback: 'none',
    },
  }
  await writeFile(at('compulsa.json'), JSON.stringify(config, null, 2))
  console.log(
    [
      `extension service: ${fortress.url}${fault === undefined ? '' : `, which fails by ${fault}`}`,
      `sign IN.pdf --out SIGNED.pdf --format pades --level b --p12 ${at('signer.p12')} --pass-file ${at('password')}`,
      `extend SIGNED.pdf --out RAISED.pdf --level lta --service --config ${at('compulsa.json')}`,
    ].join('\n'),
  )
  if (!signal.aborted) await new Promise<void>(done => signal.addEventListener('abort', () => done(), { once: true }))
  for (const problem of fortress.problems()) console.error(`against the contract: ${problem}`)
  await fortress.stop()
  await trust.stop()
  return 0
}

function isFault(name: string): name is FortressFault {
  return fortressFaults.some(one => one === name)
}
