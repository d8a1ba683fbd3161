// Reads a time-stamp token (RFC 3161, 2.4.2): a SignedData whose content is a TSTInfo, and whether its own signature holds
// over the original octets. Nothing is decided about the authority's certificate; see timestamp-signer.ts and judge.ts.

import { createHash } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import { type Asn1Node, readWhole } from '../cms/asn1.ts'
import { oids } from '../cms/oids.ts'
import { type ParsedSignedData, parseSignedData } from '../cms/parse.ts'
import { createRecent } from '../recent.ts'
import { timeOf } from './asn1-time.ts'
import { type Certificate, readableCertificates } from './certificate.ts'
import type { Evidence } from './evidence.ts'
import type { Finding } from './report.ts'
import { hashOf } from './signature-scheme.ts'
import { checkSignerInfo } from './signed-data.ts'

export interface TimestampToken {
  /** The TimeStampToken, a ContentInfo, as it came. */
  readonly der: Uint8Array
  /** Milliseconds since 1970. */
  readonly genTime: number
  /** How far genTime may be off; absent where the token does not say. */
  readonly accuracyMs?: number
  /** Dotted. */
  readonly policy: string
  readonly imprint: {
    readonly algorithm: string
    /** Absent where the algorithm is not supported. */
    readonly hash?: HashName
    readonly digest: Uint8Array
  }
  /** Lower-case hex. */
  readonly serialNumber: string
  /** Contents of the INTEGER. */
  readonly nonce?: Uint8Array
  /** The authority's certificate, where the token or the given certificates hold it. */
  readonly signer?: Certificate
  /** What the signature value was made with. */
  readonly hash?: HashName
  /** Of its own form, integrity and signature value; empty where all is well. */
  readonly findings: readonly Finding[]
  /** Certificates and revocation values inside the token. */
  readonly evidence: Evidence
}

export type TimestampReading =
  | { readonly outcome: 'read'; readonly token: TimestampToken }
  | { readonly outcome: 'malformed'; readonly detail: string }

type TstInfo = Omit<TimestampToken, 'der' | 'signer' | 'hash' | 'findings' | 'evidence'>

const recent = createRecent<TimestampReading>({ most: 64, longest: 65_536 })

/** Reads the DER of a TimeStampToken; `others` are certificates that may hold the authority's, where it left it out. */
export function readTimestampToken(der: Uint8Array, others: readonly Certificate[] = []): TimestampReading {
  return others.length === 0 ? recent.of(der, octets => readToken(octets, [])) : readToken(der, others)
}

function readToken(der: Uint8Array, others: readonly Certificate[]): TimestampReading {
  const parsed = parseSignedData(der)
  if (parsed.outcome === 'malformed') return parsed
  const { signedData } = parsed
  const info = signedData.content === undefined ? undefined : tstInfoOf(signedData.content)
  if (info === undefined) return { outcome: 'malformed', detail: 'the token holds no TSTInfo' }
  const { certificates, ocsps, crls } = signedData
  const checked = checkSignature(signedData, others)
  return {
    outcome: 'read',
    token: Object.freeze({ der, ...info, ...checked, evidence: { certificates, ocsps, crls } }),
  }
}

function checkSignature(
  signedData: ParsedSignedData,
  others: readonly Certificate[],
): Pick<TimestampToken, 'signer' | 'hash' | 'findings'> {
  const { content, contentType, signers, trailingData } = signedData
  const [info] = signers
  const shape = [
    contentType !== oids.tstInfo && `content type ${contentType} instead of id-ct-TSTInfo`,
    signers.length !== 1 && `${signers.length} SignerInfos instead of one`,
    trailingData && 'octets follow the token',
  ]
  const findings: Finding[] = shape
    .filter(problem => problem !== false)
    .map(detail => ({ subIndication: 'FORMAT_FAILURE', detail: `time-stamp: ${detail}` }))
  if (info === undefined || content === undefined) return { findings }
  const digest = hashOf(info.digestAlgorithm)
  const { signer, hash, ...checked } = checkSignerInfo(info, {
    contentType: oids.tstInfo,
    certificates: [...readableCertificates(signedData.certificates), ...others],
    ...(digest !== undefined && { messageDigest: createHash(digest).update(content).digest() }),
  })
  return {
    findings: [...findings, ...checked.findings.map(one => ({ ...one, detail: `time-stamp: ${one.detail}` }))],
    ...(signer !== undefined && { signer }),
    ...(hash !== undefined && { hash }),
  }
}

const explicitTsa = 0xa0
const implicitExtensions = 0xa1

function tstInfoOf(content: Uint8Array): TstInfo | undefined {
  const [version, policy, imprint, serialNumber, genTime, ...optional] = readWhole(content)?.children ?? []
  const time = timeOf(genTime)
  const algorithm = imprint?.children[0]?.children[0]?.oid
  const digest = imprint?.children[1]
  if (version?.content.length !== 1 || version.content[0] !== 1 || policy?.oid === undefined) return undefined
  if (algorithm === undefined || digest?.tag !== 0x04 || serialNumber?.tag !== 0x02 || time === undefined)
    return undefined
  if (optional.some(({ tag }) => ![0x30, 0x01, 0x02, explicitTsa, implicitExtensions].includes(tag))) return undefined
  if (optional.some(field => field.tag === implicitExtensions && hasCritical(field))) return undefined
  const accuracyMs = accuracyOf(optional.find(({ tag }) => tag === 0x30))
  const nonce = optional.find(({ tag }) => tag === 0x02)?.content
  const hash = hashOf(algorithm)
  return {
    genTime: time,
    ...(accuracyMs !== undefined && { accuracyMs }),
    policy: policy.oid,
    imprint: { algorithm, ...(hash !== undefined && { hash }), digest: digest.content },
    serialNumber: Buffer.from(serialNumber.content).toString('hex'),
    ...(nonce !== undefined && { nonce }),
  }
}

/** No extension of a TSTInfo is known here, so a critical one makes the token unusable (RFC 3161, 2.4.2). */
function hasCritical(extensions: Asn1Node): boolean {
  return extensions.children.some(({ children }) => children[1]?.tag === 0x01 && children[1].content[0] !== 0)
}

/** Accuracy: seconds INTEGER, millis [0], micros [1], each optional; rounded up to whole milliseconds. */
function accuracyOf(accuracy: Asn1Node | undefined): number | undefined {
  if (accuracy === undefined) return undefined
  const part = (tag: number) =>
    (accuracy.children.find(child => child.tag === tag)?.content ?? new Uint8Array()).reduce(
      (value, octet) => value * 256 + octet,
      0,
    )
  return part(0x02) * 1000 + part(0x80) + Math.ceil(part(0x81) / 1000)
}
