// How the kiosk shows itself to the extension service, and what it hands over in every request: secrets out of files that
// only their owner can read, read anew at each call, so that replacing one is all that a renewal takes.

import { readCaFile, readSecretLine } from '../credential-file.ts'
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
  const ca = await readCaFile(files.caFile)
  if (!ca.usable) return { ...ca, because: 'untrusted' }
  const secret = await readSecretLine('client secret', files.clientSecretFile)
  if (!secret.usable) return { ...secret, because: 'refused' }
  const { passwordFile, ...tsa } = files.tsa
  const password = passwordFile === undefined ? undefined : await readSecretLine('password', passwordFile)
  if (password?.usable === false) return { ...password, because: 'refused' }
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
