// What one can see of an XML signature without caring who made it: what it is over and where it stands, how that becomes
// octets, what its KeyInfo and Manifest say. AutoFirma's file and ours have to be alike in these for the same parameters.

import { digestUris } from '../../device/xml/algorithms.ts'
import { decodeXml } from '../../device/xml/encoding.ts'
import type { XmlElement } from '../../device/xml/node.ts'
import { parseXml } from '../../device/xml/parse.ts'
import { attributeOf, childElements, descendantsOf, elementsById, textOf } from '../../device/xml/walk.ts'

const ds = 'http://www.w3.org/2000/09/xmldsig#'
const xades = 'http://uri.etsi.org/01903/v1.3.2#'

/** The last signature of a file in words that are the same whoever wrote it. */
export function traitsOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const document = parseXml(bytes)
  const signature = descendantsOf(document.root, ds, 'Signature').at(-1)
  const [method, , reference, ...others] = signature ? childElements(childElements(signature)[0] ?? signature) : []
  if (signature === undefined || reference === undefined) return { signature: 'none' }
  const uri = attributeOf(reference, 'URI') ?? ''
  const [target] = elementsById(document).get(uri.replace(/^#/, '')) ?? []
  const [keyInfo] = descendantsOf(signature, ds, 'KeyInfo')
  const isOwn = target !== undefined && /^(Object|Content|CONTENT|Manifest)$/.test(target.local)
  return {
    about: isOwn ? target.local.toLowerCase() : uri,
    place: placeOf(signature),
    canonicalisation: method && attributeOf(method, 'Algorithm'),
    ...transformed(reference),
    digest: digestOf(reference),
    content: isOwn && target.local !== 'Manifest' && childElements(target).length === 0 ? textOf(target) : undefined,
    isKeyInfoSigned: others.some(one => pointsAt(one, signature, 'KeyInfo')),
    keyInfo: ['KeyValue', 'KeyName', 'X509IssuerName'].filter(name => keyInfo && descendantsOf(keyInfo, ds, name)[0]),
    keyName: descendantsOf(signature, ds, 'KeyName').map(textOf),
    manifest: descendantsOf(signature, ds, 'Manifest').flatMap(childElements).map(entryOf),
    policy: descendantsOf(signature, xades, 'SigPolicyId')
      .map(one => childElements(one)[0])
      .map(one => one && textOf(one)),
    formats: descendantsOf(signature, xades, 'DataObjectFormat').length,
    encoding: /encoding="([^"]*)"/.exec(decodeXml(bytes).text.slice(0, 100))?.[1]?.toUpperCase(),
  }
}

/** The elements that each of the two puts around what has no root are one, whatever they are called. */
function placeOf({ parent }: XmlElement): string {
  if (parent === undefined) return 'alone'
  if (!/^(AFIRMA|SignedDocument|Signatures)$/.test(parent.local)) return parent.local
  return childElements(parent).length === 1 ? 'alone' : 'beside'
}

/** Apart from their order: AutoFirma canonicalises first. */
function transformed(reference: XmlElement) {
  const algorithms = descendantsOf(reference, ds, 'Transform').map(one => attributeOf(one, 'Algorithm') ?? '')
  const has = (pattern: RegExp) => algorithms.some(algorithm => pattern.test(algorithm))
  return {
    leavesOut: has(/xpath|filter2/i) ? 'signatures' : has(/enveloped-signature/) ? 'itself' : 'nothing',
    transforms: algorithms.filter(algorithm => /c14n|base64/.test(algorithm)),
  }
}

function digestOf(element: XmlElement): string | undefined {
  const [method] = descendantsOf(element, ds, 'DigestMethod')
  const uri = method && attributeOf(method, 'Algorithm')
  return Object.entries(digestUris).find(([, known]) => known === uri)?.[0] ?? uri
}

function pointsAt(reference: XmlElement, signature: XmlElement, local: string): boolean {
  const [element] = descendantsOf(signature, ds, local)
  const id = element && attributeOf(element, 'Id')
  return id !== undefined && attributeOf(reference, 'URI') === `#${id}`
}

function entryOf(reference: XmlElement) {
  const value = descendantsOf(reference, ds, 'DigestValue').map(textOf)
  return { uri: attributeOf(reference, 'URI'), digest: digestOf(reference), value }
}
