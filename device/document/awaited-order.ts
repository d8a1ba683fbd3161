// From what is asked of a signature to the job for one whose signer is not known before. What such a service does not make is
// refused by name, never left out: a policy that nobody signed is no small thing.

import type { ExtraParams } from '../ades/extra-params.ts'
import type { AwaitedSignature } from '../ades/job.ts'
import type { Packaging, SignatureFormat, SignatureOperation, SignatureProperties } from '../ades/request.ts'
import { namesSigner } from '../ades/visible-text.ts'
import { Fault } from '../errors.ts'
import { shownBy } from './sign-order.ts'

export interface AwaitedOrder extends Pick<AwaitedSignature, 'anchors' | 'timestampPolicy'> {
  readonly format: SignatureFormat
  readonly operation: SignatureOperation
  readonly packaging: Packaging
  readonly properties: SignatureProperties
  readonly extra: ExtraParams
}

/** The job, and the names of parameters that have no effect on it. Throws SIGNATURE_FORMAT_REFUSED. */
export function awaitedBy({ extra, properties, format, packaging, operation, ...order }: AwaitedOrder): {
  readonly awaited: AwaitedSignature
  readonly ignored: readonly string[]
} {
  if (format === 'XAdES') throw refused('makes no XAdES of a digest')
  if (operation !== 'sign') throw refused(`does not ${operation} what somebody has signed in a CMS`)
  if (format === 'CAdES' && packaging !== 'detached') throw refused('makes CMS that are detached from their content')
  if (format === 'PAdES' && packaging !== 'enveloped') throw refused('signs a PDF within it')
  if (extra.cades.precalculatedHash !== undefined) throw refused('signs files here, no digests of them')
  const stated = statedIn(properties)
  if (stated !== undefined) throw refused(`states no ${stated}`)
  const text = extra.pdf.visible?.text
  if (text !== undefined && namesSigner(text)) throw refused('tells who signs when layer2Text is written already')
  const { signingTime, location } = properties
  const shown = format === 'PAdES' ? shownBy(extra, properties, undefined) : { pdf: {}, ignored: [] }
  return {
    awaited: {
      ...order,
      format,
      properties: { signingTime, ...(location !== undefined && format === 'PAdES' && { location }) },
      pdf: shown.pdf,
    },
    ignored: [...extra.ignored, ...shown.ignored, ...(format === 'CAdES' ? unstated(extra, properties) : [])],
  }
}

/** AutoFirma's names of what only the signer could have put into the CMS. */
function unstated({ cades, signerCertificateOnly }: ExtraParams, { location }: SignatureProperties): readonly string[] {
  return [
    ...(location === undefined ? [] : ['signatureProductionCity']),
    ...(cades.content?.mimeType === undefined ? [] : ['mimeType']),
    ...(cades.content?.hints === undefined ? [] : ['contentTypeOid']),
    ...(signerCertificateOnly === undefined ? [] : ['includeOnlySignningCertificate']),
  ]
}

function statedIn({ policy, claimedRoles = [], commitments = [] }: SignatureProperties): string | undefined {
  if (policy !== undefined) return 'signature policy'
  if (claimedRoles.length > 0) return 'claimed roles'
  return commitments.length > 0 ? 'commitment' : undefined
}

function refused(what: string): Fault {
  return new Fault('SIGNATURE_FORMAT_REFUSED', `Cl@ve Firma ${what}`)
}
