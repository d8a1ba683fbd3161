// The XML reader against xmllint: what is well-formed, and what the bytes of every node are.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { encodeMarkup } from '../device/xml/encoding.ts'
import type { XmlNode } from '../device/xml/node.ts'
import { parseXml } from '../device/xml/parse.ts'
import { type Folder, temporaryFolder } from './50.signature.kit.ts'
import { chance, randomDocument, wellFormedness } from './58.xml.kit.ts'

const bytesOf = (text: string) => Buffer.from(text)

function detailOf(bytes: Uint8Array): string | undefined {
  try {
    parseXml(bytes)
    return undefined
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'XML_UNREADABLE') return thrown.detail
    throw thrown
  }
}

const wellFormed = [
  '<a/>',
  '\n<a />\n',
  '<?xml version="1.0"?><a></a >',
  "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<a/>",
  '<?xml version="1.0" standalone="no"?><a/>',
  '\ufeff<a/>',
  '<a b="1" c=\'2\'/>',
  '<a\n\tb\r\n=\n"x > y"/>',
  '<a xmlns="urn:x" xmlns:p="urn:x" p:b="1" b="1"/>',
  '<p:a xmlns:p="urn:x"><p:b/></p:a>',
  '<a xmlns="urn:x"><b xmlns=""/></a>',
  '<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="ca"/>',
  '<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x41;&#x00000041;</a>',
  '<a>]] > ]]&gt; > --</a>',
  '<a><![CDATA[<b>&nope;]]]]><![CDATA[>]]></a>',
  '<a><!-- - -- --></a>'.replace(' -- ', ' - '),
  '<!----><a/>',
  '<?pi?><a><?p-i  a?b ?></a><?xml-stylesheet href="x"?>',
  '<a.b-c_d·é ñ="1"/>',
  '<\u{10000}/>',
  '<a>\u{10FFFF}\u0085\u2028\ufffd</a>',
  '<xmlfoo xmlbar="1"/>',
]

const malformed = [
  '',
  ' ',
  'text',
  '<a>',
  '<a',
  '<a/',
  '</a>',
  '<a></b>',
  '<p:a xmlns:p="u:1" xmlns:q="u:1"></q:a>',
  '<a/><b/>',
  '<a/>text',
  'text<a/>',
  '<a/><![CDATA[ ]]>',
  ' <?xml version="1.0"?><a/>',
  '<?xml version="1.0"?><?xml version="1.0"?><a/>',
  '<a><?xml version="1.0"?></a>',
  '<a><?XmL x?></a>',
  '<?xml encoding="UTF-8"?><a/>',
  '<?xml version="1.0" standalone="maybe"?><a/>',
  '<?xml version="1.0" encoding="nonesuch"?><a/>',
  '<?xml version="1.0" encoding="UTF-16"?><a/>',
  '<a b=1/>',
  '<a b/>',
  '<a b="1"c="2"/>',
  '<a b="1" b="2"/>',
  '<a b="<"/>',
  '<a b="&"/>',
  '<a b="&x;"/>',
  '<a b="1/>',
  '<a xmlns:p="u:1" xmlns:q="u:1" p:b="" q:b=""/>',
  '<a xmlns:p="u:1" xmlns:p="u:2"/>',
  '<a xmlns="u:1" xmlns="u:1"/>',
  '<p:a/>',
  '<a p:b=""/>',
  '<a xmlns:p=""/>',
  '<a xmlns:xml="urn:other"/>',
  '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
  '<a xmlns="http://www.w3.org/XML/1998/namespace"/>',
  '<a xmlns:xmlns="urn:x"/>',
  '<a xmlns:p="http://www.w3.org/2000/xmlns/"/>',
  '<a xmlns="http://www.w3.org/2000/xmlns/"/>',
  '<xmlns:a/>',
  '<:a/>',
  '<a:/>',
  '<a:b:c xmlns:a="u:1"/>',
  '<a xmlns:p="u:1"><p:b/><p:c xmlns:p="u:2"></p:b></a>',
  '<a xmlns:p="u:1"/><p:b/>',
  '<1a/>',
  '<-a/>',
  '<·a/>',
  '< a/>',
  '<a></ a>',
  '<a>&</a>',
  '<a>&amp</a>',
  '<a>& amp;</a>',
  '<a>&nbsp;</a>',
  '<a>&#0;</a>',
  '<a>&#x;</a>',
  '<a>&#;</a>',
  '<a>&#x1F;</a>',
  '<a>&#xD800;</a>',
  '<a>&#xFFFE;</a>',
  '<a>&#x110000;</a>',
  '<a>&#99999999999999999999999;</a>',
  '<a>&#X41;</a>',
  '<a>]]></a>',
  '<a><![CDATA[</a>',
  '<a><![cdata[]]></a>',
  '<a><!-- -- --></a>',
  '<a><!-- ---></a>',
  '<a><!--></a>',
  '<a><!-></a>',
  '<a><?></a>',
  '<a><? p?></a>',
  '<a><?p',
  '<a><?p:q x?></a>',
  '<a>\u0000</a>',
  '<a>\u000b</a>',
  '<a>\ufffe</a>',
  '<a>\uffff</a>',
  '<a b="\u0001"/>',
  '<!-- \u0001 --><a/>',
  '<!ELEMENT a ANY><a/>',
]

let folder: Folder
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

describe('well-formedness, with xmllint as the judge', () => {
  it('takes what xmllint takes', async () => {
    expect(await wellFormedness(folder, wellFormed)).toEqual(wellFormed.map(() => true))
    expect(wellFormed.map(text => [text, detailOf(bytesOf(text))])).toEqual(wellFormed.map(text => [text, undefined]))
  })

  it('refuses what xmllint refuses', async () => {
    const judged = await wellFormedness(folder, malformed)
    expect(malformed.filter((_, index) => judged[index])).toEqual([])
    expect(malformed.filter(text => detailOf(bytesOf(text)) === undefined)).toEqual([])
  })

  it('agrees on random documents with a byte changed', async () => {
    const { below, one } = chance(58)
    const mutated = Array.from({ length: 400 }, (_, index) => {
      const bytes = bytesOf(randomDocument(chance(index), { depth: 2 }))
      bytes[below(bytes.length)] = one([...bytesOf('<>&"\'/=:!?-]x \n;#')])
      return bytes
    })
    const judged = await wellFormedness(folder, mutated)
    const disagreed = mutated.filter((bytes, index) => (detailOf(bytes) === undefined) !== judged[index])
    expect(disagreed.map(bytes => `${bytes} ${detailOf(bytes)}`)).toEqual([])
    expect(judged.filter(good => good).length).toBeGreaterThan(100)
    expect(judged.filter(good => !good).length).toBeGreaterThan(100)
  })
})

describe('the tree', () => {
  it('has values with line ends, references and white space resolved', () => {
    const { root, before, after } = parseXml(
      bytesOf('<?p  a\r\nb?><a b="x\r\n\t&#10;&#13;&lt;">1\r\n2\r3&#13;<![CDATA[&lt;\r\n]]></a><!--\r-->'),
    )
    expect(root.attributes).toEqual([{ prefix: '', local: 'b', namespace: '', value: 'x  \n\r<' }])
    expect(root.children.map(node => 'value' in node && node.value)).toEqual(['1\n2\n3\r', '&lt;\n'])
    expect(before).toMatchObject([{ kind: 'instruction', target: 'p', value: 'a\nb' }])
    expect(after).toMatchObject([{ kind: 'comment', value: '\n' }])
  })

  it('has namespaces as they are in scope', () => {
    const { root } = parseXml(
      bytesOf('<a xmlns="u:1" xmlns:p="u:2" p:x="" x=""><p:b xmlns:p="u:3"/><p:c/><d xmlns=""/></a>'),
    )
    expect(root.namespace).toBe('u:1')
    expect(root.attributes.map(attribute => attribute.namespace)).toEqual(['u:2', ''])
    expect(root.children.map(node => node.kind === 'element' && node.namespace)).toEqual(['u:3', 'u:2', ''])
    expect([...root.declarations]).toEqual([
      ['', 'u:1'],
      ['p', 'u:2'],
    ])
  })

  for (const encoding of ['utf-8', 'utf-16le', 'utf-16be', 'iso-8859-1', 'iso-8859-15', 'windows-1252'] as const) {
    it(`knows the bytes of every node in ${encoding}`, () => {
      const narrow = !encoding.startsWith('utf')
      const euro = encoding === 'iso-8859-1' ? '¤' : '€'
      const text = `<d à="é">é<é>${euro}</é>${narrow ? '' : '\u{1F600}'}<!--ü--><?ü ü?><![CDATA[ü]]><f/></d>`
      const bytes = encoded(text, encoding)
      const document = parseXml(bytes)
      expect(document.encoding).toBe(encoding)
      expect(writtenNodes(document.root, document.bytes, encoding)).toEqual([
        text,
        'é',
        `<é>${euro}</é>`,
        euro,
        ...(narrow ? [] : ['\u{1F600}']),
        '<!--ü-->',
        '<?ü ü?>',
        '<![CDATA[ü]]>',
        '<f/>',
      ])
      const { startTag, endTag } = document.root
      expect(decoded(bytes.subarray(startTag.start, startTag.end), encoding)).toBe('<d à="é">')
      expect(decoded(bytes.subarray(endTag?.start, endTag?.end), encoding)).toBe('</d>')
    })

    it(`has markup put into ${encoding} without harm to the rest`, () => {
      const bytes = encoded('<d>é</d>', encoding)
      const { root } = parseXml(bytes)
      const at = root.endTag?.start ?? 0
      const inserted = encodeMarkup('<e>ñ€\u{1F600}</e>', encoding)
      const { root: longer } = parseXml(Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]))
      expect(longer.children.map(node => node.kind === 'element' && node.children)).toMatchObject([
        false,
        [{ value: 'ñ€\u{1F600}' }],
      ])
    })
  }
})

describe('what is refused at once', () => {
  const refused: Readonly<Record<string, readonly [bytes: Uint8Array, detail: RegExp]>> = {
    'a DOCTYPE': [bytesOf('<!DOCTYPE a><a/>'), /^DOCTYPE/],
    'an external entity': [bytesOf('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'), /^DOCTYPE/],
    'a DOCTYPE within': [bytesOf('<a><!DOCTYPE a></a>'), /^DOCTYPE/],
    'XML 1.1': [bytesOf('<?xml version="1.1"?><a/>'), /version/],
    'deep nesting': [bytesOf('<a>'.repeat(300_000)), /deeper/],
    'a long name': [bytesOf(`<${'a'.repeat(2000)}/>`), /name/],
    'many attributes': [bytesOf(`<a ${Array.from({ length: 600 }, (_, n) => `b${n}=""`).join(' ')}/>`), /attributes/],
    'many prefixes': [bytesOf(deepDeclarations()), /declarations/],
    'many nodes': [bytesOf(`<a>${'<b/>'.repeat(1_000_001)}</a>`), /nodes/],
    'broken UTF-8': [Uint8Array.of(0x3c, 0x61, 0x3e, 0xc3, 0x28, 0x3c, 0x2f, 0x61, 0x3e), /not utf-8/],
    'overlong UTF-8': [Buffer.concat([bytesOf('<a>'), Uint8Array.of(0xc0, 0xbc), bytesOf('</a>')]), /not utf-8/],
    'a lone surrogate': [Buffer.from('\ufeff<a>\ud800</a>', 'utf16le'), /not utf-16le/],
    'half a UTF-16 unit': [Buffer.from('\ufeff<a/> ', 'utf16le').subarray(0, -1), /not utf-16le/],
    'UTF-16 without its mark': [Buffer.from('<a/>', 'utf16le'), /character 0|illegal/],
    'a mark that the declaration denies': [bytesOf('\ufeff<?xml version="1.0" encoding="iso-8859-1"?><a/>'), /mark/],
    'US-ASCII that is not': [bytesOf('<?xml version="1.0" encoding="us-ascii"?><a>é</a>'), /US-ASCII/],
    'an encoding unknown': [bytesOf('<?xml version="1.0" encoding="utf-7"?><a/>'), /utf-7/],
  }
  for (const [what, [bytes, detail]] of Object.entries(refused)) {
    it(what, () => {
      expect(detailOf(bytes)).toMatch(detail)
    })
  }
})

function deepDeclarations(): string {
  const declarations = Array.from({ length: 500 }, (_, n) => `xmlns:p${n}="u:1"`).join(' ')
  return `<a ${declarations}>`.repeat(3)
}

type Encoding = Parameters<typeof encodeMarkup>[1]

function encoded(text: string, encoding: Encoding): Uint8Array {
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  if (encoding === 'utf-8') return bytesOf(text)
  if (encoding === 'utf-16le') return utf16
  if (encoding === 'utf-16be') return utf16.swap16()
  const euro = { 'iso-8859-1': 0xa4, 'iso-8859-15': 0xa4, 'windows-1252': 0x80 }[encoding]
  const declared = `<?xml version="1.0" encoding="${encoding}"?>${text}`
  return Uint8Array.from(declared, character => (character === '€' ? euro : (character.codePointAt(0) ?? 0)))
}

function decoded(bytes: Uint8Array, encoding: Encoding): string {
  return new TextDecoder(encoding === 'iso-8859-1' ? 'windows-1252' : encoding).decode(bytes)
}

/** The nodes as they are written, the outer ones first. */
function writtenNodes(node: XmlNode, bytes: Uint8Array, encoding: Encoding): string[] {
  const own = decoded(bytes.subarray(node.span.start, node.span.end), encoding)
  return [own, ...(node.kind === 'element' ? node.children.flatMap(child => writtenNodes(child, bytes, encoding)) : [])]
}
