// What a destination is trusted by and what it trusts: the CA file and the bearer token file, read anew at each attempt,
// so that replacing a file is all that a renewal takes. A token is never part of a message, an error or a log line.

import { readCredentialFile } from '../credential-file.ts'

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
  const ca = files.caFile === undefined ? undefined : await readText('CA', files.caFile, { secret: false })
  if (ca !== undefined && !ca.usable) return ca
  if (ca !== undefined && !ca.text.includes('-----BEGIN CERTIFICATE-----')) {
    return { usable: false, reason: `the CA file ${files.caFile} holds no PEM certificate` }
  }
  const token = files.tokenFile === undefined ? undefined : await readText('token', files.tokenFile, { secret: true })
  if (token !== undefined && !token.usable) return token
  if (token !== undefined && !tokenPattern.test(token.text)) {
    return { usable: false, reason: `the token file ${files.tokenFile} does not hold one line of visible ASCII` }
  }
  return {
    usable: true,
    ...(ca === undefined ? {} : { ca: ca.text }),
    ...(token === undefined ? {} : { token: token.text }),
  }
}

type Text = { readonly usable: true; readonly text: string } | { readonly usable: false; readonly reason: string }

async function readText(what: string, path: string, kind: { readonly secret: boolean }): Promise<Text> {
  const file = await readCredentialFile(what, path, kind)
  return file.usable ? { usable: true, text: file.bytes.toString('utf8').trim() } : file
}
