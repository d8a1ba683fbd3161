// Extra parameters of a signature by the names that AutoFirma gives them (extraParams of clienteafirma 1.9), turned into
// what is asked of a signature here. A parameter that is not known, or that nothing is done about, does not stop a
// signature: it is named in `ignored`, and whoever asked is told.

import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { type PdfExtra, pdfOf } from './extra-pdf.ts'
import { present, type Reader, readerOf } from './extra-reader.ts'
import { encodingOf, type XadesParams, xadesOf } from './extra-xades.ts'
import { agel, checkedPolicy, isDotted } from './policy.ts'
import type {
  CommitmentType,
  DataObjectFormat,
  Packaging,
  SignatureFormat,
  SignaturePolicy,
  SignerLocation,
} from './request.ts'

export interface ExtraParams {
  readonly policy?: SignaturePolicy
  readonly location?: SignerLocation
  readonly claimedRoles?: readonly string[]
  readonly commitments?: readonly CommitmentType[]
  readonly contentFormat?: DataObjectFormat
  readonly packaging?: Packaging
  readonly target?: 'LEAFS' | 'TREE'
  readonly signerCertificateOnly?: boolean
  readonly pdf: PdfExtra
  /** Of XAdES alone. */
  readonly xades?: XadesParams
  /** Names of parameters that had no effect, in their order. */
  readonly ignored: readonly string[]
}

/** Names that say nothing about a signature of the format; a reason is none beside a policy or a commitment. */
const foreign: Readonly<Record<SignatureFormat, RegExp>> = {
  PAdES:
    /^(mode|format|target|mimeType|content(Description|TypeOid)|encoding|policyDescription|commitment\w+Description)$/,
  CAdES:
    /^(format|encoding|policyDescription|commitment\w+Description|sign(atureField|aturePage|aturePositionOn\w+|atureRubricImage|Reason|erContact)|certificationLevel|layer2\w+)$/,
  XAdES:
    /^(mode|sign(atureField|aturePage|aturePositionOn\w+|atureRubricImage|Reason|erContact)|certificationLevel|layer2\w+)$/,
}

/** Throws REQUEST_INVALID for a value that cannot be what its name says, POLICY_UNUSABLE for half a policy. */
export function readExtraParams(params: ReadonlyMap<string, string>, format: SignatureFormat): ExtraParams {
  const reader = readerOf(params, foreign[format])
  const found = {
    policy: policyOf(reader, format),
    location: locationOf(reader),
    claimedRoles: rolesOf(reader),
    commitments: commitmentsOf(reader),
    contentFormat: contentFormatOf(reader),
    packaging: packagingOf(reader),
    target: targetOf(reader),
    signerCertificateOnly: reader.flag('includeOnlySignningCertificate'),
  }
  const pdf = pdfOf(reader)
  const xades = format === 'XAdES' ? xadesOf(reader) : undefined
  const manifest = xades?.options.manifest !== undefined ? { packaging: 'detached' as const } : {}
  return { ...present({ ...found, ...manifest, xades }), pdf, ignored: reader.rest() }
}

const digestNames: Readonly<Record<string, DigestAlgorithm>> = {
  SHA1: 'SHA-1',
  SHA256: 'SHA-256',
  SHA384: 'SHA-384',
  SHA512: 'SHA-512',
}

function policyOf(reader: Reader, format: SignatureFormat): SignaturePolicy | undefined {
  const named = reader.text('expPolicy')
  const id = reader.text('policyIdentifier')
  const hash = reader.text('policyIdentifierHash')
  const algorithm = reader.text('policyIdentifierHashAlgorithm') ?? 'SHA1'
  const qualifier = reader.text('policyQualifier')
  const description = reader.text('policyDescription')
  if (named !== undefined) {
    if (/^FirmaAGE(19)?$/i.test(named)) return agel
    throw new Fault('POLICY_UNUSABLE', `the policy ${named} is not built in`)
  }
  if (id === undefined) return undefined
  const digestAlgorithm = digestNames[algorithm.toUpperCase().replace(/^.*#|-/g, '')]
  if (hash === undefined || digestAlgorithm === undefined) {
    throw new Fault('POLICY_UNUSABLE', 'a policy needs policyIdentifierHash and a SHA policyIdentifierHashAlgorithm')
  }
  const digest = Buffer.from(hash, 'base64')
  return checkedPolicy({ id: bare(id), digestAlgorithm, digest, ...present({ qualifier, description }) }, format)
}

function locationOf(reader: Reader): SignerLocation | undefined {
  const location = present({
    street: reader.text('signatureProductionStreetAddress'),
    city: reader.text('signatureProductionCity'),
    province: reader.text('signatureProductionProvince'),
    postalCode: reader.text('signatureProductionPostalCode'),
    country: reader.text('signatureProductionCountry'),
  })
  return Object.keys(location).length === 0 ? undefined : location
}

function rolesOf(reader: Reader): readonly string[] | undefined {
  return reader
    .text('signerClaimedRoles')
    ?.split('|')
    .map(role => role.trim())
    .filter(role => role !== '')
}

/** id-cti-ets-proofOfOrigin … proofOfCreation, which AutoFirma also writes as 1 to 6 (RFC 5126, 5.11.1). */
const commitmentArc = '1.2.840.113549.1.9.16.6'
const maxCommitments = 20

function commitmentsOf(reader: Reader): readonly CommitmentType[] | undefined {
  const count = reader.number('commitmentTypeIndications')
  if (count === undefined) return undefined
  if (!Number.isInteger(count) || count < 0 || count > maxCommitments) {
    throw new Fault('REQUEST_INVALID', `commitmentTypeIndications is none of 0 to ${maxCommitments}`)
  }
  return Array.from({ length: count }, (_, index) => {
    const name = `commitmentTypeIndication${index}`
    const id = reader.text(`${name}Identifier`)
    if (id === undefined) throw new Fault('REQUEST_INVALID', `${name}Identifier is missing`)
    return {
      id: dotted(`${name}Identifier`, /^[1-6]$/.test(id) ? `${commitmentArc}.${id}` : id),
      ...present({ description: reader.text(`${name}Description`) }),
    }
  })
}

const bare = (identifier: string) => identifier.replace(/^urn:oid:/i, '')

/** Throws REQUEST_INVALID for what is no object identifier, as a URN or without. */
function dotted(name: string, identifier: string): string {
  if (!isDotted(bare(identifier))) throw new Fault('REQUEST_INVALID', `${name} is no object identifier`)
  return bare(identifier)
}

function contentFormatOf(reader: Reader): DataObjectFormat | undefined {
  const mimeType = reader.text('mimeType')
  const oid = reader.text('contentTypeOid')
  const more = present({
    description: reader.text('contentDescription'),
    oid: oid === undefined ? undefined : dotted('contentTypeOid', oid),
    encoding: encodingOf(reader),
  })
  if (mimeType === undefined && Object.keys(more).length === 0) return undefined
  return { mimeType: mimeType ?? 'application/octet-stream', ...more }
}

const xadesPackagings: Readonly<Record<string, Packaging>> = {
  'xades enveloped': 'enveloped',
  'xades enveloping': 'enveloping',
  'xades detached': 'internally-detached',
  'xades externally detached': 'detached',
}

/** `format` of XAdES, `mode` of CAdES; AutoFirma's "XAdES Detached" keeps the content in the same file. */
function packagingOf(reader: Reader): Packaging | undefined {
  const format = reader.text('format')
  const mode = reader.text('mode')
  if (format !== undefined) {
    const packaging = xadesPackagings[format.toLowerCase()]
    if (packaging === undefined) throw new Fault('REQUEST_INVALID', `format ${format} is not known`)
    return packaging
  }
  if (mode === undefined) return undefined
  if (mode !== 'explicit' && mode !== 'implicit')
    throw new Fault('REQUEST_INVALID', 'mode is neither explicit nor implicit')
  return mode === 'explicit' ? 'detached' : 'enveloping'
}

function targetOf(reader: Reader): ExtraParams['target'] {
  const target = reader.text('target')?.toUpperCase()
  if (target === undefined || target === 'LEAFS' || target === 'TREE') return target
  throw new Fault('REQUEST_INVALID', 'target is neither LEAFS nor TREE')
}
