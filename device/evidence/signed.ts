// Signed JSON: a JWS (RFC 7515) with the header parameters of a JAdES baseline B signature (ETSI TS 119 182-1: the
// certificate, its digest, and the claimed time), by ES256. The payload is the JSON to the letter.

import { createHash } from 'node:crypto'

export interface EvidenceSigner {
  /** DER of the certificate of the key. */
  readonly certificate: Uint8Array
  /** ECDSA on P-256 with SHA-256, as the 64 octets r and s (RFC 7518, 3.4). */
  sign(bytes: Uint8Array): Uint8Array
}

/** Flattened serialization (RFC 7515, 7.2.2): a JSON file. With dots between protected, payload and signature it is compact. */
export interface SignedJson {
  readonly payload: string
  readonly protected: string
  readonly signature: string
}

/** `at` is the claimed signing time, milliseconds since 1970. */
export function signedJson(value: object, at: number, { certificate, sign }: EvidenceSigner): SignedJson {
  const header = {
    alg: 'ES256',
    typ: 'JOSE',
    cty: 'json',
    iat: Math.floor(at / 1000),
    'x5t#S256': createHash('sha256').update(certificate).digest('base64url'),
    // Base64, not base64url: RFC 7515, 4.1.6.
    x5c: [Buffer.from(certificate).toString('base64')],
  }
  const encoded = encode(JSON.stringify(header))
  const payload = encode(JSON.stringify(value))
  const signature = sign(Buffer.from(`${encoded}.${payload}`, 'ascii'))
  return { payload, protected: encoded, signature: Buffer.from(signature).toString('base64url') }
}

export function compactJws({ payload, protected: header, signature }: SignedJson): string {
  return `${header}.${payload}.${signature}`
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
