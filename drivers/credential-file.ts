// Files that hold what a driver is trusted by or what it trusts. Each is read anew when it is needed, so that replacing it
// is all that a renewal takes; what was checked is what is read, and no content is part of a reason.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { ClientCertificate } from './http.ts'

/** Largest file of this kind, bytes. */
const maxFileBytes = 1024 * 1024

/** The content, or why it cannot be used: what an operator can mend is never thrown. */
export type CredentialFile =
  | { readonly usable: true; readonly bytes: Buffer }
  | { readonly usable: false; readonly reason: string }

/** `what` names the file in the reason; `secret` asks that nobody but its owner can read it. */
export async function readCredentialFile(
  what: string,
  path: string,
  { secret }: { readonly secret: boolean },
): Promise<CredentialFile> {
  try {
    // O_NONBLOCK: a FIFO left in the file's place would otherwise block a thread of the pool for good.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const fault = await unfitFile(file, secret)
    if (fault !== undefined) return { usable: false, reason: `the ${what} file ${path} ${fault}` }
    return { usable: true, bytes: await file.readFile() }
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
    return { usable: false, reason: `the ${what} file ${path} cannot be read (${reason})` }
  }
}

export type CredentialText =
  | { readonly usable: true; readonly text: string }
  | { readonly usable: false; readonly reason: string }

/** PEM of the only authorities trusted for TLS; `text` is undefined without a path: the runtime's own list. */
export async function readCaFile(
  path: string | undefined,
): Promise<{ readonly usable: true; readonly text: string | undefined } | Exclude<CredentialText, { usable: true }>> {
  if (path === undefined) return { usable: true, text: undefined }
  const file = await readCredentialFile('CA', path, { secret: false })
  if (!file.usable) return file
  const text = file.bytes.toString('utf8')
  if (text.includes('-----BEGIN CERTIFICATE-----')) return { usable: true, text }
  return { usable: false, reason: `the CA file ${path} holds no PEM certificate` }
}

/** A password or client secret: one line of any script, blanks too, that only the file's owner can read. */
export async function readSecretLine(what: string, path: string, maxCharacters = 1024): Promise<CredentialText> {
  const file = await readCredentialFile(what, path, { secret: true })
  if (!file.usable) return file
  const text = file.bytes.toString('utf8').replace(/\r?\n$/, '')
  const characters = [...text].length
  if (characters > 0 && characters <= maxCharacters && !/\p{Cc}/u.test(text)) return { usable: true, text }
  return { usable: false, reason: `the ${what} file ${path} does not hold one line` }
}

/** `b64token` of RFC 6750, 2.1, and what real issuers add to it: any visible ASCII. */
const tokenPattern = /^[\x21-\x7e]{1,4096}$/

/** A bearer token, that only the file's owner can read. */
export async function readTokenFile(path: string): Promise<CredentialText> {
  const file = await readCredentialFile('token', path, { secret: true })
  if (!file.usable) return file
  const text = file.bytes.toString('utf8').trim()
  if (tokenPattern.test(text)) return { usable: true, text }
  return { usable: false, reason: `the token file ${path} does not hold one line of visible ASCII` }
}

export interface ClientCertificateFiles {
  /** PEM of the certificate and its issuers, or PKCS#12. */
  readonly certificateFile?: string
  /** PEM; absent where the certificate's file holds the key as well. */
  readonly keyFile?: string
}

/** What a client shows of itself by TLS; `client` is undefined where no file is named. `password` opens its key. */
export async function readClientCertificate(
  { certificateFile, keyFile }: ClientCertificateFiles,
  password: string | undefined,
): Promise<
  | { readonly usable: true; readonly client: ClientCertificate | undefined }
  | { readonly usable: false; readonly reason: string }
> {
  if (certificateFile === undefined) return { usable: true, client: undefined }
  // Where the key lies in the same file, that file is the secret.
  const certificate = await readCredentialFile('certificate', certificateFile, { secret: keyFile === undefined })
  if (!certificate.usable) return certificate
  const passphrase = password === undefined ? {} : { passphrase: password }
  const cert = certificate.bytes.toString('latin1')
  if (!cert.includes('-----BEGIN ')) return { usable: true, client: { pfx: certificate.bytes, ...passphrase } }
  const key = await readCredentialFile('key', keyFile ?? certificateFile, { secret: true })
  if (!key.usable) return key
  return { usable: true, client: { cert, key: key.bytes.toString('latin1'), ...passphrase } }
}

/** Judged on the open descriptor: what was checked is what is read. */
async function unfitFile(file: FileHandle, secret: boolean): Promise<string | undefined> {
  const stats = await file.stat()
  if (!stats.isFile()) return 'is not a regular file'
  if (stats.size > maxFileBytes) return 'is too large'
  if (secret && (stats.mode & 0o077) !== 0) return 'can be read by others than its owner; set mode 0600'
  return undefined
}
