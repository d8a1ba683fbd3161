// Location paths that name a place in a document: what they select, with xmllint as the judge, and which are none of ours.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstSelected, parseLocationPath } from '../device/xml/location-path.ts'
import { parseXml } from '../device/xml/parse.ts'
import { attributeOf } from '../device/xml/walk.ts'
import { type Folder, judge, temporaryFolder } from './50.signature.kit.ts'

const markup =
  '<r n="0"><a n="1" Id="x"><b n="2"/><b n="3"/></a><a n="4"><b n="5" t="it\'s"/><c n="6"><b n="7"/></c></a>' +
  '<q:b xmlns:q="urn:q" n="8"><d xmlns="urn:d" n="9"/></q:b></r>'
const document = parseXml(Buffer.from(markup))

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

function selected(text: string): string | undefined {
  const path = parseLocationPath(text)
  if (path === undefined) return 'not read'
  const element = firstSelected(path, document)
  return element === undefined ? undefined : attributeOf(element, 'n')
}

describe('a location path', () => {
  it.each([
    '/r',
    '/*',
    '/r/a',
    '/r/a[2]',
    '/r/a[last()]/b',
    '/r/a[position()=2]/c/b',
    '//b',
    '//b[2]',
    '//c//b',
    '//b[@n="5"]',
    "//*[@Id='x']/b[last()]",
    '//b[@t="it\'s"]',
    '//*[@t]',
    '//*[local-name()="b" and namespace-uri()="urn:q"]',
    "//*[local-name() = 'd']",
    '/descendant::b[3]',
    '/r/descendant-or-self::*[2]',
    '//c/..',
    '//c/parent::a/child::b',
    '//c/./b',
    '/descendant-or-self::node()/c',
    '/r/a[@Id][1]/b',
    '//d',
    '//zz',
    '/r[@n="1"]',
  ])('%s selects what xmllint selects', async text => {
    const path = await folder.write('document.xml', markup)
    const { output } = await judge('xmllint', ['--xpath', `string((${text})[1]/@n)`, path], folder.path)
    expect(selected(text) ?? '').toBe(output.trim())
  })

  it.each([
    ['a[2]/b', '5'],
    ['.', '0'],
    ['c', undefined],
    ['./a', '1'],
  ])('%s is seen from the root element', (text, expected) => {
    expect(selected(text)).toBe(expected)
  })

  it.each([
    '',
    '/',
    '//',
    '/r/',
    'r a',
    'q:b',
    '/r/text()',
    '/r/@n',
    'id("x")',
    '/r/a[1',
    '/r/a[]',
    '/r/a[b]',
    '/r/a[1 and @n]',
    '/r/a[@n=1]',
    '/r/a[@n="1" or @n="2"]',
    '/r | /a',
    '/r/following-sibling::a',
    '$x',
    '/r/a[count(b)=2]',
    '...',
    `/${'a/'.repeat(40)}a`,
    `/${'a'.repeat(501)}`,
  ])('%j is none', text => {
    expect(parseLocationPath(text)).toBeUndefined()
  })
})
