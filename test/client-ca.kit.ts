// Authorities that issue certificates to programs, as a body runs them with openssl: a key, a database, a list of what is revoked.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface ClientFiles {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface ClientOrder {
  /** As openssl has it: `/C=ES/CN=ledger`. */
  readonly subject?: string
  /** subjectAltName in openssl's words, such as `DNS:ledger.example`. */
  readonly names?: string
  /** extendedKeyUsage; null: the extension is absent. */
  readonly purpose?: string | null
  /** GeneralizedTime; default: from yesterday for a month. */
  readonly from?: string
  readonly until?: string
}

export interface ClientCa {
  readonly caFile: string
  issue(order: ClientOrder): Promise<ClientFiles>
  revoke(files: ClientFiles): Promise<void>
  /** PEM of what is revoked now; `until`, GeneralizedTime, is when the next list comes. */
  crl(until?: string): Promise<string>
}

const day = 86_400_000
const time = (ms: number) =>
  `${new Date(ms)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(0, 14)}Z`

/** Makes the folder. */
export async function createClientCa(folder: string): Promise<ClientCa> {
  mkdirSync(folder)
  const at = (name: string) => join(folder, name)
  const caFile = at('ca.pem')
  const ca = ['-config', at('ca.cnf'), '-batch', '-notext', '-keyfile', at('ca.key'), '-cert', caFile]
  writeFileSync(
    at('ca.cnf'),
    [
      '[ca]\ndefault_ca = db\n[db]\ndefault_md = sha256\nrand_serial = yes\npolicy = any\nunique_subject = no',
      `database = ${at('index')}\nnew_certs_dir = ${folder}\ncrlnumber = ${at('number')}`,
      '[any]\ncountryName = optional\norganizationName = optional\ncommonName = optional\n',
    ].join('\n'),
  )
  writeFileSync(at('index'), '')
  writeFileSync(at('number'), '01\n')
  await selfSigned({ certificateFile: caFile, keyFile: at('ca.key') }, '/CN=Clients', 'critical,keyCertSign,cRLSign')
  return Object.freeze({
    caFile,
    async issue({ subject = '/CN=x', names, purpose = 'clientAuth', from, until }: ClientOrder) {
      const name = randomBytes(6).toString('hex')
      const files = { certificateFile: at(`${name}.pem`), keyFile: at(`${name}.key`) }
      const request = at(`${name}.csr`)
      await run('openssl', ['req', '-new', '-utf8', ...newKey(files.keyFile), '-subj', subject, '-out', request])
      const wanted = [
        'basicConstraints=CA:FALSE',
        ...(purpose === null ? [] : [`extendedKeyUsage=${purpose}`]),
        ...(names === undefined ? [] : [`subjectAltName=${names}`]),
      ]
      writeFileSync(at(`${name}.ext`), wanted.join('\n'))
      const dates = ['-startdate', from ?? time(Date.now() - day), '-enddate', until ?? time(Date.now() + 30 * day)]
      const out = ['-in', request, '-extfile', at(`${name}.ext`), '-out', files.certificateFile]
      await run('openssl', ['ca', ...ca, ...dates, ...out])
      return files
    },
    async revoke({ certificateFile }: ClientFiles) {
      await run('openssl', ['ca', ...ca, '-revoke', certificateFile])
    },
    async crl(until = time(Date.now() + 7 * day)) {
      const dates = ['-crl_lastupdate', time(Date.now() - day), '-crl_nextupdate', until]
      return (await run('openssl', ['ca', ...ca, '-gencrl', ...dates])).stdout
    },
  })
}

/** A certificate that nobody else stands for. */
export async function selfSigned(files: ClientFiles, subject: string, keyUsage = 'digitalSignature'): Promise<void> {
  const { certificateFile, keyFile } = files
  const wanted = ['-subj', subject, '-days', '30', '-addext', `keyUsage=${keyUsage}`]
  await run('openssl', ['req', '-x509', ...newKey(keyFile), ...wanted, '-out', certificateFile])
}

const newKey = (file: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file]
