// How a configuration names a certificate so that its renewal changes nothing: by what the authority says of the holder, which
// the next certificate says too, and not by key, serial number or digest.

import { extensionIds } from './certificate.ts'
import { certificateFields } from './certificate-fields.ts'
import { relativeNames } from './distinguished-name.ts'
import { attributeType } from './name-filter.ts'

/** All that is given has to fit. */
export interface CertificateName {
  /** One of the dNSNames of subjectAltName, as it stands there: an asterisk is no pattern. */
  readonly dns?: string
  /** One of its uniformResourceIdentifiers. */
  readonly uri?: string
  /** Attributes of the subject, by keyword (`CN`) or dotted; each stands there once, with this text. */
  readonly subject?: Readonly<Record<string, string>>
}

/** Choices of GeneralName (RFC 5280, 4.2.1.6). */
const dnsName = 0x82
const uniformResourceIdentifier = 0x86

/** Whether the DER certificate bears the name; false for what is no certificate. */
export function bearsName(der: Uint8Array, { dns, uri, subject = {} }: CertificateName): boolean {
  const fields = certificateFields(der)
  if (fields === undefined) return false
  const alternatives = fields.extensions.get(extensionIds.subjectAltName)?.value?.children ?? []
  const texts = (tag: number) =>
    alternatives.filter(one => one.tag === tag).map(one => Buffer.from(one.content).toString('latin1'))
  const attributes = relativeNames(fields.subject).flat()
  const hasOnce = ([name, text]: readonly [string, string]) => {
    const found = attributes.filter(({ type }) => type === attributeType(name))
    return found.length === 1 && found[0]?.text === text
  }
  return (
    (dns === undefined || texts(dnsName).some(one => one.toLowerCase() === dns.toLowerCase())) &&
    (uri === undefined || texts(uniformResourceIdentifier).includes(uri)) &&
    Object.entries(subject).every(hasOnce)
  )
}
