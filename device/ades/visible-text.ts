// The variables of AutoFirma's `layer2Text`, between pairs of dollar signs, as the signer's certificate and the signature
// itself fill them. One that nothing is known of stays as it is written, and is named.

import { readWhole } from '../cms/asn1.ts'
import type { Certificate } from '../trust/certificate.ts'
import { attributeOfName, nameAttributes } from '../trust/distinguished-name.ts'
import { dateByPattern } from './date-pattern.ts'
import { masked, type TextMask } from './text-mask.ts'

export interface VisibleTextFacts {
  /** Absent where it is not known yet who signs: `namesSigner` tells whether that matters. */
  readonly certificate?: Certificate
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

function variable(name: string, facts: VisibleTextFacts): string | undefined {
  const { certificate, reason, location, contactInfo, mask } = facts
  if (Object.hasOwn(ofSigner, name)) return certificate && ofSigner[name]?.(certificate, mask)
  switch (name) {
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

type OfSigner = (certificate: Certificate, mask: TextMask | undefined) => string

/** What the variables about the signer show. */
const ofSigner: Readonly<Record<string, OfSigner>> = {
  SUBJECTCN: ({ facts }, mask) => hidden(facts.holder, mask),
  SUBJECTDN: ({ facts }, mask) => hidden(facts.subject, mask),
  ISSUERCN: issuerOf,
  CERTSERIAL: ({ facts }) => BigInt(`0x${facts.serialNumber}`).toString(),
  GIVENNAME: subjects('givenName'),
  SURNAME: subjects('surname'),
  ORGANIZATION: subjects('organizationName'),
  OU: subjects('organizationalUnitName'),
  TITLE: subjects('title'),
  PSEUDONYM: subjects('pseudonym'),
}

function subjects(type: keyof typeof nameAttributes): OfSigner {
  return ({ fields }, mask) => hidden(attributeOfName(fields.subject, nameAttributes[type]) ?? '', mask)
}

function hidden(text: string, mask: TextMask | undefined): string {
  return mask === undefined ? text : masked(text, mask)
}

/** Whether a text has a variable that only the signer's certificate fills. */
export function namesSigner(template: string): boolean {
  return [...template.matchAll(/\$\$([A-Z]+)\$\$/g)].some(([, name = '']) => Object.hasOwn(ofSigner, name))
}

function issuerOf({ facts, fields }: Certificate): string {
  const name = readWhole(fields.issuer)
  return (name && attributeOfName(name, nameAttributes.commonName)) ?? facts.issuer
}

/** Whether the certificate names its holder by a pseudonym alone: no number of it leads to a person. */
export function isPseudonym({ fields }: Certificate): boolean {
  return attributeOfName(fields.subject, nameAttributes.pseudonym) !== undefined
}
