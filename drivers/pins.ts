// Pins on the keys of servers, as `sha256/` and the Base64 of the SHA-256 of a SubjectPublicKeyInfo (RFC 7469, 2.4): who is
// pinned proves it with that key or with a certificate that it signed. They are looked at when the chain and the name have
// been found right, and before anything of a request is sent.

import { createHash, X509Certificate } from 'node:crypto'
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { HttpError } from './http-error.ts'

/** Longer chains than this are nobody's. */
const maxChainLength = 10

/** The peer's keys are none of those pinned; `keys` are the pins that would let it in, its own first. */
export class PinMismatch extends HttpError {
  readonly keys: readonly string[]

  constructor(host: string, keys: readonly string[]) {
    super('pin', `${host}: the key of its certificate is ${keys[0]}, which is not pinned`, { reached: false })
    this.keys = keys
  }
}

/** What node:tls asks when a chain is good: whether it is this name's, and one of its keys pinned. `host` is for messages. */
export function pinnedIdentity(host: string, pins: readonly string[]) {
  return (name: string, certificate: PeerCertificate): Error | undefined => {
    const other = checkServerIdentity(name, certificate)
    if (other !== undefined) return other
    const keys = pinsOf(certificate as DetailedPeerCertificate)
    return keys.some(key => pins.includes(key)) ? undefined : new PinMismatch(host, keys)
  }
}

/** The pins of a certificate and of its issuers, each of which has verifiably signed the one before: names prove nothing. */
function pinsOf(leaf: DetailedPeerCertificate): readonly string[] {
  let certificate = new X509Certificate(leaf.raw)
  const keys = [pinOf(certificate)]
  let issuer: DetailedPeerCertificate | undefined = leaf.issuerCertificate
  while (issuer !== undefined && keys.length < maxChainLength) {
    const next = new X509Certificate(issuer.raw)
    const isEnd = next.fingerprint256 === certificate.fingerprint256
    if (isEnd || !certificate.verify(next.publicKey)) break
    keys.push(pinOf(next))
    certificate = next
    issuer = issuer.issuerCertificate
  }
  return keys
}

function pinOf({ publicKey }: X509Certificate): string {
  const info = publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256').update(info).digest('base64')}`
}
