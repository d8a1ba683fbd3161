// Extra parameters of a signature by the names that AutoFirma gives them (extraParams of clienteafirma 1.9), turned into
// what is asked of a signature here. A parameter that is not known, or that nothing is done about, does not stop a
// signature: it is named in `ignored`, and whoever asked is told.

import { Fault } from '../errors.ts'
import { type CadesExtra, cadesOf } from './extra-cades.ts'
import { type PdfExtra, pdfOf } from './extra-pdf.ts'
import { digestNamed, present, type Reader, readerOf } from './extra-reader.ts'
import { encodingOf, type XadesParams, xadesOf } from './extra-xades.ts'
import { checkedPolicy, isDotted, namedPolicy } from './policy.ts'
import type {
  CommitmentType,
  DataObjectFormat,
  Packaging,
  SignatureFormat,
  SignatureOperation,
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
  /** Those that the named policy allows, the first in place of any other. */
  readonly policyPackagings?: readonly [Packaging, ...Packaging[]]
  readonly target?: 'LEAFS' | 'TREE'
  readonly signerCertificateOnly?: boolean
  readonly pdf: PdfExtra
  readonly cades: CadesExtra
  /** Of XAdES alone. */
  readonly xades?: XadesParams
  /** Names of parameters that had no effect, in their order. */
  readonly ignored: readonly string[]
}

/** Names that say nothing about a signature of the format. */
const foreign: Readonly<Record<SignatureFormat, RegExp>> = {
  PAdES: /^target$|^policyDescription$|^commitment\w+(Description|DocumentationReferences)$/,
  CAdES: /^policyDescription$|^commitment\w+(Description|DocumentationReferences)$/,
  XAdES: /^$/,
}

/** Names that say nothing about what is done: a further signature has the content of those that are there. */
const without: Readonly<Record<SignatureOperation, RegExp>> = {
  sign: /^target$/,
  cosign: /^(target|mode|precalculatedHashAlgorithm)$/,
  countersign:
    /^(mode|precalculatedHashAlgorithm|mimeType|content(TypeOid|Description)|include(MimeType|ContentHint)Attribute)$/,
}

/**
 * What the parameters ask of a signature of this format; with `operation` those that say nothing about it are among the
 * ignored ones. Throws REQUEST_INVALID for a value that cannot be what its name says, POLICY_UNUSABLE for half a policy.
 */
export function readExtraParams(
  params: ReadonlyMap<string, string>,
  format: SignatureFormat,
  operation?: SignatureOperation,
): ExtraParams {
  const unused = [foreign[format], ...(operation === undefined ? [] : [without[operation]])]
  const reader = readerOf(params, new RegExp(unused.map(({ source }) => source).join('|')))
  noteSatisfied(reader, params)
  const policyNamed = reader.text('expPolicy') !== undefined
  const inCms = format === 'CAdES' ? cadesOf(reader, policyNamed) : undefined
  const found = {
    policy: policyOf(reader, format),
    location: locationOf(reader),
    claimedRoles: rolesOf(reader),
    commitments: commitmentsOf(reader, format),
    contentFormat: format === 'XAdES' ? contentFormatOf(reader) : undefined,
    packaging: format === 'XAdES' ? packagingOf(reader, policyNamed) : inCms?.packaging,
    policyPackagings: format === 'XAdES' && policyNamed ? agePackagings : undefined,
    target: targetOf(reader),
    signerCertificateOnly: reader.flag('includeOnlySignningCertificate'),
  }
  const pdf = format === 'PAdES' ? pdfOf(reader) : {}
  const xades = format === 'XAdES' ? xadesOf(reader) : undefined
  const manifest =
    xades?.options.manifest !== undefined ? { packaging: 'detached' as const, policyPackagings: undefined } : {}
  return { ...present({ ...found, ...manifest, xades }), pdf, cades: inCms?.cades ?? {}, ignored: reader.rest() }
}

/**
 * Parameters that ask for what is done anyway, and those that whoever chooses the certificate reads: a baseline signature
 * with signing-certificate-v2 and without the certificate's policies, no questions, every signature verified.
 */
function noteSatisfied(reader: Reader, params: ReadonlyMap<string, string>): void {
  for (const name of ['headless', 'checkSignatures', 'mandatoryCertSelection', 'filter', 'filters']) reader.text(name)
  for (const name of params.keys()) if (/^filters\.\d+$/.test(name)) reader.text(name)
  if (reader.text('profile')?.toLowerCase() !== 'baseline') reader.ignore('profile')
  for (const name of ['signingCertificateV2', 'doNotIncludePolicyOnSigningCertificate']) {
    if (reader.flag(name) === false) reader.ignore(name)
  }
}

function policyOf(reader: Reader, format: SignatureFormat): SignaturePolicy | undefined {
  const named = reader.text('expPolicy')
  // What the name stands for goes before what is said beside it.
  if (named !== undefined) return namedPolicy(named, format)
  const id = reader.text('policyIdentifier')
  const hash = reader.text('policyIdentifierHash')
  const algorithm = reader.text('policyIdentifierHashAlgorithm') ?? 'SHA1'
  const qualifier = reader.text('policyQualifier')
  const description = reader.text('policyDescription')
  if (id === undefined) {
    reader.ignore('policyIdentifierHash', 'policyIdentifierHashAlgorithm', 'policyQualifier', 'policyDescription')
    return undefined
  }
  const digestAlgorithm = digestNamed(algorithm)
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

/** AutoFirma counts from 0 and looks at one more than there are said to be, so that counting from 1 does as well. */
function commitmentsOf(reader: Reader, format: SignatureFormat): readonly CommitmentType[] | undefined {
  const count = reader.number('commitmentTypeIndications')
  if (count === undefined) return undefined
  if (!Number.isInteger(count) || count < 0 || count > maxCommitments) {
    throw new Fault('REQUEST_INVALID', `commitmentTypeIndications is none of 0 to ${maxCommitments}`)
  }
  const found = Array.from({ length: count + 1 }, (_, index) => commitmentOf(reader, index, format)).flat()
  if (found.length === 0) reader.ignore('commitmentTypeIndications')
  return found.length === 0 ? undefined : found
}

function commitmentOf(reader: Reader, index: number, format: SignatureFormat): CommitmentType[] {
  const name = `commitmentTypeIndication${index}`
  const id = reader.text(`${name}Identifier`)
  if (id === undefined) return []
  const listed = (part: string) =>
    reader
      .text(`${name}${part}`)
      ?.split('|')
      .filter(one => one !== '')
  const qualifiers = listed('CommitmentTypeQualifiers')
  return [
    {
      id: dotted(`${name}Identifier`, /^[1-6]$/.test(id) ? `${commitmentArc}.${id}` : id),
      ...present({
        description: reader.text(`${name}Description`),
        documentationReferences: listed('DocumentationReferences'),
        qualifiers:
          format === 'XAdES'
            ? qualifiers
            : qualifiers?.map(one => dotted(`${name}CommitmentTypeQualifiers`, one.trim())),
      }),
    },
  ]
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

/** The AGE policy wants the content in the same file, and the signature not around it. */
const agePackagings = ['internally-detached', 'enveloped'] as const

/** AutoFirma's "XAdES Detached" keeps the content in the same file. */
function packagingOf(reader: Reader, policyNamed: boolean): Packaging | undefined {
  const format = reader.text('format')
  if (format === undefined) return undefined
  const packaging = xadesPackagings[format.toLowerCase()]
  if (packaging === undefined) throw new Fault('REQUEST_INVALID', `format ${format} is not known`)
  if (!policyNamed || agePackagings.some(one => one === packaging)) return packaging
  reader.ignore('format')
  return undefined
}

function targetOf(reader: Reader): ExtraParams['target'] {
  const target = reader.text('target')?.toUpperCase()
  if (target === undefined || target === 'LEAFS' || target === 'TREE') return target
  throw new Fault('REQUEST_INVALID', 'target is neither LEAFS nor TREE')
}
