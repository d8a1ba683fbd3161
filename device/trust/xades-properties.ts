// The qualifying properties of a XAdES signature (ETSI EN 319 132-1, 4.4 and 5.2): found in the signature's own ds:Object,
// believed only where a Reference of SignedInfo is over that very SignedProperties element, and what the signer stated
// there.

import { countersignedType, namespaces, signedPropertiesType } from '../ades/xades-names.ts'
import { canonicalisationOf } from '../xml/algorithms.ts'
import type { XmlElement } from '../xml/node.ts'
import { attributeOf, childElements, childOf, childrenOf, textOf } from '../xml/walk.ts'
import type { XmlSignature } from '../xml/xmldsig.ts'
import type { Finding } from './report.ts'
import type { CheckedReference } from './xades-references.ts'

/** Of XAdES 1.1.1 and 1.2.2, which old signatures have: their signed properties are read, the unsigned ones are not. */
const oldNamespaces = ['http://uri.etsi.org/01903/v1.1.1#', 'http://uri.etsi.org/01903/v1.2.2#'] as const

/** Type of the Reference to SignedProperties, in all versions. */
export function isPropertiesType(type: string | undefined): boolean {
  return type === signedPropertiesType || oldNamespaces.some(namespace => type === `${namespace}SignedProperties`)
}

export interface QualifyingProperties {
  /** That of the version of XAdES which they are written in. */
  readonly namespace: string
  /** xades:QualifyingProperties, and the ds:Object that holds it. */
  readonly element: XmlElement
  readonly object: XmlElement
  /** Only where they are signed. */
  readonly signed?: XmlElement
  /** xades:UnsignedSignatureProperties. */
  readonly unsigned?: XmlElement
}

export interface PropertiesReading {
  readonly properties?: QualifyingProperties
  readonly findings: readonly Finding[]
  readonly violations: readonly string[]
}

/** The properties of a signature whose references have been checked. */
export function readProperties(signature: XmlSignature, checked: readonly CheckedReference[]): PropertiesReading {
  const candidates = signature.objects.flatMap(object =>
    [namespaces.xades, ...oldNamespaces].flatMap(namespace =>
      childrenOf(object, namespace, 'QualifyingProperties').map(element => ({ element, object, namespace })),
    ),
  )
  const [only, ...others] = candidates
  if (only === undefined) return { findings: [], violations: ['no QualifyingProperties'] }
  const { element, namespace } = only
  const [signed, ...moreSigned] = childrenOf(element, namespace, 'SignedProperties')
  const target = attributeOf(element, 'Target')
  const problems = [
    others.length > 0 && 'more than one QualifyingProperties',
    target !== `#${signature.id ?? ''}` && 'QualifyingProperties are about another signature',
    moreSigned.length > 0 && 'more than one SignedProperties',
  ].filter(problem => problem !== false)
  const references = checked.filter(one => one.direct && isPropertiesType(one.reference.type))
  if (problems.length === 0 && signed !== undefined && !isSigned(signed, checked)) {
    problems.push('no Reference is over the SignedProperties of the signature itself')
  }
  const violations = [
    ...problems,
    ...(signed === undefined ? ['no SignedProperties'] : []),
    ...(namespace === namespaces.xades ? [] : [`properties of another version, ${namespace}`]),
    ...(references.length === 1 ? [] : [`${references.length} References of the type of SignedProperties`]),
  ]
  const unsigned = unsignedSignatureProperties(element)
  return {
    properties: {
      ...only,
      ...(problems.length === 0 && signed !== undefined && { signed }),
      ...(unsigned !== undefined && { unsigned }),
    },
    findings: problems.map(detail => ({ subIndication: 'FORMAT_FAILURE', detail })),
    violations,
  }
}

/** Whether a Reference of SignedInfo is over all of this very element. */
function isSigned(element: XmlElement, checked: readonly CheckedReference[]): boolean {
  return checked.some(
    ({ direct, reference, target }) =>
      direct && target === element && reference.transforms.every(one => canonicalisationOf(one) !== undefined),
  )
}

function unsignedSignatureProperties(element: XmlElement): XmlElement | undefined {
  const unsigned = childOf(element, namespaces.xades, 'UnsignedProperties')
  return unsigned && childOf(unsigned, namespaces.xades, 'UnsignedSignatureProperties')
}

/** A child of xades:SignedSignatureProperties or of xades:SignedDataObjectProperties, all of that name. */
export function signedProperties(
  { signed, namespace }: Pick<QualifyingProperties, 'signed' | 'namespace'>,
  of: 'SignedSignatureProperties' | 'SignedDataObjectProperties',
  local: string,
): readonly XmlElement[] {
  const parent = signed && childOf(signed, namespace, of)
  return parent === undefined ? [] : childrenOf(parent, namespace, local)
}

/** xades:SigningTime; milliseconds since 1970, undefined where it is missing or no xsd:dateTime. */
export function signingTimeOf(properties: QualifyingProperties): number | undefined {
  const [element] = signedProperties(properties, 'SignedSignatureProperties', 'SigningTime')
  const text = element === undefined ? '' : textOf(element).trim()
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}:\d{2})?$/.exec(text)
  const time = match === null ? Number.NaN : Date.parse(`${match[1]}${match[2] ?? 'Z'}`)
  return Number.isNaN(time) ? undefined : time
}

/** xades:SignaturePolicyIdentifier (5.2.9); an implied policy names none. */
export function policyOf(properties: QualifyingProperties): { readonly id: string; readonly uri?: string } | undefined {
  const [identifier] = signedProperties(properties, 'SignedSignatureProperties', 'SignaturePolicyIdentifier')
  const down = (from: XmlElement | undefined, ...locals: readonly string[]) =>
    locals.reduce((one, local) => one && childOf(one, properties.namespace, local), from)
  const policy = down(identifier, 'SignaturePolicyId')
  const name = down(policy, 'SigPolicyId', 'Identifier')
  if (name === undefined) return undefined
  const uri = down(policy, 'SigPolicyQualifiers', 'SigPolicyQualifier', 'SPURI')
  const id = textOf(name).trim()
  return {
    id: /^urn:oid:[0-9.]+$/i.test(id) ? id.slice('urn:oid:'.length) : id,
    ...(uri !== undefined && { uri: textOf(uri).trim() }),
  }
}

/** Requirements of baseline B on the properties themselves (EN 319 132-1, 6.3). */
export function propertyViolations(
  properties: QualifyingProperties,
  data: readonly CheckedReference[],
): readonly string[] {
  const count = (local: string) => signedProperties(properties, 'SignedSignatureProperties', local).length
  const [v2] = signedProperties(properties, 'SignedSignatureProperties', 'SigningCertificateV2')
  // The first version counts too, as it does for EU DSS: TS 103 171 asked for it, and AutoFirma still writes it.
  const certificates = count('SigningCertificateV2') + count('SigningCertificate')
  const problems = [
    signingTimeOf(properties) === undefined && 'no SigningTime',
    count('SigningTime') > 1 && 'more than one SigningTime',
    certificates !== 1 && `${certificates} SigningCertificate properties`,
    v2 !== undefined && childElements(v2).some(one => attributeOf(one, 'URI') !== undefined) && 'a Cert with URI',
    ...[
      'SignaturePolicyIdentifier',
      'SignerRole',
      'SignerRoleV2',
      'SignatureProductionPlace',
      'SignatureProductionPlaceV2',
    ]
      .filter(local => count(local) > 1)
      .map(local => `more than one ${local}`),
  ]
  return [...problems.filter(problem => problem !== false), ...formatViolations(properties, data)]
}

/** DataObjectFormat with a MimeType for every Reference to data (6.3, note p). */
function formatViolations(properties: QualifyingProperties, data: readonly CheckedReference[]): string[] {
  const formats = signedProperties(properties, 'SignedDataObjectProperties', 'DataObjectFormat')
  const described = new Set(
    formats
      .filter(format => childOf(format, properties.namespace, 'MimeType') !== undefined)
      .map(format => attributeOf(format, 'ObjectReference')),
  )
  return data
    .filter(({ direct, reference }) => direct && reference.type !== countersignedType)
    .filter(({ reference: { id } }) => id === undefined || !described.has(`#${id}`))
    .map(({ reference }) => `no DataObjectFormat with MimeType for Reference "${reference.uri ?? ''}"`)
}
