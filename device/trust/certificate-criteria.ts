// Single criteria that a page may choose certificates by (`dnie:`, `thumbprint:…`), as CertFilterManager of clienteafirma
// 1.9 applies them. Some look at all the certificates there are: who logged in with one certificate of a card signs with
// the card's other one.

import { createHash } from 'node:crypto'
import { readWhole } from '../cms/asn1.ts'
import { type Certificate, extensionIds, type KeyUsage } from './certificate.ts'
import { attributeOfName, javaName, relativeNames } from './distinguished-name.ts'
import { type NameFilter, parseNameFilter } from './name-filter.ts'

/** A certificate that may be chosen, and the issuers that are known of it. */
export interface FilterCandidate {
  readonly certificate: Certificate
  readonly chain: readonly Certificate[]
}

export interface Criterion {
  /** Whether the candidate, one of `all`, meets it at `now` (milliseconds since 1970). */
  meets(candidate: FilterCandidate, all: readonly FilterCandidate[], now: number): boolean
}

const one = (meets: (certificate: Certificate, now: number) => boolean): Criterion => ({
  meets: ({ certificate }, _all, now) => meets(certificate, now),
})
const everything = one(() => true)

/** The criterion that a text such as `issuer.contains:FNMT` names; undefined for one that is not known or malformed. */
export function criterionOf(text: string): Criterion | undefined {
  const colon = text.indexOf(':')
  const name = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase()
  if (colon < 0) return name === 'disableopeningexternalstores' ? everything : undefined
  const usage = name.startsWith('keyusage.') ? usageNames[name.slice('keyusage.'.length)] : undefined
  const value = text.slice(colon + 1)
  if (usage !== undefined) return withUsage(usage, value.trim().toLowerCase())
  return Object.hasOwn(byName, name) ? byName[name]?.(value) : undefined
}

const byName: Readonly<Record<string, (value: string) => Criterion | undefined>> = {
  dnie: () => one(isDnieSignature),
  // Whatever is no signature certificate of a DNIe, and the other way round: AutoFirma asks for no key usage here.
  authcert: () => one(certificate => !isDnieSignature(certificate)),
  signingcert: () => one(certificate => !isDnieAuthentication(certificate)),
  ssl: serial => meant(serial, dniePartner),
  qualified: serial => meant(serial, signaturePartner),
  nonexpired: value => (/^(true)?$/i.test(value.trim()) ? one(isValidAt) : everything),
  sscd: () => one(({ facts }) => facts.qualifiedDevice),
  'subject.contains': value => one(({ fields }) => contains(fields.subject.raw, value)),
  'issuer.contains': value => one(({ fields }) => contains(fields.issuer, value)),
  'subject.rfc2254': value => named(value, (certificate, filter) => filter(subjectOf(certificate))),
  'issuer.rfc2254': value => named(value, (certificate, filter) => filter(issuerOf(certificate))),
  'issuer.rfc2254.recurse': anyIssuer,
  thumbprint: thumbprint,
  policyid: policies,
  pseudonym: pseudonym,
  encodedcert: encoded,
}

const subjectOf = ({ fields }: Certificate) => relativeNames(fields.subject).flat()

function issuerOf({ fields }: Certificate) {
  const name = readWhole(fields.issuer)
  return name === undefined ? [] : relativeNames(name).flat()
}

function contains(name: Uint8Array, value: string): boolean {
  const node = readWhole(name)
  return node !== undefined && javaName(node).toLowerCase().includes(value.toLowerCase())
}

function named(text: string, meets: (certificate: Certificate, filter: NameFilter) => boolean): Criterion | undefined {
  const filter = parseNameFilter(text)
  return filter && one(certificate => meets(certificate, filter))
}

function anyIssuer(text: string): Criterion | undefined {
  const filter = parseNameFilter(text)
  return (
    filter && {
      meets: ({ certificate, chain }) =>
        [issuerOf(certificate), ...chain.flatMap(issuer => [subjectOf(issuer), issuerOf(issuer)])].some(filter),
    }
  )
}

export function isValidAt({ facts }: Certificate, now: number): boolean {
  return facts.notBefore <= now && now <= facts.notAfter
}

const dnieIssuer = parseNameFilter('(&(cn=AC DNIE *)(ou=DNIE)(o=DIRECCION GENERAL DE LA POLICIA)(c=ES))')
/** Its signature certificates have digitalSignature alone. */
const accvIssuer = parseNameFilter('(&(cn=ACCV-CA2)(ou=PKIGVA)(o=Generalitat Valenciana)(c=ES))')

const uses = ({ facts }: Certificate, usage: KeyUsage) => facts.keyUsage.includes(usage)
const isOfDnie = (certificate: Certificate) => dnieIssuer?.(issuerOf(certificate)) === true
const isDnieSignature = (certificate: Certificate) => uses(certificate, 'nonRepudiation') && isOfDnie(certificate)
const isDnieAuthentication = (certificate: Certificate) =>
  uses(certificate, 'digitalSignature') && isOfDnie(certificate)
const isForSignatures = (certificate: Certificate) =>
  accvIssuer?.(issuerOf(certificate)) ? uses(certificate, 'digitalSignature') : uses(certificate, 'nonRepudiation')

const serialOf = (text: string) => text.replace(/[\s#]/g, '').replace(/^0+/, '').toLowerCase()

type Partner = (certificate: Certificate, all: readonly Certificate[]) => Certificate | undefined

/** What a certificate of that serial number stands for. */
function meant(serial: string, partnerOf: Partner): Criterion {
  return {
    meets: ({ certificate }, all) => {
      const certificates = all.map(candidate => candidate.certificate)
      return certificates
        .filter(({ facts }) => serialOf(facts.serialNumber) === serialOf(serial))
        .some(found => partnerOf(found, certificates) === certificate)
    },
  }
}

/** Of a certificate of a DNIe that authenticates, the one that signs; any other is meant itself. */
function dniePartner(certificate: Certificate, all: readonly Certificate[]): Certificate | undefined {
  if (!isDnieAuthentication(certificate)) return certificate
  return all.find(other => other !== certificate && isDnieSignature(other) && isSameHolder(certificate, other))
}

/** Of a certificate that is not for signatures, one of the same issuer and holder that is; else it is meant itself. */
function signaturePartner(certificate: Certificate, all: readonly Certificate[]): Certificate | undefined {
  if (isForSignatures(certificate)) return certificate
  const partner = all.find(
    other =>
      isForSignatures(other) &&
      Buffer.compare(other.fields.issuer, certificate.fields.issuer) === 0 &&
      isSameHolder(certificate, other),
  )
  // To sign with what only authenticates is what nobody can have meant.
  return partner ?? (isDnieAuthentication(certificate) ? undefined : certificate)
}

const holderNumber = ({ fields }: Certificate) => attributeOfName(fields.subject, '2.5.4.5')?.toLowerCase()
const lastDay = ({ facts }: Certificate) => new Date(facts.notAfter).toISOString().slice(0, 10)

/** Who has no number in the name is nobody that could be told from others. */
function isSameHolder(one: Certificate, other: Certificate): boolean {
  const number = holderNumber(one)
  return number !== undefined && number === holderNumber(other) && lastDay(one) === lastDay(other)
}

const thumbprintHashes: Readonly<Record<string, string>> = {
  MD5: 'md5',
  SHA: 'sha1',
  SHA1: 'sha1',
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
}

/** `SHA-256:` and hexadecimal digits; nothing has a thumbprint by an algorithm that nobody knows. */
function thumbprint(value: string): Criterion | undefined {
  const [algorithm = '', digits, ...more] = value.split(':')
  if (digits === undefined || more.length > 0) return undefined
  const hash = thumbprintHashes[algorithm.trim().toUpperCase().replace('-', '')]
  const wanted = digits.replace(/\s/g, '').toLowerCase()
  return one(({ der }) => hash !== undefined && createHash(hash).update(der).digest('hex') === wanted)
}

/** Every policy of the certificate is among these, and it has one. */
function policies(value: string): Criterion | undefined {
  const allowed = value.split(',').map(oid => oid.trim())
  if (value.trim() === '') return undefined
  return one(({ fields }) => {
    const listed = fields.extensions.get(extensionIds.certificatePolicies)?.value?.children ?? []
    return listed.length > 0 && listed.every(({ children: [oid] }) => allowed.includes(oid?.oid ?? ''))
  })
}

const isPseudonym = ({ fields }: Certificate) => attributeOfName(fields.subject, '2.5.4.65') !== undefined
const pseudonymToleranceMs = 60_000

/** Pseudonyms, and unless it is `only` those, the certificates that none of them stands for. */
function pseudonym(value: string): Criterion {
  if (value.trim().toLowerCase() === 'only') return one(isPseudonym)
  return {
    meets: ({ certificate }, all) =>
      isPseudonym(certificate) ||
      !all.some(other => isPseudonym(other.certificate) && standsFor(other.certificate, certificate)),
  }
}

function standsFor(pseudonymous: Certificate, other: Certificate): boolean {
  return (
    Buffer.compare(pseudonymous.fields.issuer, other.fields.issuer) === 0 &&
    pseudonymous.facts.keyUsage.join() === other.facts.keyUsage.join() &&
    Math.abs(pseudonymous.facts.notAfter - other.facts.notAfter) < pseudonymToleranceMs
  )
}

function encoded(value: string): Criterion {
  const wanted = Buffer.from(value, 'base64')
  return one(({ der }) => wanted.equals(der))
}

const usageNames: Readonly<Record<string, KeyUsage>> = {
  digitalsignature: 'digitalSignature',
  nonrepudiation: 'nonRepudiation',
  keyencipherment: 'keyEncipherment',
  dataencipherment: 'dataEncipherment',
  keyagreement: 'keyAgreement',
  keycertsign: 'keyCertSign',
  crlsign: 'cRLSign',
  encipheronly: 'encipherOnly',
  decipheronly: 'decipherOnly',
}

/** `true`, `null` for either, anything else is false; a certificate that says nothing of its usage meets none. */
function withUsage(usage: KeyUsage, value: string): Criterion {
  return one(certificate => {
    if (certificate.facts.keyUsage.length === 0) return false
    return value === 'null' || uses(certificate, usage) === (value === 'true')
  })
}
