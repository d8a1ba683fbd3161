// CMS signatures that are wrong in one chosen way and right in every other, so that a test sees the one check it is
// about. Built from the same DER pieces as the real ones; the signature value is always made after the change.

import { createHash, createPrivateKey, sign } from 'node:crypto'
import { appended, randomAccessOf } from '../device/bytes.ts'
import { certificateNames } from '../device/cms/certificate-names.ts'
import {
  contextual,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  smallInteger,
  tlv,
} from '../device/cms/der.ts'
import { oids } from '../device/cms/oids.ts'
import { intend, signedBytes, withContents } from './50.signature.kit.ts'
import type { TestIdentity } from './sim/pki.ts'

export interface Forgery {
  /** The digest and signature hash; SHA-256 unless said. */
  readonly hash?: 'sha1' | 'sha256'
  /** Of the signature value, where it differs from the digest of the content. */
  readonly signatureHash?: 'sha256'
  /** Attributes by name; undefined leaves one out, a list repeats it. */
  readonly attributes?: Partial<Record<AttributeName, readonly Uint8Array[]>>
  readonly withSigningTime?: boolean
  /** Certificates inside the SignedData; signer and chain unless said. */
  readonly certificates?: readonly Uint8Array[]
  readonly signerInfos?: number
  /** Holds a content of its own. */
  readonly attached?: boolean
  readonly contentType?: string
  readonly withoutAttributes?: boolean
  /** Octets behind the SignedData inside /Contents. */
  readonly trailing?: Uint8Array
}

export type AttributeName = 'contentType' | 'messageDigest' | 'signingCertificateV2' | 'cmsAlgorithmProtection'

const digestOids = { sha1: oids.sha1, sha256: oids.sha256 } as const
const rsaOids = { sha1: oids.sha1WithRsa, sha256: oids.sha256WithRsa } as const

/** A signing-certificate-v2 value that names a certificate (DER) by hash and, if given, another one by issuer and serial. */
export function referenceTo(certificate: Uint8Array, named?: Uint8Array): Uint8Array {
  const hash = octetString(createHash('sha256').update(certificate).digest())
  if (named === undefined) return sequence(sequence(sequence(hash)))
  const { issuer, serialNumber } = certificateNames(named)
  return sequence(sequence(sequence(hash, sequence(sequence(contextual(4, issuer)), serialNumber))))
}

/** A CMSAlgorithmProtection attribute value for RSA with another digest. */
export function otherProtection(): Uint8Array {
  const signature = contextual(1, objectIdentifier(oids.sha512WithRsa), nullValue())
  return sequence(sequence(objectIdentifier(oids.sha512)), signature)
}

/** A PDF whose signature by an RSA identity has the given flaw. */
export async function forgedPdf(pdf: Uint8Array, identity: TestIdentity, forgery: Forgery = {}): Promise<Uint8Array> {
  // The repeated chain makes room for whatever the forgery adds.
  const larger = { ...identity, chain: [...identity.chain, ...identity.chain, ...identity.chain] }
  const { prepared } = await intend(pdf, larger)
  const digest = createHash(forgery.hash ?? 'sha256')
  const file = appended(randomAccessOf(pdf), prepared.update)
  for await (const chunk of signedBytes(file, prepared.byteRange)) digest.update(chunk)
  return withContents(pdf, prepared, forgedCms(identity, digest.digest(), forgery))
}

/** The CMS alone, over a finished digest. */
export function forgedCms(identity: TestIdentity, messageDigest: Uint8Array, forgery: Forgery = {}): Uint8Array {
  const { hash = 'sha256', signatureHash = hash, contentType = oids.data, signerInfos = 1, attached = false } = forgery
  const info = signerInfo(
    identity,
    attributesOf(identity, messageDigest, forgery),
    { hash, signatureHash },
    forgery.withoutAttributes,
  )
  const encapsulated = [objectIdentifier(contentType), ...(attached ? [contextual(0, octetString(messageDigest))] : [])]
  const content = sequence(
    smallInteger(1),
    setOf([sequence(objectIdentifier(digestOids[hash]))]),
    sequence(...encapsulated),
    setOf(forgery.certificates ?? [identity.certificate, ...identity.chain], 0xa0),
    setOf(Array.from({ length: signerInfos }, () => info)),
  )
  const cms = sequence(objectIdentifier(oids.signedData), contextual(0, content))
  return Buffer.concat([cms, forgery.trailing ?? new Uint8Array()])
}

function attributesOf(identity: TestIdentity, messageDigest: Uint8Array, forgery: Forgery): Uint8Array {
  const { hash = 'sha256', signatureHash = hash } = forgery
  const right: Record<AttributeName, readonly Uint8Array[]> = {
    contentType: [objectIdentifier(oids.data)],
    messageDigest: [octetString(messageDigest)],
    signingCertificateV2: [referenceTo(identity.certificate)],
    cmsAlgorithmProtection: [
      sequence(
        sequence(objectIdentifier(digestOids[hash])),
        contextual(1, objectIdentifier(rsaOids[signatureHash]), nullValue()),
      ),
    ],
  }
  const wanted = { ...right, ...forgery.attributes }
  const elements = Object.keys(right)
    .filter((name): name is AttributeName => name in oids)
    .flatMap(name => wanted[name].map(value => sequence(objectIdentifier(oids[name]), setOf([value]))))
  const time = sequence(objectIdentifier(oids.signingTime), setOf([tlv(0x17, Buffer.from('260615100000Z'))]))
  return setOf(forgery.withSigningTime ? [...elements, time] : elements)
}

function signerInfo(
  { certificate, privateKey }: TestIdentity,
  attributes: Uint8Array,
  { hash, signatureHash }: { readonly hash: 'sha1' | 'sha256'; readonly signatureHash: 'sha1' | 'sha256' },
  withoutAttributes = false,
): Uint8Array {
  const { issuer, serialNumber } = certificateNames(certificate)
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  const implicit = Uint8Array.from(attributes)
  implicit[0] = 0xa0
  return sequence(
    smallInteger(1),
    sequence(issuer, serialNumber),
    sequence(objectIdentifier(digestOids[hash])),
    ...(withoutAttributes ? [] : [implicit]),
    sequence(objectIdentifier(rsaOids[signatureHash]), nullValue()),
    octetString(sign(signatureHash, attributes, key)),
  )
}
