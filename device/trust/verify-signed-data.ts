// Verifies one detached CAdES signature (RFC 5652, 5.6; ETSI EN 319 102-1, 5.2 and 5.3) over the octets as they were
// signed. It goes through every check that the input allows and returns all findings; it throws for nothing that a CMS
// may contain. Revocation and time-stamps are not looked at.

import { type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import type { Asn1Node } from '../cms/asn1.ts'
import { certificateNames } from '../cms/certificate-names.ts'
import { oids } from '../cms/oids.ts'
import { type ParsedSignedData, type ParsedSigner, parseSignedData } from '../cms/parse.ts'
import { type Certificate, isForSigning, readableCertificates } from './certificate.ts'
import { buildChain } from './chain.ts'
import type { Finding, SubIndication } from './report.ts'
import { checkCertificateReference } from './verify-reference.ts'

export interface SignedDataRequest {
  /** The CMS, with or without zero padding. */
  readonly contents: Uint8Array
  /** Digest of the signed bytes by Node's name of a hash. */
  readonly digest: (hash: string) => Promise<Uint8Array>
  readonly anchors: readonly Certificate[]
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface SignedDataVerdict {
  readonly findings: readonly Finding[]
  /** Requirements that PAdES baseline B has of the CMS and that are not met. */
  readonly baselineViolations: readonly string[]
  readonly digestAlgorithm?: string
  readonly signatureAlgorithm?: string
  readonly signer?: Certificate
  readonly chain: readonly Certificate[]
}

const hashes: Readonly<Record<string, string>> = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
}

interface Scheme {
  readonly key: 'rsa' | 'ec'
  /** Absent where the digest algorithm of the SignerInfo is meant (rsaEncryption). */
  readonly hash?: string
}

const schemes: Readonly<Record<string, Scheme>> = {
  [oids.rsaEncryption]: { key: 'rsa' },
  [oids.sha1WithRsa]: { key: 'rsa', hash: 'sha1' },
  [oids.sha256WithRsa]: { key: 'rsa', hash: 'sha256' },
  [oids.sha384WithRsa]: { key: 'rsa', hash: 'sha384' },
  [oids.sha512WithRsa]: { key: 'rsa', hash: 'sha512' },
  [oids.ecdsaWithSha1]: { key: 'ec', hash: 'sha1' },
  [oids.ecdsaWithSha256]: { key: 'ec', hash: 'sha256' },
  [oids.ecdsaWithSha384]: { key: 'ec', hash: 'sha384' },
  [oids.ecdsaWithSha512]: { key: 'ec', hash: 'sha512' },
}

const minRsaBits = 2048

/** The verdict on one CMS. */
export async function verifySignedData(request: SignedDataRequest): Promise<SignedDataVerdict> {
  const parsed = parseSignedData(request.contents)
  if (parsed.outcome === 'malformed') return failed('FORMAT_FAILURE', parsed.detail)
  const { signedData } = parsed
  const [signer] = signedData.signers
  if (signer === undefined) return failed('FORMAT_FAILURE', 'no SignerInfo')
  const embedded = readableCertificates(signedData.certificates)
  const certificate = embedded.find(one => isSigner(one, signer))
  const shape = checkShape(signedData, signer)
  const digests = await checkMessageDigest(signer, request.digest)
  const identified = certificate === undefined ? noCertificate() : checkSigner(request, signer, certificate, embedded)
  return {
    findings: [...shape, ...digests, ...identified.findings],
    baselineViolations: [...shape.map(finding => finding.detail), ...attributeViolations(signer)],
    digestAlgorithm: signer.digestAlgorithm,
    signatureAlgorithm: signer.signatureAlgorithm,
    ...(certificate !== undefined && { signer: certificate }),
    chain: identified.chain,
  }
}

function failed(subIndication: SubIndication, detail: string): SignedDataVerdict {
  return { findings: [{ subIndication, detail }], baselineViolations: [detail], chain: [] }
}

interface Identified {
  readonly findings: readonly Finding[]
  readonly chain: readonly Certificate[]
}

function noCertificate(): Identified {
  const detail = 'the SignedData does not hold the certificate that the SignerInfo names'
  return { findings: [{ subIndication: 'NO_SIGNING_CERTIFICATE_FOUND', detail }], chain: [] }
}

function isSigner({ der }: Certificate, { sid }: ParsedSigner): boolean {
  if (sid === undefined) return false
  const names = certificateNames(der)
  return isEqual(names.issuer, sid.issuer) && isEqual(names.serialNumber, sid.serialNumber)
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** What a PDF signature's CMS must look like (ISO 32000-2, 12.8.3.3; EN 319 142-1, 6.3). */
function checkShape(signedData: ParsedSignedData, signer: ParsedSigner): Finding[] {
  const content = onlyValue(signer, oids.contentType)
  const problems = [
    signedData.trailingData && 'octets follow the SignedData inside /Contents',
    signedData.signers.length !== 1 && `${signedData.signers.length} SignerInfos instead of one`,
    signedData.attached && 'the SignedData holds a content of its own',
    signedData.contentType !== oids.data && `content type ${signedData.contentType} instead of id-data`,
    content?.oid !== signedData.contentType && 'the content-type attribute is missing or differs',
    !protectsAlgorithms(signer) && 'CMSAlgorithmProtection names other algorithms than the SignerInfo',
  ]
  return problems.filter(problem => problem !== false).map(detail => ({ subIndication: 'FORMAT_FAILURE', detail }))
}

/** The value of an attribute that stands exactly once with exactly one value. */
function onlyValue(signer: ParsedSigner, oid: string): Asn1Node | undefined {
  const occurrences = signer.attributes.get(oid) ?? []
  const [values] = occurrences
  return occurrences.length === 1 && values?.length === 1 ? values[0] : undefined
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

async function checkMessageDigest(signer: ParsedSigner, digest: SignedDataRequest['digest']): Promise<Finding[]> {
  const hash = hashes[signer.digestAlgorithm]
  if (hash === undefined) return [{ subIndication: 'GENERIC', detail: `digest algorithm ${signer.digestAlgorithm}` }]
  const claimed = onlyValue(signer, oids.messageDigest)
  if (claimed?.tag !== 0x04) return [{ subIndication: 'FORMAT_FAILURE', detail: 'no message-digest attribute' }]
  const actual = await digest(hash)
  if (claimed.content.length === actual.length && timingSafeEqual(claimed.content, actual)) return []
  return [{ subIndication: 'HASH_FAILURE', detail: 'the signed bytes are not the ones that were signed' }]
}

function checkSigner(
  { anchors, now }: SignedDataRequest,
  signer: ParsedSigner,
  certificate: Certificate,
  embedded: readonly Certificate[],
): Identified {
  const path = buildChain({ certificate, candidates: embedded, anchors, now })
  const findings: Finding[] = [
    ...checkValue(signer, certificate.x509.publicKey),
    ...checkCertificateReference(signer, certificate.der),
  ]
  if (!isForSigning(certificate.facts)) {
    findings.push({
      subIndication: 'CHAIN_CONSTRAINTS_FAILURE',
      detail: 'the certificate is not for signing documents',
    })
  }
  if (path.chain === 'trusted') return { findings, chain: path.certificates }
  findings.push({ subIndication: chainFailures[path.chain], detail: path.detail })
  return { findings, chain: path.chain === 'incomplete' ? [certificate] : path.certificates }
}

const chainFailures = {
  incomplete: 'NO_CERTIFICATE_CHAIN_FOUND',
  constraints: 'CHAIN_CONSTRAINTS_FAILURE',
  'out-of-bounds': 'OUT_OF_BOUNDS_NO_POE',
} as const

function checkValue(signer: ParsedSigner, key: KeyObject): Finding[] {
  const scheme = schemes[signer.signatureAlgorithm]
  const hash = scheme?.hash ?? hashes[signer.digestAlgorithm]
  if (scheme === undefined || hash === undefined) {
    return [{ subIndication: 'GENERIC', detail: `signature algorithm ${signer.signatureAlgorithm}` }]
  }
  // Without signed attributes the value is over the content itself; checkShape has missed the content type by then.
  if (signer.signedAttributes === undefined) return []
  if (key.asymmetricKeyType !== scheme.key || !verify(hash, signer.signedAttributes, key, signer.signature)) {
    return [{ subIndication: 'SIG_CRYPTO_FAILURE', detail: 'the signature value does not verify with the certificate' }]
  }
  return checkStrength(hash, key)
}

/** ETSI TS 119 312: SHA-1 and short RSA keys prove nothing without a proof of existence from their time. */
function checkStrength(hash: string, key: KeyObject): Finding[] {
  const bits = key.asymmetricKeyDetails?.modulusLength
  const weak = [hash === 'sha1' && 'SHA-1', bits !== undefined && bits < minRsaBits && `an RSA key of ${bits} bits`]
  return weak
    .filter(what => what !== false)
    .map(what => ({ subIndication: 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE', detail: `signed with ${what}` }))
}

function attributeViolations(signer: ParsedSigner): string[] {
  const violations = [
    signer.attributes.has(oids.signingTime) && 'the CMS has a signing-time attribute',
    onlyValue(signer, oids.signingCertificateV2) === undefined && 'not exactly one signing-certificate-v2 attribute',
    signer.attributes.has(oids.signingCertificate) && 'signing-certificate stands beside signing-certificate-v2',
  ]
  return violations.filter(violation => violation !== false)
}
