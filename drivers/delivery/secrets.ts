// The files by which a target is trusted and by which it knows the kiosk, read anew at each attempt, so that replacing one is
// all that a renewal takes. What cannot be used is told by the file's name and never by its content: a secret as
// CREDENTIALS_REFUSED, an authority or a host key as DESTINATION_UNTRUSTED.

import { type CredentialText, readCaFile, readCredentialFile, readSecretLine } from '../credential-file.ts'
import { TargetFailure } from './target-failure.ts'

/** Of the secret of a store. */
const maxCharacters = 4096

export interface SecretFiles {
  readonly caFile: string | undefined
  readonly secretFile: string | undefined
  /** What the secret is, in messages. */
  readonly what: string
}

/** Both contents. Throws TargetFailure. */
export async function readSecrets({ caFile, secretFile, what }: SecretFiles) {
  const ca = usable(await readCaFile(caFile), 'DESTINATION_UNTRUSTED')
  if (secretFile === undefined) return { ca, secret: undefined }
  return { ca, secret: usable(await readSecretLine(what, secretFile, maxCharacters), 'CREDENTIALS_REFUSED') }
}

/** The file as text. Throws TargetFailure. */
export async function readText(what: string, path: string, secret: boolean): Promise<string> {
  const file = await readCredentialFile(what, path, { secret })
  const text = file.usable ? ({ usable: true, text: file.bytes.toString('utf8') } as const) : file
  return usable(text, secret ? 'CREDENTIALS_REFUSED' : 'DESTINATION_UNTRUSTED')
}

function usable<T>(
  read: { readonly usable: true; readonly text: T } | Exclude<CredentialText, { usable: true }>,
  code: TargetFailure['code'],
): T {
  if (read.usable) return read.text
  throw new TargetFailure(code, read.reason)
}
