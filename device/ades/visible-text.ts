// The variables of AutoFirma's `layer2Text`, between pairs of dollar signs, as the signer's certificate and the signature
// itself fill them. One that nothing is known of stays as it is written, and is named.

import { readWhole } from '../cms/asn1.ts'
import type { Certificate } from '../trust/certificate.ts'
import { attributeOfName, nameAttributes } from '../trust/distinguished-name.ts'

export interface VisibleTextFacts {
  readonly certificate: Certificate
  /** Milliseconds since 1970. */
  readonly signingTime: number
  /** IANA name of the zone that a date is shown in. */
  readonly timeZone: string
  readonly reason?: string
  readonly location?: string
  readonly contactInfo?: string
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
    const value = name === 'SIGNDATE' ? dateOf(pattern ?? 'dd/MM/yyyy HH:mm:ss', facts) : variable(name, facts)
    if (value === undefined) unknown.push(written)
    return value ?? written
  })
  return { text, unknown }
}

function variable(name: string, { certificate, reason, location, contactInfo }: VisibleTextFacts): string | undefined {
  const { facts, fields } = certificate
  const subject = (type: keyof typeof nameAttributes) => attributeOfName(fields.subject, nameAttributes[type]) ?? ''
  switch (name) {
    case 'SUBJECTCN':
      return facts.holder
    case 'SUBJECTDN':
      return facts.subject
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

/** By the letters of java.text.SimpleDateFormat that stand for numbers; undefined where the pattern has others. */
function dateOf(pattern: string, { signingTime, timeZone }: VisibleTextFacts): string | undefined {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', ...allNumbers })
  const parts = new Map(format.formatToParts(signingTime).map(({ type, value }) => [type, value]))
  let known = true
  const text = pattern.replace(/'([^']*)'|([A-Za-z])\2*/g, (run: string, quoted?: string, letter?: string) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted
    const value = parts.get(partNames[letter ?? ''] ?? 'literal')
    if (partNames[letter ?? ''] === undefined || value === undefined || (letter === 'M' && run.length > 2))
      known = false
    if (letter === 'y') return run.length === 2 ? (value ?? '').slice(-2) : (value ?? '')
    return String(Number(value)).padStart(run.length, '0')
  })
  return known ? text : undefined
}

const allNumbers = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const

const partNames: Readonly<Record<string, Intl.DateTimeFormatPartTypes>> = {
  y: 'year',
  M: 'month',
  d: 'day',
  H: 'hour',
  m: 'minute',
  s: 'second',
}
