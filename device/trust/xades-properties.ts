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

export interface QualifyingProperties {
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
    childrenOf(object, namespaces.xades, 'QualifyingProperties').map(element => ({ element, object })),
  )
  const [only, ...others] = candidates
  if (only === undefined) return { findings: [], violations: ['no QualifyingProperties (XAdES 1.3.2)'] }
  const { element } = only
  const [signed, ...moreSigned] = childrenOf(element, namespaces.xades, 'SignedProperties')
  const target = attributeOf(element, 'Target')
  const problems = [
    others.length > 0 && 'more than one QualifyingProperties',
    target !== `#${signature.id ?? ''}` && 'QualifyingProperties are about another signature',
    moreSigned.length > 0 && 'more than one SignedProperties',
  ].filter(problem => problem !== false)
  const references = checked.filter(one => one.direct && one.reference.type === signedPropertiesType)
  if (problems.length === 0 && signed !== undefined && !isSigned(signed, checked)) {
    problems.push('no Reference is over the SignedProperties of the signature itself')
  }
  const violations = [
    ...problems,
    ...(signed === undefined ? ['no SignedProperties'] : []),
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
  { signed }: Pick<QualifyingProperties, 'signed'>,
  of: 'SignedSignatureProperties' | 'SignedDataObjectProperties',
  local: string,
): readonly XmlElement[] {
  const parent = signed && childOf(signed, namespaces.xades, of)
  return parent === undefined ? [] : childrenOf(parent, namespaces.xades, local)
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
  const policy = identifier && childOf(identifier, namespaces.xades, 'SignaturePolicyId')
  const name = policy && path(policy, 'SigPolicyId', 'Identifier')
  if (policy === undefined || name === undefined) return undefined
  const uri = path(policy, 'SigPolicyQualifiers', 'SigPolicyQualifier', 'SPURI')
  const id = textOf(name).trim()
  return {
    id: /^urn:oid:[0-9.]+$/i.test(id) ? id.slice('urn:oid:'.length) : id,
    ...(uri !== undefined && { uri: textOf(uri).trim() }),
  }
}

function path(element: XmlElement, ...locals: readonly string[]): XmlElement | undefined {
  return locals.reduce<XmlElement | undefined>((one, local) => one && childOf(one, namespaces.xades, local), element)
}

/** Requirements of baseline B on the properties themselves (EN 319 132-1, 6.3). */
export function propertyViolations(
  properties: QualifyingProperties,
  data: readonly CheckedReference[],
): readonly string[] {
  const count = (local: string) => signedProperties(properties, 'SignedSignatureProperties', local).length
  const [v2] = signedProperties(properties, 'SignedSignatureProperties', 'SigningCertificateV2')
  const problems = [
    signingTimeOf(properties) === undefined && 'no SigningTime',
    count('SigningTime') > 1 && 'more than one SigningTime',
    count('SigningCertificateV2') !== 1 && `${count('SigningCertificateV2')} SigningCertificateV2 properties`,
    count('SigningCertificate') > 0 && 'a SigningCertificate property, which SigningCertificateV2 replaces',
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
      .filter(format => childOf(format, namespaces.xades, 'MimeType') !== undefined)
      .map(format => attributeOf(format, 'ObjectReference')),
  )
  return data
    .filter(({ direct, reference }) => direct && reference.type !== countersignedType)
    .filter(({ reference: { id } }) => id === undefined || !described.has(`#${id}`))
    .map(({ reference }) => `no DataObjectFormat with MimeType for Reference "${reference.uri ?? ''}"`)
}
