// What a destination is trusted by and what it trusts: the CA file and the bearer token file, read anew at each attempt,
// so that replacing a file is all that a renewal takes. A token is never part of a message, an error or a log line.

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Largest token or CA file, bytes. */
const maxFileBytes = 1024 * 1024
/** `b64token` of RFC 6750, 2.1, and what real issuers add to it: any visible ASCII. */
const tokenPattern = /^[\x21-\x7e]{1,4096}$/

export type Credential =
  | { readonly usable: true; readonly ca?: string; readonly token?: string }
  | { readonly usable: false; readonly reason: string }

/** Both files of a destination, or why one of them cannot be used; never throws for what an operator can mend. */
export async function readCredential(files: {
  readonly caFile?: string
  readonly tokenFile?: string
}): Promise<Credential> {
  const ca = files.caFile === undefined ? undefined : await readText('CA', files.caFile, { ownerOnly: false })
  if (ca !== undefined && !ca.ok) return { usable: false, reason: ca.reason }
  if (ca !== undefined && !ca.text.includes('-----BEGIN CERTIFICATE-----')) {
    return { usable: false, reason: `the CA file ${files.caFile} holds no PEM certificate` }
  }
  const token =
    files.tokenFile === undefined ? undefined : await readText('token', files.tokenFile, { ownerOnly: true })
  if (token !== undefined && !token.ok) return { usable: false, reason: token.reason }
  if (token !== undefined && !tokenPattern.test(token.text)) {
    return { usable: false, reason: `the token file ${files.tokenFile} does not hold one line of visible ASCII` }
  }
  return {
    usable: true,
    ...(ca === undefined ? {} : { ca: ca.text }),
    ...(token === undefined ? {} : { token: token.text }),
  }
}

type Text = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

async function readText(what: string, path: string, { ownerOnly }: { readonly ownerOnly: boolean }): Promise<Text> {
  try {
    // O_NONBLOCK: a FIFO left in the file's place would otherwise block a thread of the pool for good.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const fault = await unfitFile(file, ownerOnly)
    if (fault !== undefined) return { ok: false, reason: `the ${what} file ${path} ${fault}` }
    return { ok: true, text: (await file.readFile('utf8')).trim() }
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
    return { ok: false, reason: `the ${what} file ${path} cannot be read (${reason})` }
  }
}

/** Judged on the open descriptor: what was checked is what is read. */
async function unfitFile(file: FileHandle, ownerOnly: boolean): Promise<string | undefined> {
  const stats = await file.stat()
  if (!stats.isFile()) return 'is not a regular file'
  if (stats.size > maxFileBytes) return 'is too large'
  if (ownerOnly && (stats.mode & 0o077) !== 0) return 'can be read by others than its owner; set mode 0600'
  return undefined
}
