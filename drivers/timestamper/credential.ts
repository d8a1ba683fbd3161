// How a time-stamping authority knows the kiosk, in the four kinds of the extension service that the product speaks of:
//
//   URL              nothing is asked for
//   USER             user and password: Basic authentication (RFC 7617)
//   CERTIFICATE      a certificate named by a code, without a password: the client certificate of a TLS handshake, as PEM
//                    with its key in clear in a file that only its owner can read
//   CERTIFICATE_TLS  the same with a password: the key lies encrypted, in a PKCS#12 file or as encrypted PEM
//
// The service's own prose tells the last two apart by no more than that; RFC 3161 over HTTP has no way but TLS to show a
// certificate. Files are read anew at each request. No secret is part of a reason.

import { readCaFile, readClientCertificate, readSecretLine } from '../credential-file.ts'
import { basicAuthorization, type ClientCertificate } from '../http.ts'

export type TimestamperKind = 'URL' | 'USER' | 'CERTIFICATE' | 'CERTIFICATE_TLS'

/** Files and names; which of them a kind needs is `neededFields`. */
export interface TimestamperCredential {
  readonly kind: TimestamperKind
  readonly user?: string
  /** One line; readable by its owner only. */
  readonly passwordFile?: string
  /** PEM of the certificate and its issuers, or PKCS#12. */
  readonly certificateFile?: string
  /** PEM; absent where the certificate's file holds the key as well. */
  readonly keyFile?: string
  /** PEM of the only authorities trusted for TLS; absent: the runtime's own list. */
  readonly caFile?: string
}

export const neededFields: Readonly<Record<TimestamperKind, readonly (keyof TimestamperCredential)[]>> = {
  URL: [],
  USER: ['user', 'passwordFile'],
  CERTIFICATE: ['certificateFile'],
  CERTIFICATE_TLS: ['certificateFile', 'passwordFile'],
}

/** What one request carries. `untrusted`: the CA file cannot be used; `refused`: a credential cannot. */
export type Shown =
  | {
      readonly usable: true
      readonly authorization?: string
      readonly clientCertificate?: ClientCertificate
      readonly ca?: string
    }
  | { readonly usable: false; readonly because: 'untrusted' | 'refused'; readonly reason: string }

const refused = (reason: string) => ({ usable: false, because: 'refused', reason }) as const

export async function readShown(credential: TimestamperCredential): Promise<Shown> {
  const { passwordFile } = credential
  const ca = await readCaFile(credential.caFile)
  if (!ca.usable) return { ...ca, because: 'untrusted' }
  const password = passwordFile === undefined ? undefined : await readSecretLine('password', passwordFile)
  if (password?.usable === false) return refused(password.reason)
  const certificate = await readClientCertificate(credential, password?.text)
  if (!certificate.usable) return refused(certificate.reason)
  const { kind, user = '' } = credential
  return {
    usable: true,
    ...(ca.text === undefined ? {} : { ca: ca.text }),
    ...(certificate.client === undefined ? {} : { clientCertificate: certificate.client }),
    ...(kind === 'USER' ? { authorization: basicAuthorization(user, password?.text ?? '') } : {}),
  }
}
