// Checks one SignerInfo of a parsed SignedData over its original octets, whatever the SignedData is for: a signature in a
// PDF, a CAdES file, a time-stamp token (RFC 5652, 5.4 and 5.6; ETSI EN 319 102-1, 5.2.3, 5.2.7). Neither trust nor
// strength of algorithms is judged here; it throws for nothing that a CMS may contain.
//
// A format's reader (read-cades.ts, read-pades.ts) parses with cms/parse.ts, adds what only its format asks of the shape,
// and spreads what `readSignerInfo` returns into its SignatureFound:
//   const found = await readSignerInfo(signer, { contentType: signedData.contentType, certificates, digest })
//   return { ...found, findings: [...ownFindings, ...found.findings], baselineViolations, evidence, timestamps }

import { timingSafeEqual } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import type { Asn1Node } from '../cms/asn1.ts'
import { certificateNames } from '../cms/certificate-names.ts'
import { oids } from '../cms/oids.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import { timeOf } from './asn1-time.ts'
import { type Certificate, extensionIds } from './certificate.ts'
import type { SignatureFound } from './found.ts'
import type { Finding } from './report.ts'
import { hashOf, schemeOf, verifies } from './signature-scheme.ts'
import { checkCertificateReference } from './verify-reference.ts'

export interface SignerInfoRequest {
  /** eContentType of the SignedData; for a countersignature, which has no content-type attribute, absent. */
  readonly contentType?: string
  /** Where the signer's certificate may be. */
  readonly certificates: readonly Certificate[]
  /** Digest of the content. */
  readonly digest: (hash: HashName) => Promise<Uint8Array>
}

/** The part of a SignatureFound that a SignerInfo tells. */
export type SignerInfoFound = Pick<
  SignatureFound,
  'findings' | 'digestAlgorithm' | 'signatureAlgorithm' | 'hash' | 'signer' | 'claimedTime' | 'policy'
>

/** Digest, certificate, its reference and signature value of one SignerInfo. */
export async function readSignerInfo(signer: ParsedSigner, request: SignerInfoRequest): Promise<SignerInfoFound> {
  const hash = hashOf(signer.digestAlgorithm)
  return checkSignerInfo(signer, {
    ...request,
    ...(hash !== undefined && { messageDigest: await request.digest(hash) }),
  })
}

export interface DigestedSignerInfoRequest extends Pick<SignerInfoRequest, 'contentType' | 'certificates'> {
  /** Digest of the content by the SignerInfo's digest algorithm; absent where that is not supported. */
  readonly messageDigest?: Uint8Array
}

/** As `readSignerInfo`, with the digest at hand. */
export function checkSignerInfo(signer: ParsedSigner, request: DigestedSignerInfoRequest): SignerInfoFound {
  const digest = hashOf(signer.digestAlgorithm)
  const scheme = schemeOf(signer.signatureAlgorithm, signer.signatureParameters, digest)
  const certificate = signerCertificate(signer, request.certificates)
  const time = timeOf(onlyValue(signer, oids.signingTime))
  const policy = policyOf(signer)
  return {
    findings: [
      ...checkAttributes(signer, request.contentType),
      ...checkMessageDigest(signer, request.messageDigest),
      ...(certificate === undefined ? noCertificate : checkCertificateReference(signer, certificate.der)),
      ...(certificate === undefined ? [] : checkValue(signer, certificate, digest)),
    ],
    digestAlgorithm: signer.digestAlgorithm,
    signatureAlgorithm: signer.signatureAlgorithm,
    ...(scheme !== undefined && { hash: digest === 'sha1' ? digest : scheme.hash }),
    ...(certificate !== undefined && { signer: certificate }),
    ...(time !== undefined && { claimedTime: time }),
    ...(policy !== undefined && { policy }),
  }
}

const noCertificate: readonly Finding[] = [
  {
    subIndication: 'NO_SIGNING_CERTIFICATE_FOUND',
    detail: 'the SignedData does not hold the certificate that the SignerInfo names',
  },
]

/** The certificate that the SignerInfo names, by issuer and serial number or by key identifier (RFC 5652, 5.3). */
export function signerCertificate(
  { sid, keyIdentifier }: ParsedSigner,
  certificates: readonly Certificate[],
): Certificate | undefined {
  if (keyIdentifier !== undefined) {
    return certificates.find(({ fields }) => {
      const own = fields.extensions.get(extensionIds.subjectKeyIdentifier)?.value?.content
      return own !== undefined && isEqual(own, keyIdentifier)
    })
  }
  if (sid === undefined) return undefined
  return certificates.find(({ der }) => {
    const names = certificateNames(der)
    return isEqual(names.issuer, sid.issuer) && isEqual(names.serialNumber, sid.serialNumber)
  })
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** The value of an attribute that stands exactly once with exactly one value. */
export function onlyValue(signer: ParsedSigner, oid: string): Asn1Node | undefined {
  const occurrences = signer.attributes.get(oid) ?? []
  const [values] = occurrences
  return occurrences.length === 1 && values?.length === 1 ? values[0] : undefined
}

function checkAttributes(signer: ParsedSigner, contentType: string | undefined): Finding[] {
  const stated = onlyValue(signer, oids.contentType)
  const problems = [
    contentType !== undefined && stated?.oid !== contentType && 'the content-type attribute is missing or differs',
    !protectsAlgorithms(signer) && 'CMSAlgorithmProtection names other algorithms than the SignerInfo',
  ]
  return problems.filter(problem => problem !== false).map(detail => ({ subIndication: 'FORMAT_FAILURE', detail }))
}

/** RFC 6211: where the attribute is present it must agree. */
function protectsAlgorithms(signer: ParsedSigner): boolean {
  if (!signer.attributes.has(oids.cmsAlgorithmProtection)) return true
  const [digest, signature] = onlyValue(signer, oids.cmsAlgorithmProtection)?.children ?? []
  return (
    digest?.children[0]?.oid === signer.digestAlgorithm &&
    signature?.tag === 0xa1 &&
    signature.children[0]?.oid === signer.signatureAlgorithm
  )
}

function checkMessageDigest(signer: ParsedSigner, actual: Uint8Array | undefined): Finding[] {
  if (actual === undefined) return [{ subIndication: 'GENERIC', detail: `digest algorithm ${signer.digestAlgorithm}` }]
  const claimed = onlyValue(signer, oids.messageDigest)
  if (claimed?.tag !== 0x04) return [{ subIndication: 'FORMAT_FAILURE', detail: 'no message-digest attribute' }]
  if (claimed.content.length === actual.length && timingSafeEqual(claimed.content, actual)) return []
  return [{ subIndication: 'HASH_FAILURE', detail: 'the signed bytes are not the ones that were signed' }]
}

function checkValue(signer: ParsedSigner, { x509 }: Certificate, digest: HashName | undefined): Finding[] {
  const { signatureAlgorithm, signatureParameters, signedAttributes, sortedAttributes, signature } = signer
  const scheme = schemeOf(signatureAlgorithm, signatureParameters, digest)
  if (scheme === undefined) return [{ subIndication: 'GENERIC', detail: `signature algorithm ${signatureAlgorithm}` }]
  // Without signed attributes the value would be over the content itself; the missing message digest is told by then.
  const forms = [signedAttributes, sortedAttributes].filter(form => form !== undefined)
  if (forms.length === 0 || forms.some(form => verifies(scheme, x509.publicKey, form, signature))) return []
  return [{ subIndication: 'SIG_CRYPTO_FAILURE', detail: 'the signature value does not verify with the certificate' }]
}

const spUri = '1.2.840.113549.1.9.16.5.1'

/** SignaturePolicyId and its SPuri qualifier (EN 319 122-1, 5.2.9.1); an implied policy names none. */
function policyOf(signer: ParsedSigner): SignatureFound['policy'] {
  const [id, , qualifiers] = onlyValue(signer, oids.signaturePolicy)?.children ?? []
  if (id?.oid === undefined) return undefined
  const qualifier = qualifiers?.children.find(({ children }) => children[0]?.oid === spUri)?.children[1]
  return { id: id.oid, ...(qualifier !== undefined && { uri: Buffer.from(qualifier.content).toString('latin1') }) }
}
