// Signature policies that a signer may commit to (EPES; ETSI EN 319 122-1, 5.2.9 and EN 319 132-1, 5.2.9): the one of the
// Spanish state's administration, built in, and any other from a JSON file. The digest is the one that the policy's
// publisher states; nothing is fetched.

import { digestOctets } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import type { SignatureFormat, SignaturePolicy } from './request.ts'

/** Política de firma de la Administración General del Estado, version 1.9, with the digest that it publishes. */
export const agel: SignaturePolicy = Object.freeze({
  id: '2.16.724.1.3.1.1.2.1.9',
  description: 'Política de firma de la AGE, versión 1.9',
  digestAlgorithm: 'SHA-1',
  digest: new Uint8Array(Buffer.from('G7roucf600+f03r/o0bAOQ6WAs0=', 'base64')),
  qualifier: 'https://sede.administracion.gob.es/politica_de_firma_anexo_1.pdf',
})

/** Version 1.8, whose XML and ASN.1 forms have a digest each, and which knows no PDF signature. */
const agel18 = {
  id: '2.16.724.1.3.1.1.2.1.8',
  description: 'Política de firma de la AGE, versión 1.8',
  digestAlgorithm: 'SHA-1',
  qualifier:
    'https://sede.administracion.gob.es/PAG_Sede/dam/jcr:b0de3f91-5171-48e2-81f3-5c2407d9c091/politica_firma_AGE_v1_8.pdf',
} as const
const digests18 = { XAdES: 'V8lVVNGDCPen6VELRD1Ja8HARFk=', CAdES: '7SxX3erFuH31TvAw9LZ70N7p1vA=' } as const

/** The policy that AutoFirma's `expPolicy` names. Throws POLICY_UNUSABLE for another, and for one that has no such format. */
export function namedPolicy(name: string, format: SignatureFormat): SignaturePolicy {
  if (/^FirmaAGE(19)?$/i.test(name)) return agel
  if (!/^FirmaAGE18$/i.test(name)) throw new Fault('POLICY_UNUSABLE', `the policy ${name} is not built in`)
  if (format === 'PAdES') throw new Fault('POLICY_UNUSABLE', `the policy ${name} has no signatures of PDFs`)
  return Object.freeze({ ...agel18, digest: new Uint8Array(Buffer.from(digests18[format], 'base64')) })
}

const digestAlgorithms: readonly DigestAlgorithm[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']
const keys: readonly string[] = ['id', 'description', 'digestAlgorithm', 'digest', 'qualifier']
const dottedForm = /^([01]\.([1-3]?\d)|2\.(0|[1-9]\d{0,14}))(\.(0|[1-9]\d{0,14})){0,30}$/
const base64Form = /^[A-Za-z0-9+/]+={0,2}$/
const asciiUri = /^[!-~]+$/

/**
 * The policy in a JSON text: `id` (dotted), `digestAlgorithm`, `digest` (Base64), and optionally `description` and
 * `qualifier` (where it can be read). Throws POLICY_UNUSABLE.
 */
export function parsePolicy(text: string): SignaturePolicy {
  const fields = fieldsOf(text)
  const digestAlgorithm = digestAlgorithms.find(known => known === fields['digestAlgorithm'])
  if (digestAlgorithm === undefined) throw unusable(`digestAlgorithm is none of ${digestAlgorithms.join(', ')}`)
  const { description } = fields
  return checkedPolicy({
    id: matching(fields, 'id', dottedForm, 'a dotted object identifier'),
    ...(typeof description === 'string' && { description }),
    digestAlgorithm,
    digest: new Uint8Array(Buffer.from(matching(fields, 'digest', base64Form, 'Base64'), 'base64')),
    ...(fields['qualifier'] !== undefined && { qualifier: matching(fields, 'qualifier', asciiUri, 'a URI') }),
  })
}

/** Whether a text is an object identifier in dotted decimal form. */
export function isDotted(text: string): boolean {
  return dottedForm.test(text)
}

/** The policy, frozen, where it can be written into a signature; in XML it may have a URI. Throws POLICY_UNUSABLE. */
export function checkedPolicy(policy: SignaturePolicy, format?: SignatureFormat): SignaturePolicy {
  const { id, digestAlgorithm, digest, qualifier } = policy
  const isUri = format === 'XAdES' && /^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/.test(id)
  if (!isDotted(id) && !isUri) throw unusable('its identifier is not a dotted object identifier')
  if (digest.length !== digestOctets(digestAlgorithm)) throw unusable(`digest has ${digest.length} octets`)
  if (qualifier !== undefined && !asciiUri.test(qualifier)) throw unusable('its qualifier is not a URI')
  return Object.freeze(policy)
}

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(text: string): Fields {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable('not a JSON object')
  const unknown = Object.keys(value).find(key => !keys.includes(key))
  if (unknown !== undefined) throw unusable(`unknown key ${JSON.stringify(unknown)}; known are ${keys.join(', ')}`)
  return { ...value }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Fault('POLICY_UNUSABLE', 'the policy file is no JSON', { cause })
  }
}

function matching(fields: Fields, key: string, form: RegExp, what: string): string {
  const value = fields[key]
  if (typeof value !== 'string' || !form.test(value)) throw unusable(`${key} is not ${what}`)
  return value
}

function unusable(detail: string): Fault {
  return new Fault('POLICY_UNUSABLE', `policy: ${detail}`)
}
