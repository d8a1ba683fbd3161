// How the kiosk shows itself to the extension service, and what it hands over in every request: secrets out of files that
// only their owner can read, read anew at each call, so that replacing one is all that a renewal takes.

import { readCredentialFile } from '../credential-file.ts'
import type { FortressManner, FortressPolicy, FortressTsaType } from './fortress-wire.ts'

export interface FortressFiles {
  readonly clientId: string
  /** One line; readable by its owner only. */
  readonly clientSecretFile: string
  readonly redirectUri: string
  /** PEM of the only authorities trusted for TLS; absent: the runtime's own list. */
  readonly caFile?: string
  readonly userCode?: string
  readonly signatureAlgorithm?: string
  readonly tsa: {
    readonly type: FortressTsaType
    readonly url: string
    readonly user?: string
    /** One line; readable by its owner only. */
    readonly passwordFile?: string
    readonly certificateCode?: string
  }
  readonly policy?: FortressPolicy
}

/** `untrusted`: the CA file cannot be used; `refused`: a secret cannot. */
export type FortressAccess =
  | { readonly usable: true; readonly secret: string; readonly ca?: string; readonly manner: FortressManner }
  | { readonly usable: false; readonly because: 'untrusted' | 'refused'; readonly reason: string }

export async function readAccess(files: FortressFiles): Promise<FortressAccess> {
  const ca = await readCa(files.caFile)
  if (!ca.usable) return ca
  const secret = await readLine('client secret', files.clientSecretFile)
  if (!secret.usable) return secret
  const { passwordFile, ...tsa } = files.tsa
  const password = passwordFile === undefined ? undefined : await readLine('password', passwordFile)
  if (password?.usable === false) return password
  const { userCode, signatureAlgorithm, policy } = files
  return {
    usable: true,
    secret: secret.text,
    ...(ca.text === undefined ? {} : { ca: ca.text }),
    manner: {
      ...(userCode === undefined ? {} : { userCode }),
      ...(signatureAlgorithm === undefined ? {} : { signatureAlgorithm }),
      tsa: { ...tsa, ...(password === undefined ? {} : { password: password.text }) },
      ...(policy === undefined ? {} : { policy }),
    },
  }
}

async function readCa(path: string | undefined) {
  if (path === undefined) return { usable: true, text: undefined } as const
  const file = await readCredentialFile('CA', path, { secret: false })
  if (!file.usable) return { ...file, because: 'untrusted' } as const
  const text = file.bytes.toString('utf8')
  if (text.includes('-----BEGIN CERTIFICATE-----')) return { usable: true, text } as const
  return { usable: false, because: 'untrusted', reason: `the CA file ${path} holds no PEM certificate` } as const
}

async function readLine(what: string, path: string) {
  const file = await readCredentialFile(what, path, { secret: true })
  if (!file.usable) return { ...file, because: 'refused' } as const
  const text = file.bytes.toString('utf8').replace(/\r?\n$/, '')
  if (/^[^\p{Cc}]{1,1024}$/u.test(text)) return { usable: true, text } as const
  return { usable: false, because: 'refused', reason: `the ${what} file ${path} does not hold one line` } as const
}
