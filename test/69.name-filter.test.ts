// Search filters over a distinguished name: what they find, and what is none.

import { describe, expect, it } from 'vitest'
import type { NameAttribute } from '../device/trust/distinguished-name.ts'
import { parseNameFilter } from '../device/trust/name-filter.ts'

describe('a filter over a name', () => {
  const name: readonly NameAttribute[] = [
    { type: '2.5.4.6', text: 'ES' },
    { type: '2.5.4.11', text: 'Ceres' },
    { type: '2.5.4.11', text: 'Secretaria' },
    { type: '2.5.4.3', text: 'Anna * (Núria) \\ Vidal' },
    { type: '2.5.4.97', text: 'VATES-1' },
  ]

  it.each([
    ['(c=es)', true],
    ['c=ES', true],
    [' ( & ( c = ES ) (ou=ceres) ) ', true],
    ['(&(ou=ceres)(ou=secretaria))', true],
    ['(&(c=ES)(ou=other))', false],
    ['(|(c=FR)(|(c=PT)(c=ES)))', true],
    ['(!(c=ES))', false],
    ['(!(!(c=ES)))', true],
    ['(&)', true],
    ['(|)', false],
    ['(cn=*)', true],
    ['(o=*)', false],
    ['(!(o=*))', true],
    ['(ou=sec*)', true],
    ['(ou=*aria)', true],
    ['(ou=s*r*a)', true],
    ['(ou=*e*e*)', true],
    ['(ou=*e*e*e*e*)', false],
    ['(ou=ceres*es)', false],
    ['(ou=cer*ceres)', false],
    ['(ou=**)', true],
    ['(ou=secretari)', false],
    ['(cn=anna \\2a*)', true],
    ['(cn=anna \\*\\20\\28n\\c3\\baria\\29 \\5c vidal)', true],
    ['(cn=*\\\\ vidal)', true],
    ['(cn=*\\2a)', false],
    ['(cn=*(núria*)', true],
    ['(cn~=ANNA*)', true],
    ['(c>=ER)', true],
    ['(c>=ET)', false],
    ['(c<=ES)', true],
    ['(c<=ER)', false],
    ['(2.5.4.97=vates-1)', true],
    ['(OID.2.5.4.97=vates-1)', true],
    ['(organizationIdentifier=vates-1)', true],
    ['(2.5.4.98=*)', false],
    ['(favourite=*)', false],
    ['(|(favourite=*)(c=ES))', true],
  ])('%s', (text, expected) => {
    expect(parseNameFilter(text)?.(name)).toBe(expected)
  })

  it.each([
    '',
    '()',
    '(c=ES',
    '(c=ES))',
    '(c=ES)(ou=x)',
    '(&(c=ES)x)',
    '(!)',
    '(!(c=ES)(c=FR))',
    '(c)',
    '(=ES)',
    '(c:=ES)',
    '(cn:dn:=x)',
    `${'(!'.repeat(18)}(c=ES)${')'.repeat(18)}`,
    `(&${'(c=ES)'.repeat(256)})`,
    `(cn=${'x'.repeat(4096)})`,
  ])('is not %s', text => {
    expect(parseNameFilter(text)).toBeUndefined()
  })
})
