// What --extra and --policy say about a signature, as the job and its files need it.

import { type ExtraParams, readExtraParams } from '../ades/extra-params.ts'
import { parseProperties } from '../ades/java-properties.ts'
import type { JobFiles, SignJob } from '../ades/job.ts'
import { agel, parsePolicy } from '../ades/policy.ts'
import type { SignatureFormat, SignatureOperation, SignatureProperties } from '../ades/request.ts'
import { visibleText } from '../ades/visible-text.ts'
import { systemClock } from '../host.ts'
import { streamOf } from '../path/step.ts'
import { readCertificate } from '../trust/certificate.ts'
import { type CertificateFilters, readCertificateFilters } from '../trust/certificate-filter.ts'
import { readInput, type Workbench } from './appliance.ts'
import type { Call } from './verb.ts'

/** Of fonts-dejavu-core, a package of every installation. */
const fontFile = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'

/** What --extra asks of a signature, and of the certificate where it says anything of that. */
export interface AskedByExtra {
  readonly extra: ExtraParams
  readonly filters?: CertificateFilters
}

/** Throws FILE_UNREADABLE, REQUEST_INVALID, POLICY_UNUSABLE. */
export async function extraOf(
  call: Call,
  format: SignatureFormat,
  operation: SignatureOperation,
): Promise<AskedByExtra> {
  const path = call.text('extra')
  const params = parseProperties(path === undefined ? '' : (await readInput(path)).toString('utf8'))
  const extra = readExtraParams(params, format, operation)
  const chosen = [...params.keys()].some(name => /^filter(s(\.\d+)?)?$/.test(name))
  return { extra, ...(chosen && { filters: readCertificateFilters(params) }) }
}

/** What is stated about the signature; --policy goes before the policy of --extra. Throws FILE_UNREADABLE, POLICY_UNUSABLE. */
export async function propertiesOf(call: Call, extra: ExtraParams): Promise<SignatureProperties> {
  const named = call.text('policy')
  const fromFile = async (path: string) => parsePolicy((await readInput(path)).toString('utf8'))
  const policy = named === undefined ? extra.policy : named === 'agel' ? agel : await fromFile(named)
  return statedBy({ ...extra, ...(policy !== undefined && { policy }) }, systemClock.now())
}

/** What a signature with these parameters states. */
export function statedBy(
  { policy, location, claimedRoles, commitments, contentFormat }: ExtraParams,
  signingTime: number,
): SignatureProperties {
  return {
    signingTime,
    ...(policy !== undefined && { policy }),
    ...(location !== undefined && { location }),
    ...(claimedRoles !== undefined && { claimedRoles }),
    ...(commitments !== undefined && { commitments }),
    ...(contentFormat !== undefined && { contentFormat }),
  }
}

/** What a PDF signature shows and says, the signer's name in its text, and what of --extra has no effect there. */
export function shownBy(
  { pdf }: ExtraParams,
  properties: SignatureProperties,
  signerCertificate: Uint8Array,
): { readonly pdf: SignJob['pdf']; readonly ignored: readonly string[] } {
  const { visible, reason, ...rest } = pdf
  // A policy or a commitment is the reason (EN 319 142-1, 5.3), and AutoFirma drops any other.
  const explained = properties.policy !== undefined || (properties.commitments ?? []).length > 0
  const said = { ...rest, ...(reason !== undefined && !explained && { reason }) }
  const ignored = reason !== undefined && explained ? ['signReason'] : []
  if (visible === undefined) return { pdf: said, ignored }
  const { image: _image, text, ...shown } = visible
  if (text === undefined) return { pdf: { ...said, visible: shown }, ignored }
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  const { city } = properties.location ?? {}
  const filled = visibleText(text, {
    ...said,
    certificate: readCertificate(signerCertificate),
    signingTime: properties.signingTime,
    timeZone,
    ...(city !== undefined && { location: city }),
  })
  const unknown = filled.unknown.map(variable => `layer2Text ${variable}`)
  return { pdf: { ...said, visible: { ...shown, text: filled.text } }, ignored: [...ignored, ...unknown] }
}

/** Font and image of a visible signature as files. */
export async function filesOf(
  { pdf }: ExtraParams,
  { scratch }: Pick<Workbench, 'scratch'>,
): Promise<Omit<JobFiles, 'input' | 'content'>> {
  const image = pdf.visible?.image
  const stored = image === undefined ? undefined : await scratch.write('image', streamOf(image))
  return {
    ...(pdf.visible?.text !== undefined && { font: fontFile }),
    ...(stored !== undefined && { image: `${scratch.folder}/${stored.name}` }),
  }
}
