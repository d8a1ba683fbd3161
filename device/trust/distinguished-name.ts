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
