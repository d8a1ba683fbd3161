// Extra parameters that only an XML signature has: what of the document is signed, where the signature goes, how it is
// canonicalised and digested, what its KeyInfo says, a Manifest. What would leave EN 319 132-1 or weaken a signature is not
// done but named: XAdES of older versions (`xadesNamespace`, `signedPropertiesTypeUrl`), SHA-1 in References, style sheets
// that would have to be fetched (`ignoreStyleSheets=false`), questions that nobody is there to answer
// (`confirmDifferentProfile`).

import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { base64Transform, canonicalisationBy, digestAlgorithmBy } from '../xml/algorithms.ts'
import { ncNameEnd } from '../xml/characters.ts'
import { parseLocationPath } from '../xml/location-path.ts'
import { writtenEncoding } from '../xml/recode.ts'
import { present, type Reader } from './extra-reader.ts'
import { isDotted } from './policy.ts'
import type { Packaging, SignatureOperation } from './request.ts'
import { namespaces, signedPropertiesType } from './xades-names.ts'
import type { KeyInfoOptions, ManifestEntry, XadesOptions } from './xades-options.ts'

/** What was read, and the names of the parameters that it was read from. */
export interface XadesParams {
  readonly options: XadesOptions
  readonly given: readonly string[]
}

/** Throws REQUEST_INVALID for a value that cannot be what its name says. */
export function xadesOf(reader: Reader): XadesParams {
  const given = Object.values(places)
    .flatMap(({ names }) => names)
    .filter(name => reader.text(name) !== undefined)
  conformOnly(reader)
  const encoding = reader.text('encoding')
  const options = present({
    signatureId: understood(reader, 'SignatureId', isIdentifier),
    nodeToSign: reader.text('nodeToSign'),
    insertAt: understood(
      reader,
      'insertEnvelopedSignatureOnNodeByXPath',
      path => parseLocationPath(path) !== undefined,
    ),
    leavesOut: leavesOutOf(reader),
    invoice: reader.flag('facturaeSign') || undefined,
    manifest: manifestOf(reader),
    contentUri: reader.text('uri'),
    precalculated: precalculatedOf(reader),
    referencesDigest: referencesDigestOf(reader),
    ...canonicalisationOf(reader),
    keyInfo: keyInfoOf(reader),
    signsBase64Text: reader.flag('avoidBase64Transforms') || undefined,
    isBase64: (encoding !== undefined && encodingUri(encoding) === base64Transform) || undefined,
    outputEncoding: understood(reader, 'outputXmlEncoding', text => writtenEncoding(text) !== undefined),
    allowArchived: reader.flag('allowSignLTSignature'),
    avoidAgePolicy: reader.flag('avoidAGEPolicyIncompatibilities'),
  })
  return { options, given }
}

/** An XPath transform takes out every signature, unless it is avoided; only then the enveloped one makes a difference. */
function leavesOutOf(reader: Reader): XadesOptions['leavesOut'] {
  const alone = reader.flag('avoidXpathExtraTransformsOnEnveloped')
  const untouched = reader.flag('avoidEnvelopedTransformWhenSigningNode')
  const counts = reader.text('nodeToSign') !== undefined
  if (untouched !== undefined && !counts) reader.ignore('avoidEnvelopedTransformWhenSigningNode')
  if (alone === undefined && (untouched === undefined || !counts)) return undefined
  if (alone !== true) return 'signatures'
  return untouched === true && counts ? 'nothing' : 'itself'
}

/** `encoding`: a URI, for which AutoFirma takes `base64` too. Throws REQUEST_INVALID. */
export function encodingOf(reader: Reader): string | undefined {
  const encoding = reader.text('encoding')
  if (encoding === undefined) return undefined
  const uri = encodingUri(encoding)
  if (!/^[!-~]+$/.test(uri)) throw new Fault('REQUEST_INVALID', 'encoding is no URI')
  return uri
}

const encodingUri = (encoding: string) => (/^base64$/i.test(encoding) ? base64Transform : encoding)

/** A value that means nothing here has no effect. */
function understood(reader: Reader, name: string, isUnderstood: (text: string) => boolean): string | undefined {
  const text = reader.text(name)
  if (text === undefined || isUnderstood(text)) return text
  reader.ignore(name)
  return undefined
}

const maxIdentifier = 200

/** An NCName, as xsd:ID asks for. */
function isIdentifier(text: string): boolean {
  return text.length <= maxIdentifier && ncNameEnd(text, 0) === text.length
}

/** The values that a baseline signature has anyway are satisfied, others have no effect. */
function conformOnly(reader: Reader): void {
  understood(reader, 'xadesNamespace', uri => uri === namespaces.xades)
  understood(reader, 'signedPropertiesTypeUrl', uri => uri === signedPropertiesType)
  if (reader.flag('ignoreStyleSheets') === false) reader.ignore('ignoreStyleSheets')
  if (reader.flag('confirmDifferentProfile') === true) reader.ignore('confirmDifferentProfile')
}

function referencesDigestOf(reader: Reader): DigestAlgorithm | undefined {
  const uri = understood(reader, 'referencesDigestMethod', text => {
    const algorithm = digestAlgorithmBy(text)
    return algorithm !== undefined && algorithm !== 'SHA-1'
  })
  return uri === undefined ? undefined : digestAlgorithmBy(uri)
}

const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

/** `none` leaves SignedInfo to Canonical XML 1.0. */
function canonicalisationOf(reader: Reader): Pick<XadesOptions, 'canonicalisation' | 'implicitCanonicalisation'> {
  const name = 'canonicalizationAlgorithm'
  const text = understood(reader, name, uri => /^none$/i.test(uri) || canonicalisationBy(uri) !== undefined)
  const none = text !== undefined && /^none$/i.test(text)
  return none ? { canonicalisation: inclusive, implicitCanonicalisation: true } : present({ canonicalisation: text })
}

function keyInfoOf(reader: Reader): KeyInfoOptions | undefined {
  const unsigned = reader.flag('keepKeyInfoUnsigned')
  const asked = present({
    signed: unsigned === false || undefined,
    keyValue: reader.flag('addKeyInfoKeyValue') || undefined,
    keyName: reader.flag('addKeyInfoKeyName') || undefined,
    issuerSerial: reader.flag('addKeyInfoX509IssuerSerial') || undefined,
  })
  return Object.keys(asked).length === 0 ? undefined : asked
}

const digests: Readonly<Record<string, DigestAlgorithm>> = {
  SHA1: 'SHA-1',
  SHA256: 'SHA-256',
  SHA384: 'SHA-384',
  SHA512: 'SHA-512',
}

function precalculatedOf(reader: Reader): DigestAlgorithm | undefined {
  const name = reader.text('precalculatedHashAlgorithm')
  if (name === undefined) return undefined
  const algorithm = digestAlgorithmBy(name) ?? digests[name.toUpperCase().replaceAll('-', '')]
  if (algorithm === undefined) throw new Fault('REQUEST_INVALID', `precalculatedHashAlgorithm ${name} is not known`)
  return algorithm
}

const maxManifestEntries = 500

/** `uri` and the content, or `uri1` and `md1`, `uri2` and `md2` and so on. Throws REQUEST_INVALID. */
function manifestOf(reader: Reader): XadesOptions['manifest'] {
  if (reader.flag('useManifest') !== true) return undefined
  if (reader.text('uri') !== undefined) return 'content'
  const entries: ManifestEntry[] = []
  for (let uri = reader.text('uri1'); uri !== undefined; uri = reader.text(`uri${entries.length + 1}`)) {
    if (entries.length >= maxManifestEntries) throw new Fault('REQUEST_INVALID', 'a Manifest with too many entries')
    entries.push({ uri, ...manifestEntry(reader, entries.length + 1) })
  }
  return entries.length === 0 ? 'content' : entries
}

function manifestEntry(reader: Reader, number: number): Omit<ManifestEntry, 'uri'> {
  const digest = reader.text(`md${number}`)
  if (digest === undefined) throw new Fault('REQUEST_INVALID', `md${number} is missing`)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(digest)) throw new Fault('REQUEST_INVALID', `md${number} is no Base64`)
  const oid = reader.text(`contentTypeOid${number}`)?.replace(/^urn:oid:/i, '')
  if (oid !== undefined && !isDotted(oid)) {
    throw new Fault('REQUEST_INVALID', `contentTypeOid${number} is no object identifier`)
  }
  const encoding = reader.text(`encoding${number}`)
  const mimeType = reader.text(`mimeType${number}`) ?? 'application/octet-stream'
  const format = { mimeType, ...present({ oid, encoding: encoding && encodingUri(encoding) }) }
  return { digest: Buffer.from(digest, 'base64'), format }
}

interface Asked {
  readonly operation: SignatureOperation
  readonly packaging: Packaging
}

interface Place {
  /** Of the parameters that it is read from. */
  readonly names: readonly string[]
  appliesTo(asked: Asked): boolean
}

const signing =
  (...packagings: readonly Packaging[]) =>
  ({ operation, packaging }: Asked) =>
    operation === 'sign' && packagings.includes(packaging)

/** What has something to act on in some signatures only. */
const places = {
  nodeToSign: { names: ['nodeToSign'], appliesTo: signing('enveloped', 'enveloping', 'internally-detached') },
  insertAt: { names: ['insertEnvelopedSignatureOnNodeByXPath'], appliesTo: signing('enveloped') },
  leavesOut: {
    names: ['avoidXpathExtraTransformsOnEnveloped', 'avoidEnvelopedTransformWhenSigningNode'],
    appliesTo: signing('enveloped'),
  },
  invoice: { names: ['facturaeSign'], appliesTo: signing('enveloped') },
  manifest: { names: ['useManifest'], appliesTo: signing('detached') },
  contentUri: { names: ['uri'], appliesTo: signing('detached') },
  precalculated: { names: ['precalculatedHashAlgorithm'], appliesTo: signing('detached') },
  signsBase64Text: { names: ['avoidBase64Transforms'], appliesTo: signing('enveloping', 'internally-detached') },
  outputEncoding: { names: ['outputXmlEncoding'], appliesTo: ({ operation }) => operation === 'sign' },
  allowArchived: { names: ['allowSignLTSignature'], appliesTo: ({ operation }) => operation !== 'sign' },
  avoidAgePolicy: { names: ['avoidAGEPolicyIncompatibilities'], appliesTo: ({ operation }) => operation === 'cosign' },
} as const satisfies Partial<Record<keyof XadesOptions, Place>>

/** What of the parameters applies to one signature, and the names of those that have nothing to act on there. */
export function xadesFor(
  { options, given }: XadesParams,
  asked: Asked,
): { readonly xades: XadesOptions; readonly ignored: readonly string[] } {
  const idle = Object.entries(places).filter(
    ([key, place]) => options[key as keyof XadesOptions] !== undefined && !place.appliesTo(asked),
  )
  const left = Object.entries(options).filter(([key]) => !idle.some(([name]) => name === key))
  const ignored = idle.flatMap(([, { names }]) => names).filter(name => given.includes(name))
  return { xades: Object.fromEntries(left), ignored }
}
