// Which mathematics an AlgorithmIdentifier of somebody else's signature names, and whether a value holds by it: CMS,
// certificates, CRLs and OCSP responses alike (RFC 5754, RFC 4055, RFC 5758, BSI TR-03111 for plain ECDSA). Wider than
// what Compulsa signs with: reading is not approving, strength is judged apart in strength.ts.

import { constants, type KeyObject, verify } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import type { Asn1Node } from '../cms/asn1.ts'
import { oids } from '../cms/oids.ts'

export interface SignatureScheme {
  readonly key: 'rsa' | 'ec'
  readonly hash: HashName
  /** RSASSA-PSS with this salt, MGF1 by the same hash. */
  readonly saltLength?: number
  /** ECDSA as r ‖ s instead of Ecdsa-Sig-Value. */
  readonly plain?: true
}

const hashes: Readonly<Record<string, HashName>> = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
}

const ecPublicKey = '1.2.840.10045.2.1'
const fixed: Readonly<Record<string, SignatureScheme>> = {
  [oids.sha1WithRsa]: { key: 'rsa', hash: 'sha1' },
  [oids.sha256WithRsa]: { key: 'rsa', hash: 'sha256' },
  [oids.sha384WithRsa]: { key: 'rsa', hash: 'sha384' },
  [oids.sha512WithRsa]: { key: 'rsa', hash: 'sha512' },
  [oids.ecdsaWithSha1]: { key: 'ec', hash: 'sha1' },
  [oids.ecdsaWithSha256]: { key: 'ec', hash: 'sha256' },
  [oids.ecdsaWithSha384]: { key: 'ec', hash: 'sha384' },
  [oids.ecdsaWithSha512]: { key: 'ec', hash: 'sha512' },
  '0.4.0.127.0.7.1.1.4.1.1': { key: 'ec', hash: 'sha1', plain: true },
  '0.4.0.127.0.7.1.1.4.1.3': { key: 'ec', hash: 'sha256', plain: true },
  '0.4.0.127.0.7.1.1.4.1.4': { key: 'ec', hash: 'sha384', plain: true },
  '0.4.0.127.0.7.1.1.4.1.5': { key: 'ec', hash: 'sha512', plain: true },
}

/** The hash that a digest algorithm's dotted identifier names; undefined for one that is not supported. */
export function hashOf(digestAlgorithm: string | undefined): HashName | undefined {
  return digestAlgorithm === undefined ? undefined : hashes[digestAlgorithm]
}

/**
 * The scheme of a signature algorithm; undefined for one that is not supported. `digest` is the digest algorithm of the
 * SignerInfo, which counts where the identifier names none (rsaEncryption, id-ecPublicKey).
 */
export function schemeOf(algorithm: string, parameters?: Asn1Node, digest?: HashName): SignatureScheme | undefined {
  if (algorithm === oids.rsassaPss) return pssScheme(parameters)
  if (algorithm === oids.rsaEncryption || algorithm === ecPublicKey) {
    return digest === undefined ? undefined : { key: algorithm === oids.rsaEncryption ? 'rsa' : 'ec', hash: digest }
  }
  return fixed[algorithm]
}

/** The scheme of an AlgorithmIdentifier that names everything itself, as in certificates, CRLs and OCSP responses. */
export function schemeIn({ children }: Asn1Node): SignatureScheme | undefined {
  const [algorithm, parameters] = children
  return algorithm?.oid === undefined ? undefined : schemeOf(algorithm.oid, parameters)
}

/** RSASSA-PSS-params (RFC 4055, 3.1) with its DEFAULTs: SHA-1, MGF1 with SHA-1, 20 octets of salt, trailer 1. */
function pssScheme(parameters: Asn1Node | undefined): SignatureScheme | undefined {
  const field = (number: number) => parameters?.children.find(({ tag }) => tag === (0xa0 | number))?.children[0]
  const hash = algorithmHash(field(0))
  const mask = field(1)
  const maskHash = mask === undefined ? 'sha1' : algorithmHash(mask.children[1])
  if (mask !== undefined && mask.children[0]?.oid !== oids.mgf1) return undefined
  const saltLength = smallInteger(field(2), 20)
  if (hash === undefined || hash !== maskHash || saltLength === undefined || smallInteger(field(3), 1) !== 1)
    return undefined
  return { key: 'rsa', hash, saltLength }
}

function algorithmHash(algorithm: Asn1Node | undefined): HashName | undefined {
  return algorithm === undefined ? 'sha1' : hashOf(algorithm.children[0]?.oid)
}

function smallInteger(node: Asn1Node | undefined, byDefault: number): number | undefined {
  if (node === undefined) return byDefault
  if (node.tag !== 0x02 || node.content.length > 2) return undefined
  return node.content.reduce((value, octet) => value * 256 + octet, 0)
}

/** Whether `value` is the signature of `data` by the key. A key of another kind, or one that forbids it, verifies nothing. */
export function verifies(scheme: SignatureScheme, key: KeyObject, data: Uint8Array, value: Uint8Array): boolean {
  const { hash, saltLength, plain } = scheme
  const kind = key.asymmetricKeyType
  if (kind !== scheme.key && !(kind === 'rsa-pss' && saltLength !== undefined)) return false
  const padding = saltLength === undefined ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  const encoding = plain ? ({ dsaEncoding: 'ieee-p1363' } as const) : {}
  try {
    return verify(hash, data, { key, ...padding, ...encoding }, value)
  } catch {
    // OpenSSL refuses the combination, such as a key bound to other PSS parameters: then the value is not by this key.
    return false
  }
}
