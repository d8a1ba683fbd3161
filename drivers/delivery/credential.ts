// What a destination is trusted by and what it trusts: the CA file and the bearer token file, read anew at each attempt,
// so that replacing a file is all that a renewal takes. A token is never part of a message, an error or a log line.

import { readCaFile, readTokenFile } from '../credential-file.ts'

/** `untrusted`: the CA file cannot be used; `refused`: the token cannot. */
export type Credential =
  | { readonly usable: true; readonly ca?: string; readonly token?: string }
  | { readonly usable: false; readonly because: 'untrusted' | 'refused'; readonly reason: string }

/** Both files of a destination, or why one of them cannot be used; never throws for what an operator can mend. */
export async function readCredential(files: {
  readonly caFile?: string
  readonly tokenFile?: string
}): Promise<Credential> {
  const ca = await readCaFile(files.caFile)
  if (!ca.usable) return { ...ca, because: 'untrusted' }
  const token = files.tokenFile === undefined ? undefined : await readTokenFile(files.tokenFile)
  if (token?.usable === false) return { ...token, because: 'refused' }
  return {
    usable: true,
    ...(ca.text === undefined ? {} : { ca: ca.text }),
    ...(token === undefined ? {} : { token: token.text }),
  }
}
