// XAdES in shapes that Compulsa does not write: SigningCertificate of old, a signed KeyInfo, a Manifest, time-stamps of the
// content. The templates are ours, digests and values are made by xmlsec1.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { readCertificate } from '../device/trust/certificate.ts'
import type { XadesFound } from '../device/trust/read-xades.ts'
import { timestampQuery } from '../device/trust/timestamp-request.ts'
import { readTimestampToken } from '../device/trust/timestamp-token.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { readBytes } from './58.xml.xades.kit.ts'
import { createTestPki, pem, type TestIdentity, type TestPki } from './sim/pki.ts'
import { timestampToken } from './sim/tsa.ts'

const ds = 'http://www.w3.org/2000/09/xmldsig#'
const xades = 'http://uri.etsi.org/01903/v1.3.2#'
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256'

let folder: Folder
let pki: TestPki
let signer: TestIdentity
let tsa: TestIdentity
beforeAll(async () => {
  folder = await temporaryFolder()
  pki = await createTestPki({ now })
  signer = await pki.signer()
  tsa = await pki.signer({ kind: 'time-stamping' })
  await folder.write('signer.key', pem('PRIVATE KEY', signer.privateKey))
  await folder.write('file.bin', 'file')
  await folder.write('signer.pem', pem('CERTIFICATE', signer.certificate))
})
afterAll(() => folder.remove())

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const digestOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

/** Template of a Reference; xmlsec1 fills in the digest. */
function reference(uri: string, attributes = '', transforms = `<ds:Transform Algorithm="${exclusive}"/>`): string {
  return `<ds:Reference URI="${uri}" ${attributes}><ds:Transforms>${transforms}</ds:Transforms>
<ds:DigestMethod Algorithm="${sha256}"/><ds:DigestValue></ds:DigestValue></ds:Reference>`
}

interface Template {
  readonly references: string
  readonly objects?: string
  /** Of SignedSignatureProperties behind SigningTime, and of SignedDataObjectProperties. */
  readonly signature?: string
  readonly data?: string
  /** Namespace of XAdES. */
  readonly version?: string
}

async function signedByXmlsec(template: Template): Promise<Buffer> {
  const { references, objects = '', signature = '', data = '', version = xades } = template
  const type = `Type="${version === xades ? 'http://uri.etsi.org/01903#' : version}SignedProperties"`
  const text = `<doc xmlns="urn:d" Id="doc"><p>text</p><ds:Signature xmlns:ds="${ds}" Id="sig"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="${exclusive}"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
${references}${reference('#props', type)}</ds:SignedInfo><ds:SignatureValue/>
<ds:KeyInfo Id="key"><ds:X509Data><ds:X509Certificate>${base64(signer.certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
${objects}<ds:Object><xades:QualifyingProperties xmlns:xades="${version}" Target="#sig"><xades:SignedProperties Id="props">
<xades:SignedSignatureProperties><xades:SigningTime>2026-06-15T12:00:00+02:00</xades:SigningTime>${signature}</xades:SignedSignatureProperties>
<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#r1"><xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat>${data}
</xades:SignedDataObjectProperties></xades:SignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature></doc>`
  const file = await folder.write('template.xml', text)
  const output = `${folder.path}/signed.xml`
  const ids = ['urn:d:doc', `${ds}:KeyInfo`, `${ds}:Object`, `${ds}:Manifest`, `${version}:SignedProperties`]
  // What a Manifest names is looked for from the working folder.
  const { code, output: said } = await judge(
    'xmlsec1',
    [
      '--sign',
      ...['--privkey-pem', `${folder.path}/signer.key`],
      ...ids.flatMap(element => ['--id-attr:Id', element]),
      ...['--output', output, file],
    ],
    folder.path,
  )
  if (code !== 0) throw new Error(said)
  return readFile(output)
}

async function readOnly(file: Uint8Array, content?: Uint8Array): Promise<XadesFound> {
  const [found, ...others] = await readBytes(file, content === undefined ? {} : { content: randomAccessOf(content) })
  if (found === undefined || others.length > 0) throw new Error('not one signature')
  return found
}

const enveloped = `<ds:Transform Algorithm="${ds}enveloped-signature"/><ds:Transform Algorithm="${exclusive}"/>`

/** 5.2.2.3 of TS 101 903: digest, name as text, number. */
function signingCertificate(serialNumber: bigint, digest = digestOf(signer.certificate)): string {
  return `<xades:SigningCertificate><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="${sha256}"/>
<ds:DigestValue>${base64(digest)}</ds:DigestValue></xades:CertDigest><xades:IssuerSerial>
<ds:X509IssuerName>CN=any spelling</ds:X509IssuerName><ds:X509SerialNumber>${serialNumber}</ds:X509SerialNumber>
</xades:IssuerSerial></xades:Cert></xades:SigningCertificate>`
}

const serialOf = ({ certificate }: TestIdentity) => BigInt(`0x${readCertificate(certificate).facts.serialNumber}`)

describe('SigningCertificate, before its second version', () => {
  const signed = (property: string) =>
    signedByXmlsec({ references: reference('', 'Id="r1"', enveloped), signature: property })

  it('names the signer, and counts as baseline', async () => {
    const found = await readOnly(await signed(signingCertificate(serialOf(signer))))
    expect(found).toMatchObject({ findings: [], claimedTime: now, scopes: [{ kind: 'document', uri: '' }] })
    expect(found.baselineViolations).toEqual([])
  })

  it('names nobody with another number, another digest or without either', async () => {
    const wrong = [signingCertificate(7n), signingCertificate(serialOf(signer), digestOf('x'))]
    for (const property of wrong) {
      const { findings } = await readOnly(await signed(property))
      expect(findings.map(one => one.subIndication)).toEqual(['NO_SIGNING_CERTIFICATE_FOUND'])
    }
    const { findings } = await readOnly(await signed(''))
    expect(findings.map(one => one.subIndication)).toEqual(['SIG_CONSTRAINTS_FAILURE'])
  })
})

describe('XAdES before 1.3.2', () => {
  it.each(['v1.1.1', 'v1.2.2'])('%s is read, and is no baseline', async number => {
    const version = `http://uri.etsi.org/01903/${number}#`
    const references = reference('', 'Id="r1"', enveloped)
    const file = await signedByXmlsec({ references, version, signature: signingCertificate(serialOf(signer)) })
    expect(await readOnly(file)).toMatchObject({
      findings: [],
      claimedTime: now,
      scopes: [{ kind: 'document' }],
      baselineViolations: [`properties of another version, ${version}`],
    })
  })
})

describe('what else is signed', () => {
  it('KeyInfo, without a format and not told as content', async () => {
    const references = reference('', 'Id="r1"', enveloped) + reference('#key', 'Id="r2"')
    const file = await signedByXmlsec({ references, signature: signingCertificate(serialOf(signer)) })
    const found = await readOnly(file)
    expect(found.findings).toEqual([])
    expect(found.scopes).toHaveLength(1)
    expect(found.baselineViolations.filter(one => one.includes('DataObjectFormat'))).toEqual([])
    const changed = await readOnly(Buffer.from(`${file}`.replace('<ds:X509Data>', '<ds:KeyName>x</ds:KeyName>$&')))
    expect(changed.findings.map(one => one.subIndication)).toEqual(['HASH_FAILURE'])
  })

  it('a Manifest, whose own References count', async () => {
    const inner = (digest: Uint8Array) =>
      `<ds:Reference URI="file.bin"><ds:DigestMethod Algorithm="${sha256}"/><ds:DigestValue>${base64(digest)}</ds:DigestValue></ds:Reference>`
    const objects = `<ds:Object><ds:Manifest Id="list">${inner(digestOf('file'))}</ds:Manifest></ds:Object>`
    const references = reference('', 'Id="r1"', enveloped) + reference('#list', `Type="${ds}Manifest"`)
    const file = await signedByXmlsec({ references, objects, signature: signingCertificate(serialOf(signer)) })
    const good = await readOnly(file, Buffer.from('file'))
    expect(good.findings).toEqual([])
    expect(good.scopes.map(scope => [scope.kind, scope.uri])).toEqual([
      ['document', ''],
      ['outside', 'file.bin'],
    ])
    expect((await readOnly(file, Buffer.from('other'))).findings).toMatchObject([{ subIndication: 'HASH_FAILURE' }])
    expect((await readOnly(file)).findings).toMatchObject([{ subIndication: 'SIGNED_DATA_NOT_FOUND' }])
  })
})

describe('a time-stamp of the content', () => {
  const token = (octets: string) => {
    const query = timestampQuery({ digestAlgorithm: 'SHA-256', digest: digestOf(octets), nonce: Uint8Array.of(1) })
    return base64(timestampToken(query, tsa, { now: now - 60_000 }))
  }
  const stamp = (name: string, octets: string, includes = '') =>
    `<xades:${name}>${includes}<ds:CanonicalizationMethod Algorithm="${exclusive}"/>` +
    `<xades:EncapsulatedTimeStamp>${token(octets)}</xades:EncapsulatedTimeStamp></xades:${name}>`
  const whole = '<doc xmlns="urn:d" Id="doc"><p>text</p></doc>'
  const object = `<ds:Object xmlns:ds="${ds}" Id="extra">more</ds:Object>`

  const read = async (data: string) => {
    const references = reference('', 'Id="r1"', enveloped) + reference('#extra', 'Id="r2"')
    const objects = '<ds:Object Id="extra">more</ds:Object>'
    const file = await signedByXmlsec({ references, objects, data, signature: signingCertificate(serialOf(signer)) })
    const found = await readOnly(file)
    const [timestamp] = found.timestamps
    if (timestamp === undefined) throw new Error('no time-stamp')
    const reading = readTimestampToken(timestamp.token)
    const imprint = await timestamp.imprint('sha256')
    return {
      timestamp,
      about: reading.outcome === 'read' && Buffer.compare(reading.token.imprint.digest, imprint) === 0,
    }
  }

  it('over all data objects', async () => {
    expect(await read(stamp('AllDataObjectsTimeStamp', whole + object))).toMatchObject({
      timestamp: { kind: 'content', findings: [] },
      about: true,
    })
    expect(await read(stamp('AllDataObjectsTimeStamp', whole))).toMatchObject({ about: false })
  })

  it('over those that it includes', async () => {
    const include = (uri: string) => `<xades:Include URI="${uri}" referencedData="true"/>`
    expect(await read(stamp('IndividualDataObjectsTimeStamp', object, include('#r2')))).toMatchObject({
      timestamp: { kind: 'content', findings: [] },
      about: true,
    })
    expect(await read(stamp('IndividualDataObjectsTimeStamp', object, include('#r1')))).toMatchObject({ about: false })
    const { timestamp } = await read(stamp('AllDataObjectsTimeStamp', whole + object, include('#r2')))
    expect(timestamp.findings).toMatchObject([{ subIndication: 'SIG_CONSTRAINTS_FAILURE' }])
  })
})
