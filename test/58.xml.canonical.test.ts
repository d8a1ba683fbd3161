// Canonical XML against xmllint, on whole documents, and against xmlsec1, on subtrees and node-sets.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Canonicalisation, canonicalise } from '../device/xml/canonical.ts'
import type { XmlDocument, XmlElement } from '../device/xml/node.ts'
import { intersect, type NodeSet, subtract, union, wholeOf } from '../device/xml/node-set.ts'
import { parseXml } from '../device/xml/parse.ts'
import { type Folder, judge, temporaryFolder } from './50.signature.kit.ts'
import { chance, randomDocument } from './58.xml.kit.ts'

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

const flags: readonly (readonly [flag: string, how: Canonicalisation])[] = [
  ['--c14n', { method: 'c14n10', comments: true }],
  ['--c14n11', { method: 'c14n11', comments: true }],
  ['--exc-c14n', { method: 'exclusive', comments: true }],
]

describe('whole documents, with xmllint as the judge', () => {
  for (const [flag, how] of flags) {
    it(flag, async () => {
      const documents = Array.from({ length: 150 }, (_, seed) => randomDocument(chance(seed)))
      for (const document of documents) {
        const file = await folder.write('one.xml', document)
        const { output } = await judge('xmllint', [flag, '--nonet', file])
        expect(Buffer.from(canonicalise(parseXml(Buffer.from(document)), how)).toString()).toBe(output)
      }
    })
  }
})

const xmldsig = 'http://www.w3.org/2000/09/xmldsig#'
const uris = {
  c14n10: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  c14n11: 'http://www.w3.org/2006/12/xml-c14n11',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
}

function uriOf({ method, comments }: Canonicalisation): string {
  if (comments !== true) return uris[method]
  return method === 'exclusive' ? `${uris[method]}WithComments` : `${uris[method]}#WithComments`
}

/** What xmlsec1 digests of `content` in a root element, through an XPath filter and a canonicalisation. */
async function digestedByXmlsec(document: string): Promise<string> {
  const file = await folder.write('template.xml', document)
  const { output } = await judge('xmlsec1', ['--sign', '--store-references', '--print-debug', '--hmackey', key, file])
  if (!output.includes('= SIGNATURE CONTEXT\n== Status: succeeded')) throw new Error(output)
  return /== PreDigest data - start buffer:\n([\s\S]*?)\n== PreDigest data - end buffer/.exec(output)?.[1] ?? ''
}

function template(content: string, filter: string, how: Canonicalisation): string {
  const list = how.inclusivePrefixes?.map(prefix => (prefix === '' ? '#default' : prefix)).join(' ')
  const prefixes = list === undefined ? '' : `<InclusiveNamespaces xmlns="${uris.exclusive}" PrefixList="${list}"/>`
  return `<!-- first --><root xmlns="urn:root" xmlns:a="urn:one" xmlns:b="urn:b" xml:lang="es" xml:base="http://example.org/x/y">
<Signature xmlns="${xmldsig}"><SignedInfo><CanonicalizationMethod Algorithm="${uris.c14n10}"/>
<SignatureMethod Algorithm="${xmldsig}hmac-sha1"/><Reference URI="#xpointer(/)"><Transforms>
<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath>${filter}</XPath></Transform>
<Transform Algorithm="${uriOf(how)}">${prefixes}</Transform></Transforms>
<DigestMethod Algorithm="${xmldsig}sha1"/><DigestValue/></Reference></SignedInfo><SignatureValue/></Signature>${content}</root>`
}

let key: string
beforeAll(async () => {
  key = await folder.write('key', 'secret')
})

describe('subtrees and node-sets, with xmlsec1 as the judge', () => {
  const methods: readonly Canonicalisation[] = [
    ...(['c14n10', 'c14n11', 'exclusive'] as const).flatMap(method => [{ method }, { method, comments: true }]),
    { method: 'exclusive', inclusivePrefixes: ['', 'a', 'é', 'none'] },
  ]
  for (const how of methods) {
    it(JSON.stringify(how), async () => {
      for (let seed = 0; seed < 24; seed += 1) {
        const content = randomDocument(chance(seed)).replace(/^.*?\?>/, '')
        const [filter, select] = filters[seed % filters.length] ?? filters[0]
        const document = template(content, filter, how)
        const expected = await digestedByXmlsec(document)
        const parsed = parseXml(Buffer.from(document))
        expect(Buffer.from(canonicalise(select(parsed), how)).toString(), `seed ${seed}`).toBe(expected)
      }
    })
  }
})

const named = (document: XmlDocument, ...locals: readonly string[]) =>
  new Set(elementsOf(document.root).filter(element => locals.includes(element.local)))

function elementsOf(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(child => (child.kind === 'element' ? elementsOf(child) : []))]
}

type Filter = readonly [xpath: string, select: (document: XmlDocument) => NodeSet]
const under = (local: string) => `ancestor-or-self::*[local-name()='${local}']`
const filters: readonly [Filter, ...Filter[]] = [
  [`not(${under('Signature')})`, document => subtract(wholeOf(document), named(document, 'Signature'))],
  [under('Item'), document => intersect(wholeOf(document), named(document, 'Item'))],
  [
    `${under('x')} and not(${under('y')})`,
    document => subtract(intersect(wholeOf(document), named(document, 'x')), named(document, 'y')),
  ],
  [
    `(not(${under('y')}) or ${under('Item')}) and not(${under('Signature')})`,
    document =>
      subtract(
        union(subtract(wholeOf(document), named(document, 'y')), named(document, 'Item')),
        named(document, 'Signature'),
      ),
  ],
]
