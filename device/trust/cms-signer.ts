// Whom a CMS with one signature names, for whoever has that signature verified elsewhere.

import { parseSignedData } from '../cms/parse.ts'
import { Fault } from '../errors.ts'
import { type Certificate, readableCertificates } from './certificate.ts'
import { attributeOfName } from './distinguished-name.ts'
import type { Report } from './report.ts'
import { signerCertificate } from './signed-data.ts'

const serialNumber = '2.5.4.5'

/** The certificate of the only signer; undefined where there is not one signer, or no certificate of theirs. */
export function cmsSigner(cms: Uint8Array): Certificate | undefined {
  const outcome = parseSignedData(cms)
  if (outcome.outcome !== 'parsed') return undefined
  const { signers, certificates } = outcome.signedData
  const [signer, ...more] = signers
  return signer === undefined || more.length > 0
    ? undefined
    : signerCertificate(signer, readableCertificates(certificates))
}

/**
 * The number of the person's identity document in a certificate, in capitals: `IDCES-` and the number in the subject's
 * serialNumber (ETSI EN 319 412-1, 5.1.3), or the number alone, as the DNI electrónico has it. Undefined where it tells none.
 */
export function personNumber({ fields }: Certificate): string | undefined {
  const text = attributeOfName(fields.subject, serialNumber)?.trim().toUpperCase()
  return /^(?:IDCES-|PNOES-|)([0-9A-Z]+)$/.exec(text ?? '')?.[1]
}

/**
 * Who signed `cms`, which is the newest signature of the file that the report is on. Throws SIGNATURE_INVALID where it is not, or
 * is no baseline signature, or where somebody is trusted and does not answer for it; CLAVE_OTHER_PERSON for a certificate that
 * names another number than `subject`.
 */
export function signerOf(
  cms: Uint8Array,
  { signatures }: Report,
  { subject, judged }: { readonly subject: string; readonly judged: boolean },
): Certificate {
  const signer = cmsSigner(cms)
  const newest = signatures.findLast(({ type }) => type !== 'DocTimeStamp')
  if (signer === undefined || newest?.signer?.sha256 !== signer.facts.sha256) {
    throw new Fault('SIGNATURE_INVALID', 'the file came to have another signature than the one that was asked for')
  }
  const { integrity, level, indication, findings, baselineViolations } = newest
  if (integrity !== 'intact' || level === 'none' || (judged && indication !== 'TOTAL-PASSED')) {
    const why = findings[0]?.detail ?? baselineViolations[0] ?? 'it is not intact'
    throw new Fault('SIGNATURE_INVALID', `what came does not verify and was not kept: ${why}`)
  }
  const number = personNumber(signer)
  if (number !== undefined && number !== subject) {
    throw new Fault('CLAVE_OTHER_PERSON', 'the certificate names another number than the one that was given')
  }
  return signer
}
