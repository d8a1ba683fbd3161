// Single attributes of a distinguished name (X.501; RFC 5280, 4.1.2.4), as text.

import type { Asn1Node } from '../cms/asn1.ts'

/** Types of attributes that names of people and bodies have, dotted. */
export const nameAttributes = {
  commonName: '2.5.4.3',
  surname: '2.5.4.4',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  title: '2.5.4.12',
  givenName: '2.5.4.42',
  pseudonym: '2.5.4.65',
} as const

export interface NameAttribute {
  /** Dotted. */
  readonly type: string
  readonly text: string
}

/** The relative names of a Name in their order, each of one attribute or more. */
export function relativeNames(name: Asn1Node): readonly (readonly NameAttribute[])[] {
  return name.children.map(relative =>
    relative.children.flatMap(({ children: [type, value] }) =>
      type?.oid === undefined || value === undefined ? [] : [{ type: type.oid, text: textOf(value) }],
    ),
  )
}

const keywords: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SURNAME',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'T',
  '2.5.4.42': 'GIVENNAME',
  '2.5.4.43': 'INITIALS',
  '2.5.4.44': 'GENERATION',
  '2.5.4.46': 'DNQ',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'EMAILADDRESS',
}

/** A Name as java.security writes it: the most specific part first, values with special characters in quotes. */
export function javaName(name: Asn1Node): string {
  const written = ({ type, text }: NameAttribute) => {
    const special = /[,+=\n<>#;\\"]|^ | $| {2}/.test(text)
    return `${keywords[type] ?? `OID.${type}`}=${special ? `"${text.replace(/["\\]/g, '\\$&')}"` : text}`
  }
  return relativeNames(name)
    .toReversed()
    .map(relative => relative.map(written).join(' + '))
    .join(', ')
}

/** The first attribute of that type in a Name; undefined where it has none. */
export function attributeOfName(name: Asn1Node, type: string): string | undefined {
  const parts = name.children.flatMap(relative => relative.children)
  const value = parts.find(({ children }) => children[0]?.oid === type)?.children[1]
  return value === undefined ? undefined : textOf(value)
}

/** A DirectoryString: BMPString is UTF-16, UTF8String its name, the others at most Latin 1. */
function textOf({ tag, content }: Asn1Node): string {
  if (tag === 0x1e) return new TextDecoder('utf-16be').decode(content)
  return tag === 0x0c ? new TextDecoder().decode(content) : Buffer.from(content).toString('latin1')
}
