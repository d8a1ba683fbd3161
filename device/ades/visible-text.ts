// The variables of AutoFirma's `layer2Text`, between pairs of dollar signs, as the signer's certificate and the signature
// itself fill them. One that nothing is known of stays as it is written, and is named.

import { readWhole } from '../cms/asn1.ts'
import type { Certificate } from '../trust/certificate.ts'
import { attributeOfName, nameAttributes } from '../trust/distinguished-name.ts'
import { dateByPattern } from './date-pattern.ts'
import { masked, type TextMask } from './text-mask.ts'

export interface VisibleTextFacts {
  readonly certificate: Certificate
  /** Milliseconds since 1970. */
  readonly signingTime: number
  /** IANA name of the zone that a date is shown in. */
  readonly timeZone: string
  readonly reason?: string
  readonly location?: string
  readonly contactInfo?: string
  /** Hides identity numbers in what is shown of the signer; absent where they may be read. */
  readonly mask?: TextMask
}

export interface VisibleText {
  readonly text: string
  /** Variables that are not known, with their dollar signs. */
  readonly unknown: readonly string[]
}

/** What is not in the certificate or not stated shows as nothing. */
export function visibleText(template: string, facts: VisibleTextFacts): VisibleText {
  const unknown: string[] = []
  const text = template.replace(/\$\$([A-Z]+)(?:=([^$]*))?\$\$/g, (written: string, name: string, pattern?: string) => {
    const value = name === 'SIGNDATE' ? dateByPattern(pattern ?? 'dd/MM/yyyy HH:mm:ss', facts) : variable(name, facts)
    if (value === undefined) unknown.push(written)
    return value ?? written
  })
  return { text, unknown }
}

function variable(
  name: string,
  { certificate, reason, location, contactInfo, mask }: VisibleTextFacts,
): string | undefined {
  const { facts, fields } = certificate
  const shown = (text: string) => (mask === undefined ? text : masked(text, mask))
  const subject = (type: keyof typeof nameAttributes) =>
    shown(attributeOfName(fields.subject, nameAttributes[type]) ?? '')
  switch (name) {
    case 'SUBJECTCN':
      return shown(facts.holder)
    case 'SUBJECTDN':
      return shown(facts.subject)
    case 'ISSUERCN':
      return issuerOf(certificate)
    case 'CERTSERIAL':
      return BigInt(`0x${facts.serialNumber}`).toString()
    case 'GIVENNAME':
      return subject('givenName')
    case 'SURNAME':
      return subject('surname')
    case 'ORGANIZATION':
      return subject('organizationName')
    case 'OU':
      return subject('organizationalUnitName')
    case 'TITLE':
      return subject('title')
    case 'PSEUDONYM':
      return subject('pseudonym')
    case 'REASON':
      return reason ?? ''
    case 'LOCATION':
      return location ?? ''
    case 'CONTACT':
      return contactInfo ?? ''
    default:
      return undefined
  }
}

function issuerOf({ facts, fields }: Certificate): string {
  const name = readWhole(fields.issuer)
  return (name && attributeOfName(name, nameAttributes.commonName)) ?? facts.issuer
}

/** Whether the certificate names its holder by a pseudonym alone: no number of it leads to a person. */
export function isPseudonym({ fields }: Certificate): boolean {
  return attributeOfName(fields.subject, nameAttributes.pseudonym) !== undefined
}
