// What openssl has against a certificate that a client shows by TLS (RFC 5280, 6; X509_verify_cert), in words for whoever
// renews it. Chain, purpose (clientAuth), validity and revocation are judged in the handshake; the time again at each request,
// since a connection may live longer than its certificate, and resumed sessions are not judged anew.

import type { X509Certificate } from 'node:crypto'

export interface ShownCertificate {
  readonly x509: X509Certificate
  /** openssl's code for why it is none to go by; null: it is good. */
  readonly refused: string | null
  /** Judged by authorities or revocations that are no longer the configured ones. */
  readonly stale: boolean
}

/** Why a certificate is not good at `now`, milliseconds since 1970, beginning with openssl's code; null where it is. */
export function faultOf({ x509, refused }: ShownCertificate, now: number): string | null {
  const ended = x509.validToDate.getTime() < now ? 'CERT_HAS_EXPIRED' : null
  const code = refused ?? ended
  return code === null ? null : `${code}: ${words[code] ?? 'it is not issued by an authority of api.tls.clientCaFile'}`
}

const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate is revoked',
  CERT_SIGNATURE_FAILURE: 'the signature on the certificate is not its issuer’s',
  CERT_UNTRUSTED: 'the certificate is not for clients (clientAuth)',
  CRL_HAS_EXPIRED: 'api.tls.clientCrlFile is out of date',
  CRL_NOT_YET_VALID: 'api.tls.clientCrlFile is not valid yet',
  CRL_SIGNATURE_FAILURE: 'api.tls.clientCrlFile is not signed by the issuer',
  INVALID_PURPOSE: 'the certificate is not for clients (clientAuth)',
  UNABLE_TO_GET_CRL: 'api.tls.clientCrlFile has no list of its issuer',
}
