// The interface for programs by TLS, with authorities of clients that openssl made and curl as the client.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { type ApiStand, type ApiStandOptions, apiStand } from './96.api.kit.ts'
import { type ClientCa, type ClientFiles, createClientCa } from './client-ca.kit.ts'
import { createTestCa } from './sim/tls.ts'

export interface TlsStand extends ApiStand {
  readonly folder: string
  readonly ca: ClientCa
  /** The authority of the kiosk's own certificate. */
  readonly serverCaFile: string
  readonly crlFile: string
  /** By curl; unless a path is given for a batch that is not there, so that who is let in is told 404. */
  curl(files: ClientFiles | undefined, options?: readonly string[], path?: string): Promise<Told>
}

export interface Told {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly headers: string
  readonly id?: string
  readonly access_token?: string
}

const run = promisify(execFile)

/** Clients: `ledger` by a certificate of this name, and `other` by a token. Gone after the test. */
export async function tlsStand(
  certificate: object,
  { crl = false, ...options }: ApiStandOptions & { readonly crl?: boolean } = {},
): Promise<TlsStand> {
  const folder = mkdtempSync(join(tmpdir(), 'compulsa-mtls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const [own, ca] = await Promise.all([createTestCa(), createClientCa(at('clients'))])
  const { key, cert } = await own.issue(['127.0.0.1'])
  writeFileSync(at('server.key'), key, { mode: 0o600 })
  writeFileSync(at('server.pem'), cert)
  writeFileSync(at('server-ca.pem'), own.caPem)
  writeFileSync(at('other.token'), 'the-token-of-the-other', { mode: 0o600 })
  if (crl) writeFileSync(at('clients.crl'), await ca.crl())
  const stand = await apiStand({
    ...options,
    config: {
      tls: {
        ...{ certificateFile: at('server.pem'), keyFile: at('server.key'), clientCaFile: ca.caFile },
        ...(crl && { clientCrlFile: at('clients.crl') }),
      },
      clients: [
        { id: 'ledger', certificate },
        { id: 'other', tokenFile: at('other.token') },
      ],
      ...options.config,
    },
  })
  return {
    ...stand,
    ...{ folder, ca, serverCaFile: at('server-ca.pem'), crlFile: at('clients.crl') },
    async curl(files, given = [], path = '/api/v1/batches/x') {
      const shown = files === undefined ? [] : ['--cert', files.certificateFile, '--key', files.keyFile]
      const fixed = ['-sS', '--cacert', at('server-ca.pem'), '-D', '-', '-w', '\n%{http_code}']
      const { stdout } = await run('curl', [...fixed, ...shown, ...given, new URL(path, stand.url).href])
      const [, headers = '', body = '', status = ''] = /^([\s\S]*?)\r\n\r\n([\s\S]*)\n(\d+)$/.exec(stdout) ?? []
      return { status: Number(status), headers, ...JSON.parse(body) }
    },
  }
}
