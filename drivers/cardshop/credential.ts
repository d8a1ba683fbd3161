// What the card service is trusted by and what it trusts: the bearer token and the CA file, read anew at each request, so
// that replacing a file is all that a renewal takes. The token is part of no reason.

import { readCredentialFile } from '../credential-file.ts'

const tokenPattern = /^[\x21-\x7e]{1,4096}$/

/** `untrusted`: the CA file cannot be used; `refused`: the token cannot. */
export type Shown =
  | { readonly usable: true; readonly token: string; readonly ca?: string }
  | { readonly usable: false; readonly because: 'untrusted' | 'refused'; readonly reason: string }

export async function readShown(files: { readonly tokenFile: string; readonly caFile?: string }): Promise<Shown> {
  const ca = await readCa(files.caFile)
  if (!ca.usable) return ca
  const token = await readCredentialFile('token', files.tokenFile, { secret: true })
  if (!token.usable) return { usable: false, because: 'refused', reason: token.reason }
  const text = token.bytes.toString('utf8').trim()
  if (!tokenPattern.test(text)) {
    const reason = `the token file ${files.tokenFile} does not hold one line of visible ASCII`
    return { usable: false, because: 'refused', reason }
  }
  return { usable: true, token: text, ...(ca.text !== undefined && { ca: ca.text }) }
}

async function readCa(path: string | undefined) {
  if (path === undefined) return { usable: true, text: undefined } as const
  const file = await readCredentialFile('CA', path, { secret: false })
  if (!file.usable) return { usable: false, because: 'untrusted', reason: file.reason } as const
  const text = file.bytes.toString('utf8')
  if (text.includes('-----BEGIN CERTIFICATE-----')) return { usable: true, text } as const
  return { usable: false, because: 'untrusted', reason: `the CA file ${path} holds no PEM certificate` } as const
}
