// References and signature values of XMLDSig files that xmlsec1 has signed: what a transform of known shape leaves, which
// node a URI stands for, and which transforms are not done.

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { verifies } from '../device/trust/signature-scheme.ts'
import { canonicalisationOf, digestHash, signatureScheme } from '../device/xml/algorithms.ts'
import { canonicalise } from '../device/xml/canonical.ts'
import { parseXml } from '../device/xml/parse.ts'
import { type Dereferenced, dereference, dereferencedDigest, referenceSource } from '../device/xml/reference.ts'
import { descendantsOf } from '../device/xml/walk.ts'
import { readXmlSignature } from '../device/xml/xmldsig.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, type KeyKind, pem } from './sim/pki.ts'

const ds = 'http://www.w3.org/2000/09/xmldsig#'
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const filter2 = 'http://www.w3.org/2002/06/xmldsig-filter2'
const xpath = 'http://www.w3.org/TR/1999/REC-xpath-19991116'
const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256'

let folder: Folder
const certificates = new Map<KeyKind, X509Certificate>()

beforeAll(async () => {
  folder = await temporaryFolder()
  const pki = await createTestPki({ now })
  for (const key of ['RSA-2048', 'P-256', 'P-384', 'P-521'] as const) {
    const { certificate, privateKey } = await pki.signer({ key })
    certificates.set(key, new X509Certificate(certificate))
    await folder.write(`${key}.key`, pem('PRIVATE KEY', privateKey))
    await folder.write(`${key}.pem`, pem('CERTIFICATE', certificate))
  }
  await folder.write('content.xml', externalContent)
})
afterAll(() => folder.remove())

const externalContent = '<?xml version="1.0"?>\n<e  a="1"><!-- kept --></e>'

interface Signing {
  readonly uri?: string
  readonly transforms?: string
  readonly canonicalization?: string
  readonly method?: string
  readonly key?: KeyKind
  readonly object?: string
}

const transform = (algorithm: string, content = '') =>
  `<ds:Transform xmlns:ds="${ds}" Algorithm="${algorithm}">${content}</ds:Transform>`

/** A document with a signature by xmlsec1 in it. */
async function signed({
  uri = '',
  transforms = '',
  canonicalization,
  method,
  key,
  object = '',
}: Signing): Promise<Buffer> {
  const template = `<?xml version="1.0"?>
<!-- before --><doc xmlns="urn:d" xmlns:p="urn:p" xml:lang="ca"><p:part Id="part">some <b a="1" p:a="2"/><!-- in -->text &#13;</p:part>
<other id="other"/><ds:Signature xmlns:ds="${ds}" Id="sig"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="${canonicalization ?? exclusive}"/>
<ds:SignatureMethod Algorithm="${method ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'}"/>
<ds:Reference URI="${uri}"><ds:Transforms>${transforms}</ds:Transforms>
<ds:DigestMethod Algorithm="${sha256}"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>
<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>${object}</ds:Signature></doc>`.replace('<ds:Transforms></ds:Transforms>\n', '')
  const file = await folder.write('template.xml', template)
  const [name, output] = [key ?? 'RSA-2048', `${folder.path}/signed.xml`]
  const keys = `${folder.path}/${name}.key,${folder.path}/${name}.pem`
  const ids = ['urn:p:part', `${ds}:Object`].flatMap(element => ['--id-attr:Id', element])
  const { code, output: said } = await judge('xmlsec1', [
    '--sign',
    '--privkey-pem',
    keys,
    ...ids,
    '--output',
    output,
    file,
  ])
  if (code !== 0) throw new Error(said)
  return readFile(output)
}

interface Read {
  readonly found: Dereferenced
  /** Whether the digest is the one in the file. */
  readonly intact: boolean
  readonly verified: boolean
}

async function read(bytes: Uint8Array, key: KeyKind = 'RSA-2048'): Promise<Read> {
  const document = parseXml(bytes)
  const [element] = descendantsOf(document.root, ds, 'Signature')
  if (element === undefined) throw new Error('no signature')
  const signature = readXmlSignature(element)
  const source = referenceSource(document, uri =>
    uri === 'content.xml' ? randomAccessOf(Buffer.from(externalContent)) : undefined,
  )
  const [reference] = signature.references
  const how = canonicalisationOf(signature.canonicalizationMethod)
  const scheme = signatureScheme(signature.signatureMethod)
  const publicKey = certificates.get(key)?.publicKey
  if (reference === undefined || how === undefined || scheme === undefined || publicKey === undefined) {
    throw new Error('not as it was signed')
  }
  const found = await dereference(reference, element, source)
  const hash = digestHash(reference.digestMethod) ?? 'sha1'
  const digest = found.outcome === 'found' ? await dereferencedDigest(found, hash) : undefined
  return {
    found,
    intact: digest !== undefined && Buffer.compare(digest, reference.digestValue) === 0,
    verified: verifies(scheme, publicKey, canonicalise(signature.signedInfo, how), signature.value),
  }
}

describe('what xmlsec1 has signed verifies', () => {
  const xpathOf = (expression: string, namespace = ds) =>
    transform(xpath, `<ds:XPath xmlns:ds="${namespace}">${expression}</ds:XPath>`)
  const filter = (kind: string, expression: string) =>
    `<f:XPath xmlns:f="${filter2}" xmlns:ds="${ds}" Filter="${kind}">${expression}</f:XPath>`
  const enveloped = transform(`${ds}enveloped-signature`)
  const withComments = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments'
  const cases: Readonly<Record<string, Signing>> = {
    'the document, enveloped': { transforms: enveloped },
    'the document, enveloped, exclusive': { transforms: enveloped + transform(exclusive) },
    'the document, comments asked for but left out by the URI': { transforms: enveloped + transform(withComments) },
    'the document with comments': { uri: '#xpointer(/)', transforms: enveloped + transform(withComments) },
    'an element': { uri: '#part' },
    'an element, exclusive with prefixes': {
      uri: '#part',
      transforms: transform(exclusive, `<x:InclusiveNamespaces xmlns:x="${exclusive}" PrefixList="#default p"/>`),
    },
    'an element with comments': { uri: "#xpointer(id('part'))", transforms: transform(withComments) },
    'an element, Canonical XML 1.1': { uri: '#part', transforms: transform('http://www.w3.org/2006/12/xml-c14n11') },
    'an object': { uri: '#object', object: '<ds:Object Id="object"><q xmlns=""/></ds:Object>' },
    'an object in base64': {
      uri: '#object',
      transforms: transform(`${ds}base64`),
      object: '<ds:Object Id="object">aGVs\nbG8=</ds:Object>',
    },
    'by XPath, all signatures left out': { transforms: xpathOf('not(ancestor-or-self::ds:Signature)') },
    'by XPath, this signature left out': {
      transforms: xpathOf(
        'count(ancestor-or-self::ds:Signature | here()/ancestor::ds:Signature[1]) &gt; count(ancestor-or-self::ds:Signature)',
      ),
    },
    'by Filter 2.0, all signatures left out': {
      transforms: transform(filter2, filter('subtract', '/descendant::ds:Signature')),
    },
    'by Filter 2.0, all signatures left out, abbreviated': {
      transforms: transform(filter2, filter('subtract', ' //ds:Signature ')),
    },
    'by Filter 2.0, this signature left out': {
      transforms: transform(filter2, filter('subtract', 'here()/ancestor::ds:Signature[1]')),
    },
    'by Filter 2.0, in several steps': {
      transforms: transform(
        filter2,
        filter('intersect', "/* | //*[@id='other']") +
          filter('subtract', '//ds:Signature') +
          filter('subtract', "id('part')"),
      ),
    },
    'by Filter 2.0, one element': { transforms: transform(filter2, filter('intersect', "//*[@Id='part']")) },
    'by Filter 2.0, the root element': {
      transforms: transform(
        filter2,
        filter('intersect', '/*') + filter('subtract', '/descendant-or-self::ds:Signature'),
      ),
    },
  }
  for (const [what, signing] of Object.entries(cases)) {
    it(what, async () => {
      const result = await read(await signed(signing))
      expect(result).toMatchObject({ intact: true, verified: true })
    })
  }

  for (const [key, method] of [
    ['RSA-2048', `${ds}rsa-sha1`],
    ['RSA-2048', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512'],
    ['P-256', 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256'],
    ['P-384', 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384'],
    ['P-521', 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512'],
  ] as const) {
    it(method, async () => {
      const bytes = await signed({ key, method, transforms: enveloped })
      expect(await read(bytes, key)).toMatchObject({ intact: true, verified: true })
      expect(await read(Buffer.from(`${bytes}`.replace(exclusive, withComments)), key)).toMatchObject({
        verified: false,
      })
      expect(await read(Buffer.from(`${bytes}`.replace('some ', 'same ')), key)).toMatchObject({ intact: false })
    })
  }

  it('the node that was used is the one that is told', async () => {
    const { found } = await read(await signed({ uri: '#part' }))
    expect(found).toMatchObject({ target: { local: 'part' } })
  })
})

describe('what is not done', () => {
  const cases: Readonly<Record<string, readonly [from: string, to: string, refusal: string]>> = {
    XSLT: [`${ds}enveloped-signature`, 'http://www.w3.org/TR/1999/REC-xslt-19991116', 'forbidden'],
    'an unknown XPath': [
      `<ds:Transform Algorithm="${ds}enveloped-signature"/>`,
      transform(xpath, `<ds:XPath xmlns:ds="${ds}">self::text()</ds:XPath>`),
      'forbidden',
    ],
    'an XPath whose prefix is another namespace': [
      `<ds:Transform Algorithm="${ds}enveloped-signature"/>`,
      transform(xpath, '<ds:XPath xmlns:q="urn:q">not(ancestor-or-self::q:Signature)</ds:XPath>'),
      'forbidden',
    ],
    'an external reference': ['URI=""', 'URI="http://127.0.0.1:9/x.xml"', 'absent'],
    'a file reference': ['URI=""', 'URI="file:///etc/passwd"', 'absent'],
    'a Reference without URI': ['URI=""', '', 'absent'],
    'a name that is not there': ['URI=""', 'URI="#nobody"', 'absent'],
    'a name that is there twice': ['URI=""', 'URI="#part" Id="part"', 'ambiguous'],
    'an XPointer of another shape': ['URI=""', 'URI="#xpointer(//part)"', 'absent'],
  }
  for (const [what, [from, to, refusal]] of Object.entries(cases)) {
    it(what, async () => {
      const enveloped = `<ds:Transform Algorithm="${ds}enveloped-signature"/>`
      const bytes = await signed({ transforms: enveloped })
      expect(`${bytes}`).toContain(from)
      const { found } = await read(Buffer.from(`${bytes}`.replace(from, to)))
      expect(found).toMatchObject({ outcome: 'refused', refusal })
    })
  }
})
