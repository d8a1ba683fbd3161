// How the simulated FIRe makes a signature, as AutoFirma's three-phase CAdES does it: a detached CMS over the digest that was
// given, with the signer's certificate alone, and with content hints, which AutoFirma's library puts in whatever
// `includeContentHintAttribute` says. Everything else is what FIRe calls an error of the pre-signature.

import { readWhole } from '../../device/cms/asn1.ts'
import { contentHints } from '../../device/cms/attribute-values.ts'
import { attribute } from '../../device/cms/attributes.ts'
import { setOf, time } from '../../device/cms/der.ts'
import { oids } from '../../device/cms/oids.ts'
import { assemble, digestToSign, signingIntent } from '../../device/cms/signing-intent.ts'
import type { TestIdentity } from './pki.ts'
import { signedDigest } from './seal-server.ts'

export interface FireSignatureOrder {
  readonly identity: TestIdentity
  readonly format: string
  readonly algorithm: string
  readonly properties: ReadonlyMap<string, string>
  readonly digest: Buffer
  readonly now: number
}

const algorithm = 'SHA256withRSA'

/** DER of the CMS; undefined for what this simulator does not make. */
export function fireSignature(order: FireSignatureOrder): Uint8Array | undefined {
  const { identity, format, properties, digest, now } = order
  const isDigest = properties.get('precalculatedHashAlgorithm') === 'SHA-256' && properties.get('mode') === 'explicit'
  if (format !== 'CAdES' || order.algorithm !== algorithm || !isDigest) return undefined
  const bare = signingIntent({ algorithm, certificate: identity.certificate, chain: [], documentDigest: digest })
  const attributes = attributesIn(bare.signedAttributes).filter(one => one.oid !== oids.cmsAlgorithmProtection)
  const signedAttributes = setOf([
    ...attributes.map(({ raw }) => raw),
    attribute(oids.contentHints, contentHints({ type: oids.data, description: 'binary' })),
    ...(properties.get('includeSigningTimeAttribute') === 'false' ? [] : [attribute(oids.signingTime, time(now))]),
  ])
  const intent = { ...bare, signedAttributes: Buffer.from(signedAttributes).toString('base64') }
  return assemble(intent, signedDigest(identity, algorithm, digestToSign(intent)))
}

function attributesIn(base64: string) {
  const set = readWhole(Buffer.from(base64, 'base64'))
  return (set?.children ?? []).map(({ raw, children }) => ({ raw, oid: children[0]?.oid }))
}
