// From what is asked of a signature, extra parameters included, to the job that makes it: one way for the command line, for
// batches and for pages. What of the parameters comes to nothing is named.

import type { ExtraParams } from '../ades/extra-params.ts'
import type { Attachment } from '../ades/extra-pdf.ts'
import { present } from '../ades/extra-reader.ts'
import type { Typeface, VisibleSignature } from '../ades/extra-visible.ts'
import { xadesFor } from '../ades/extra-xades.ts'
import type { JobFiles, ShownSignature, SignJob } from '../ades/job.ts'
import type { Packaging, SignatureProperties } from '../ades/request.ts'
import { isPseudonym, visibleText } from '../ades/visible-text.ts'
import { streamOf } from '../path/step.ts'
import { readCertificate } from '../trust/certificate.ts'
import type { Scratch } from '../verbs/scratch.ts'

/** Of fonts-dejavu-core, a package of every installation. */
const fontFolder = '/usr/share/fonts/truetype/dejavu'
const fontNames = { mono: 'DejaVuSansMono', sans: 'DejaVuSans', serif: 'DejaVuSerif' } as const

/** What a job is made of beside its extra parameters. */
export interface SignOrder
  extends Pick<
    SignJob,
    | 'format'
    | 'level'
    | 'operation'
    | 'packaging'
    | 'identity'
    | 'properties'
    | 'contentName'
    | 'anchors'
    | 'signatureId'
    | 'timestampPolicy'
  > {
  readonly extra: ExtraParams
}

/** The job, and the names of parameters that have no effect on it. */
export function signJobOf({ extra, ...order }: SignOrder): {
  readonly job: SignJob
  readonly ignored: readonly string[]
} {
  const { identity, properties } = order
  const shown = shownBy(extra, properties, identity.certificate)
  const xades = extra.xades && xadesFor(extra.xades, order)
  const job: SignJob = {
    job: 'sign',
    ...order,
    identity: extra.signerCertificateOnly === true ? { ...identity, chain: [] } : identity,
    target: extra.target ?? 'LEAFS',
    pdf: shown.pdf,
    cades: extra.cades,
    ...(xades !== undefined && { xades: xades.xades }),
  }
  return { job, ignored: [...extra.ignored, ...shown.ignored, ...(xades?.ignored ?? [])] }
}

/**
 * How a signature lies: as its parameters say, else as the name of its format does, else as usual; but where a policy is named,
 * in a way that the policy allows, as AutoFirma does it.
 */
export function packagingBy(
  { packaging, policyPackagings }: Pick<ExtraParams, 'packaging' | 'policyPackagings'>,
  named: Packaging | undefined,
  usual: Packaging,
): Packaging {
  const asked = packaging ?? named ?? usual
  return policyPackagings === undefined || policyPackagings.includes(asked) ? asked : policyPackagings[0]
}

/** What a signature with these parameters states, made at this time unless they say another. */
export function statedBy(
  { policy, location, claimedRoles, commitments, contentFormat, pdf }: ExtraParams,
  now: number,
): SignatureProperties {
  // As the clock on the wall says it, since no zone is named.
  const told = pdf.localTime === undefined ? undefined : new Date(pdf.localTime).getTime()
  return {
    signingTime: told ?? now,
    ...(policy !== undefined && { policy }),
    ...(location !== undefined && { location }),
    ...(claimedRoles !== undefined && { claimedRoles }),
    ...(commitments !== undefined && { commitments }),
    ...(contentFormat !== undefined && { contentFormat }),
  }
}

/**
 * What a PDF signature shows and says, the signer's name in its text where it is known who signs, and what of --extra has no effect there. No secret is
 * in it.
 */
export function shownBy(
  { pdf }: ExtraParams,
  properties: SignatureProperties,
  signerCertificate: Uint8Array | undefined,
): { readonly pdf: SignJob['pdf']; readonly ignored: readonly string[] } {
  const { fieldName, certificationLevel, reason, contactInfo, pageImage, attachment } = pdf
  const { reservedBytes, formAsSigned, knownSignaturesOnly } = pdf
  // A policy or a commitment is the reason (EN 319 142-1, 5.3), and AutoFirma drops any other.
  const explained = properties.policy !== undefined || (properties.commitments ?? []).length > 0
  const said = {
    ...(reason !== undefined && !explained && { reason }),
    ...(contactInfo !== undefined && { contactInfo }),
  }
  const { visible, unknown } = visibleBy(pdf.visible, { ...said, properties, signerCertificate })
  const ignored = [...(reason !== undefined && explained ? ['signReason'] : []), ...unknown]
  const asked = {
    ...said,
    ...(fieldName !== undefined && { fieldName }),
    ...(certificationLevel !== undefined && { certificationLevel }),
    ...(reservedBytes !== undefined && { reservedBytes }),
    ...(formAsSigned && { formAsSigned }),
    ...(knownSignaturesOnly && { knownSignaturesOnly }),
    ...(pageImage && { pageImage: { pages: pageImage.pages, rectangle: pageImage.rectangle } }),
    ...(attachment && { attachment: withoutData(attachment) }),
    ...(visible && { visible }),
  }
  return { pdf: asked, ignored }
}

function withoutData({ data: _, ...rest }: Attachment): Omit<Attachment, 'data'> {
  return rest
}

interface VisibleFacts {
  readonly reason?: string
  readonly contactInfo?: string
  readonly properties: SignatureProperties
  readonly signerCertificate: Uint8Array | undefined
}

function visibleBy(
  wanted: VisibleSignature | undefined,
  { properties, signerCertificate, ...said }: VisibleFacts,
): { readonly visible?: ShownSignature; readonly unknown: readonly string[] } {
  if (wanted === undefined) return { unknown: [] }
  const { image: _image, typeface: _typeface, masking, text, ...visible } = wanted
  if (text === undefined) return { visible, unknown: [] }
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  const { city } = properties.location ?? {}
  const certificate = signerCertificate && readCertificate(signerCertificate)
  const hides = masking !== undefined && (masking.wanted ?? (certificate !== undefined && !isPseudonym(certificate)))
  const filled = visibleText(text, {
    ...said,
    ...(certificate !== undefined && { certificate }),
    signingTime: properties.signingTime,
    timeZone,
    ...(city !== undefined && { location: city }),
    ...(hides && { mask: masking.mask }),
  })
  return {
    visible: { ...visible, text: filled.text },
    unknown: filled.unknown.map(variable => `layer2Text ${variable}`),
  }
}

/** What a PDF signature shows or takes along, as files. */
export async function filesOf(
  { pdf: { visible, pageImage, attachment } }: ExtraParams,
  scratch: Pick<Scratch, 'folder' | 'write'>,
): Promise<Omit<JobFiles, 'input' | 'content'>> {
  const stored = async (bytes: Uint8Array | undefined) =>
    bytes && `${scratch.folder}/${(await scratch.write('resource', streamOf(bytes))).name}`
  return present({
    font: visible?.text === undefined ? undefined : fontFile(visible.typeface),
    image: await stored(visible?.image),
    pageImage: await stored(pageImage?.image),
    attachment: await stored(attachment?.data),
  })
}

/** The password that the parameters bring, a secret: it goes to the job beside them and never in them. */
export function openedBy({ pdf: { password } }: ExtraParams): { readonly password?: string } {
  return password === undefined ? {} : { password }
}

function fontFile({ family, bold }: Typeface = { family: 'sans', bold: false }): string {
  return `${fontFolder}/${fontNames[family]}${bold ? '-Bold' : ''}.ttf`
}
