// Hostile XML signatures: too many of anything ends in DOCUMENT_TOO_COMPLEX or a finding, soon, and nothing is looked for
// outside of the file.

import { beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { maxContentPasses, maxReferences, maxXmlSignatures } from '../device/xml/limits.ts'
import { now } from './50.signature.kit.ts'
import { content, findingsOf, partsOf, read, readBytes, type Signer, signed } from './58.xml.xades.kit.ts'
import { createTestPki } from './sim/pki.ts'

let rsa: Signer
let file: string
beforeAll(async () => {
  const pki = await createTestPki({ now })
  rsa = { identity: await pki.signer(), algorithm: 'SHA256withRSA' }
  file = `${await signed(content, rsa, 'enveloped')}`
})

const tooComplex = expect.objectContaining({ code: 'DOCUMENT_TOO_COMPLEX' })
const filter2 = 'http://www.w3.org/2002/06/xmldsig-filter2'

/** The file with this many copies of its data Reference, each with these transforms. */
function withReferences(count: number, transforms: string, filler = ''): string {
  const reference = /<ds:Reference Id="one-ref".*?<\/ds:Reference>/s
  const [one = ''] = reference.exec(file) ?? []
  const changed = one.replace(/<ds:Transforms>.*<\/ds:Transforms>/s, `<ds:Transforms>${transforms}</ds:Transforms>`)
  return file.replace(reference, () => changed.repeat(count)).replace('<sum>', () => `${filler}<sum>`)
}

function withUnsigned(properties: string): string {
  const unsigned = `<xades:UnsignedProperties><xades:UnsignedSignatureProperties>${properties}</xades:UnsignedSignatureProperties></xades:UnsignedProperties>`
  return file.replace('</xades:QualifyingProperties>', `${unsigned}$&`)
}

describe('too much of it', () => {
  it('references', async () => {
    expect(findingsOf(await read(withReferences(maxReferences + 1, '')))).toEqual(['FORMAT_FAILURE'])
  })

  it('a URI', async () => {
    const long = file.replace('Id="one-ref" URI=""', `Id="one-ref" URI="${'x'.repeat(100_000)}"`)
    const [found] = await read(long)
    expect(found?.findings).toMatchObject([{ subIndication: 'FORMAT_FAILURE', detail: 'URI of 100000 characters' }])
  })

  it('transforms of one reference', async () => {
    const transforms = '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'.repeat(100)
    expect(findingsOf(await read(withReferences(1, transforms)))).toEqual(['FORMAT_FAILURE'])
  })

  it('walking through a large document again and again', async () => {
    const filters = `<f:XPath xmlns:f="${filter2}" Filter="subtract">//ds:Signature</f:XPath>`.repeat(8)
    const transforms = `<ds:Transform Algorithm="${filter2}">${filters}</ds:Transform>`.repeat(8)
    const filler = `<x>${'y'.repeat(2_000_000)}</x>`
    await expect(read(withReferences(900, transforms, filler))).rejects.toThrow(tooComplex)
  })

  it('canonicalising a dense document again and again', async () => {
    const transforms = '<ds:Transform Algorithm="http://www.w3.org/2006/12/xml-c14n11"/>'
    await expect(read(withReferences(900, transforms, '<y/>'.repeat(300_000)))).rejects.toThrow(tooComplex)
  })

  it('signatures', async () => {
    const { before, signature, after } = partsOf(file)
    const many = `${before}${signature.repeat(maxXmlSignatures + 1)}${after}`
    await expect(read(many)).rejects.toThrow(tooComplex)
  })

  it('time-stamps', async () => {
    const stamp =
      '<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>AAAA</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>'
    await expect(read(withUnsigned(stamp.repeat(200)))).rejects.toThrow(tooComplex)
  })

  it('certificates', async () => {
    const value = '<xades:EncapsulatedX509Certificate>AAAA</xades:EncapsulatedX509Certificate>'.repeat(5000)
    await expect(read(withUnsigned(`<xades:CertificateValues>${value}</xades:CertificateValues>`))).rejects.toThrow(
      tooComplex,
    )
    const more = file.replace(
      '<ds:X509Certificate>',
      () => `${'<ds:X509Certificate>AAAA</ds:X509Certificate>'.repeat(5000)}<ds:X509Certificate>`,
    )
    await expect(read(more)).rejects.toThrow(tooComplex)
  })

  it('readings of the same content', async () => {
    const detached = `${await signed(content, rsa, 'detached')}`
    const [one = ''] = /<ds:Reference Id="one-ref".*?<\/ds:Reference>/s.exec(detached) ?? []
    const many = detached.replace(one, () => one.repeat(maxContentPasses + 1))
    const whole = randomAccessOf(content)
    let reads = 0
    const read = (at: number, length: number) => {
      reads += 1
      return whole.read(at, length)
    }
    const original = { size: whole.size, read }
    await expect(readBytes(Buffer.from(many), { content: original })).rejects.toThrow(tooComplex)
    expect(reads).toBe(maxContentPasses)
  })
})

describe('nothing outside is looked for', () => {
  it.each(['http://127.0.0.1:9/', 'file:///etc/passwd', '/etc/passwd', '../x.xml', 'data:,x', 'x.xml#id'])(
    '%s',
    async uri => {
      const changed = file.replace('Id="one-ref" URI=""', `Id="one-ref" URI="${uri}"`)
      const found = await readBytes(Buffer.from(changed))
      expect(findingsOf(found)).toContain('SIGNED_DATA_NOT_FOUND')
    },
  )

  it('QualifyingPropertiesReference is not followed', async () => {
    const reference =
      '<ds:Object><xades:QualifyingPropertiesReference xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" URI="http://127.0.0.1:9/"/></ds:Object>'
    const changed = file.replace(/<ds:Object><xades:QualifyingProperties .*<\/ds:Object>/s, reference)
    expect(findingsOf(await readBytes(Buffer.from(changed)))).toContain('SIGNED_DATA_NOT_FOUND')
  })

  it('billions of laughs', async () => {
    const lol = Array.from({ length: 10 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('')
    const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">${lol}]><l>&l10;</l>`
    await expect(readBytes(Buffer.from(bomb))).rejects.toThrow(expect.objectContaining({ code: 'XML_UNREADABLE' }))
  })
})
