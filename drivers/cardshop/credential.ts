// What the card service is trusted by and what it trusts: the bearer token and the CA file, read anew at each request, so
// that replacing a file is all that a renewal takes. The token is part of no reason.

import { readCaFile, readTokenFile } from '../credential-file.ts'

/** `untrusted`: the CA file cannot be used; `refused`: the token cannot. */
export type Shown =
  | { readonly usable: true; readonly token: string; readonly ca?: string }
  | { readonly usable: false; readonly because: 'untrusted' | 'refused'; readonly reason: string }

export async function readShown(files: { readonly tokenFile: string; readonly caFile?: string }): Promise<Shown> {
  const ca = await readCaFile(files.caFile)
  if (!ca.usable) return { ...ca, because: 'untrusted' }
  const token = await readTokenFile(files.tokenFile)
  if (!token.usable) return { ...token, because: 'refused' }
  return { usable: true, token: token.text, ...(ca.text !== undefined && { ca: ca.text }) }
}
