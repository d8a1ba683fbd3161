// What --extra and --policy say about a signature, as the job and its files need it.

import { type ExtraParams, readExtraParams } from '../ades/extra-params.ts'
import type { Attachment } from '../ades/extra-pdf.ts'
import { present } from '../ades/extra-reader.ts'
import type { Typeface, VisibleSignature } from '../ades/extra-visible.ts'
import { parseProperties } from '../ades/java-properties.ts'
import type { JobFiles, ShownSignature, SignJob } from '../ades/job.ts'
import { agel, parsePolicy } from '../ades/policy.ts'
import type { SignatureFormat, SignatureProperties } from '../ades/request.ts'
import { isPseudonym, visibleText } from '../ades/visible-text.ts'
import { systemClock } from '../host.ts'
import { streamOf } from '../path/step.ts'
import { readCertificate } from '../trust/certificate.ts'
import { readInput, type Workbench } from './appliance.ts'
import type { Call } from './verb.ts'

/** Of fonts-dejavu-core, a package of every installation. */
const fontFolder = '/usr/share/fonts/truetype/dejavu'
const fontNames = { mono: 'DejaVuSansMono', sans: 'DejaVuSans', serif: 'DejaVuSerif' } as const

/** Throws FILE_UNREADABLE, REQUEST_INVALID, POLICY_UNUSABLE. */
export async function extraOf(call: Call, format: SignatureFormat): Promise<ExtraParams> {
  const path = call.text('extra')
  const text = path === undefined ? '' : (await readInput(path)).toString('utf8')
  return readExtraParams(parseProperties(text), format)
}

/** What is stated about the signature; --policy goes before the policy of --extra. Throws FILE_UNREADABLE, POLICY_UNUSABLE. */
export async function propertiesOf(call: Call, extra: ExtraParams): Promise<SignatureProperties> {
  const named = call.text('policy')
  const fromFile = async (path: string) => parsePolicy((await readInput(path)).toString('utf8'))
  const policy = named === undefined ? extra.policy : named === 'agel' ? agel : await fromFile(named)
  const { location, claimedRoles, commitments, contentFormat } = extra
  // As the clock on the wall says it, since no zone is named.
  const told = extra.pdf.localTime === undefined ? undefined : new Date(extra.pdf.localTime).getTime()
  return {
    signingTime: told ?? systemClock.now(),
    ...(policy !== undefined && { policy }),
    ...(location !== undefined && { location }),
    ...(claimedRoles !== undefined && { claimedRoles }),
    ...(commitments !== undefined && { commitments }),
    ...(contentFormat !== undefined && { contentFormat }),
  }
}

/**
 * What a PDF signature shows and says, the signer's name in its text, and what of --extra has no effect there. No secret is
 * in it.
 */
export function shownBy(
  { pdf }: ExtraParams,
  properties: SignatureProperties,
  signerCertificate: Uint8Array,
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
  readonly signerCertificate: Uint8Array
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
  const certificate = readCertificate(signerCertificate)
  const hides = masking !== undefined && (masking.wanted ?? !isPseudonym(certificate))
  const filled = visibleText(text, {
    ...said,
    certificate,
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
  { scratch }: Workbench,
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
