// The files by which a target is trusted and by which it knows the kiosk, read anew at each attempt, so that replacing one is
// all that a renewal takes. What cannot be used is DESTINATION_UNTRUSTED with the file's name and never its content.

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
  const ca = usable(await readCaFile(caFile))
  const secret = secretFile === undefined ? undefined : usable(await readSecretLine(what, secretFile, maxCharacters))
  return { ca, secret }
}

/** The file as text. Throws TargetFailure. */
export async function readText(what: string, path: string, secret: boolean): Promise<string> {
  const file = await readCredentialFile(what, path, { secret })
  return usable(file.usable ? { usable: true, text: file.bytes.toString('utf8') } : file)
}

function usable<T>(read: { readonly usable: true; readonly text: T } | Exclude<CredentialText, { usable: true }>): T {
  if (read.usable) return read.text
  throw new TargetFailure('DESTINATION_UNTRUSTED', read.reason)
}
