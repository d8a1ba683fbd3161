// XAdES baseline B as it is made: every packaging and algorithm, in documents of several encodings, with further
// signatures beside and over the first. Judged by xmlsec1; the signed documents keep their bytes.

import { createPrivateKey, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agel } from '../device/ades/policy.ts'
import type { Packaging } from '../device/ades/request.ts'
import { assembleXades, prepareXades, type XadesIntent, type XadesRequest } from '../device/ades/xades.ts'
import { prepareXadesCosignature, prepareXadesCountersignatures } from '../device/ades/xades-cosign.ts'
import { randomAccessOf, type Splice, spliced } from '../device/bytes.ts'
import type { SignatureAlgorithm } from '../device/ports.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, type KeyKind, pem, type TestIdentity, type TestPki } from './sim/pki.ts'

const keys = {
  SHA256withRSA: 'RSA-2048',
  SHA384withRSA: 'RSA-2048',
  SHA512withRSA: 'RSA-2048',
  SHA256withECDSA: 'P-256',
  SHA384withECDSA: 'P-384',
  SHA512withECDSA: 'P-521',
} as const satisfies Partial<Record<SignatureAlgorithm, KeyKind>>
type TestedAlgorithm = keyof typeof keys

const packagings = ['enveloped', 'enveloping', 'internally-detached', 'detached'] as const
const document =
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<?style x?><a:doc xmlns:a="urn:a" xmlns="urn:d">\n' +
  ' <b c="é &amp; &#10;">t\r\nx</b><!-- c --><![CDATA[<&]]></a:doc>\n<!-- after -->'
const content = Buffer.from(document)

let folder: Folder
let pki: TestPki
const identities = new Map<KeyKind, TestIdentity>()

beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  await folder.write('root.pem', pem('CERTIFICATE', pki.root))
  await folder.write('content.xml', content)
  for (const key of new Set(Object.values(keys))) identities.set(key, await pki.signer({ key }))
})
afterAll(() => folder.remove())

function identityFor(algorithm: TestedAlgorithm): TestIdentity {
  const identity = identities.get(keys[algorithm])
  if (identity === undefined) throw new Error('no identity')
  return identity
}

function request(algorithm: TestedAlgorithm, packaging: Packaging, id: string): XadesRequest {
  const { certificate, chain } = identityFor(algorithm)
  return {
    algorithm,
    certificate,
    chain,
    packaging,
    id,
    contentUri: 'content.xml',
    properties: {
      signingTime: now,
      policy: agel,
      location: { street: 'Carrer Major, 1', city: 'Reus', province: 'Tarragona', postalCode: '43201', country: 'ES' },
      claimedRoles: ['secretària & <interventora>'],
      commitments: [{ id: '1.2.840.113549.1.9.16.6.1', description: 'origin' }],
      contentFormat: { mimeType: 'text/xml', description: 'a document' },
    },
  }
}

function value({ algorithm, signedInfo }: XadesIntent): Uint8Array {
  const { privateKey } = identityFor(algorithm as TestedAlgorithm)
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  return sign(algorithm.slice(0, 6).toLowerCase(), Buffer.from(signedInfo, 'base64'), key)
}

async function finished(base: Uint8Array, intents: readonly XadesIntent[]): Promise<Buffer> {
  const over = intents[0]?.place.base === 'empty' ? new Uint8Array() : base
  const splices = intents.flatMap((intent): readonly Splice[] => assembleXades(intent, value(intent)))
  const result = spliced(randomAccessOf(over), splices)
  return Buffer.from(await result.read(0, result.size))
}

async function signed(base: Uint8Array, algorithm: TestedAlgorithm, packaging: Packaging, id = 'one'): Promise<Buffer> {
  return finished(base, [await prepareXades(randomAccessOf(base), request(algorithm, packaging, id))])
}

/** xmlsec1's verdict on the nth signature of the file, 1-based. */
async function verify(file: Uint8Array, nth = 1): Promise<string> {
  const path = await folder.write('signed.xml', file)
  const args = [
    '--verify',
    ...['--trusted-pem', `${folder.path}/root.pem`],
    ...['--verification-gmt-time', new Date(now).toISOString().slice(0, 19).replace('T', ' ')],
    ...['--id-attr:Id', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties'],
    ...['--id-attr:Id', 'http://www.w3.org/2000/09/xmldsig#:SignatureValue'],
    ...['--id-attr:Id', 'http://www.w3.org/2000/09/xmldsig#:Object'],
    ...['--id-attr:Id', 'Content'],
    ...['--id-attr:Id', 'doc'],
    ...['--node-xpath', `(//*[local-name()="Signature"])[${nth}]`],
    path,
  ]
  // What a Reference names is looked for from the working folder.
  const { output } = await judge('xmlsec1', args, folder.path)
  return output
}

const bothReferences = /^OK\nSignedInfo References \(ok\/all\): 2\/2/m

describe.each(packagings)('a signature, %s', packaging => {
  it.each(Object.keys(keys) as TestedAlgorithm[])('with %s verifies', async algorithm => {
    expect(await verify(await signed(content, algorithm, packaging))).toMatch(bothReferences)
  })

  it('does not verify any more when what it covers changes', async () => {
    const file = (await signed(content, 'SHA256withRSA', packaging)).toString()
    if (packaging === 'detached') await folder.write('content.xml', document.replace('x</b>', 'y</b>'))
    const base64 = content.toString('base64')
    const changed = Buffer.from(document.replace('x</b>', 'y</b>')).toString('base64')
    expect(await verify(Buffer.from(file.replace('x</b>', 'y</b>').replace(base64, changed)))).not.toMatch(/^OK/m)
    await folder.write('content.xml', content)
  })

  it('gets one beside it and one over each, and all of them verify', async () => {
    const first = await signed(content, 'SHA256withRSA', packaging)
    const file = randomAccessOf(content)
    const second = request('SHA256withECDSA', packaging, 'two')
    const both = await finished(first, [await prepareXadesCosignature(randomAccessOf(first), second, file)])
    const third = request('SHA256withRSA', packaging, 'three')
    const all = await finished(both, await prepareXadesCountersignatures(randomAccessOf(both), third, 'LEAFS'))
    const tree = await finished(
      all,
      await prepareXadesCountersignatures(randomAccessOf(all), request('SHA512withRSA', packaging, 'four'), 'TREE'),
    )
    for (const [text, count] of [
      [both, 2],
      [all, 4],
      [tree, 8],
    ] as const) {
      expect(text.toString().match(/<ds:Signature /g)).toHaveLength(count)
      for (let nth = 1; nth <= count; nth++)
        expect(await verify(text, nth), `${nth} of ${count}`).toMatch(bothReferences)
    }
  })
})

describe('a signature in the very element that it is about', () => {
  // As AutoFirma envelops where the root has an Id.
  it.each(['<doc Id="d1"><a>text</a>SIGNATURE</doc>', '<w><doc Id="d1"><a>text</a>SIGNATURE</doc></w>'])(
    'is joined by one that leaves both out: %s',
    async form => {
      const text = (await signed(content, 'SHA256withRSA', 'enveloped')).toString()
      const one = /<ds:Signature .*<\/ds:Signature>/s.exec(text)?.[0].replace('URI=""', 'URI="#d1"') ?? ''
      const first = Buffer.from(form.replace('SIGNATURE', one))
      const second = request('SHA256withECDSA', 'enveloped', 'two')
      const both = await finished(first, [await prepareXadesCosignature(randomAccessOf(first), second)])
      expect(both.toString()).toContain('<ds:Reference Id="two-ref" URI="#d1">')
      expect(await verify(both, 2)).toMatch(bothReferences)
    },
  )
})

describe('a signed document', () => {
  it('keeps its bytes', async () => {
    const file = (await signed(content, 'SHA256withRSA', 'enveloped')).toString()
    expect(file.replace(/<ds:Signature .*<\/ds:Signature>/s, '')).toBe(document)
    const inside = (await signed(content, 'SHA256withRSA', 'internally-detached')).toString()
    expect(inside).toContain(document.slice(document.indexOf('<a:doc'), document.indexOf('</a:doc>')))
  })

  it.each([
    ['an empty root', Buffer.from('<x:empty xmlns:x="urn:x"/>')],
    ['an empty root with room', Buffer.from('<empty  />')],
    ['ISO-8859-1', Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><d>\xe9\xf1</d>', 'latin1')],
    ['UTF-16LE', Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><d>éñ</d>', 'utf16le')],
    ['UTF-16BE', Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><d>éñ</d>', 'utf16le').swap16()],
    ['a byte order mark', Buffer.from('\ufeff<d>éñ</d>')],
    ['a default namespace of XMLDSig', Buffer.from('<d xmlns="http://www.w3.org/2000/09/xmldsig#"><Object/></d>')],
    ['xml:lang around', Buffer.from('<d xml:lang="ca" xml:space="preserve"> <e/> </d>')],
  ])('may be one with %s', async (_, bytes) => {
    expect(await verify(await signed(bytes, 'SHA256withRSA', 'enveloped'))).toMatch(bothReferences)
  })

  it('need not be XML where it is not put into XML', async () => {
    const bytes = Buffer.from([0x25, 0x50, 0x44, 0x46, 0, 1, 2, 3])
    for (const packaging of ['enveloping', 'internally-detached'] as const) {
      expect(await verify(await signed(bytes, 'SHA256withRSA', packaging))).toMatch(bothReferences)
    }
    await expect(signed(bytes, 'SHA256withRSA', 'enveloped')).rejects.toThrow(
      expect.objectContaining({ code: 'XML_UNREADABLE' }),
    )
  })
})

describe('no signature is made', () => {
  it('when another key answers', async () => {
    const intent = await prepareXades(randomAccessOf(content), request('SHA256withRSA', 'detached', 'one'))
    const wrong = value({ ...intent, signedInfo: 'AAAA' })
    expect(() => assembleXades(intent, wrong)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }))
  })

  it('beside or over one that is not there', async () => {
    const one = request('SHA256withRSA', 'detached', 'one')
    const unsigned = randomAccessOf(content)
    const absent = expect.objectContaining({ code: 'SIGNATURE_ABSENT' })
    await expect(prepareXadesCosignature(unsigned, one)).rejects.toThrow(absent)
    await expect(prepareXadesCountersignatures(unsigned, one, 'TREE')).rejects.toThrow(absent)
  })

  it('beside a detached one without the original', async () => {
    const file = randomAccessOf(await signed(content, 'SHA256withRSA', 'detached'))
    await expect(prepareXadesCosignature(file, request('SHA256withRSA', 'detached', 'two'))).rejects.toThrow(
      expect.objectContaining({ code: 'CONTENT_ABSENT' }),
    )
  })

  it('with a text that XML cannot hold', async () => {
    const one = request('SHA256withRSA', 'detached', 'one')
    const properties = { ...one.properties, claimedRoles: ['a\u0001b'] }
    await expect(prepareXades(randomAccessOf(content), { ...one, properties })).rejects.toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    )
  })

  it('with a key that does not belong to the algorithm', async () => {
    const { certificate, chain } = identityFor('SHA256withECDSA')
    const mixed = { ...request('SHA256withRSA', 'detached', 'one'), certificate, chain }
    await expect(prepareXades(randomAccessOf(content), mixed)).rejects.toThrow(
      expect.objectContaining({ code: 'KEY_REFUSED' }),
    )
  })
})

describe('after a power loss', () => {
  it('the stored intent gives the file that would have been', async () => {
    const intent = await prepareXades(randomAccessOf(content), request('SHA256withRSA', 'enveloped', 'one'))
    const answer = value(intent)
    const stored: XadesIntent = JSON.parse(JSON.stringify(intent))
    expect(assembleXades(stored, answer)).toEqual(assembleXades(intent, answer))
  })
})
