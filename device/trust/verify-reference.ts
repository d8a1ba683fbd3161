// Verifies that the signature names the certificate it is verified with: signing-certificate-v2 (RFC 5035, 3), or the
// older signing-certificate (RFC 2634, 5.4). Without that binding, another certificate for the same key could be put in.

import { createHash } from 'node:crypto'
import type { Asn1Node } from '../cms/asn1.ts'
import { certificateNames } from '../cms/certificate-names.ts'
import { oids } from '../cms/oids.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import type { Finding } from './report.ts'

const essHashes: Readonly<Record<string, string>> = {
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
}

/** Empty where the attribute is there and names `certificate` (DER) by hash and, if given, by issuer and serial. */
export function checkCertificateReference(signer: ParsedSigner, certificate: Uint8Array): Finding[] {
  const version2 = signer.attributes.get(oids.signingCertificateV2)
  const version1 = signer.attributes.get(oids.signingCertificate)
  if (version2 === undefined && version1 === undefined) {
    return [{ subIndication: 'SIG_CONSTRAINTS_FAILURE', detail: 'no signing-certificate attribute' }]
  }
  const matches =
    (version2 === undefined || namesIn(version2, essCertIdV2, certificate)) &&
    (version1 === undefined || namesIn(version1, essCertId, certificate))
  if (matches) return []
  const detail = 'the signing-certificate attribute names another certificate'
  return [{ subIndication: 'NO_SIGNING_CERTIFICATE_FOUND', detail }]
}

interface EssReference {
  readonly hash: string | undefined
  readonly certHash: Asn1Node | undefined
  readonly issuerSerial: Asn1Node | undefined
}

/** The attribute's first ESSCertID is the signer's; the attribute must stand once, with one value. */
function namesIn(
  occurrences: readonly (readonly Asn1Node[])[],
  read: (ess: Asn1Node) => EssReference,
  certificate: Uint8Array,
): boolean {
  const [value] = occurrences[0] ?? []
  const ess = value?.children[0]?.children[0]
  if (occurrences.length !== 1 || occurrences[0]?.length !== 1 || ess === undefined) return false
  const { hash, certHash, issuerSerial } = read(ess)
  if (hash === undefined || certHash?.tag !== 0x04) return false
  const actual = createHash(hash).update(certificate).digest()
  return actual.equals(certHash.content) && (issuerSerial === undefined || isIssuerSerial(issuerSerial, certificate))
}

/** ESSCertIDv2: hashAlgorithm DEFAULT SHA-256, certHash, issuerSerial OPTIONAL. */
function essCertIdV2(ess: Asn1Node): EssReference {
  const named = ess.children[0]?.tag === 0x30 ? ess.children[0] : undefined
  const [certHash, issuerSerial] = named === undefined ? ess.children : ess.children.slice(1)
  const hash = named === undefined ? 'sha256' : essHashes[named.children[0]?.oid ?? '']
  return { hash, certHash, issuerSerial }
}

/** ESSCertID: certHash by SHA-1, issuerSerial OPTIONAL. */
function essCertId(ess: Asn1Node): EssReference {
  return { hash: 'sha1', certHash: ess.children[0], issuerSerial: ess.children[1] }
}

/** Whether an IssuerSerial (RFC 5035, 5) names this certificate (DER). */
export function isIssuerSerial({ children }: Asn1Node, certificate: Uint8Array): boolean {
  const names = certificateNames(certificate)
  const issuer = children[0]?.children[0]?.children[0]
  const serialNumber = children[1]
  return (
    issuer !== undefined &&
    serialNumber !== undefined &&
    Buffer.compare(issuer.raw, names.issuer) === 0 &&
    Buffer.compare(serialNumber.raw, names.serialNumber) === 0
  )
}
