// The files by which a target is trusted and by which it knows the kiosk, read anew at each attempt, so that replacing one is
// all that a renewal takes. What cannot be used is DESTINATION_UNTRUSTED with the file's name and never its content.

import { readCredentialFile } from '../credential-file.ts'
import { TargetFailure } from './target-failure.ts'

/** Any one line: the secret of a store may have blanks, and letters of any script. */
const linePattern = /^[^\p{Cc}]{1,4096}$/u

export interface SecretFiles {
  readonly caFile: string | undefined
  readonly secretFile: string | undefined
  /** What the secret is, in messages. */
  readonly what: string
}

/** Both contents. Throws TargetFailure. */
export async function readSecrets({ caFile, secretFile, what }: SecretFiles) {
  const ca = caFile === undefined ? undefined : await readText('CA', caFile, false)
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new TargetFailure('DESTINATION_UNTRUSTED', `the CA file ${caFile} holds no PEM certificate`)
  }
  const text = secretFile === undefined ? undefined : await readText(what, secretFile, true)
  const secret = text?.replace(/\r?\n$/, '')
  if (secret !== undefined && !linePattern.test(secret)) {
    throw new TargetFailure('DESTINATION_UNTRUSTED', `the ${what} file ${secretFile} does not hold one line`)
  }
  return { ca, secret }
}

/** The file as text. Throws TargetFailure. */
export async function readText(what: string, path: string, secret: boolean): Promise<string> {
  const file = await readCredentialFile(what, path, { secret })
  if (file.usable) return file.bytes.toString('utf8')
  throw new TargetFailure('DESTINATION_UNTRUSTED', file.reason)
}
